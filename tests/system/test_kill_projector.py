"""Projectors killed in the middle of their batches, on both stores: no row is lost, doubled or of another time."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from engine.drain import drain
from engine.ports import EventLog
from engine.position import decode_position
from engine.state import POSITION
from events.lead import LeadStatusChanged, LeadTouched
from events.topics import LEAD_EVENTS, VIEW_STATE
from leadstream.agreements import request_publication
from leadstream.clock import now_us
from leadstream.deciding import decide_all
from leadstream.deployment import opened
from leadstream.views_store import open_store
from projections.catalogue import VIEWS
from projections.read import read_view
from projections.stores.port import StoreUnavailable, ViewStore
from streams.agreement.load import load as load_agreement
from streams.programs import agreement_program, speaking_programs
from tests.support.postgresql import PostgresServer
from tests.system.homes import Home, differences
from tests.system.projecting import projecting
from tests.system.upstream import captured, line, put, until

pytestmark = pytest.mark.slow

PARTITIONS, LEADS, KILLS = 2, 60, 20
NAMES = [f"lead-{number:03}" for number in range(LEADS)]
AGREEMENT = """
agreement: desk
version: 1
effective_from: 2025-01-01T00:00:00Z
statuses: {Open: {means: working}, Lost: {means: unqualified}}
scoring:
  engagement:
    rules: [{points: 3, touch: {channel: website}}]
  cap: 100
  grades: {A: 6, B: 0}
sales_clauses:
  call: {starts_on: captured, stopped_by: {touch: {direction: outbound}}, within: 30m}
"""


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
async def home(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Home]:
    """A deployment whose tables are in either store."""
    store = request.getfixturevalue("postgresql_url") if request.param == "postgresql" else ""
    home = Home(tmp_path, PARTITIONS, session_timeout=2.0, store=store)
    async with opened(home.settings, create=True) as log:
        assert (await request_publication(log, load_agreement(AGREEMENT), "head of sales")).accepted
    yield home
    home.close()


async def tell(log: EventLog, home: Home, turn: int) -> None:
    """Something new of every lead, and decided: it comes, is visited, answered, worked on, lost, in turns."""
    if turn == 0:
        await put(log, home, *((name, captured(name)) for name in NAMES))
    else:
        visited = LeadTouched(channel="website", kind="visited", direction="inbound")
        called = LeadTouched(channel="call", kind="dialled", direction="outbound")
        told = (visited, called, LeadStatusChanged(status="Open"), LeadStatusChanged(status="Lost"))[turn % 4]
        await put(log, home, *((name, line(told, name, turn // 4, f"turn-{turn}")) for name in NAMES))
    await drain(log, agreement_program())
    await decide_all(log, speaking_programs(log, PARTITIONS, now_us))


async def projected(log: EventLog) -> list[int]:
    """How far the projection tasks are in `lead-events`, by partition."""
    raw = [await log.latest(VIEW_STATE, partition, POSITION) for partition in range(PARTITIONS)]
    return [0 if one is None else decode_position(one).offsets[LEAD_EVENTS] for one in raw]


async def behind(log: EventLog, store: ViewStore) -> int:
    """How many records of the views' topics the tables do not hold yet."""
    known = await asyncio.to_thread(store.positions)
    return sum(
        [
            end - known.get((view.topic, partition), 0)
            for view in VIEWS
            for partition, end in enumerate(await log.ends(view.topic))
        ]
    )


async def caught_up(log: EventLog, store: ViewStore) -> bool:
    return await projected(log) == await log.ends(LEAD_EVENTS) and await behind(log, store) == 0


async def moved(place: Callable[[], Awaitable[object]], steps: int, process: Any) -> None:
    """Wait until it has changed so many times, or the process has nothing more to do."""
    for _ in range(steps):
        before = await place()
        async with asyncio.timeout(120):
            while await place() == before and process.is_alive():  # noqa: ASYNC110 - another process brings it about
                await asyncio.sleep(0.002)


