"""Fetch requests: committed records of partitions, from an offset that the answer is sure to belong to."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any, NamedTuple

from aiokafka.errors import OffsetOutOfRangeError, for_code
from aiokafka.protocol.fetch import FetchRequest

from engine.kafka.cluster import Cluster
from engine.kafka.offsets import READ_COMMITTED, Partition
from engine.kafka.scan import Response

MAX_BYTES = 4 << 20
"""Most bytes of one partition in a response; a larger single batch comes whole."""


class Want(NamedTuple):
    """How a broker shall answer.

    Attributes:
        max_wait_ms: how long it waits for `min_bytes`, in milliseconds.
        min_bytes: less than this is not worth an answer yet.
        max_bytes: most of one partition.
    """

    max_wait_ms: int = 0
    min_bytes: int = 0
    max_bytes: int = MAX_BYTES


NOW = Want()


class Answers(NamedTuple):
    """What a broker said.

    Attributes:
        asked: from which offset on, by partition. One whose quota is used up gets no answer.
        found: what it has.
        refused: why it did not say.
    """

    asked: Mapping[Partition, int]
    found: Mapping[Partition, Response]
    refused: Mapping[Partition, Exception]


async def fetch_each(cluster: Cluster, node: int, offsets: Mapping[Partition, int], want: Want) -> Answers:
    """What the broker `node` has of these partitions from these offsets on, each by itself.

    Raises:
        KafkaError: it could not be asked.
    """
    topics: dict[str, list[tuple[int, int, int]]] = defaultdict(list)
    for (topic, partition), offset in offsets.items():
        topics[topic].append((partition, offset, want.max_bytes))
    request = FetchRequest(
        want.max_wait_ms, want.min_bytes, want.max_bytes * len(offsets), READ_COMMITTED, list(topics.items())
    )
    return _parsed(await cluster.send(node, request), offsets)


async def fetch(
    cluster: Cluster, node: int, offsets: Mapping[Partition, int], want: Want
) -> Mapping[Partition, Response]:
    """The same for all of them or none.

    Raises:
        OffsetOutOfRangeError: an offset lies outside what the log holds.
        KafkaError: the broker's error, `NotLeaderForPartitionError` and the like.
    """
    answers = await fetch_each(cluster, node, offsets, want)
    for error in answers.refused.values():
        raise error
    return answers.found


def _parsed(answer: Any, offsets: Mapping[Partition, int]) -> Answers:
    found, refused = dict[Partition, Response](), dict[Partition, Exception]()
    for topic, partitions in answer.topics:
        # v4 has (last stable offset, aborted, records), later versions put the log's start between, v11 a replica last
        for partition, code, _, end, *middle, raw in partitions:
            at = topic, partition
            if code:
                refused[at] = for_code(code)(f"{topic}-{partition} @{offsets[at]}")
                continue
            aborted = next((part for part in middle if isinstance(part, list)), ())
            found[at] = Response(offsets[at], end, raw or b"", aborted)
    return Answers(offsets, found, refused)


async def fetch_one(cluster: Cluster, topic: str, partition: int, offset: int, want: Want = NOW) -> Response | None:
    """The same for one partition, with patience; None when the broker had nothing to say for now.

    Raises:
        OffsetOutOfRangeError: the offset lies outside what the log holds.
    """

    async def ask() -> Response | OffsetOutOfRangeError | None:
        node = await cluster.leader(topic, partition)
        try:
            return (await fetch(cluster, node, {(topic, partition): offset}, want)).get((topic, partition))
        except OffsetOutOfRangeError as exc:
            return exc

    found = await cluster.repeating(ask, f"reading {topic}-{partition}")
    if isinstance(found, OffsetOutOfRangeError):
        raise found
    return found
