"""Workers die at every named step of opening, deciding, committing and letting go, beside one that lives on."""

import asyncio
import contextlib
import os
import signal

import pytest

from engine import failpoints
from tests.chaos.driver import Scene

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]

_EVENTS = 300
_KILLED = -9
_AT_A_TIME = 3  # with the survivor as many as there are partitions
_A_FEW_ON_KAFKA = ("open.barrier", "batch.decided", "commit.sent", "commit.written", "commit.done", "revoke.idle")


def steps(scene: Scene, kind: str) -> list[str]:
    """All steps of that log, or those named in LEADSTREAM_CHAOS_STEPS; a few on Kafka, where each takes seconds."""
    named = os.environ.get("LEADSTREAM_CHAOS_STEPS", "").split()
    if not named and kind == "kafka" and not scene.plan.full:
        return list(_A_FEW_ON_KAFKA)
    there = [step for step in failpoints.STEPS if kind == "kafka" or step not in failpoints.ONLY_KAFKA]
    return [step for step in there if not named or step in named]


async def died_at(scene: Scene, step: str) -> None:
    """Start a worker that dies at a step, and end it orderly if the step is part of an end."""
    victim = scene.start(failpoint=f"{step}:kill")
    scene.expected_dead.add(victim)
    if step in failpoints.REVOKE:
        # Others come and go beside it, so it may be told to let go, and die, before it has opened anything.
        with contextlib.suppress(AssertionError):
            await scene.at_work(victim)
            victim.send(signal.SIGTERM)
    await asyncio.to_thread(victim.wait, 60.0)
    assert victim.returncode == _KILLED, scene.report(f"it did not die at {step}")
    assert f"failpoint {step}: kill" in victim.output()
    scene.fault("kill -9 at a step")


async def test_a_death_at_any_step_loses_nothing_and_doubles_nothing(scene: Scene, kind: str) -> None:
    survivor = scene.start()
    await scene.feed(_EVENTS)
    todo = steps(scene, kind)
    for at in range(0, len(todo), _AT_A_TIME):
        dying = asyncio.gather(*(died_at(scene, step) for step in todo[at : at + _AT_A_TIME]))
        while not dying.done():
            await scene.feed(_EVENTS)
            await asyncio.wait([dying], timeout=1.0)  # long enough for a tick in between
        await dying
    await scene.settled()
    assert survivor.alive
    assert await scene.verdict() == [], scene.report("the oracle disagrees")
