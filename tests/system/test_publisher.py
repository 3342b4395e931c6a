"""Programs that publish to both logs and the gateway: killed, cut off, started again; each fact is decided once."""

import asyncio
import os
import re
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import orjson
import pytest

from engine.reading import records_of
from events.ids import derived_id
from events.topics import LEAD_EVENTS, LEAD_INBOX
from leadstream import Pace, SyncPublisher
from leadstream.deployment import opened
from tests.support.kafka import KafkaCluster
from tests.support.process import REPOSITORY, Process
from tests.system.conftest import MakeHome
from tests.system.gate import Gate
from tests.system.homes import Home
from tests.system.publishing import LEADS, SOURCE, fact

pytestmark = pytest.mark.slow

COUNT = 1_000
KILLED_AFTER = (60, 250, 700)
"""Facts that are told to be in the log when the program is killed, the first time and so on."""


def program(home: Home, address: str = "") -> Process:
    """The program that publishes, to the log of the settings or to an address."""
    path = os.pathsep.join(filter(None, [str(REPOSITORY), os.environ.get("PYTHONPATH")]))
    log = home.folder / f"publishing-{len(home.processes)}.log"
    argv = [sys.executable, str(REPOSITORY / "tests/system/publishing.py"), str(COUNT), *([address] if address else [])]
    env = {**home.environment, "PYTHONPATH": path}
    home.processes.append(Process(argv, log=log, env=env, cwd=home.folder))
    return home.processes[-1]


def told(process: Process) -> list[str]:
    """Ids of the facts that a program told to be in the log."""
    return re.findall(r"^\d+ (?:accepted|duplicate) (\S+)$", process.output(), re.MULTILINE)


async def until_told(process: Process, count: int) -> None:
    async with asyncio.timeout(120):
        while len(told(process)) < count:
            assert process.alive, process.tail()
            await asyncio.sleep(0.005)


async def ids(home: Home, topic: str) -> list[str]:
    """Of our facts, as often as they are in a topic."""
    async with opened(home.settings) as log:
        found = [
            orjson.loads(record.value or b"")
            for number in range(home.partitions)
            async for record in records_of(log, topic, number)
        ]
    return [said["id"] for said in found if said["source"] == SOURCE]


async def decided_once(home: Home, expected: set[str], worker: Process, seconds: float = 180.0) -> None:
    async with asyncio.timeout(seconds):
        while len(set(found := await ids(home, LEAD_EVENTS)) & expected) < len(expected):
            assert worker.alive, worker.tail()
            await asyncio.sleep(0.3)
    assert set(found) == expected
    assert [name for name, count in Counter(found).items() if count > 1] == []


def all_ids(count: int = COUNT) -> set[str]:
    return {
        derived_id("natural key", SOURCE, "lead.touched.v1", f"lead-{number % LEADS}", f"visit-{number}")
        for number in range(count)
    }


async def test_each_fact_is_decided_once_though_the_program_is_killed_and_starts_from_the_beginning(
    make_home: MakeHome, kind: str
) -> None:
    home = make_home(kind, session_timeout=6.0)
    if kind == "kafka":
        home.run("topics", "create")
    worker, acknowledged = home.start("worker"), set[str]()
    for count in KILLED_AFTER:
        process = program(home)
        await until_told(process, count)
        process.kill()
        acknowledged |= set(told(process))
        assert acknowledged <= set(await ids(home, LEAD_INBOX)), "told to be in the log, and it is not"
    last = program(home)
    assert await asyncio.to_thread(last.wait, 120) == 0, last.tail()
    assert set(told(last)) == all_ids()
    assert len(await ids(home, LEAD_INBOX)) > COUNT, "nothing was sent twice: the test tries nothing"
    await decided_once(home, all_ids(), worker)
    assert await asyncio.to_thread(worker.stop) == 0, worker.tail()


async def test_a_gateway_that_is_killed_again_and_again_is_waited_for(make_home: MakeHome) -> None:
    home = make_home("embedded", session_timeout=6.0)
    gate = await asyncio.to_thread(Gate, home)
    os.environ["LEADSTREAM_API_KEY"] = gate.key
    try:
        process = program(home, f"http://127.0.0.1:{gate.port}")
    finally:
        del os.environ["LEADSTREAM_API_KEY"]
    worker = home.start("worker")
    for count in KILLED_AFTER:
        await until_told(process, count)
        await asyncio.to_thread(gate.kill)
    assert await asyncio.to_thread(process.wait, 120) == 0, process.tail()
    assert set(told(process)) == all_ids()
    await decided_once(home, all_ids(), worker)
    assert not [each.log for each in home.processes if gate.key in each.output()], "a key in a log"


@pytest.mark.kafka
@pytest.mark.timeout(900)
async def test_a_broker_that_is_killed_is_waited_for_by_all_threads(tmp_path: Path) -> None:
    with KafkaCluster() as cluster:
        home = Home(tmp_path, broker=cluster.url, prefix="restarted-")
        home.run("topics", "create")
        sending = SyncPublisher(source=SOURCE, settings=home.settings, pace=Pace(patience=300))

        def work(number: int) -> str:
            natural_key = f"visit-{number}"
            return str(sending.publish(fact(number), subject=f"lead-{number % LEADS}", natural_key=natural_key).id)

        with ThreadPoolExecutor(16) as pool, sending:
            before = [pool.submit(work, number) for number in range(COUNT // 2)]
            before[KILLED_AFTER[0]].result()
            cluster.kill()
            during = [pool.submit(work, number) for number in range(COUNT // 2, COUNT)]
            cluster.start()
            found = {each.result() for each in (*before, *during)}
        assert found == all_ids()
        assert found == set(await ids(home, LEAD_INBOX))
        worker = home.start("worker")
        try:
            await decided_once(home, found, worker)
        finally:
            home.close()
