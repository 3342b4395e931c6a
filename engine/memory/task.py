"""One task's handle on the in-memory log."""

from collections.abc import Callable, Mapping, Sequence

from engine.errors import Fenced, Truncated
from engine.intake import Taking, begin, recent
from engine.memory.disk import MemoryDisk, Partition
from engine.ports import GroupSpec, Intake, Mark, NewRecord, Opened, Writes


class MemoryTaskLog:
    """Implements `engine.ports.TaskLog`: every check comes first, then everything is written; nothing waits between."""

    def __init__(
        self,
        disk: MemoryDisk,
        group: GroupSpec,
        partition: int,
        *,
        owner: str,
        clock: Callable[[], int],
        lease_ttl: int,
    ) -> None:
        self._disk, self._group, self._partition = disk, group, partition
        self._owner, self._clock, self._lease_ttl = owner, clock, lease_ttl
        self._epoch: int | None = None

    async def open(self, into: Intake | None = None, *, anywhere: bool = False) -> Opened:
        """Take the lease, whoever had it; then read."""
        sources = self._sources()
        changelog = self._disk.partition(self._group.changelog, self._partition)
        lease = self._disk.lease(self._group.name, self._partition)
        lease.epoch, lease.owner, lease.expires = lease.epoch + 1, self._owner, self._clock() + self._lease_ttl
        self._epoch = lease.epoch
        positions = {source: self._position(source) for source in sources}
        for source, found in sources.items():
            if not anywhere and not found.start <= positions[source] <= found.next:
                await self.close()
                raise Truncated(
                    f"{self._group.name}: position {positions[source]} of {source}-{self._partition} lies outside "
                    f"what the log holds, {found.start} to {found.next}"
                )
        committed = any((self._group.name, source, self._partition) in self._disk.positions for source in sources)
        if into is None:
            return Opened(positions, changelog.fold(), committed)
        taking = _taken(changelog, into)
        return Opened(positions, taking.own, committed, taking.mark)

    async def commit(self, writes: Writes) -> Mark | None:
        """All or nothing."""
        records = self.records(writes)
        self._disk.check(records)
        self.check(writes)
        return self.write(writes, records)

    def records(self, writes: Writes) -> dict[tuple[str, int], Sequence[NewRecord]]:
        """All records to be written."""
        records: dict[tuple[str, int], Sequence[NewRecord]] = dict(writes.outputs)
        if writes.changelog:
            records[self._group.changelog, self._partition] = writes.changelog
        return records

    def check(self, writes: Writes) -> None:
        """Whether we may write.

        Raises:
            Fenced: we are no longer the owner, or a position is not as told.
        """
        if self._epoch != self._disk.lease(self._group.name, self._partition).epoch:
            raise Fenced(f"{self._group.name}-{self._partition}: not open, or somebody else owns it now")
        for source in writes.after:
            if self._position(source) != writes.before[source]:
                raise Fenced(f"{self._group.name}: position of {source}-{self._partition} is {self._position(source)}")

    def write(self, writes: Writes, records: Mapping[tuple[str, int], Sequence[NewRecord]]) -> Mark | None:
        """Write what has been checked."""
        lease = self._disk.lease(self._group.name, self._partition)
        lease.expires = self._clock() + self._lease_ttl
        for source, after in writes.after.items():
            self._disk.positions[self._group.name, source, self._partition] = after
        self._disk.append(records, self._clock())
        if not writes.changelog:
            return None
        last = self._disk.partition(self._group.changelog, self._partition).records[-1]
        return Mark(last.offset, last.timestamp, last.value or b"")

    async def ends(self) -> dict[str, int]:
        """End offset of every source."""
        return {source: found.next for source, found in self._sources().items()}

    async def close(self) -> None:
        """Give the lease up if it is still ours."""
        lease = self._disk.lease(self._group.name, self._partition)
        if self._epoch == lease.epoch:
            lease.expires = 0
            self._disk.ring()
        self._epoch = None

    def _position(self, source: str) -> int:
        found = self._disk.positions.get((self._group.name, source, self._partition))
        return self._disk.partition(source, self._partition).start if found is None else found

    def _sources(self) -> dict[str, Partition]:
        return {source: self._disk.partition(source, self._partition) for source in self._group.sources}


def _taken(changelog: Partition, into: Intake) -> Taking:
    """The changelog into an intake, from its mark on if that is here."""
    taking, mark, found = Taking(into), into.mark, None
    if mark is not None and recent(mark, changelog.start, changelog.next, changelog.stamp):
        found = next(iter(changelog.read(mark.offset, 1).records), None)
    offset = begin(into, found, changelog.start)
    taking.take(changelog.read(offset, len(changelog.records)).records)
    taking.finish()
    return taking
