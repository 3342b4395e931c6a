"""The code of engine/README.md, as it stands there, on both logs."""

import asyncio
import re
import runpy
import sys
from collections import Counter
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from random import Random
from typing import Any

import pytest

from engine.app import App
from engine.memory.log import MemoryLog
from engine.ports import EventLog, FaustLog, NewRecord
from engine.reading import records_of
from tests.engine.ledger import Wall
from tests.support.process import REPOSITORY, Process

README = REPOSITORY / "engine" / "README.md"
VOCABULARY = ["the", "quick", "brown", "fox", "jumps", "over", "a", "lazy", "dog", "and", "runs", "away"]


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A folder with wordcount.py and say.py."""
    counting, saying = re.findall(
        r"^```python\n(.*?)^```$", README.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
    )
    (tmp_path / "wordcount.py").write_text(counting, encoding="utf-8")
    (tmp_path / "say.py").write_text(saying, encoding="utf-8")
    return tmp_path


def app_of(programs: Path) -> App:
    found: App = runpy.run_path(str(programs / "wordcount.py"))["app"]
    return found


def lines(count: int, seed: int) -> list[str]:
    chance = Random(seed)
    return [" ".join(chance.choices(VOCABULARY, k=8)) for _ in range(count)]


async def publish(log: EventLog, app: App, texts: list[str]) -> None:
    """In appends of ten lines, to one partition after the other."""
    for number, first in enumerate(range(0, len(texts), 10)):
        rows = [NewRecord(None, text.encode()) for text in texts[first : first + 10]]
        await log.append({("lines", number % app.partitions): rows})


async def counts(log: EventLog, app: App) -> dict[str, list[int]]:
    """Every number that was said of a word, in order."""
    found: dict[str, list[int]] = {}
    for partition in range(app.partitions):
        async for record in records_of(log, "counts", partition):
            found.setdefault((record.key or b"").decode(), []).append(int(record.value or b""))
    return found


def counted_once(texts: list[str]) -> dict[str, list[int]]:
    """The same by folding the input itself."""
    totals = Counter(word for text in texts for word in text.split())
    return {word: list(range(1, total + 1)) for word, total in totals.items()}


async def all_counted(log: EventLog, words: int, *workers: Process) -> None:
    """Wait until so many numbers have been said."""
    async with asyncio.timeout(120):
        while sum(await log.ends("counts")) < words:
            assert all(worker.alive for worker in workers), workers[0].tail()
            await asyncio.sleep(0.05)


def test_the_twenty_lines_are_about_twenty_and_the_page_speaks_of_nothing_but_the_engine() -> None:
    text = README.read_text(encoding="utf-8")
    (first, _) = re.findall(r"^```python\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    assert len([line for line in first.splitlines() if line.strip()]) <= 20
    assert not re.search(r"\b(leads?|leadstream|deals?|sla|score)\b", text, re.IGNORECASE)


async def test_the_word_count_runs_in_virtual_time(programs: Path) -> None:
    app, log, texts = app_of(programs), MemoryLog(clock=Wall()), lines(40, seed=1)
    await log.create_topics(app.topics)
    await publish(log, app, texts[:20])
    await app.drain(log)
    await publish(log, app, texts[20:])
    await app.drain(log)
    assert await counts(log, app) == counted_once(texts)


async def test_the_word_count_runs_live_on_a_file(programs: Path) -> None:
    app, texts = app_of(programs), lines(40, seed=2)
    opened: AbstractAsyncContextManager[FaustLog] = app.opened(f"sqlite:///{programs / 'words.db'}")
    async with opened as log:
        await publish(log, app, texts[:20])
        stop = asyncio.Event()
        running = asyncio.create_task(app.run(log, stop))
        await publish(log, app, texts[20:])
        await all_counted(log, 8 * len(texts))
        stop.set()
        await running
        assert await counts(log, app) == counted_once(texts)


def start(programs: Path, script: str, *arguments: str) -> Process:
    log = programs / f"{script}-{len(list(programs.glob('*.log')))}.log"
    return Process([sys.executable, programs / script, *arguments], log=log, env={"PYTHONPATH": str(REPOSITORY)})


async def killed_while_it_counts(programs: Path, url: str) -> None:
    app, texts = app_of(programs), lines(2000, seed=3)
    async with app.opened(url) as log:
        with start(programs, "wordcount.py", url) as first:
            await publish(log, app, texts[:1000])
            await all_counted(log, 100, first)
        with start(programs, "wordcount.py", url) as second, start(programs, "wordcount.py", url) as third:
            await publish(log, app, texts[1000:])
            await all_counted(log, 8 * len(texts), second, third)
            assert [await asyncio.to_thread(worker.stop) for worker in (second, third)] == [0, 0]
        assert await counts(log, app) == counted_once(texts)
    with start(programs, "say.py", url, "fox fox") as saying:
        assert await asyncio.to_thread(saying.wait) == 0
        said = [line.split() for line in saying.output().splitlines()]
    foxes = counted_once([*texts, "fox fox"])["fox"]
    assert [int(number) for word, number in said if word == "fox"] == foxes


@pytest.mark.slow
async def test_every_word_is_counted_once_though_the_process_is_killed_on_a_file(programs: Path) -> None:
    await killed_while_it_counts(programs, f"sqlite:///{programs / 'words.db'}")


@pytest.mark.kafka
async def test_every_word_is_counted_once_though_the_process_is_killed_on_kafka(programs: Path, kafka_url: str) -> None:
    await killed_while_it_counts(programs, kafka_url)


def test_an_agent_has_sources_of_its_own() -> None:
    app = App("x")

    def nothing(txn: Any, record: Any) -> None:
        pass

    app.agent("a", "b")(nothing)
    for sources in ((), ("b", "c")):
        with pytest.raises(ValueError, match="sources of its own"):
            app.agent(*sources)
