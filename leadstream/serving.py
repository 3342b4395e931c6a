"""Runs a Faust app with its tasks until it is told to stop, or a task cannot go on."""

import asyncio
import logging
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from engine.errors import Unavailable
from engine.faust_app import TaskApp
from engine.host import Host
from engine.ports import FaustLog
from leadstream.deployment import opened
from leadstream.settings import Settings
from leadstream.supervising import watch_parent
from leadstream.tuning import quiet_gc

logger = logging.getLogger("leadstream")
_BEAT = 5.0
_LONGEST_WAIT = 5.0


@asynccontextmanager
async def reachable(settings: Settings, told: Callable[[str], None]) -> AsyncIterator[FaustLog]:
    """The opened log; waits for one that is not there yet, and says so.

    Call `stop_on_signals` when it is open, not before: a signal then ends the wait at once, with nothing to finish.

    Raises:
        WrongTopic: the topics are not as they must be; waiting would not help.
    """
    delay = 0.5
    while True:
        opening = opened(settings)
        try:
            log = await opening.__aenter__()
            break
        except Unavailable as exc:
            told(f"{exc}; trying again in {delay:g} s")
            await asyncio.sleep(delay)
            delay = min(delay * 2, _LONGEST_WAIT)
    try:
        yield log
    finally:
        await opening.__aexit__(None, None, None)


async def serve(app: TaskApp, stop: asyncio.Event, heartbeat: Path | None = None) -> None:
    """Run until `stop` is set.

    Args:
        app: made by `engine.faust_app.build_task_app`.
        stop: set to end orderly: running transactions are finished first.
        heartbeat: file touched every few seconds while all tasks are open.

    Raises:
        BaseException: what a task could not go on with.
    """
    quiet_gc()
    host: Host = app.task_host

    async def end(exc: BaseException) -> None:
        del exc
        stop.set()

    host.on_crash(end)
    if heartbeat is not None:
        heartbeat.unlink(missing_ok=True)
    starting, told = asyncio.create_task(app.start()), asyncio.create_task(stop.wait())
    await asyncio.wait({starting, told}, return_when=asyncio.FIRST_COMPLETED)
    told.cancel()
    if starting.done():
        starting.result()
    else:
        starting.cancel()
    beside = [asyncio.create_task(watch_parent(stop))]
    if heartbeat is not None:
        beside.append(asyncio.create_task(_beat(host, heartbeat)))
    try:
        await stop.wait()
    finally:
        for task in beside:
            task.cancel()
        await app.stop()
    if host.failure is not None:
        raise host.failure


async def _beat(host: Host, heartbeat: Path) -> None:
    while True:
        if all(runner.running for runner in host.runners.values()):
            heartbeat.parent.mkdir(parents=True, exist_ok=True)
            heartbeat.touch()
        await asyncio.sleep(_BEAT)


def stop_on_signals() -> asyncio.Event:
    """An event that SIGINT and SIGTERM set."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    return stop
