import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from urllib.request import urlopen

import pytest
from prometheus_client.parser import text_string_to_metric_families

from engine.errors import Unavailable
from engine.letters import RETRIED_HEADER
from engine.metrics import Metrics, served
from engine.ports import NewRecord
from engine.tally import TalliedLog, Tally
from engine.task import Task
from engine.watchdog import Limits
from tests.engine.driver import QUICK
from tests.engine.hosted import Hosted
from tests.engine.ledger import GROUP, IN, SECOND, Ledger, Wall, all_of, made
from tests.support.process import REPOSITORY


@pytest.fixture
async def one() -> AsyncIterator[Hosted]:
    made = Hosted(Wall(5_000_000), replace(QUICK, stop_timeout=0.01), Limits(1.0, 4.0, 8.0), Ledger())
    await made.begin(0)
    yield made
    await made.host.revoke()


def scraped(one: Hosted) -> dict[str, dict[tuple[str, ...], float]]:
    """What a Prometheus server would read: values by name and labels."""
    with served(Metrics(one.host, one.dog), 0) as port, urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
        text = answer.read().decode()
    found: dict[str, dict[tuple[str, ...], float]] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            found.setdefault(sample.name, {})[tuple(sample.labels.values())] = sample.value
    return found


async def test_positions_lag_counts_and_time_are_shown(one: Hosted) -> None:
    await one.send(0, "x", "y")
    await one.until(lambda: one.position(0) == 2)
    await one.send(0, "z")
    await one.round()
    found = scraped(one)
    task, source = ("ledgers", "0"), ("ledgers", "0", IN)
    assert {name: found[f"engine_{name}"][source] for name in ("position", "lag", "stalled")} == {
        "position": 2, "lag": 1, "stalled": 0,
    }  # fmt: skip
    assert {name: found[f"engine_{name}"][task] for name in ("open", "partition_time_seconds")} == {
        "open": 1, "partition_time_seconds": 5.0,
    }  # fmt: skip
    assert {name: found[f"engine_{name}_total"][task] for name in ("commits", "records", "reopens", "outages")} == {
        "commits": 1, "records": 2, "reopens": 0, "outages": 0,
    }  # fmt: skip
    assert (found["engine_log_reachable"][()], found["engine_loop_stalled"][()]) == (1, 0)
    assert "engine_stalled_seconds" not in found


async def test_every_metric_is_explained_and_nothing_else(one: Hosted) -> None:
    page = (REPOSITORY / "docs" / "deployment.md").read_text(encoding="utf-8")
    rows = [line.split("|")[1] for line in page.splitlines() if line.startswith("| `leadstream_")]
    explained = {name.removesuffix("_total") for row in rows for name in re.findall(r"`leadstream_(\w+)`", row)}
    metrics = Metrics(one.host, one.dog, prefix="leadstream").collect()
    assert explained == {family.name.removeprefix("leadstream_") for family in metrics}


async def test_what_stands_still_is_shown_while_it_does(one: Hosted) -> None:
    await one.until(lambda: one.host.runners[IN, 0].running)
    one.log.troubles["commit"].append(hanging := asyncio.Event())
    await one.send(0, "x")
    await one.until(lambda: one.host.runners[IN, 0]._busy)
    for _ in range(7):
        await one.round()
    found = scraped(one)
    assert found["engine_stalled"]["ledgers", "0", IN] == 1
    assert found["engine_stalled_seconds"]["in-0 of ledgers",] == pytest.approx(1.2)
    hanging.set()
    await one.until(lambda: one.position(0) == 1)
    await one.round()
    assert scraped(one)["engine_stalled"]["ledgers", "0", IN] == 0


async def test_dead_letters_and_those_that_are_mended_are_counted_when_they_are_committed() -> None:
    log, tally, group = await made(Wall(1_000)), Tally(), replace(GROUP, outcomes=SECOND)
    handle = TalliedLog(log.task(group, 0), tally, group)
    again = [NewRecord(b"a", b"x", [("ls-time", at), (RETRIED_HEADER, b"0-0")]) for at in (b"5", b"no", b"6")]
    await log.append({(IN, 0): again})
    task = Task(group=group, partition=0, partitions=2, log=handle, processor=Ledger())
    await task.open()
    await all_of(log, task)
    assert (tally.notes["dead_letter"], tally.notes["mended"]) == (1, 2)


async def test_an_outage_and_its_reopenings_are_shown(one: Hosted) -> None:
    await one.until(lambda: one.host.runners[IN, 0].running)
    one.log.forced = dict.fromkeys(("ends", "commit", "open"), Unavailable("no broker"))
    await one.send(0, "x")
    await one.until(lambda: one.host.tallies["ledgers-0"].notes["outage"] >= 3)
    await one.round()
    found = scraped(one)
    assert found["engine_log_reachable"][()] == 0
    assert found["engine_outages_total"]["ledgers", "0"] == found["engine_reopens_total"]["ledgers", "0"] >= 3


async def test_records_that_nobody_owns_are_shown(one: Hosted) -> None:
    await one.send(1, "x")
    await one.round()
    assert scraped(one)["engine_unowned"] == {("ledgers", "1"): 1}
