"""The janitor keeps the file small: merges small batches, compacts, and drops what is past its retention.

It reads and packs outside the write lock and swaps batches in short transactions, each checked against its own
lease, so that one process at a time does it and writers never wait long. Offsets never change. Freed pages are
used again; the file itself does not shrink.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from itertools import accumulate, takewhile

import apsw

from engine.errors import Fenced, LogError
from engine.ports import TopicSpec
from engine.sqlite import batches, lease
from engine.sqlite.codec import Row, decode, repack
from engine.sqlite.compaction import Pass, Replacement
from engine.sqlite.log import SqliteLog
from engine.sqlite.schema import JANITOR, LAST_OFFSET, OFFSET_BITS
from engine.sqlite.sql import run

STEP_ROWS = 64
"""The most batches one step takes, except when it merges tiny ones."""
STEP_RECORDS = 10_000
"""A step stops taking batches after so many records; it then lasts some ten milliseconds."""
TINY_RECORDS, TINY_BYTES = 500, 32_000
"""A batch smaller than both is worth merging."""
MERGE_ROWS = 256
"""The most tiny batches merged at once."""
WORTH_BATCHES = 40
"""Fewer batches than this are left until more have come."""


class Janitor:
    """Upkeep of one log file; at most one process at a time does it.

    Args:
        log: a started log; its owner name and clock are used for the lease.
        tombstone_grace: how long a tombstone stays readable, in microseconds, so that readers of a compacted topic
            that are behind still hear of the deletion.
    """

    def __init__(self, log: SqliteLog, *, tombstone_grace: int = 86_400_000_000) -> None:
        self._log, self._grace = log, tombstone_grace
        self._epoch: int | None = None
        self._passes: dict[int, Pass] = {}

    async def run_once(self, budget: int = 64) -> int:
        """Do what is worth doing, in at most about `budget` steps; how many were done.

        Zero also when another live process is the janitor.
        """
        done = 0
        with suppress(Fenced):
            await self._own()
            for name, topic in sorted(self._log.catalog.all().items()):
                for partition in range(topic.spec.partitions):
                    while done < budget and await self._step(topic.spec, name, partition):
                        done += 1
                        await asyncio.sleep(0)  # a step is synchronous; others come first in between
        return done

    async def keep_on(self, pause_seconds: float, trouble: Callable[[LogError], None]) -> None:
        """Run until cancelled, with a pause after each run; an outage is told and waited out."""
        try:
            while True:
                try:
                    await self.run_once()
                except LogError as exc:
                    trouble(exc)
                await asyncio.sleep(pause_seconds)
        finally:
            with suppress(LogError):
                await self.stop()

    async def stop(self) -> None:
        """Let another process be the janitor."""
        epoch, self._epoch, self._passes = self._epoch, None, {}
        if epoch is not None:
            await self._log.store.write(
                lambda connection: lease.release(connection, JANITOR, 0, epoch=epoch), ring=False
            )

    async def compact(self, topic: str, partition: int) -> bool:
        """One step of compaction; False when the partition was clean.

        Raises:
            Fenced: another process is the janitor.
        """
        await self._own()
        tp = self._log.catalog.topic(topic).partition(partition)
        current = self._passes.get(tp)
        if current is None:
            counters = self._log.store.read(lambda connection: batches.part(connection, tp))
            if counters.clean >= counters.next:
                return False
            current = self._passes[tp] = Pass(
                start=counters.start,
                clean=counters.clean,
                end=counters.next,
                horizon=self._log.clock() - self._grace,
            )
        if current.learning:
            current.learn(self._rows(tp, current.at, LAST_OFFSET))
            return True
        rows = self._rows(tp, current.at, current.upto - 1)
        change = current.rewrite(rows) if rows else None
        finished = current.upto if not rows or current.at >= current.upto else None
        if change is not None or finished is not None:
            await self._swap(tp, change, clean=finished)
        if finished is not None:
            del self._passes[tp]
        return True

    async def roll_up(self, topic: str, partition: int) -> bool:
        """Merge the next tiny batches of a partition; False when there are not enough of them yet.

        Raises:
            Fenced: another process is the janitor.
        """
        await self._own()
        tp = self._log.catalog.topic(topic).partition(partition)
        clean = self._log.store.read(lambda connection: batches.part(connection, tp)).clean
        outlines = self._log.store.read(lambda connection: _outlines(connection, tp, clean))
        large = sum(1 for _ in takewhile(lambda outline: not _is_tiny(outline), outlines))
        if large > 0:
            await self._swap(tp, None, clean=outlines[large - 1][0] + 1)
            return True
        tiny = _tiny_run(outlines)
        if tiny == len(outlines) and tiny < WORTH_BATCHES:
            return False
        first, last = outlines[0][0], outlines[tiny - 1][0]
        rows = self._log.store.read(lambda connection: list(batches.scan(connection, tp, first, last)))
        merged = repack([record for row in rows for record in decode(row)])
        await self._swap(tp, Replacement(first, last, merged), clean=last + 1)
        return True

    async def expire(self, topic: str, partition: int, now: int) -> bool:
        """Drop the next whole batches that are older than the topic's retention at the instant `now` (microseconds).

        Raises:
            Fenced: another process is the janitor.
        """
        found = self._log.catalog.topic(topic)
        if found.spec.retention_ms is None:
            return False
        await self._own()
        tp, horizon = found.partition(partition), now - found.spec.retention_ms * 1_000
        old = self._log.store.read(lambda connection: _expired(connection, tp, horizon))
        if old is None:
            return False
        first, last = old
        self._passes.pop(tp, None)
        await self._swap(tp, Replacement(first, last, []), start=last + 1)
        return True

    async def _step(self, spec: TopicSpec, topic: str, partition: int) -> bool:
        if await self.expire(topic, partition, self._log.clock()):
            return True
        if not spec.compacted:
            return await self.roll_up(topic, partition)
        tp = self._log.catalog.topic(topic).partition(partition)
        worth = tp in self._passes or self._log.store.read(lambda connection: _worth_a_pass(connection, tp))
        return worth and await self.compact(topic, partition)

    async def _own(self) -> None:
        """Be the janitor, before anything is read: what is read under one epoch is written under the same."""
        if self._epoch is None:
            owner = self._log.lessee
            self._epoch = await self._log.store.write(
                lambda connection: lease.take_if_free(
                    connection, JANITOR, 0, owner=owner.name, now=owner.clock(), expires=owner.expires()
                ),
                ring=False,
            )
        if self._epoch is None:
            raise Fenced("another process is the janitor of this log")

    async def _swap(
        self, tp: int, change: Replacement | None, *, clean: int | None = None, start: int | None = None
    ) -> None:
        def body(connection: apsw.Connection) -> None:
            lease.renew(connection, JANITOR, 0, epoch=self._epoch or 0, expires=self._log.lessee.expires())
            if change is not None:
                batches.delete(connection, tp, change.first, change.last)
                for row in change.rows:
                    batches.insert(connection, tp, row)
            run(
                connection,
                "update part set clean = max(clean, ?), start = max(start, ?) where tp = ?",
                max(clean or 0, start or 0),
                start or 0,
                tp,
            )

        try:
            await self._log.store.write(body, ring=False)
        except Fenced:
            self._epoch, self._passes = None, {}
            raise

    def _rows(self, tp: int, first: int, last: int) -> list[Row]:
        def body(connection: apsw.Connection) -> list[Row]:
            found: list[Row] = []
            records = 0
            for row in batches.scan(connection, tp, first, last):
                if len(found) == STEP_ROWS or (found and records + row.length > STEP_RECORDS):
                    break
                found.append(row)
                records += row.length
            return found

        return self._log.store.read(body)


_Outline = tuple[int, int, int]
"""Last offset, records and bytes of a batch."""


def _outlines(connection: apsw.Connection, tp: int, first: int) -> list[_Outline]:
    rows = run(
        connection,
        "select id, length, octet_length(body) from batch where id between ? and ? order by id limit ?",
        tp << OFFSET_BITS | first,
        tp << OFFSET_BITS | LAST_OFFSET,
        MERGE_ROWS,
    )
    return [(key & LAST_OFFSET, records, size) for key, records, size in rows]


def _is_tiny(outline: _Outline) -> bool:
    _, records, size = outline
    return records < TINY_RECORDS and size < TINY_BYTES


def _tiny_run(outlines: list[_Outline]) -> int:
    """How many batches from the first one on are tiny, as far as one step may take."""
    totals = accumulate(records for _, records, _ in outlines)
    fits = takewhile(lambda pair: _is_tiny(pair[0]) and pair[1] <= STEP_RECORDS, zip(outlines, totals, strict=True))
    return sum(1 for _ in fits)


def _expired(connection: apsw.Connection, tp: int, horizon: int) -> tuple[int, int] | None:
    """First and last of the oldest batches stamped before the horizon. Stamps never decrease within a partition."""
    rows = run(
        connection,
        "select id, stamp from batch where id between ? and ? order by id limit ?",
        tp << OFFSET_BITS,
        tp << OFFSET_BITS | LAST_OFFSET,
        STEP_ROWS,
    )
    old = [key & LAST_OFFSET for key, stamp in rows if stamp < horizon]
    return (old[0], old[-1]) if old else None


def _worth_a_pass(connection: apsw.Connection, tp: int) -> bool:
    """Whether the part that is not clean has grown as large as the clean one: then a pass costs little per record."""
    clean = batches.part(connection, tp).clean
    ((dirty_batches, dirty, total),) = run(
        connection,
        "select count(*) filter (where id >= ?1), total(length) filter (where id >= ?1), total(length)"
        " from batch where id between ?2 and ?3",
        tp << OFFSET_BITS | clean,
        tp << OFFSET_BITS,
        tp << OFFSET_BITS | LAST_OFFSET,
    )
    return bool(dirty_batches >= WORTH_BATCHES and dirty * 2 >= total)
