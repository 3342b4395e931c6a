"""Questions from outside, and what has to come of them, counted without any program."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

from typing_extensions import override

from engine.host import Program
from engine.memory.disk import MemoryDisk, Partition
from engine.memory.log import MemoryLog
from engine.partitioning import partition_of
from engine.ports import NewRecord, TopicSpec
from engine.recordtime import TASK_HEADER
from engine.together import drain_together
from tests.simulation import asking
from tests.simulation.plan import SECOND
from tests.simulation.scenario import Scenario
from tests.simulation.world import HOUR, World


class Asks(Scenario):
    """Questions, some of them sent twice."""

    horizon = 24 * HOUR
    inboxes: Sequence[str] = (asking.ASKS,)

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._desks = world.rng.randint(1, 3)
        self._takes = max(1, round(self.plan.due_s * SECOND))
        self._sent: list[tuple[str, str]] = []

    @override
    def topics(self) -> list[TopicSpec]:
        return asking.topics(self.plan.partitions)

    @override
    def programs(self, log: MemoryLog, clock: Callable[[], int]) -> list[Program]:
        return asking.programs(self.plan.partitions, self._desks, self._takes)

    @override
    def send(self, number: int) -> None:
        rng = self.world.rng
        for one in range(rng.choice((1, 1, 1, 2, 6))):
            new = (f"asker{rng.randrange(self.plan.keys)}", f"{number}.{one}")
            asker, name = rng.choice(self._sent) if self._sent and rng.random() < 0.2 else new
            self._sent.append((asker, name))
            partition = partition_of(asker.encode(), self.plan.partitions)
            self.append(asking.ASKS, partition, NewRecord(asker.encode(), f"ask {name}".encode()))

    @override
    def judge(self, end: int) -> None:
        for fault in faults(self._sent, self.world.disk, self._desks, self._takes):
            self.world.violate(fault)

    @override
    async def compare(self, end: int) -> None:
        """The same questions, decided in virtual time, must be answered as well."""
        disk = MemoryDisk()
        log = MemoryLog(clock=lambda: end, disk=disk)
        await log.create_topics(self.topics())
        for number in range(self.plan.partitions):
            found = self.world.disk.partition(asking.ASKS, number)
            outside = [each for each in found.records if TASK_HEADER not in dict(each.headers)]
            disk.partitions[asking.ASKS, number] = Partition(outside, found.start, found.next, found.stamp)
        await drain_together(log, self.programs(log, lambda: end), until=end)
        for fault in faults(self._sent, disk, self._desks, self._takes):
            self.world.violate(f"in virtual time: {fault}")


def faults(sent: Sequence[tuple[str, str]], disk: MemoryDisk, desks: int, takes: int) -> Iterator[str]:
    """What is wrong: questions lost, asked, served or answered twice, out of turn, or two at once.

    Args:
        sent: asker and number of every question, in order of arrival, some of them twice.
        disk: what became of them.
        desks: how many desks there are.
        takes: how long a desk is busy with one, in microseconds.
    """
    said, served = _said(disk, asking.ASKED), _said(disk, asking.SERVED)
    once = list(dict.fromkeys(sent))
    for asker in {who for who, _ in once} | said.keys():
        asked = [line.split()[1] for line in said[asker] if line.startswith("asked")]
        wanted = [number for who, number in once if who == asker]
        if asked != wanted:
            yield f"{asker} has asked {asked} for {wanted}"
        answered = Counter(line.split()[1] for line in said[asker] if line.startswith("answered"))
        if answered != Counter(wanted):
            yield f"{asker} was answered {dict(answered)} for {wanted}"
    answers = {line.removeprefix("answered ") for lines in said.values() for line in lines if line[:8] == "answered"}
    for desk in {asking.desk_of(number, desks) for _, number in once} | served.keys():
        turns = [line.split()[2:] for line in served[desk]]
        wanted_here = Counter(one for one in once if asking.desk_of(one[1], desks) == desk)
        if Counter((asker, number) for asker, _, (number, *_) in _split(served[desk])) != wanted_here:
            yield f"{desk} has served {served[desk]} for {wanted_here}"
        if [int(turn) for _, turn, _ in turns] != list(range(1, len(turns) + 1)):
            yield f"{desk}: turns {turns}"
        times = [int(at) for _, _, at in turns]
        if any(later - earlier < takes for earlier, later in pairwise(times)):
            yield f"{desk}: two at once, {times}"
        if not {" ".join(turn) for turn in turns} <= answers:
            yield f"{desk}: somebody was told otherwise than {turns}"


def _split(lines: Sequence[str]) -> Iterator[tuple[str, str, list[str]]]:
    for line in lines:
        asker, what, *more = line.split()
        yield asker, what, more


def _said(disk: MemoryDisk, topic: str) -> defaultdict[str, list[str]]:
    found = defaultdict[str, list[str]](list)
    for (name, _), partition in disk.partitions.items():
        if name == topic:
            for record in partition.records:
                found[(record.key or b"").decode()].append((record.value or b"").decode())
    return found
