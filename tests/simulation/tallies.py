"""Records for the small programs, and what has to come of them."""

from collections import defaultdict
from collections.abc import Callable, Sequence

from typing_extensions import override

from engine.host import Program
from engine.memory.log import MemoryLog
from engine.ports import NewRecord, TopicSpec
from engine.state import unpack
from tests.simulation import tally, tally_oracle
from tests.simulation.plan import SECOND, START
from tests.simulation.scenario import Scenario
from tests.simulation.tally_oracle import Came
from tests.simulation.world import HOUR, World

_ORDERS = ("add", "due", "due", "stop", "gone", "beside")
_BACK, _AHEAD = 400_000, 50 * SECOND
"""How much earlier or later than its arrival a record may claim to be: less than grace and skew leave room for."""


class Tallies(Scenario):
    """One group, or two of which the second reads what the first one says."""

    horizon = 24 * HOUR
    inboxes: Sequence[str] = (tally.IN,)
    exact: Sequence[str] = (tally.OUT, tally.TOTALS, tally.DEAD)
    folded: Sequence[str] = (tally.STATE, tally.TOTALS_STATE)

    def __init__(self, world: World) -> None:
        super().__init__(world)
        rng, span = world.rng, self.plan.records * self.plan.pace
        self.milestones = sorted(START + rng.randrange(2 * span) for _ in range(rng.randrange(4)))

    @override
    def topics(self) -> list[TopicSpec]:
        return tally.topics(self.plan.partitions)

    @override
    def programs(self, log: MemoryLog, clock: Callable[[], int]) -> list[Program]:
        return tally.programs(self.plan.shape, self.plan.partitions, self.milestones)

    @override
    def send(self, number: int) -> None:
        rng = self.world.rng
        place = rng.randrange(self.plan.keys)
        new = [self._record(place, f"{number}.{one}") for one in range(rng.choice((1, 1, 1, 2, 20)))]
        partition = place % self.plan.partitions
        self.append(tally.IN, partition, *new)
        if rng.random() < 0.1:  # what transactions and compaction leave behind: offsets without a record
            self.world.disk.partition(tally.IN, partition).next += rng.randint(1, 3)

    def _record(self, place: int, number: str) -> NewRecord:
        rng = self.world.rng
        order = rng.choice(_ORDERS)
        argument = round(rng.expovariate(1 / (self.plan.due_s * SECOND))) if order == "due" else rng.randrange(3)
        headers: list[tuple[str, bytes]] = []
        if rng.random() < 0.15:
            claim = self.world.wall() + rng.choice((-_BACK, -1, 0, 1, _AHEAD))
            headers = [("ls-time", rng.choice((b"%d" % claim, b"%d" % claim, b"soon", b"9" * 16)))]
        return NewRecord(b"key%d" % place, f"{number} {order} {argument}".encode(), headers)

    @override
    def judge(self, end: int) -> None:
        beside = defaultdict(list)
        for number in range(self.plan.partitions):
            want = tally_oracle.expected(
                number, self.plan.partitions, self._came(tally.IN, number), self.milestones, end, tally.AGAIN
            )
            self.equal(f"said in {number}", self._said(tally.OUT, number), want.said)
            self.equal(f"states of {number}", self._states(tally.STATE, number), want.states)
            self.equal(f"dead letters of {number}", self._dead(number), want.dead)
            if self.plan.shape == "chain":
                said, states = tally_oracle.totals(want.said)
                self.equal(f"totals of {number}", self._said(tally.TOTALS, number), said)
                self.equal(f"states of totals of {number}", self._states(tally.TOTALS_STATE, number), states)
            for to, key, value in want.beside:
                beside[number, to].append((key, value))
        for number in range(self.plan.partitions):
            found = self._said(tally.BESIDE, number)
            for writer in range(self.plan.partitions):
                by = [one for one in found if one[1].split()[0] == b"%d" % writer]
                self.equal(f"said by {writer} in {number}", by, beside[writer, number])

    def _came(self, topic: str, number: int) -> list[Came]:
        return [
            Came(each.offset, each.timestamp, each.key or b"", each.value or b"", dict(each.headers).get("ls-time"))
            for each in self.world.disk.partition(topic, number).records
        ]

    def _said(self, topic: str, number: int) -> list[tuple[bytes, bytes]]:
        return [(each.key or b"", each.value or b"") for each in self.world.disk.partition(topic, number).records]

    def _states(self, topic: str, number: int) -> dict[bytes, list[int]]:
        kept = self.world.disk.partition(topic, number).fold()
        return {key: [int(one) for one in unpack(raw)[1].split()] for key, raw in kept.items() if key[:1] != b"\0"}

    def _dead(self, number: int) -> list[int]:
        letters = self.world.disk.partition(tally.DEAD, number).records
        return [int(dict(each.headers)["dlq.offset"]) for each in letters]


class Pairs(Tallies):
    """One group with two co-partitioned sources: each keeps its own order, between them there is none."""

    inboxes: Sequence[str] = (tally.IN, tally.SECOND_IN)
    exact: Sequence[str] = ()
    folded: Sequence[str] = (tally.STATE,)

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.milestones = []

    @override
    def send(self, number: int) -> None:
        place = self.world.rng.randrange(self.plan.keys)
        topic = self.world.rng.choice(self.inboxes)
        new = [
            NewRecord(b"key%d" % place, f"{number}.{one} {topic}".encode())
            for one in range(self.world.rng.randint(1, 3))
        ]
        self.append(topic, place % self.plan.partitions, *new)

    @override
    def judge(self, end: int) -> None:
        for number in range(self.plan.partitions):
            want, states = tally_oracle.pairs(*(self._came(topic, number) for topic in self.inboxes))
            said = self._said(tally.OUT, number)
            for topic, of_source in zip(self.inboxes, want, strict=True):
                found = [one for one in said if one[1].split()[0] == topic.encode()]
                self.equal(f"said of {topic} in {number}", found, of_source)
            self.equal(f"states of {number}", self._states(tally.STATE, number), states)
