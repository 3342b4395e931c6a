"""Notices a partition that does not move although there is something to do: tells it once, ends the process at last.

A lost wake-up, a handler that never returns, a request that is never answered: the process lives, keeps its seat in the
group, and does nothing. `Watch` is the judge, a fold over looks and instants. `Watchdog` looks in the event loop and
judges in a thread of its own, because a handler that hangs holds the loop.
"""

import asyncio
import contextlib
import faulthandler
import logging
import os
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import NamedTuple, Self

from typing_extensions import override

from engine.host import Host
from engine.progress import Look, Observer, Seen, looks_of

logger = logging.getLogger("leadstream.engine")

STALLED_EXIT = 75
"""Exit code of a process that was ended because it did not get on: start it again."""
LOOP = "the event loop"
"""The name under which the event loop itself is watched."""
_ROUNDS = 5


@dataclass(frozen=True, slots=True)
class Limits:
    """How long something may stand still while there is something to do, in seconds.

    Attributes:
        told: after this it is told and shown.
        ended: after this the process ends. It counts from the last sign that the log is out of reach: an outage ends
            nothing.
        restoring: takes the place of `ended` while a task opens: a large state takes its time to be read.
    """

    told: float
    ended: float
    restoring: float

    @classmethod
    def of(cls, session_timeout: float, *, batch: float = 10.0) -> Self:
        """The limits for a session timeout.

        Args:
            session_timeout: seconds after which a silent process is replaced.
            batch: seconds that one batch may take, its commit included.
        """
        return cls.after(session_timeout + 5.0 + batch)

    @classmethod
    def after(cls, told: float) -> Self:
        """The limits that go with telling after so many seconds."""
        return cls(told, 4 * told, max(4 * told, 900.0))

    @property
    def period(self) -> float:
        """Seconds between two rounds of looks."""
        return self.told / _ROUNDS


class Stall(NamedTuple):
    """Something that stands still: what was seen last, and for how many seconds it has stood."""

    look: Look
    seconds: float

    @override
    def __str__(self) -> str:
        return f"{self.look.name} has not moved for {self.seconds:.0f} s: {self.look.about}"


class Verdict(NamedTuple):
    """What a round of looks says.

    Attributes:
        stalled: all that stands still for longer than it may, by name.
        new: names of those that were not stalled the last time.
        moving: names of those that get on again.
        ending: the one because of which the process has to end, if there is one.
    """

    stalled: dict[str, Stall]
    new: list[str]
    moving: list[str]
    ending: Stall | None


class _Standing(NamedTuple):
    """Since when something stands still, and since when that is its own fault, in watched seconds."""

    look: Look
    since: float
    blamed: float


class Watch:
    """Judges looks. Knows no clock: instants are given, in seconds.

    Only watched time counts: of a long gap between two rounds (the process was frozen, the machine slept) only two
    periods do, so that nobody is blamed for time in which nothing could move.

    Args:
        limits: how long something may stand still.
    """

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._standing: dict[str, _Standing] = {}
        self._stalled: dict[str, Stall] = {}
        self._watched = 0.0
        self._last: float | None = None

    def judge(self, at: float, looks: Iterable[Look]) -> Verdict:
        """Take one round of looks; what is not among them is forgotten."""
        if self._last is not None:
            self._watched += min(at - self._last, 2 * self.limits.period)
        self._last = at
        self._standing = {look.name: self._after(look) for look in looks}
        before, limits = self._stalled, self.limits
        ages = [Stall(one.look, self._watched - one.since) for one in self._standing.values()]
        self._stalled = {one.look.name: one for one in ages if one.seconds > limits.told}
        return Verdict(
            stalled=self._stalled,
            new=[name for name in self._stalled if name not in before],
            moving=[name for name in before if name in self._standing and name not in self._stalled],
            ending=next((one for name, one in self._stalled.items() if self._hopeless(self._standing[name])), None),
        )

    def _after(self, look: Look) -> _Standing:
        now, known = self._watched, self._standing.get(look.name)
        if known is None or known.look.mark != look.mark or not look.work:
            return _Standing(look, now, now)
        excused = (known.look.excuses, known.look.opening) != (look.excuses, look.opening)
        return _Standing(look, known.since, now if excused else known.blamed)

    def _hopeless(self, one: _Standing) -> bool:
        limit = self.limits.restoring if one.look.opening else self.limits.ended
        return one.look.ours and self._watched - one.blamed > limit


class Watchdog:
    """Watches the tasks of a host.

    Attributes:
        seen: the last round of looks.
        verdict: what it says.

    Args:
        host: owner of the tasks.
        limits: how long something may stand still.
        clock: microseconds since the epoch, for deadlines.
        monotonic: seconds.
        end: ends the process at once with an exit code. What is open is aborted, as after a crash.
    """

    def __init__(
        self,
        host: Host,
        limits: Limits,
        *,
        clock: Callable[[], int],
        monotonic: Callable[[], float] = time.monotonic,
        end: Callable[[int], object] = os._exit,
    ) -> None:
        self.seen, self.verdict = Seen(), Verdict({}, [], [], None)
        self._limits, self._monotonic, self._end = limits, monotonic, end
        self._observer = Observer(host, clock=clock, patience=limits.told / 2, foreign_every=_ROUNDS)
        self._watch = Watch(limits)

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        """Watch while the body runs."""
        over = threading.Event()
        looking = asyncio.create_task(self._look_on())
        judging = threading.Thread(target=self._judge_on, args=(over,), name="watchdog", daemon=True)
        judging.start()
        try:
            yield
        finally:
            over.set()
            while not looking.done():  # a cancellation may be lost: `asyncio.wait_for` of Python 3.11 can swallow one
                looking.cancel()
                await asyncio.wait([looking], timeout=0.1)

    async def look(self) -> None:
        """One round of looks; in the event loop."""
        self.seen = await self._observer.look()

    def judge(self) -> None:
        """Judge the last round, say what is new, end the process if it has to; from any thread."""
        seen = self.seen
        loop = Look(
            LOOP,
            mark=seen.rounds,
            work=True,
            opening=not all(task.open for task in seen.tasks),
            about="a handler may hang",
        )
        self.verdict = verdict = self._watch.judge(self._monotonic(), [loop, *looks_of(seen)])
        for name in verdict.moving:
            logger.warning("moves again: %s", name)
        for name in verdict.new:
            logger.error("stalled: %s", verdict.stalled[name])
        if verdict.ending is not None:
            logger.critical("ending with exit code %s: %s", STALLED_EXIT, verdict.ending)
            with contextlib.suppress(Exception):  # stderr may be closed, or no file
                faulthandler.dump_traceback()
            self._end(STALLED_EXIT)

    async def _look_on(self) -> None:
        while True:
            try:
                await self.look()
            except Exception:  # a mistake of the watcher must not look like one of the watched
                logger.exception("the tasks could not be looked at")
                self.seen = self.seen._replace(rounds=self.seen.rounds + 1)
            await asyncio.sleep(self._limits.period)

    def _judge_on(self, over: threading.Event) -> None:
        while not over.wait(self._limits.period):
            self.judge()
