"""A soak: real workers and projectors under a steady load, and something goes wrong all the time.

Afterwards every fact is there once and in order, scores and verdicts are those of a second opinion, `verify` is clean,
the views say the same, and memory and open files of those that were never killed are level.
"""

import asyncio
import random
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from engine.ports import FaustLog
from engine.position import decode_position
from engine.reading import latest_values
from engine.state import POSITION
from events.topics import LEAD_EVENTS, LEAD_INBOX, LEAD_STATE, VIEW_STATE
from leadstream.agreements import request_publication
from leadstream.deployment import opened
from streams.agreement.load import load as load_agreement
from tests.chaos import levels
from tests.chaos.accounts import Account
from tests.chaos.levels import MIB
from tests.chaos.liveness import Pulse, answered
from tests.chaos.plan import Plan, plan
from tests.chaos.soak.cast import STEADY, Cast
from tests.chaos.soak.evidence import problems
from tests.chaos.soak.upstream import Upstream, agreement
from tests.chaos.worker import SESSION
from tests.support.kafka import KafkaCluster
from tests.system.homes import Home

pytestmark = [pytest.mark.slow, pytest.mark.timeout(7200)]

PARTITIONS = 4
_SAMPLES = 180
_SETTLING_SECONDS = 300.0
_FILES = levels.FEW_FILES + 8 * PARTITIONS
"""More that may be open: a partition of a projector takes eight connections, and the others may have left it theirs."""
_STATES = {"worker": LEAD_STATE, "projector": VIEW_STATE}
_SPARE = 8 * MIB
"""Bytes of memory a process may gain in the second half, beside what the leads that have come in since take."""
_COPIES = 3.0
"""Times the bytes of a state that it takes in memory: its bytes, its key, their entry and deadline."""


@pytest.fixture
def cluster(kind: str) -> Iterator[KafkaCluster | None]:
    """A broker of its own, because it will be killed."""
    with ExitStack() as stack:
        yield stack.enter_context(KafkaCluster()) if kind == "kafka" else None


async def offsets(log: FaustLog) -> list[int]:
    """Committed positions: of the lead tasks in the inbox, then of the view tasks in the canonical log."""
    found = []
    for changelog, source in ((LEAD_STATE, LEAD_INBOX), (VIEW_STATE, LEAD_EVENTS)):
        for number in range(PARTITIONS):
            kept = await log.latest(changelog, number, POSITION)
            found.append(0 if kept is None else decode_position(kept).offsets[source])
    return found


async def ends(log: FaustLog) -> list[int]:
    """Where these positions are when all is done."""
    return [*await log.ends(LEAD_INBOX), *await log.ends(LEAD_EVENTS)]


async def next_ones(log: FaustLog) -> list[int]:
    """Behind something that is not there yet."""
    return [end + 1 for end in await ends(log)]


async def held(log: FaustLog, changelog: str) -> int:
    """Bytes of all states in a changelog."""
    values = [await latest_values(log, changelog, number) for number in range(PARTITIONS)]
    return sum(len(key) + len(value) for some in values for key, value in some.items())