@pytest.mark.timeout(600)
async def test_a_projector_killed_in_the_middle_of_its_batches_loses_nothing_and_doubles_nothing(home: Home) -> None:
    chance, unfinished, turns = random.Random(5), 0, 0
    async with opened(home.settings) as log, asyncio.timeout(580):
        store = await asyncio.to_thread(open_store, home.settings)
        for _ in range(KILLS):
            if await caught_up(log, store):
                await tell(log, home, turns)
                turns += 1
            process = projecting(home.settings)
            place = chance.choice([lambda: asyncio.to_thread(store.positions), lambda: projected(log)])
            await moved(place, chance.randint(1, 3), process)
            process.kill()
            process.join()
            unfinished += not await caught_up(log, store)
        turns += await tell_all(log, home, turns)
        last = projecting(home.settings)
        await asyncio.to_thread(last.join, 120)
        assert last.exitcode == 0
        assert await caught_up(log, store)
        shown = {str(row["lead"]): row["status"] for row in read_view(store, "leads")}
        (answered,) = read_view(store, "response-times")
        timeline = len(read_view(store, "timeline", {"source": "/crm"}))
        store.close()
    assert unfinished >= KILLS // 2, "most kills have to find it at work"
    assert await differences(home) == []
    assert shown == dict.fromkeys(NAMES, "Lost")
    assert (answered["leads"], answered["answered"], timeline) == (LEADS, LEADS, LEADS * turns)


async def tell_all(log: EventLog, home: Home, turn: int) -> int:
    """Tell on until all leads are lost; how many turns that took."""
    more = (3 - turn) % 4 + 1
    for each in range(turn, turn + more):
        await tell(log, home, each)
    return more


@pytest.mark.postgresql
@pytest.mark.timeout(240)
async def test_a_projector_waits_for_its_database_at_the_start_and_whenever_it_goes_away(
    home_on_own_server: tuple[Home, PostgresServer],
) -> None:
    home, server = home_on_own_server
    async with opened(home.settings, create=True) as log, asyncio.timeout(220):
        assert (await request_publication(log, load_agreement(AGREEMENT), "head of sales")).accepted
        server.crash()
        begun = monotonic()
        projector = home.start("projector")
        await asyncio.to_thread(projector.wait_for, r"it cannot be reached.*; trying again", 60.0)
        await tell(log, home, 0)
        server.start()
        store = await asyncio.to_thread(open_store, home.settings)
        await until(lambda: caught_up(log, store), projector)
        for turn in range(1, 4):
            server.crash()
            await tell(log, home, turn)
            await until(partial(all_projected, log, turn), projector)
            server.start()
            await until(lambda: caught_up_again(log, store), projector)
        store.close()
        assert await asyncio.to_thread(projector.stop) == 0, projector.tail()
        # In each of four outages after 1, 2 and 4 seconds, then every 5.
        assert len(projector.output().split("trying again")) <= 4 * 4 + (monotonic() - begun) / 5, projector.tail()
    assert await differences(home) == []


@pytest.fixture
async def home_on_own_server(postgresql: PostgresServer, tmp_path: Path) -> AsyncIterator[tuple[Home, PostgresServer]]:
    """A deployment whose tables are on a server that may be stopped."""
    del postgresql  # what this machine lacks has been told by now
    with PostgresServer() as server:
        home = Home(tmp_path, PARTITIONS, session_timeout=2.0, store=server.empty("views"))
        yield home, server
        home.close()


async def all_projected(log: EventLog, turn: int) -> bool:
    """Whether the tasks have gone on without the tables."""
    ends = await log.ends(LEAD_EVENTS)
    return sum(ends) >= LEADS * (turn + 1) and await projected(log) == ends


async def caught_up_again(log: EventLog, store: ViewStore) -> bool:
    try:
        return await caught_up(log, store)
    except StoreUnavailable:  # our own connection was lost as well
        return False
