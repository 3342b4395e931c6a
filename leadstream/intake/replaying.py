"""Kept requests: read from the topic `raw`, and translated again by today's connectors and configuration."""

from collections import Counter
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from engine.errors import Truncated
from engine.ports import EventLog, Record
from engine.reading import records_of
from events.codec import Codec
from events.envelope import Envelope
from events.topics import RAW
from leadstream.connectors.port import Raw
from leadstream.intake.sources import Source
from leadstream.intake.taking import NotKept, Taken, read, taken
from leadstream.publishing import batches_of

_CHUNK = 1000
_CHUNK_BYTES = 8 << 20
_CODEC = Codec()


class Kept(NamedTuple):
    """A request of the topic `raw`.

    Attributes:
        id: its place in the topic, partition and offset.
        key: natural key, after the connector's name.
        raw: the request.
    """

    id: str
    key: str
    raw: Raw


@dataclass(frozen=True, slots=True)
class Wish:
    """Which kept requests are meant; all of it has to hold.

    Attributes:
        sources: names of ways in; empty for all.
        since: received at this instant or later, microseconds.
        until: received before this instant.
    """

    sources: frozenset[str] = frozenset()
    since: int | None = None
    until: int | None = None

    def means(self, raw: Raw) -> bool:
        """Whether a request is one of them."""
        return (
            (not self.sources or raw.endpoint in self.sources)
            and (self.since is None or raw.received_at >= self.since)
            and (self.until is None or raw.received_at < self.until)
        )


@dataclass(slots=True)
class Replayed:
    """What translating again has done.

    Attributes:
        requests: translated.
        facts: put into the inboxes; those that were decided before are dropped there.
        rejected: kind of fault -> requests with such a fault.
        without: name of a way in that is configured no more -> its requests, which were left as they are.
    """

    requests: int = 0
    facts: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    without: Counter[str] = field(default_factory=Counter)


async def kept_requests(log: EventLog, partitions: int, wish: Wish) -> AsyncIterator[Kept]:
    """Kept requests, partition by partition in order."""
    for partition in range(partitions):
        async for record in records_of(log, RAW, partition):
            found = _kept(partition, record)
            if found is not None and wish.means(found.raw):
                yield found


async def kept_request(log: EventLog, partition: int, offset: int) -> Kept | None:
    """The request at a place in the topic; None where there is none, or none any more."""
    try:
        records = (await log.read(RAW, partition, offset, 1)).records
    except Truncated:
        return None
    return next((_kept(partition, record) for record in records if record.offset == offset), None)


def _kept(partition: int, record: Record) -> Kept | None:
    """The request of a record; what somebody else has put into the topic is none."""
    try:
        raw = read(record.value)
    except NotKept:
        return None
    return Kept(f"{partition}-{record.offset}", (record.key or b"").decode(errors="replace"), raw)


def translated(raw: Raw, sources: Mapping[str, Source]) -> Taken | None:
    """What a kept request says now; None where its way in is not configured, or is another connector's."""
    source = sources.get(raw.endpoint)
    translating = None if source is None else source.translating(raw.connector)
    return None if translating is None else taken(translating, raw, _CODEC)


class Replay:
    """Translates requests again and puts their facts into the inboxes, many at once.

    A fact has the id it had: one that was decided is dropped as a duplicate, what a mended mapping adds is new.

    Args:
        log: the log.
        partitions: of the inboxes.
        sources: the ways in by name.
        dry: translate, and put nothing anywhere.
    """

    def __init__(self, log: EventLog, partitions: int, sources: Mapping[str, Source], *, dry: bool = False) -> None:
        self._log, self._partitions, self._sources, self._dry = log, partitions, sources, dry
        self._waiting, self._bytes = list[tuple[Envelope, bytes]](), 0
        self.done = Replayed()

    async def take(self, raw: Raw) -> Taken | None:
        """Translate one request; None where its way in is not configured."""
        found = translated(raw, self._sources)
        if found is None:
            self.done.without[raw.endpoint] += 1
            return None
        self.done.requests += 1
        self.done.facts += len(found.facts)
        self.done.rejected.update(letter.reason for letter in found.letters)
        self._waiting += found.facts
        self._bytes += sum(len(value) for _, value in found.facts)
        if len(self._waiting) >= _CHUNK or self._bytes >= _CHUNK_BYTES:
            await self.flush()
        return found

    async def flush(self) -> None:
        """Append what is still waiting; durable when it returns."""
        waiting, self._waiting, self._bytes = self._waiting, [], 0
        if waiting and not self._dry:
            await self._log.append(batches_of(self._partitions, ((fact, value, ()) for fact, value in waiting)))
