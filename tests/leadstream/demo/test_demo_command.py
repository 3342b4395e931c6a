import asyncio
import json
import signal
import sqlite3
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.support.process import Process, leadstream

pytestmark = pytest.mark.slow

ENVIRONMENT = {"COLUMNS": "140", "LEADSTREAM_BROKER": "kafka://127.0.0.1:9"}


def once(folder: Path, *arguments: str) -> Process:
    return leadstream("demo", "--once", *arguments, log=folder / "demo.out", env=ENVIRONMENT)


def rows_of(process: Process) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(process.output())
    return rows


def test_a_week_ends_by_itself_with_figures_that_add_up(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with once(tmp_path, "--data-dir", str(home), "--days", "5", "--leads-per-day", "60", "--format", "json") as process:
        assert process.wait(60) == 0
        rows = rows_of(process)
    values = {(row["section"], row["name"], row["figure"]): row["value"] for row in rows}
    for clause in ("first_response", "acceptance", "status_update", "hand_over"):
        parts = [values["sla", clause, verdict] for verdict in ("met", "breached", "cancelled", "open")]
        assert values["sla", clause, "started"] == sum(parts) > 0
    assert values["sla", "first_response", "retracted"] > 0
    merged = values["life", "merged into an older lead", "leads"]
    assert values["funnel", "all sources", "captured"] + merged == values["run", "inbox", "leads"]
    with sqlite3.connect(home / "views.db") as views:
        (leads,) = views.execute("SELECT COUNT(*) FROM leads").fetchone()
    assert leads == values["run", "inbox", "leads"]


def test_the_same_seed_gives_the_same_figures(tmp_path: Path) -> None:
    found = []
    for place in ("a", "b"):
        (tmp_path / place).mkdir()
        arguments = ("--data-dir", str(tmp_path / place / "home"), "--seed", "12", "--days", "2", "--format", "json")
        with once(tmp_path / place, *arguments) as process:
            assert process.wait(60) == 0
            found.append(rows_of(process))
    assert found[0] == found[1]


def test_the_page_for_people_explains_itself(tmp_path: Path) -> None:
    with once(tmp_path, "--data-dir", str(tmp_path / "home")) as process:
        assert process.wait(60) == 0
        page = process.output()
    headings = (
        "SIMULATED",
        "Funnel",
        "Scores",
        "Promises",
        "Response",
        "Who got what",
        "Taken, given back, opened again, merged",
        "Breaches taken back",
        "Dead letters",
        "Try next",
    )
    assert all(heading in page for heading in headings)
    hero = page.partition("One lead's story: ")[2].split()[0]
    assert f"leadstream lead {hero}" in page


def test_without_a_directory_a_fresh_one_is_made_and_named_on_one_line_however_long(tmp_path: Path) -> None:
    long = tmp_path / ("long-name-" * 20)
    long.mkdir()
    arguments = ("demo", "--once", "--days", "1")
    with leadstream(*arguments, log=tmp_path / "demo.out", env={**ENVIRONMENT, "TMPDIR": str(long)}) as process:
        assert process.wait(60) == 0
        page = process.output()
    (home,) = long.glob("leadstream-demo-*")
    assert f"export LEADSTREAM_DATA_DIR={home}" in page
    assert (home / "log.db").exists()


def test_a_directory_that_is_no_demo_is_refused(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "log.db").write_text("precious")
    with once(tmp_path, "--data-dir", str(home)) as process:
        assert process.wait(30) == 1
        assert "was not made by a demo" in process.output()
    assert (home / "log.db").read_text() == "precious"


def children_of(process: Process) -> list[psutil.Process]:
    until = time.monotonic() + 30
    while time.monotonic() < until and process.alive:
        found = psutil.Process(process.pid).children()
        if len(found) == 2:
            return found
        time.sleep(0.05)
    raise AssertionError(f"two children were never there:\n{process.tail()}")


def live(folder: Path, *arguments: str) -> Process:
    home = str(folder / "home")
    return leadstream("demo", "--data-dir", home, *arguments, log=folder / "demo.out", env=ENVIRONMENT)


async def test_the_live_demo_ends_by_itself_and_leaves_no_process(tmp_path: Path) -> None:
    with live(tmp_path, "--for", "45", "--rate", "20") as process:
        children = await asyncio.to_thread(children_of, process)
        await asyncio.to_thread(process.wait_for, r"SIMULATED .* [1-9]\d* retracted", 90)
        assert await asyncio.to_thread(process.wait, 60) == 0
        assert not [child for child in children if child.is_running()]
        assert "The demo has ended" in process.output()
    with sqlite3.connect(tmp_path / "home" / "views.db") as views:
        (breached,) = views.execute("SELECT COUNT(*) FROM breaches").fetchone()
    assert breached > 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_live_demo_cleanly(tmp_path: Path, number: signal.Signals) -> None:
    with live(tmp_path) as process:
        children = children_of(process)
        process.wait_for("SIMULATED")
        process.send(number)
        assert process.wait(40) == 0
        assert not [child for child in children if child.is_running()]


def test_the_live_demo_says_so_when_its_worker_ends(tmp_path: Path) -> None:
    with live(tmp_path) as process:
        children = children_of(process)
        process.wait_for("SIMULATED")
        worker = next(child for child in children if "worker" in child.cmdline())
        worker.kill()
        assert process.wait(40) == 1
        assert "the demo's worker ended with exit code -9" in process.output()
        assert not [child for child in children if child.is_running()]
