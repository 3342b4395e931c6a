"""How far every task of this process is, seen from outside: positions against ends, deadlines against the clock."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from typing import Any, NamedTuple, TypeVar

from engine.errors import LogError
from engine.host import Host
from engine.runner import Runner

T = TypeVar("T")


class Sight(NamedTuple):
    """One task as it stands.

    Attributes:
        group: its group's name.
        partition: its partition number.
        open: it decides; else it is being opened, or waits for the log.
        positions: next offset of every source, as committed; empty until it was open once.
        ends: end of every source, as far as known.
        waiting: sources of which fetched records wait to be decided.
        time: partition time in microseconds.
        due: all sources are at their ends, and a deadline or milestone has passed and has not fired.
        committing: the same, and a commit is under way: what it fires is not due any more, and not done.
        commits: transactions committed.
        still: those among them that moved no position.
        excuses: grows with every sign that the log is out of reach.
    """

    group: str
    partition: int
    open: bool
    positions: Mapping[str, int]
    ends: Mapping[str, int]
    waiting: frozenset[str]
    time: int
    due: bool
    committing: bool
    commits: int
    still: int
    excuses: int

    def name_of(self, topic: str) -> str:
        """What the watchdog calls a source of this task."""
        return f"{topic}-{self.partition} of {self.group}"

    def lag(self, topic: str) -> int:
        """Records (and gaps) of a source that are not decided yet."""
        return max(0, self.ends.get(topic, 0) - self.positions.get(topic, 0))


class Seen(NamedTuple):
    """One round of looks.

    Attributes:
        rounds: how many there have been.
        tasks: the tasks that are ours.
        unowned: (group, partition) of tasks with records that no process seems to own.
        reachable: the log answered.
        outages: looks that the log did not answer, so far.
        assignments: how often this process was told what is its own, so far: then its join does not hang.
    """

    rounds: int = 0
    tasks: tuple[Sight, ...] = ()
    unowned: tuple[tuple[str, int], ...] = ()
    reachable: bool = True
    outages: int = 0
    assignments: int = 0


class Look(NamedTuple):
    """What the watchdog judges.

    Attributes:
        name: what is looked at.
        mark: changes whenever it has got on.
        work: there is something to do.
        opening: a task that is not open yet.
        excuses: grows with every sign that something outside is to blame.
        ours: this process could help it by starting again.
        about: where it stands, for people.
    """

    name: str
    mark: object
    work: bool
    opening: bool = False
    excuses: int = 0
    ours: bool = True
    about: str = ""


def looks_of(seen: Seen) -> Iterator[Look]:
    """What there is to judge: every source of every task, its deadlines, and what nobody owns."""
    for task in seen.tasks:
        for topic in task.ends:
            yield _source(task, topic)
        yield Look(
            name=f"time of {task.group}-{task.partition}",
            mark=(task.time, task.commits),
            work=task.due or task.committing,
            excuses=task.excuses,
            about="a commit does not end" if task.committing else "what is due does not fire",
        )
    for group, partition in seen.unowned:
        # Who owns nothing while there is something to own may hang in joining; to others starting again is no help.
        yield Look(
            name=f"{group}-{partition}",
            mark=None,
            work=True,
            excuses=seen.outages + seen.assignments,
            ours=not seen.tasks,
            about="it has records, and no process owns it" + ("" if seen.tasks else "; this one owns nothing"),
        )


def _source(task: Sight, topic: str) -> Look:
    position, end = task.positions.get(topic), task.ends[topic]
    if not task.open:
        why = "its task is not open"
    elif topic in task.waiting:
        why = "what was fetched is not decided"
    else:
        why = "nothing is fetched"
    return Look(
        name=task.name_of(topic),
        mark=(position, task.still),
        work=not task.open or position is None or position < end,
        opening=not task.open,
        excuses=task.excuses,
        about=f"stands at {'no known offset' if position is None else position} of {end}, {why}",
    )


class Observer:
    """Looks at the tasks of a host, in its event loop.

    Args:
        host: owner of the tasks.
        clock: microseconds since the epoch.
        patience: seconds the log may take to answer a question.
        foreign_every: partitions of others are looked at once in so many rounds.
    """

    def __init__(self, host: Host, *, clock: Callable[[], int], patience: float, foreign_every: int = 5) -> None:
        self._host, self._clock, self._patience, self._every = host, clock, patience, foreign_every
        self._programs = {one.group.name: one for one in host.programs.values()}
        self._ends: dict[str, list[int]] = {}
        self._unowned: tuple[tuple[str, int], ...] = ()
        self._rounds = self._outages = 0

    async def look(self) -> Seen:
        """One round. Never fails because of the log: an answer that does not come counts as an outage."""
        reachable = True
        try:
            for topic in sorted({topic for topic, _ in self._host.runners}):
                self._ends[topic] = await self._asked(self._host.log.ends(topic))
            if self._rounds % self._every == 0:
                self._unowned = tuple([found async for found in self._without_owner()])
        except (LogError, TimeoutError, OSError):
            reachable, self._outages = False, self._outages + 1
        self._rounds += 1
        ours = {id(runner): runner for runner in self._host.runners.values()}
        unowned = tuple(one for one in self._unowned if not self._is_ours(*one))  # some may have come to us since
        tasks = tuple(self._sight(runner) for runner in ours.values())
        return Seen(self._rounds, tasks, unowned, reachable, self._outages, self._host.assignments)

    async def _asked(self, answer: Awaitable[T]) -> T:
        async with asyncio.timeout(self._patience):  # Python 3.11's wait_for may swallow a cancellation
            return await answer

    def _is_ours(self, group: str, partition: int) -> bool:
        return (self._programs[group].group.sources[0], partition) in self._host.runners

    async def _without_owner(self) -> AsyncIterator[tuple[str, int]]:
        for name, program in sorted(self._programs.items()):
            foreign = [number for number in range(program.partitions) if not self._is_ours(name, number)]
            if not foreign:
                continue
            source = program.group.sources[0]
            starts, ends = [await self._asked(ask(source)) for ask in (self._host.log.starts, self._host.log.ends)]
            for number in foreign:
                if ends[number] > starts[number] and not await self._asked(self._host.log.owned(program.group, number)):
                    yield name, number

    def _sight(self, runner: Runner[Any]) -> Sight:
        task, tally = runner.task, self._host.tallies[runner.name]
        positions, sources = dict(task.positions), task.group.sources
        ends = {topic: self._ends[topic][task.partition] if topic in self._ends else 0 for topic in sources}
        waiting = frozenset(
            topic for topic in sources if runner.running and runner.fetch_from(topic) > positions[topic]
        )
        done = runner.running and all(positions[topic] >= ends[topic] for topic in sources)
        return Sight(
            group=task.group.name,
            partition=task.partition,
            open=runner.running,
            positions=positions,
            ends=ends,
            waiting=waiting,
            time=task.time,
            due=done and task.next_due() < self._clock() - runner.policy.grace_us,
            committing=done and tally.committing,
            commits=tally.commits,
            still=tally.still,
            excuses=tally.notes["outage"] + self._outages,
        )
