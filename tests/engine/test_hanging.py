"""A real process that hangs: it is told, shown and ended, and the one started in its place does the work."""

import asyncio
import sys
from pathlib import Path
from typing import NamedTuple
from urllib.request import urlopen

import pytest

from engine.ports import NewRecord
from engine.reading import records_of
from engine.watchdog import STALLED_EXIT
from tests.engine.hanging_worker import app_of
from tests.support.ports import free_ports
from tests.support.process import Process

COUNT = 20


class Hang(NamedTuple):
    """How it hangs: what the worker is told, what it then tells and shows, what the stack shows."""

    arguments: tuple[str, ...]
    told: str
    shown: str
    stack: str


HANDLER = Hang((), "the event loop has not moved", "engine_loop_stalled", "in count")
JOIN = Hang(
    ("join",),
    r".* it has records, and no process owns it; this one owns nothing",
    'engine_unowned{{group="{name}-count",partition="0"}}',
    "File",
)


def scraped(port: int) -> str:
    with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=30) as answer:
        text: str = answer.read().decode()
    return text


async def hangs_and_is_replaced(url: str, name: str, folder: Path, hang: Hang) -> None:
    blocking, (port,) = folder / "blocking", free_ports(1)
    blocking.touch()
    app = app_of(name, blocking)
    argv = [sys.executable, "-m", "tests.engine.hanging_worker", url, name, str(blocking), str(port)]
    async with app.opened(url) as log:
        for partition in range(app.partitions):
            texts = [b"hang" if (partition, n) == (1, COUNT // 2) else b"x" for n in range(COUNT)]
            rows = [NewRecord(b"%d" % partition, text) for text in texts]
            await log.append({(f"{name}-in", partition): rows})
        with Process([*argv, *hang.arguments], log=folder / "hanging.log") as hanging:
            await asyncio.to_thread(hanging.wait_for, f"stalled: {hang.told}", 120.0)
            metrics = await asyncio.to_thread(scraped, port)
            assert f"\n{hang.shown.format(name=name)} 1.0\n" in metrics, metrics
            assert await asyncio.to_thread(hanging.wait, 120.0) == STALLED_EXIT
            said = hanging.output()
        assert said.count(f"ending with exit code {STALLED_EXIT}") == 1
        assert hang.stack in said, "the stack shows where it hangs"
        blocking.unlink()
        with Process(argv, log=folder / "replacing.log") as replacing:
            async with asyncio.timeout(120):
                while sum(await log.ends(f"{name}-out")) < app.partitions * COUNT:
                    assert replacing.alive, replacing.tail()
                    await asyncio.sleep(0.05)
            assert await asyncio.to_thread(replacing.stop) == 0
            assert "ending with" not in replacing.output()
        for partition in range(app.partitions):
            found = [record.value async for record in records_of(log, f"{name}-out", partition)]
            assert found == [b"%d" % (n + 1) for n in range(COUNT)]


@pytest.mark.slow
async def test_a_process_that_hangs_is_ended_and_replaced_on_a_file(tmp_path: Path) -> None:
    await hangs_and_is_replaced(f"sqlite:///{tmp_path / 'log.db'}", "hanging", tmp_path, HANDLER)


@pytest.mark.kafka
async def test_a_process_that_hangs_is_ended_and_replaced_on_kafka(
    tmp_path: Path, kafka_url: str, topic_prefix: str
) -> None:
    await hangs_and_is_replaced(kafka_url, f"{topic_prefix}hanging", tmp_path, HANDLER)


@pytest.mark.kafka
async def test_a_process_that_hangs_in_joining_the_group_is_ended_and_replaced(
    tmp_path: Path, kafka_url: str, topic_prefix: str
) -> None:
    await hangs_and_is_replaced(kafka_url, f"{topic_prefix}joining", tmp_path, JOIN)
