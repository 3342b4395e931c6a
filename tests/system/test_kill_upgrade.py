"""The projector of a new version killed at every step of an upgrade, and beside one of the former version."""

import asyncio
import itertools
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from engine.drain import drain
from engine.failpoints import UPGRADES, VARIABLE
from engine.ports import EventLog
from events.lead import LeadStatusChanged
from leadstream.agreements import request_publication
from leadstream.clock import now_us
from leadstream.deciding import decide_all
from leadstream.deployment import opened
from leadstream.views_store import open_store
from projections.catalogue import OF_LEADS
from projections.read import read_view
from projections.stores.port import ViewStore
from projections.upgrading import upgrading
from projections.worker import shapes_of
from streams.agreement.load import load as load_agreement
from streams.programs import agreement_program, speaking_programs
from tests.projections.former import of_former
from tests.support.kafka import KafkaCluster
from tests.support.process import Process, leadstream
from tests.system.former_projector import projected_by_former
from tests.system.homes import Home, differences
from tests.system.test_kill_projector import AGREEMENT, behind, projected
from tests.system.upstream import captured, line, put, until

pytestmark = pytest.mark.slow

PARTITIONS = 2
NAMES = [f"lead-{number:03}" for number in range(40)]
OLD, NEW = {of_former("web")}, {"web"}
_numbers = itertools.count(1)


@pytest.fixture(
    params=[
        ("embedded", "sqlite"),
        pytest.param(("embedded", "postgresql"), marks=pytest.mark.postgresql),
        pytest.param(("kafka", "sqlite"), marks=pytest.mark.kafka),
    ],
    ids="-".join,
)
async def home(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Home]:
    """A deployment that a former version has left, complete, with an agreement."""
    log, tables = request.param
    store = request.getfixturevalue("postgresql_url") if tables == "postgresql" else ""
    broker = prefix = ""
    if log == "kafka":
        cluster: KafkaCluster = request.getfixturevalue("kafka")
        broker, prefix = cluster.url, request.getfixturevalue("topic_prefix")
    home = Home(tmp_path, PARTITIONS, broker, prefix, session_timeout=2.0 if log == "embedded" else 6.0, store=store)
    async with opened(home.settings, create=True) as opened_log:
        assert (await request_publication(opened_log, load_agreement(AGREEMENT), "head of sales")).accepted
        await put(opened_log, home, *((name, captured(name)) for name in NAMES))
        await decide(opened_log)
        await projected_by_former(opened_log, home.settings)
    yield home
    home.close()


async def decide(log: EventLog) -> None:
    await drain(log, agreement_program())
    await decide_all(log, speaking_programs(log, PARTITIONS, now_us))


async def tell(log: EventLog, home: Home, turn: int) -> None:
    """Every lead gets another status, and that is decided."""
    told = LeadStatusChanged(status=("Open", "Lost")[turn % 2])
    await put(log, home, *((name, line(told, name, turn % 60, f"turn-{turn}")) for name in NAMES))
    await decide(log)


def start(home: Home, failpoint: str = "") -> Process:
    environment = {**home.environment, **({VARIABLE: failpoint} if failpoint else {})}
    home.processes.append(leadstream("projector", log=home.folder / f"{next(_numbers)}.log", env=environment))
    return home.processes[-1]


def shown(store: ViewStore) -> tuple[set[object], int]:
    """The sources that `leads` shows, and how many leads `funnel` counts as captured."""
    sources = {row["source"] for row in read_view(store, "leads")}
    (counted,) = read_view(store, "funnel", {"stage": "captured"})
    return sources, int(str(counted["leads"]))


async def is_whole(log: EventLog, store: ViewStore) -> bool:
    """Whether the new version shows all there is."""
    building = await asyncio.to_thread(store.building)
    return not building and await projected(log) == await log.ends("lead-events") and await behind(log, store) == 0


@pytest.mark.timeout(600)
async def test_a_projector_killed_at_every_step_of_an_upgrade_leaves_old_answers_or_new_ones_and_never_half(
    home: Home,
) -> None:
    former, present = (OLD, 2 * len(NAMES)), (NEW, len(NAMES))
    async with asyncio.timeout(580):
        for step in UPGRADES:
            killed = start(home, f"{step}:kill")
            assert await asyncio.to_thread(killed.wait, 90) == -9, (step, killed.tail())
            assert f"failpoint {step}: kill" in killed.output()
            store = await asyncio.to_thread(open_store, home.settings)
            assert shown(store) == (present if step == "swap.done" else former), step
            assert (upgrading(store) is None) == (step == "swap.done"), step
            store.close()
        async with opened(home.settings) as log:
            await tell(log, home, 0)
            store = await asyncio.to_thread(open_store, home.settings)
            last = start(home)
            await until(lambda: is_whole(log, store), last)
            assert shown(store) == present
            assert {row["status"] for row in read_view(store, "leads")} == {"Open"}
            store.close()
            assert await asyncio.to_thread(last.stop) == 0, last.tail()
    assert await differences(home) == []


@pytest.mark.timeout(600)
async def test_a_former_projector_beside_the_new_one_keeps_the_old_answers_whole_until_it_is_stopped(
    home: Home,
) -> None:
    command = [sys.executable, "-m", "tests.system.former_projector", "projector"]
    former = Process(command, log=home.folder / "former.log", env=home.environment)
    home.processes.append(former)
    async with opened(home.settings) as log, asyncio.timeout(580):
        store = await asyncio.to_thread(open_store, home.settings)
        await until(lambda: owned_by_somebody(log), former)
        new = start(home)
        await until(lambda: begun(store), new)
        for turn in range(3):
            await tell(log, home, turn)
            await asyncio.sleep(0)
            assert shown(store) == (OLD, 2 * len(NAMES))
        assert former.alive, former.tail()
        assert await asyncio.to_thread(former.stop) == 0, former.tail()
        await until(lambda: is_whole(log, store), new)
        assert shown(store) == (NEW, len(NAMES))
        assert has_told_its_way(new)
        store.close()
        assert await asyncio.to_thread(new.stop) == 0, new.tail()
    assert await differences(home) == []


async def owned_by_somebody(log: EventLog) -> bool:
    group = shapes_of(OF_LEADS).group
    return all([await log.owned(group, partition) for partition in range(PARTITIONS)])


async def begun(store: ViewStore) -> bool:
    """Whether the new version has one of the two partitions done."""
    now = await asyncio.to_thread(upgrading, store)
    return now is not None and now.done == 1


def has_told_its_way(new: Process) -> bool:
    """Whether it has told of its way."""
    said = new.output()
    return "answers are of the former definition of" in said and "answers are of the present definition of" in said
