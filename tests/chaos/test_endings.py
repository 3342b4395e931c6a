"""SIGTERM at any moment of a worker's life, its first second above all: it ends in order, and soon."""

import asyncio
import os
import signal

import pytest

from engine import failpoints
from tests.chaos.driver import Scene

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]

_STEPS = ("open.begin", "open.fenced", "open.sought")
_A_FEW, _MANY = (0.0, 0.1, 0.2, 0.4, 0.8, 1.6), [number / 20 for number in range(61)]


async def test_a_worker_that_is_told_to_end_while_it_begins_ends_in_order(scene: Scene, kind: str) -> None:
    await scene.feed(100, ahead=100)
    steps = (*failpoints.SEAT, *_STEPS) if kind == "kafka" else _STEPS
    for step in steps:
        worker = scene.start(failpoint=f"{step}:term")
        scene.expected_dead.add(worker)
        await asyncio.to_thread(worker.wait_for, f"failpoint {step}: term", 180.0)
        assert await asyncio.to_thread(worker.wait, 60.0) == 0, scene.report(f"told to end at {step}")
        assert "LeaveGroup request failed" not in worker.output(), scene.report(f"it kept its place, ended at {step}")


async def test_a_worker_that_is_told_to_end_at_any_instant_ends_in_order(scene: Scene) -> None:
    await scene.feed(100, ahead=100)
    for seconds in _MANY if scene.plan.full else _A_FEW:
        worker = scene.start()
        scene.expected_dead.add(worker)
        await asyncio.to_thread(worker.wait_for, "^started")
        await asyncio.sleep(seconds)
        os.kill(worker.pid, signal.SIGTERM)
        assert await asyncio.to_thread(worker.wait, 60.0) == 0, scene.report(f"told to end after {seconds} s")