class Soak:
    """One run."""

    def __init__(self, log: FaustLog, cast: Cast, wanted: Plan) -> None:
        self.log, self.cast, self.plan = log, cast, wanted
        self.chance = random.Random(wanted.seed)
        self.upstream = Upstream(log, PARTITIONS, wanted.soak_rate, random.Random(wanted.seed))
        self.pulse = Pulse(lambda: next_ones(log), self._offsets, self._ends)
        self.sampler = levels.Sampler()
        self.half: dict[str, int] = {}

    async def _offsets(self) -> list[int]:
        return (await answered(lambda: offsets(self.log)))[0]

    async def _ends(self) -> list[int]:
        return (await answered(lambda: ends(self.log)))[0]

    async def run(self) -> None:
        """Load and faults until the time is over; then the input stops, and all is decided and shown."""
        over, seconds = asyncio.Event(), self.plan.soak_minutes * 60
        publishing = asyncio.create_task(self.upstream.publish(over))
        await self._begun()
        sampling = asyncio.create_task(self._sample(seconds))
        try:
            await self._suffer(time.monotonic() + seconds)
            self.states = await self._states()
        finally:
            sampling.cancel()
            over.set()
            await publishing
        async with asyncio.timeout(_SETTLING_SECONDS):
            await self._settled()
        await self.cast.end()

    async def _begun(self) -> None:
        """Everybody is at work: what it takes to start is neither a fault nor a leak."""
        async with asyncio.timeout(_SETTLING_SECONDS):
            while min(await self._offsets()) == 0:  # noqa: ASYNC110 - other processes bring it about
                await asyncio.sleep(0.1)

    async def _suffer(self, until: float) -> None:
        half = time.monotonic() + (until - time.monotonic()) / 2
        while time.monotonic() < until:
            self.pulse.fault(await self.cast.suffer())
            quiet = time.monotonic() + SESSION * (1 + 4 * self.chance.random())
            # The next one waits until all have got on, or have had their time to: then it is told what was not reached.
            async with asyncio.timeout(_SETTLING_SECONDS):
                while time.monotonic() < quiet or not self.pulse.beating:
                    self.cast.assert_alive()
                    await asyncio.sleep(0.1)
            if not self.half and time.monotonic() > half:
                self.half = await self._states()

    async def _states(self) -> dict[str, int]:
        """Bytes of all states, by the name of who holds them."""
        return {name: (await answered(lambda topic=topic: held(self.log, topic)))[0] for name, topic in _STATES.items()}

    async def _sample(self, seconds: float) -> None:
        while True:
            self.sampler.look(self.cast.living)
            await asyncio.sleep(seconds / _SAMPLES)

    async def _settled(self) -> None:
        """All is decided, no clock is open that will run out, all is shown."""
        await self.pulse.over()
        still = 0
        while still < 3:  # three looks a second apart: deadlines of seconds fire one after the other
            before = await self._ends()
            await asyncio.sleep(3.0)
            self.cast.assert_alive()
            at, now = await self._offsets(), await self._ends()
            still = still + 1 if at == now == before else 0

    def allowed(self, name: str) -> float:
        """Bytes by which the memory of that process may grow in the second half."""
        return _SPARE + _COPIES * (self.states[name] - self.half[name])

    def levels(self) -> list[str]:
        """Who is not level."""
        return [
            problem
            for name in STEADY
            for problem in levels.problems(self.sampler.longest(name), bound=self.allowed(name), files=_FILES)
        ]


async def test_a_soak_loses_nothing_doubles_nothing_and_leaks_nothing(
    kind: str, cluster: KafkaCluster | None, tmp_path: Path, account: Account
) -> None:
    wanted = plan()
    home = Home(tmp_path, PARTITIONS, cluster.url if cluster else "", "soak-", session_timeout=SESSION)
    cast = Cast(home, cluster, random.Random(wanted.seed))
    try:
        async with opened(home.settings, create=True) as log:
            assert (await request_publication(log, load_agreement(agreement()), None)).accepted
            cast.begin()
            soak = Soak(log, cast, wanted)
            await soak.run()
            homes = [cast.home_of(name) for name in ("projector", "projector-b")]
            for one in homes:
                verified = await asyncio.to_thread(one.run, "verify", code=0, seconds=600.0)
                account.say(f"verify in {one.folder.name}", verified)
            wrong = await problems(log, PARTITIONS, soak.upstream, homes)
    finally:
        cast.close()
        home.close()
    for name in STEADY:
        series = soak.sampler.longest(name)
        account.say(f"{name}, seconds, MiB, files", levels.told(series, soak.allowed(name)))
    account.run(
        log=kind,
        records=len(soak.upstream.accepted) + soak.upstream.again,
        faults=cast.done,
        recoveries=soak.pulse.measured,
        wrong=len(wrong),
    )
    account.say_recoveries(soak.pulse.measured)
    assert wrong == []
    assert soak.levels() == []
    late = [one for one in soak.pulse.measured if one.longest > wanted.within(SESSION)]
    assert not late, f"more than {wanted.within(SESSION)} s until every partition got on: {late}"
