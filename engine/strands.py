"""Reads a source partition in the order of record time, though it lies there in the order of arrival.

What is unread falls into strands: stretches in which time does not run backwards. History that was loaded in order is
one strand; what tasks have told the partition since is the next one. Each strand is read in parts, so memory holds a
part of each and no more.
"""

import asyncio
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import partial
from typing import NamedTuple

from engine.decided import Decided, within, without
from engine.errors import Unavailable
from engine.ports import EventLog, NewRecord, Record
from engine.recordtime import BadTime, record_time

_LOOKS, _PAUSE = 2_000, 0.005


class Coming(NamedTuple):
    """A record to be decided; what is the least of all is decided next.

    Records of one key lie in one partition, however many there are, and keep the order they have there. So records of
    one instant are decided in the same order whatever the partition count.

    Attributes:
        at: record time, microseconds.
        topic: its source.
        key: its key; empty where it has none.
        offset: its place.
        partition: its partition.
        record: the record.
        bad_time: why its own time is not believed, else empty; its turn comes with what lies before it.
    """

    at: int
    topic: str
    key: bytes
    offset: int
    partition: int
    record: Record
    bad_time: str


_coming = partial(tuple.__new__, Coming)
"""What `Coming._make` does, without its Python frame."""


class Source:
    """One partition of one source.

    Attributes:
        topic: the topic.
        partition: the partition.
        decided: what of it is decided.
        latest: the latest record time known of.

    Args:
        log: the log.
        topic: the topic.
        partition: the partition.
        decided: what of it is decided.
        limit: records of a part.
    """

    def __init__(self, log: EventLog, topic: str, partition: int, decided: Decided, limit: int) -> None:
        self.topic, self.partition, self.decided, self.latest = topic, partition, decided, 0
        self._log, self._limit, self._ahead, self._end = log, limit, decided.ahead, decided.position

    async def strands(self) -> list["Strand"]:
        """Look through all that is there now, and cut it where time runs backwards."""
        found: list[Strand] = []
        offset, end = self._end, (await self._log.ends(self.topic))[self.partition]
        start, first, latest = offset, 0, 0
        while offset < end:
            records, after = await self.read(offset)
            for at, _, record in _timed(records, latest):
                if at < latest:
                    found.append(Strand(self, start, record.offset, first))
                    start, first = record.offset, at
                elif at > self.latest:
                    self.latest = at
                latest = at
            if after <= offset:
                break
            offset = after
        if start < offset:
            found.append(Strand(self, start, offset, first))
        self._end = offset
        return found

    async def arrived(self, sent: Iterable[NewRecord] = ()) -> list[Coming]:
        """What has come since the last look; at least what was sent and is committed, which may take a moment to show.

        Raises:
            Unavailable: what was sent does not show.
        """
        missing = Counter((record.key, record.value) for record in sent)
        found: list[Coming] = []
        for _ in range(_LOOKS):
            while True:
                records, after = await self.read(self._end)
                if after <= self._end:
                    break
                coming, latest = self.coming(records, self._end, after, self.latest)
                found += coming
                self._end, self.latest = after, max(self.latest, latest)
                missing -= Counter((record.key, record.value) for record in records)
            if not missing:
                return found
            await asyncio.sleep(_PAUSE)
        raise Unavailable(f"{self.topic}-{self.partition}: what was sent there and committed does not show")

    def told(self, rows: Iterable[NewRecord], at: int) -> list[Coming]:
        """What will stand at the end once it is committed, as if it did already; nobody else may write there meanwhile.

        Args:
            rows: what was told.
            at: when it was told, microseconds; it will be stamped with that.
        """
        start = self._end
        records = [Record(offset, at, key, value, tuple(told)) for offset, (key, value, told) in enumerate(rows, start)]
        self._end += len(records)
        coming, latest = self.coming(records, start, self._end, self.latest)
        self.latest = max(self.latest, latest)
        return coming

    @property
    def end(self) -> int:
        """Where it ends, as far as known."""
        return self._end

    async def read(self, offset: int) -> tuple[list[Record], int]:
        """A part from an offset on, and where the next one begins."""
        return await self._log.read(self.topic, self.partition, offset, self._limit)

    def coming(self, records: list[Record], start: int, after: int, latest: int) -> tuple[list[Coming], int]:
        """The records between two offsets that are not decided yet; offsets without a record need no deciding.

        Args:
            records: what was found between them.
            start: the one.
            after: the other.
            latest: the time of what has no time of its own.

        Returns:
            These records, and the time of the last one, decided or not.
        """
        topic, partition, ahead, found = self.topic, self.partition, self._ahead, []
        self._pass_gaps(records, start, after)
        for at, bad, record in _timed(records, latest):
            latest = at
            if not ahead or not within(record.offset, ahead):
                found.append(_coming((at, topic, record.key or b"", record.offset, partition, record, bad)))
        return found, latest

    def _pass_gaps(self, records: list[Record], start: int, after: int) -> None:
        """What transactions and compaction leave behind holds no records."""
        if after - start == len(records):
            return
        for record in records:
            if start < record.offset:
                self._pass(start, record.offset)
            start = record.offset + 1
        if start < after:
            self._pass(start, after)

    def _pass(self, start: int, end: int) -> None:
        for piece in without(start, end, self._ahead):
            self.decided.add(*piece)


class Strand:
    """A stretch of a partition in which time does not run backwards.

    Args:
        source: whose stretch it is.
        start: its first offset.
        end: where it ends.
        latest: the time of records at its beginning that have no time of their own.
    """

    def __init__(self, source: Source, start: int, end: int, latest: int) -> None:
        self._source, self._next, self._end, self._latest = source, start, end, latest
        self._held: list[Coming] = []

    async def more(self) -> list[Coming]:
        """The next part, in order; empty when there is none. What is of one instant is never cut in two."""
        found, self._held = self._held, []
        while self._next < self._end:
            records, after = await self._source.read(self._next)
            after = min(after, self._end)
            records = [record for record in records if record.offset < after]
            coming, self._latest = self._source.coming(records, self._next, after, self._latest)
            found += coming
            self._next = after
            if found and self._next < self._end and found[0].at != found[-1].at:
                cut = len(found)
                while found[cut - 1].at == found[-1].at:
                    cut -= 1
                found, self._held = found[:cut], found[cut:]
                break
        found.sort()
        return found


def _timed(records: list[Record], latest: int) -> Iterator[tuple[int, str, Record]]:
    """Records with their time; one whose time is not believed, and why, with the time of the one before it."""
    for record in records:
        at, bad = record.timestamp, ""
        if record.headers:
            try:
                at = record_time(record)
            except BadTime as exc:
                at, bad = latest, str(exc)
        latest = at
        yield at, bad, record
