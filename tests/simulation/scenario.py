"""What a simulation needs to know of what runs in it."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from functools import cached_property
from itertools import zip_longest

from engine.drain import drain
from engine.host import Program
from engine.memory.disk import MemoryDisk, Partition
from engine.memory.log import MemoryLog
from engine.ports import NewRecord, TopicSpec
from engine.position import decode_position
from engine.state import POSITION, unpack
from tests.simulation.world import World

Say = tuple[bytes | None, bytes | None, tuple[tuple[str, bytes], ...]]


class Scenario(ABC):
    """Programs, what is sent to them, and what has to come of it.

    Attributes:
        milestones: instants at which something happens to every key.
        horizon: how far the time of day jumps at the end, in microseconds, so that all deadlines pass.
        inboxes: topics that only the scenario writes.
        exact: topics whose records must be those of an undisturbed run, byte for byte and in order.
        folded: topics whose last value of every key must be.
    """

    milestones: Sequence[int] = ()
    horizon: int
    inboxes: Sequence[str]
    exact: Sequence[str]
    folded: Sequence[str]

    def __init__(self, world: World) -> None:
        self.world, self.plan = world, world.plan

    @abstractmethod
    def topics(self) -> list[TopicSpec]: ...

    @abstractmethod
    def programs(self, log: MemoryLog, clock: Callable[[], int]) -> list[Program]: ...

    @abstractmethod
    def send(self, number: int) -> None:
        """Append the next records to the inboxes."""

    @abstractmethod
    def judge(self, end: int) -> None:
        """Hold the outcome against the rules, counted from the raw input; time has passed until `end`."""

    async def begin(self) -> None:  # noqa: B027 - most have nothing to do
        """Before anything goes wrong."""

    def append(self, topic: str, partition: int, *records: NewRecord) -> None:
        """Take in records, as upstream sends them."""
        self.world.disk.append({(topic, partition): records}, self.world.wall())
        for record in records:
            self.world.say("upstream", f"{topic}-{partition} {record.key!r} {record.value!r} {list(record.headers)}")

    def equal(self, what: str, found: object, wanted: object) -> None:
        """Two things that have to be equal."""
        if found != wanted:
            self.world.violate(f"{what}: {_difference(found, wanted)}")

    def caught_up(self) -> list[str]:
        """What has not been read yet; empty when all has."""
        late = []
        for program in self._all:
            for number in range(program.partitions):
                for source in program.group.sources:
                    at = self.world.disk.positions.get((program.group.name, source, number), 0)
                    end = self.world.disk.partition(source, number).next
                    if at != end:
                        late.append(f"{program.group.name} {source}-{number}: {at} of {end}")
        return late

    def passed(self, end: int) -> list[str]:
        """What is due before an instant and has not happened yet."""
        late = self.caught_up()
        milestone = max((at for at in self.milestones if at < end), default=0)
        for program in self._all:
            for number in range(program.partitions):
                kept = self.world.disk.partition(program.group.changelog, number).fold()
                raw = kept.pop(POSITION, None)
                due = min((wake for value in kept.values() if (wake := unpack(value)[0]) is not None), default=end)
                if due < end:
                    late.append(f"{program.group.name}-{number}: due at {due}")
                if kept and (raw is None or decode_position(raw).time <= milestone):
                    late.append(f"{program.group.name}-{number}: milestone {milestone}")
        return late

    async def compare(self, end: int) -> None:
        """The same input, decided without any trouble, has to end in the same bytes."""
        disk = MemoryDisk()
        log = MemoryLog(clock=lambda: end, disk=disk)
        await log.create_topics(self.topics())
        for (topic, number), found in self.world.disk.partitions.items():
            if topic in self.inboxes:
                disk.partitions[topic, number] = Partition(list(found.records), found.start, found.next, found.stamp)
        for program in self.programs(log, lambda: end):
            await drain(log, program, until=end)
        for (topic, number), found in self.world.disk.partitions.items():
            other = disk.partition(topic, number)
            if topic in self.exact:
                self.equal(f"{topic}-{number} as undisturbed", _said(found), _said(other))
            elif topic in self.folded:
                one, two = found.fold(), other.fold()
                for kept in (one, two):
                    kept.pop(POSITION, None)  # how far time has passed depends on when somebody looked
                self.equal(f"{topic}-{number} as undisturbed", one, two)

    @cached_property
    def _all(self) -> list[Program]:
        log = MemoryLog(clock=self.world.wall, disk=self.world.disk)
        return self.programs(log, self.world.wall)


def _said(partition: Partition) -> list[Say]:
    return [(record.key, record.value, tuple(record.headers)) for record in partition.records]


_NOTHING = object()


def _difference(found: object, wanted: object) -> str:
    if isinstance(found, list) and isinstance(wanted, list):
        pairs = zip_longest(found, wanted, fillvalue=_NOTHING)
        same = next(n for n, (one, other) in enumerate(pairs) if one != other)
        some = slice(same, same + 2)
        return f"{len(found)} for {len(wanted)}, from {same} on {found[some]} for {wanted[some]}"
    if isinstance(found, dict) and isinstance(wanted, dict):
        keys = sorted(key for key in found.keys() | wanted.keys() if found.get(key) != wanted.get(key))
        return ", ".join(f"{key!r}: {found.get(key)!r} for {wanted.get(key)!r}" for key in keys[:2])
    return f"{found!r} for {wanted!r}"
