"""Reading committed records without being in a group: forwards from an offset, or the newest of a key."""

from collections import OrderedDict

from aiokafka.errors import OffsetOutOfRangeError

from engine.errors import Truncated
from engine.kafka import offsets
from engine.kafka.cluster import Cluster
from engine.kafka.fetch import fetch_one
from engine.kafka.offsets import Partition
from engine.kafka.scan import Response, Scan
from engine.ports import Fetched

_KEPT = 4
_FIRST_WINDOW = 64
_WINDOW_GROWTH = 8


class Reader:
    """Reads of any number of callers; what one response held beyond the caller's limit is kept for the next call."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._kept: OrderedDict[Partition, Scan] = OrderedDict()

    async def read(self, topic: str, partition: int, offset: int, limit: int) -> Fetched:
        """At most `limit` records from an offset on; `next_offset` is the end of the log once all are read.

        Raises:
            Truncated: the offset lies outside what the log holds.
        """
        at = topic, partition
        while True:
            scan = self._kept.pop(at, None)
            if scan is None or scan.next_offset != offset:
                scan = Scan(await self._fetched(topic, partition, offset))
            records = scan.take(limit)
            if not scan.done:
                self._keep(at, scan)
            if records or scan.next_offset >= scan.end:
                return Fetched(records, scan.next_offset)
            if scan.next_offset == offset:
                return await self._past_a_gap(topic, partition, offset, scan.end)
            offset = scan.next_offset  # there was nothing but markers and aborted records

    async def latest(self, topic: str, partition: int, key: bytes) -> bytes | None:
        """The value of the last record with that key; None when there is none, or it is a tombstone."""
        at = topic, partition
        start = (await offsets.starts(self._cluster, [at]))[at]
        upto = (await offsets.stable_ends(self._cluster, [at]))[at]
        window = _FIRST_WINDOW
        while upto > start:
            begin = max(start, upto - window)
            found, value = await self._last_in(at, begin, upto, key)
            if found:
                return value
            upto, window = begin, window * _WINDOW_GROWTH
        return None

    async def _last_in(self, at: Partition, begin: int, upto: int, key: bytes) -> tuple[bool, bytes | None]:
        found, value = False, None
        while begin < upto:
            fetched = await self.read(*at, begin, upto - begin)
            for record in fetched.records:
                if record.key == key and record.offset < upto:
                    found, value = True, record.value
            if fetched.next_offset == begin:
                break
            begin = fetched.next_offset
        return found, value

    async def _fetched(self, topic: str, partition: int, offset: int) -> Response:
        try:
            found = await fetch_one(self._cluster, topic, partition, offset)
        except OffsetOutOfRangeError as exc:
            raise Truncated(f"offset {offset} of {topic}-{partition} lies outside what the log holds") from exc
        return found or Response(offset, offset)

    async def _past_a_gap(self, topic: str, partition: int, offset: int, end: int) -> Fetched:
        """Nothing came, though the log ends later: compaction has taken all the rest, or the broker needs a moment.

        The last record before the end tells which: where that is gone too, the rest is. Jumping on less would skip
        records silently.
        """
        last = await self._fetched(topic, partition, end - 1)
        return Fetched([], end if not last.raw and last.end >= end else offset)

    def _keep(self, at: Partition, scan: Scan) -> None:
        self._kept[at] = scan
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
