"""One task's handle on the embedded log: a lease, and one transaction per batch."""

from collections.abc import Callable, Mapping, Sequence

import apsw

from engine.embedded.limits import sizes
from engine.errors import Fenced, LogError, Truncated
from engine.failpoints import reached
from engine.intake import Taking, begin, recent
from engine.ports import GroupSpec, Intake, Mark, NewRecord, Opened, Writes
from engine.sqlite import batches, lease
from engine.sqlite.catalog import Catalog
from engine.sqlite.codec import Body, decode, encode
from engine.sqlite.owner import Owner
from engine.sqlite.sql import run
from engine.sqlite.store import Store


class SqliteTaskLog:
    """Implements `engine.ports.TaskLog`. Opening always fences the former owner: the caller decides when."""

    def __init__(self, store: Store, catalog: Catalog, owner: Owner, group: GroupSpec, partition: int) -> None:
        self._store, self._catalog, self._owner = store, catalog, owner
        self._group, self._partition = group, partition
        self._epoch: int | None = None
        self._found: dict[str, int] = {}

    async def open(self, into: Intake | None = None, *, anywhere: bool = False) -> Opened:
        """Take the lease, then read positions and changelog as of one instant, beside the loop: it may take long."""
        sources, changelog = self._sources(), self._tp(self._group.changelog)
        self._epoch = await self._store.write(
            lambda connection: lease.take(
                connection, self._group.name, self._partition, owner=self._owner.name, expires=self._owner.expires()
            ),
            ring=False,
        )
        reached("open.fenced")
        try:
            opened = await self._store.read_aside(
                lambda connection: self._opened(connection, sources, changelog, into, anywhere=anywhere)
            )
        except LogError:
            await self.close()
            raise
        self._found = dict(opened.positions)
        reached("open.restored")
        return opened

    async def commit(self, writes: Writes) -> Mark | None:
        """Outputs, changelog and positions in one transaction, if we are still the owner."""
        mark = await self._store.write(self.prepared(writes))
        reached("commit.done")
        return mark

    def prepared(self, writes: Writes) -> Callable[[apsw.Connection], Mark | None]:
        """All that can be done before a transaction begins, and what is left to do in it.

        Raises:
            Fenced: not open.
            WrongTopic, RecordTooLarge: see `encoded`.
        """
        if self._epoch is None:
            raise Fenced(f"{self._group.name}-{self._partition}: not open")
        epoch = self._epoch
        outputs: dict[tuple[str, int], Sequence[NewRecord]] = dict(writes.outputs)
        if writes.changelog:
            outputs[self._group.changelog, self._partition] = writes.changelog
        bodies = encoded(self._catalog, outputs)
        moves = [(source, self._tp(source), writes.before[source], after) for source, after in writes.after.items()]

        changelog = self._tp(self._group.changelog)

        def body(connection: apsw.Connection) -> Mark | None:
            reached("commit.begun")
            now = self._owner.clock()
            lease.renew(connection, self._group.name, self._partition, epoch=epoch, expires=now + self._owner.lease_ttl)
            for source, tp, before, after in moves:
                self._move(connection, source, tp, before=before, after=after)
            reached("commit.sent")
            for tp, pieces in bodies.items():
                batches.append(connection, tp, pieces, now)
            reached("commit.written")
            if not writes.changelog:
                return None
            counters = batches.part(connection, changelog)
            return Mark(counters.next - 1, counters.stamp, writes.changelog[-1].value or b"")

        return body

    async def ends(self) -> dict[str, int]:
        """End offset of every source, as of now."""
        sources = self._sources()
        return self._store.read(
            lambda connection: {source: batches.part(connection, tp).next for source, tp in sources.items()}
        )

    async def close(self) -> None:
        """Give the lease up, so that others need not wait until it expires."""
        epoch, self._epoch = self._epoch, None
        if epoch is not None:
            await self._owner.give_up(self._store, self._group.name, self._partition, epoch)

    def _opened(
        self,
        connection: apsw.Connection,
        sources: Mapping[str, int],
        changelog: int,
        into: Intake | None,
        *,
        anywhere: bool,
    ) -> Opened:
        positions, committed = {}, False
        for source, tp in sources.items():
            counters = batches.part(connection, tp)
            at = self._position(connection, tp)
            if at is not None and not anywhere and not counters.start <= at <= counters.next:
                raise Truncated(
                    f"{self._group.name}: position {at} of {source}-{self._partition} lies outside what the log holds, "
                    f"{counters.start} to {counters.next}"
                )
            positions[source] = counters.start if at is None else at
            committed = committed or at is not None
        if into is None:
            return Opened(positions, batches.fold(batches.scan(connection, changelog, 0)), committed)
        taking = _taken(connection, changelog, into)
        return Opened(positions, taking.own, committed, taking.mark)

    def _position(self, connection: apsw.Connection, tp: int) -> int | None:
        query = "select next from position where grp = ? and tp = ?"
        rows = run(connection, query, self._group.name, tp)
        return int(rows[0][0]) if rows else None

    def _move(self, connection: apsw.Connection, source: str, tp: int, *, before: int, after: int) -> None:
        at = self._position(connection, tp)
        if before != (self._found[source] if at is None else at):
            raise Fenced(
                f"{self._group.name}: position of {source}-{self._partition} is {at}, not {before}; open again"
            )
        connection.execute(
            "insert into position(grp, tp, next, epoch) values(?, ?, ?, ?)"
            " on conflict(grp, tp) do update set next = excluded.next, epoch = excluded.epoch",
            (self._group.name, tp, after, self._epoch),
        )

    def _sources(self) -> dict[str, int]:
        return {source: self._tp(source) for source in self._group.sources}

    def _tp(self, topic: str) -> int:
        return self._catalog.topic(topic).partition(self._partition)


def _taken(connection: apsw.Connection, tp: int, into: Intake) -> Taking:
    """The changelog into an intake, from its mark on if that is here."""
    counters, taking, mark, found = batches.part(connection, tp), Taking(into), into.mark, None
    if mark is not None and recent(mark, counters.start, counters.next, counters.stamp):
        found = next(iter(batches.read(connection, tp, mark.offset, 1).records), None)
    offset = begin(into, found, counters.start)
    for row in batches.scan(connection, tp, offset):
        taking.take([record for record in decode(row) if record.offset >= offset])
    taking.finish()
    return taking


def encoded(catalog: Catalog, records: Mapping[tuple[str, int], Sequence[NewRecord]]) -> dict[int, list[Body]]:
    """Records by partition, checked and packed before any lock is taken.

    Raises:
        WrongTopic: a topic is missing, or has fewer partitions.
        RecordTooLarge: a record exceeds what its topic takes.
    """
    found: dict[int, list[Body]] = {}
    for (name, partition), new in records.items():
        topic = catalog.topic(name)
        found[topic.partition(partition)] = encode(new, sizes(topic.spec, new, partition))
    return found
