"""After the last fault every partition gets on within session timeout + 5 s, and nobody was stopped for an outage."""

import asyncio
import itertools
from collections.abc import Callable
from dataclasses import dataclass

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from engine.errors import Fenced, LogError, Unavailable
from engine.runner import Policy
from engine.watchdog import Limits
from tests.engine.hosted import Hosted
from tests.engine.ledger import IN, OUT, PARTITIONS, Ledger
from tests.engine.virtual import run_virtually
from tests.support.laws import examples

SESSION_TIMEOUT = 10.0
WITHIN = SESSION_TIMEOUT + 5.0


@dataclass(frozen=True)
class Fault:
    """Something that goes wrong: after a pause, for a while, in seconds."""

    pause: float
    lasting: float
    what: str
    calls: tuple[str, ...]


FAULTS = st.builds(
    Fault,
    pause=st.floats(0.0, 20.0),
    lasting=st.floats(0.1, 130.0),
    what=st.sampled_from(["outage", "hang", "fenced", "odd", "revoked"]),
    calls=st.lists(st.sampled_from(["open", "commit", "ends"]), min_size=1, max_size=3, unique=True).map(tuple),
)


class Life:
    """A process in virtual time, with an upstream that never pauses and somebody who moves the watchdog's clock."""

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        self.time: Callable[[], float] = loop.time
        self.one = Hosted(
            lambda: int(loop.time() * 1_000_000), Policy(), Limits.of(SESSION_TIMEOUT), Ledger()
        )  # fmt: skip
        self.crashed: list[BaseException] = []
        self.beside: list[asyncio.Task[None]] = []

    async def begin(self) -> None:
        async def crash(exc: BaseException) -> None:
            self.crashed.append(exc)

        await self.one.begin(*range(PARTITIONS))
        self.one.host.on_crash(crash)
        self.beside = [asyncio.create_task(work()) for work in (self._publish, self._fetch, self._watch)]

    async def end(self) -> None:
        for work in self.beside:
            work.cancel()
        results = await asyncio.gather(*self.beside, return_exceptions=True)
        assert all(isinstance(result, asyncio.CancelledError) for result in results), results
        await self.one.host.revoke()

    async def _publish(self) -> None:
        for number in itertools.count():
            for partition in range(PARTITIONS):
                await self.one.send(partition, f"{number}")
            await asyncio.sleep(1.0)

    async def _fetch(self) -> None:
        while True:
            await self.one.fetch()
            await asyncio.sleep(0.25)

    async def _watch(self) -> None:
        while True:
            self.one.seconds = self.time()
            await self.one.round(0.0)
            await asyncio.sleep(self.one.limits.period)

    async def suffer(self, fault: Fault) -> None:
        """Let it happen, and be over."""
        await asyncio.sleep(fault.pause)
        log = self.one.log
        if fault.what == "revoked":
            await self.one.host.revoke()
            await asyncio.sleep(fault.lasting)
            self.one.host.assign([(IN, partition) for partition in range(PARTITIONS)], self.one._seek)
        elif fault.what in ("fenced", "odd"):
            for call in fault.calls:
                log.troubles[call].append(Fenced("another owner") if fault.what == "fenced" else LogError("odd"))
            await asyncio.sleep(fault.lasting)
        else:
            gate = asyncio.Event()
            trouble = Unavailable("no broker") if fault.what == "outage" else gate
            log.forced = dict.fromkeys(fault.calls, trouble)
            await asyncio.sleep(fault.lasting)
            log.forced = {}
            gate.set()


async def lived(faults: list[Fault]) -> None:
    life = Life()
    await life.begin()
    for fault in faults:
        await life.suffer(fault)
    for troubles in life.one.log.troubles.values():
        troubles.clear()
    before = await life.one.log.ends(OUT)
    inbox = await life.one.log.ends(IN)
    await asyncio.sleep(WITHIN)
    positions = [life.one.position(partition) for partition in range(PARTITIONS)]
    assert all(position >= end for position, end in zip(positions, inbox, strict=True)), (positions, inbox)
    assert all(now > then for now, then in zip(await life.one.log.ends(OUT), before, strict=True))
    await asyncio.sleep(life.one.limits.period)
    assert not life.crashed, life.crashed
    assert not life.one.dog.verdict.stalled, (life.one.dog.verdict.stalled, life.one.dog.seen)
    hangs = [fault for fault in faults if fault.what == "hang"]
    # Who is given nothing while nobody has the partitions ends as well: its join may hang.
    away = sum(fault.lasting for fault in faults if fault.what == "revoked")
    assert not life.one.ended or hangs or away > life.one.limits.ended - life.one.limits.told
    await life.end()
    for partition in range(PARTITIONS):
        found = [record.value for record in (await life.one.log.read(OUT, partition, 0, 10**6)).records]
        assert found == [b"%d:%d" % (n + 1, n) for n in range(len(found))]


@given(faults=st.lists(FAULTS, max_size=4))
@settings(max_examples=examples(20), phases=[Phase.explicit, Phase.generate])
def test_after_the_last_fault_every_partition_gets_on_within_session_timeout_and_five_seconds(
    faults: list[Fault],
) -> None:
    run_virtually(lived(faults))


def test_half_an_hour_of_outage_ends_nothing() -> None:
    run_virtually(lived([Fault(1.0, 1800.0, "outage", ("open", "commit", "ends"))]))
