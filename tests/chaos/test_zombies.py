"""A worker frozen longer than its session comes back and believes that no time has passed: it may change nothing."""

import asyncio

import pytest

from tests.chaos.driver import LONGER_THAN_A_SESSION, Scene

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]

_EVENTS = 1_000
_HOLDS_THE_FILE = ("commit.begun", "commit.sent", "commit.written")
"""Inside the embedded log's write transaction: nobody else can write until the frozen one goes on."""
_STEPS = ("commit.written", "batch.decided", "open.fenced", "commit.begun", "commit.sent", "commit.done", "open.taken")
_A_FEW = 2


async def came_back(scene: Scene, step: str, *, others_go_on: bool) -> None:
    """A worker freezes at a step; another one takes over, if it can; then the frozen one goes on where it was."""
    zombie = scene.start(failpoint=f"{step}:stop")
    feeding = asyncio.create_task(scene.feed(_EVENTS))
    await asyncio.to_thread(zombie.wait_for, f"failpoint {step}: stop", 60.0)
    other = scene.start()
    if others_go_on:
        await feeding
        await scene.wait(lambda: scene.decided(scene.fed), f"nobody took over from one frozen at {step}")
    else:
        await asyncio.sleep(LONGER_THAN_A_SESSION)  # its lease expires while nobody can take it
    scene.thaw(zombie)
    await feeding
    await scene.feed(_EVENTS)
    await scene.wait(lambda: scene.decided(scene.fed), f"all stood still when the one frozen at {step} came back")
    await scene.stop(zombie, other)


async def test_a_worker_frozen_at_any_step_comes_back_and_changes_nothing(scene: Scene, kind: str) -> None:
    for step in _STEPS if scene.plan.full else _STEPS[:_A_FEW]:
        await came_back(scene, step, others_go_on=kind == "kafka" or step not in _HOLDS_THE_FILE)
    last = scene.start()
    await scene.settled()
    assert last.alive
    assert await scene.verdict() == [], scene.report("the oracle disagrees")


async def test_workers_frozen_at_random_come_back_and_change_nothing(scene: Scene) -> None:
    workers = [scene.start(), scene.start()]
    for _ in range(scene.plan.kills if scene.plan.full else 1):
        zombie = scene.chance.choice(workers)
        await scene.at_work(zombie)
        feeding = asyncio.create_task(scene.feed(_EVENTS))
        await asyncio.sleep(scene.chance.random() / 2)
        zombie.freeze()
        await asyncio.sleep(LONGER_THAN_A_SESSION)  # maybe it holds the file, then nobody goes on meanwhile
        scene.thaw(zombie)
        await feeding
    await scene.settled()
    assert await scene.verdict() == [], scene.report("the oracle disagrees")
