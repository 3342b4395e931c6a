"""A process whose states lie in RocksDB is killed at every step around its commit; an own fold says what is right."""

import asyncio
import os
import random
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from engine.reading import records_of
from tests.engine.rocks.counting import BATCH, counted, fed, made, started

EVENTS, KEYS = 2_000, 150
SEED = int(os.environ.get("LEADSTREAM_CHAOS_SEED") or 1)
STEPS = {
    "commit.begun": 4,
    "commit.written": 7,
    "commit.done": 5,  # the log has it, the store has not
    "batch.begin": 6,  # both have the batch before
    "open.restored": 1,
    "open.taken": 1,
    "close.begin": 1,
}
"""Where the process is killed, and the how manieth time it comes there."""


def run(home: Path, failpoint: str = "") -> tuple[int, int]:
    """Exit code, and how many keys were read from the changelog (-1: it did not come so far)."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.engine.rocks.counting", str(home)],
        env={**os.environ, "LEADSTREAM_FAILPOINT": failpoint},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in (0, -9), done.stderr
    return done.returncode, int(done.stdout or -1)


async def outcome(home: Path) -> tuple[list[tuple[bytes, bytes]], dict[bytes, tuple[bytes | None, int | None]]]:
    """Outputs in order, and what the store holds: state and deadline by key."""
    log = await started(home)
    sent = [(record.key or b"", record.value or b"") async for record in records_of(log, "out", 0)]
    task, store = made(log, home)
    await task.open()
    held = {key: (store.get(key), store.deadlines[key]) for key in list(store.keys())}
    assert len(store) == len(held)
    await task.close()
    await log.stop()
    return sent, held


def expected(keys: list[bytes]) -> tuple[list[tuple[bytes, bytes]], dict[bytes, bytes]]:
    counts: Counter[bytes] = Counter()
    sent = []
    for key in keys:
        counts[key] = counts[key] % 3 + 1
        sent.append((key, b"%d" % counts[key]))
    return sent, {key: b"%d" % count for key, count in counts.items() if count < 3}


@pytest.mark.slow
def test_kills_around_the_commit_leave_the_states_that_the_events_fold_to(tmp_path: Path) -> None:
    chance = random.Random(SEED)
    keys = [b"%d" % chance.randrange(KEYS) for _ in range(EVENTS)]
    asyncio.run(fed(tmp_path, keys))
    read = []
    for step, count in STEPS.items():
        code, taken = run(tmp_path, f"{step}:kill:{count}")
        assert code == -9
        read.append(taken)
        if step == "commit.done":
            shutil.copytree(tmp_path / "state", tmp_path / "older")
    assert run(tmp_path)[0] == 0
    assert all(taken <= BATCH for taken in read), read  # the tail, never the whole
    sent, states = expected(keys)
    for stale in (False, True):
        if stale:  # a folder from before most of it was done
            shutil.rmtree(tmp_path / "state")
            (tmp_path / "older").rename(tmp_path / "state")
        found, held = asyncio.run(outcome(tmp_path))
        assert (found, {key: state for key, (state, _) in held.items()}) == (sent, states)
        assert all(due for _, due in held.values())
    shutil.rmtree(tmp_path / "state")
    assert asyncio.run(outcome(tmp_path)) == (sent, held)
    asyncio.run(counted(tmp_path))
