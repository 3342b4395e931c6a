"""Where partitions begin and end, and where groups stand, always by a fresh request."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from aiokafka.protocol.commit import OffsetFetchRequest
from aiokafka.protocol.offset import OffsetRequest

from engine.kafka.cluster import Cluster, check

logger = logging.getLogger(__name__)

READ_UNCOMMITTED, READ_COMMITTED = 0, 1
_LATEST, _EARLIEST = -1, -2
_CONSUMER = -1
_REPLICA = 2**31 - 1
"""Nobody's number. Who asks as a replica is told what the leader itself has, not only what others have as well."""
_SETTLE_SECONDS, _AGAIN_SECONDS = 0.005, 0.25

Partition = tuple[str, int]
"""Topic (its name on the broker) and partition number."""


async def starts(cluster: Cluster, partitions: Iterable[Partition]) -> dict[Partition, int]:
    """The first offset still kept."""
    return await _listed(cluster, list(partitions), _EARLIEST)


async def stable_ends(cluster: Cluster, partitions: Iterable[Partition]) -> dict[Partition, int]:
    """The last stable offset: all before it is decided, committed or aborted, and a reader gets exactly that far."""
    return await _listed(cluster, list(partitions), _LATEST)


async def settled_ends(
    cluster: Cluster,
    partitions: Iterable[Partition],
    patience: float,
    *,
    written: Mapping[Partition, int] | None = None,
) -> dict[Partition, int]:
    """The same, but a commit that was acknowledged before is in sight.

    A coordinator acknowledges a commit some milliseconds before its markers reach the partitions. So while there is
    something undecided behind the last stable offset, ask again; after `patience` seconds it is a transaction at work.
    What is `written` is asked for first where that was not done.
    """
    wanted, loop = list(partitions), asyncio.get_running_loop()
    written = await written_ends(cluster, wanted) if written is None else written
    deadline = loop.time() + patience
    while True:
        stable = await stable_ends(cluster, wanted)
        if all(stable[at] >= written[at] for at in wanted) or loop.time() >= deadline:
            return stable
        await asyncio.sleep(_SETTLE_SECONDS)


async def written_ends(cluster: Cluster, partitions: Iterable[Partition]) -> dict[Partition, int]:
    """The end of everything written, that of open transactions included."""
    return await _listed(cluster, list(partitions), _LATEST, READ_UNCOMMITTED)


async def appended_ends(cluster: Cluster, partitions: Iterable[Partition]) -> dict[Partition, int]:
    """The end of everything the leaders have, replicated or not.

    A record has its time when its leader takes it, but no reader sees it before every replica in sync has it, and that
    lasts as long as one of them is frozen and not yet given up: ten seconds and more.
    """
    return await _listed(cluster, list(partitions), _LATEST, READ_UNCOMMITTED, _REPLICA)


async def written_ends_beyond(
    cluster: Cluster, positions: Mapping[Partition, int], patience: float
) -> dict[Partition, int]:
    """The same, asked again for a while when a position lies beyond: a broker that was frozen still tells old ends."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + patience
    while True:
        ends = await written_ends(cluster, positions)
        if all(ends[at] >= position for at, position in positions.items()) or loop.time() >= deadline:
            return ends
        await asyncio.sleep(_AGAIN_SECONDS)
        await cluster.refresh()


async def _listed(
    cluster: Cluster,
    partitions: list[Partition],
    which: int,
    isolation: int = READ_COMMITTED,
    asking: int = _CONSUMER,
) -> dict[Partition, int]:
    async def ask() -> dict[Partition, int]:
        by_leader: dict[int, dict[str, list[tuple[int, int]]]] = defaultdict(lambda: defaultdict(list))
        for topic, partition in partitions:
            by_leader[await cluster.leader(topic, partition)][topic].append((partition, which))
        answers = await asyncio.gather(
            *(
                cluster.send(node, OffsetRequest(asking, isolation, list(topics.items())))
                for node, topics in by_leader.items()
            )
        )
        return dict(entry for answer in answers for entry in _parsed(answer))

    return await cluster.repeating(ask, "asking where partitions begin and end")


def _parsed(answer: Any) -> Iterable[tuple[Partition, int]]:
    for topic, partitions in answer.topics:
        for partition, code, _, offset, *_ in partitions:
            check(code, f"{topic}-{partition}")
            yield (topic, partition), offset


class Committed(NamedTuple):
    """A committed offset, and the note that whoever committed it left with it."""

    offset: int
    note: str


async def committed_since(
    cluster: Cluster,
    group: str,
    partitions: Iterable[Partition],
    known: Mapping[Partition, int],
    *,
    note: str,
    patience: float,
) -> dict[Partition, int]:
    """The committed offsets, none of them before what is known to be committed by the one who leaves that note.

    `known` are offsets that were committed in transactions together with something that has been read already, so what
    lies before them is old. With our note it was committed by us, and is told for one of two reasons. A broker that was
    cut off from the others and replaced as coordinator tells old offsets until it hears of it. And a request to commit
    that was given up and sent again may arrive after its transaction, in the next one, and put back what that one had
    moved: such requests have no sequence numbers, and until a client speaks version 2 of transactions (KIP-890) all
    transactions of a producer have the same epoch. In both cases what is known is right. Without our note somebody else
    has set the offset; that and what lies beyond is asked again for a while, and then told as it is.
    """
    wanted, loop = list(partitions), asyncio.get_running_loop()
    deadline = loop.time() + patience
    while True:
        found = await committed(cluster, group, wanted)
        told = {at: _believed(one, known.get(at), note) for at, one in found.items()}
        if all(told.get(at, offset) == offset for at, offset in known.items()) or loop.time() >= deadline:
            for at in [at for at in told if told[at] != found[at].offset]:
                logger.warning("%s: %s-%d is told as %d, it is %d", note, *at, found[at].offset, told[at])
            return told
        await asyncio.sleep(_AGAIN_SECONDS)
        await cluster.refresh()


def _believed(found: Committed, known: int | None, note: str) -> int:
    return found.offset if known is None or found.note != note else max(found.offset, known)


async def committed(cluster: Cluster, group: str, partitions: Iterable[Partition]) -> dict[Partition, Committed]:
    """The committed offsets of a group; partitions without one are left out.

    A consumer may answer that from a request it sent before we fenced the former owner; this never does.
    """
    wanted: dict[str, list[int]] = defaultdict(list)
    for topic, partition in partitions:
        wanted[topic].append(partition)

    async def ask() -> dict[Partition, Committed]:
        answer = await cluster.send_to_coordinator(group, OffsetFetchRequest(group, list(wanted.items())))
        check(getattr(answer, "error_code", 0), group)
        found = {}
        for topic, entries in answer.topics:
            for partition, offset, note, code in entries:
                check(code, f"{group}: {topic}-{partition}")
                if offset >= 0:
                    found[topic, partition] = Committed(offset, note or "")
        return found

    return await cluster.repeating(ask, f"asking where group {group} stands")
