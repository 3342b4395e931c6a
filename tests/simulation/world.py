"""A simulated world: one disk, one wall clock, processes that come and go, and everything that can go wrong."""

import asyncio
import hashlib
from collections.abc import Callable
from contextvars import copy_context
from random import Random
from typing import Any

from typing_extensions import override

from engine.errors import Unavailable
from engine.memory.disk import MemoryDisk
from tests.simulation.loop import LANE, Lane, SimLoop
from tests.simulation.plan import SECOND, START, Plan

HOUR = 3600 * SECOND


class Ears(set[asyncio.Event]):
    """Those who listen, woken in the order they came: the order of a set would follow from addresses in memory."""

    def __init__(self) -> None:
        super().__init__()
        self._order: dict[asyncio.Event, None] = {}

    @override
    def add(self, element: asyncio.Event) -> None:
        self._order[element] = None

    @override
    def discard(self, element: object) -> None:
        self._order.pop(element, None)  # type: ignore[call-overload]

    @override
    def __iter__(self) -> Any:
        return iter(list(self._order))


class World:
    """What all processes share.

    Attributes:
        calm: nothing goes wrong any more.
        stopped_at: where the wall clock stands still, if it does.
        violations: what must never happen and did.
        faults: how many may still happen.
        happened: how often each kind of fault happened.
    """

    def __init__(self, plan: Plan, rng: Random, loop: SimLoop, *, lines: bool) -> None:
        self.plan, self.rng, self.loop = plan, rng, loop
        self.disk = MemoryDisk(ears=Ears())
        self.calm, self.faults = False, plan.faults
        self.stopped_at: int | None = None
        self.violations: list[str] = []
        self.happened: dict[str, int] = {}
        self.lines: list[str] | None = [] if lines else None
        self._jumped = self._outage_until = 0
        self._digest = hashlib.blake2b(digest_size=16)
        self._watch = 0.0
        self._nobody = copy_context()
        self._nobody.run(LANE.set, loop.root)

    def wall(self) -> int:
        """The time of day everywhere, but for skew."""
        return START + self.loop.now_us + self._jumped if self.stopped_at is None else self.stopped_at

    def jump(self, by: int) -> None:
        """The time of day jumps forward."""
        self._jumped += by

    def say(self, who: str, what: str) -> None:
        """Put something on record: equal seeds say equal things."""
        line = f"{self.loop.now_us:>12} {who:<8} {what}"
        self._digest.update(line.encode())
        if self.lines is not None:
            self.lines.append(line)

    @property
    def digest(self) -> str:
        """The hash of all that was said."""
        return self._digest.hexdigest()

    def violate(self, what: str) -> None:
        """Something happened that must not."""
        self.violations.append(what)
        self.say("", f"VIOLATION {what}")

    def chance(self, probability: float) -> bool:
        """Whether something with that probability happens now."""
        return probability > 0 and self.rng.random() < probability

    def spend(self, kind: str) -> bool:
        """Take one of the faults that are left; False when there is none."""
        if self.calm or self.faults <= 0:
            return False
        self.faults -= 1
        self.happened[kind] = self.happened.get(kind, 0) + 1
        return True

    def outage(self, lasting: int) -> None:
        """The log is out of reach for everybody for a while."""
        self._outage_until = self.loop.now_us + lasting
        self.say("", f"the log is out of reach for {lasting} us")

    async def reach(self, who: str, what: str) -> None:
        """A request on its way to the log: it takes a while, and may never arrive."""
        await self._travel()
        if not self.calm and (self.loop.now_us < self._outage_until or self.chance(self.plan.refusal)):
            self.say(who, f"{what}: out of reach")
            raise Unavailable(f"{what}: simulated")

    async def answer(self, who: str, what: str, *lost: type[Exception]) -> None:
        """The answer to a request that took effect, on its way back: it may be lost, which shows in one of these ways.

        Only a task's handle may say anything but that the log is out of reach.
        """
        self.say(who, what)
        await self._travel()
        if not self.calm and self.chance(self.plan.refusal):
            kinds: list[type[Exception]] = [Unavailable, *lost]
            error = self.rng.choice(kinds)
            self.happened["answer lost"] = self.happened.get("answer lost", 0) + 1
            self.say(who, f"{what}: the answer is lost, {error.__name__}")
            raise error(f"{what}: simulated, and it took effect")

    async def _travel(self) -> None:
        drawn = self.rng.random()
        if drawn < 0.5 or self.calm:
            await asyncio.sleep(0)
        elif drawn < 0.95:
            await asyncio.sleep(self.rng.random() * 0.02)
        else:
            await asyncio.sleep(self.rng.random() * 2)

    def stopwatch(self) -> float:
        """Seconds, for code that asks how long it has been at work: chance decides, not the machine."""
        self._watch += self.rng.expovariate(1 / self.plan.slice_s) if self.plan.slice_s else 0.0
        return self._watch

    def later(self, seconds: float, what: Callable[[], Any]) -> None:
        """Do something after a while, on behalf of nobody: it happens even when whoever asked is dead by then."""
        self.loop.call_later(seconds, what, context=self._nobody)

    def freeze(self, lane: Lane, lasting: int) -> None:
        """Stop a process in its tracks for a while."""
        lane.frozen = True
        self.say(lane.name, f"freezes for {lasting} us")
        self.later(lasting / SECOND, lambda: self.thaw(lane))

    def thaw(self, lane: Lane) -> None:
        """Let it go on."""
        if lane.frozen and not lane.dead:
            lane.frozen = False
            self.say(lane.name, "thaws")
