"""Takes events into the log: each is checked and answered by itself; what is called accepted is durable."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from http import HTTPStatus
from typing import Literal

from engine.errors import LogError, RecordTooLarge, Unavailable
from engine.ports import EventLog
from events.codec import Codec
from events.envelope import Envelope
from events.registry import COMMANDS, WIRE_TYPE
from events.unknown import unknown_fields
from leadstream.gateway.callers import Caller
from leadstream.gateway.committing import Bounds, Full, GroupCommit
from leadstream.gateway.measures import Measures
from leadstream.gateway.problems import Problem, unavailable
from leadstream.publishing import Batches, Refused, batches_of, check
from leadstream.remembered import Remembered

logger = logging.getLogger("leadstream.gateway")
KNOWN = 200_000
"""Events of which this process remembers that they are in the log."""

Outcome = Literal["accepted", "duplicate", "refused"]


@dataclass(frozen=True, slots=True)
class Item:
    """What became of one event.

    Attributes:
        outcome: `accepted`: the log has it durably; `duplicate`: it was there before, byte for byte; `refused`.
        id: the event's id, where it could be read.
        field: of a refusal: which field is wrong; empty where it is the whole.
        reason: of a refusal: what was expected.
        ignored: fields that its type does not have, such as `data.team`; the event counts without them.
    """

    outcome: Outcome
    id: str | None = None
    field: str = ""
    reason: str = ""
    ignored: tuple[str, ...] = ()


class Publisher:
    """Puts events of callers into the inboxes. Belongs to one event loop.

    Attributes:
        partitions: of the inboxes.

    Args:
        log: the log.
        partitions: of the inboxes.
        clock: now, in microseconds.
        bounds: how much is appended at once.
        measures: counts.
    """

    def __init__(
        self,
        log: EventLog,
        partitions: int,
        clock: Callable[[], int],
        bounds: Bounds | None = None,
        measures: Measures | None = None,
    ) -> None:
        self.partitions = partitions
        self._codec, self._clock = Codec(), clock
        self._measures = measures or Measures()
        self._commits = GroupCommit(log, bounds, self._measures)
        self._known = Remembered[bytes, None](KNOWN)

    async def take(self, values: Sequence[bytes], caller: Caller) -> list[Item]:
        """Take events.

        Args:
            values: structured JSON, one event each.
            caller: who sends them.

        Returns:
            What became of each, in order.

        Raises:
            Problem: 503 when the log cannot take them; then none is acknowledged, and all may be sent again.
        """
        at = self._clock()
        items: list[Item] = []
        fresh: dict[bytes, tuple[Envelope, bytes]] = {}
        for place, value in enumerate(values, 1):
            found = self._checked(place, value, caller, at)
            if isinstance(found, Refused):
                items.append(Item("refused", field=found.field, reason=found.reason))
                continue
            mark = blake2b(value, digest_size=16).digest()
            if mark in self._known or mark in fresh:
                items.append(Item("duplicate", found.id))
                continue
            fresh[mark] = found, value
            items.append(Item("accepted", found.id, ignored=unknown_fields(value, found.data)))
        if fresh:
            await self.append(list(fresh.values()))
            for mark in fresh:
                self._known.put(mark, None)
        for item in items:
            self._measures.events[caller.key.id, item.outcome] += 1
        return items

    async def append(self, records: Sequence[tuple[Envelope, bytes]]) -> None:
        """Append checked envelopes with their bytes; durable when it returns.

        Raises:
            Problem: 503 when the log cannot take them; 413 when it never will.
        """
        batches = batches_of(self.partitions, ((envelope, value, ()) for envelope, value in records))
        await self.put(batches, sum(len(value) + len(envelope.subject) for envelope, value in records))

    async def put(self, batches: Batches, size: int, *, seconds: float | None = None) -> None:
        """Append records; durable when it returns.

        Args:
            batches: records by topic and partition.
            size: their bytes, about.
            seconds: after which whoever waits is told, where that is sooner than for others.

        Raises:
            Problem: 503 when the log cannot take them; 413 when it never will.
        """
        try:
            await self._commits.append(batches, size, seconds=seconds)
        except RecordTooLarge as exc:  # its topics are set up to take less than ours
            raise Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, str(exc)) from exc
        except (Full, LogError) as exc:
            if not isinstance(exc, Full | Unavailable):  # a right or a topic that is missing, say: somebody has to act
                logger.warning("events cannot be taken: %s", exc)
            raise unavailable(f"the log cannot take it now ({exc}); send it again, nothing is doubled by it") from exc

    def _checked(self, place: int, value: bytes, caller: Caller, at: int) -> Envelope | Refused:
        found = check(place, value, self._codec, at=at)
        if isinstance(found, Refused):
            return found
        if type(found.data) in COMMANDS:
            name = WIRE_TYPE[type(found.data)].split(".")[1].replace("_", "-")
            return Refused(place, "type", f"a command is asked with POST /v1/commands/{name}")
        if not caller.speaks_for(found.source):
            return Refused(place, "source", f"this key may speak for {caller.sources_in_words} only")
        return found
