"""Runs a Faust app with its tasks until it is told to stop, or a task cannot go on."""

import asyncio
import logging
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from engine.errors import Unavailable
from engine.faust_app import TaskApp, running
from engine.host import Host
from engine.ports import FaustLog
from engine.watchdog import Watchdog
from leadstream.beside import beside
from leadstream.deployment import opened
from leadstream.settings import Settings
from leadstream.supervising import watch_parent
from leadstream.tuning import collect_garbage, quiet_gc

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
    delay, said = 0.5, ""
    while True:
        opening = opened(settings)
        try:
            log = await opening.__aenter__()
            break
        except Unavailable as exc:
            if str(exc) != said:  # the same reason is told once, however long the outage lasts
                said = str(exc)
                told(f"{exc}; trying again in pauses of up to {_LONGEST_WAIT:g} s")
            await asyncio.sleep(delay)
            delay = min(delay * 2, _LONGEST_WAIT)
    try:
        yield log
    finally:
        await opening.__aexit__(None, None, None)


async def serve(
    app: TaskApp, stop: asyncio.Event, heartbeat: Path | None = None, watchdog: Watchdog | None = None
) -> None:
    """Run until `stop` is set.

    Args:
        app: made by `engine.faust_app.build_task_app`.
        stop: set to end orderly: running transactions are finished first.
        heartbeat: file touched every few seconds while all tasks are open.
        watchdog: watches the tasks; may end the process.

    Raises:
        leadstream.beside.WorkFailed: what runs beside the tasks could not go on.
        BaseException: what a task could not go on with.
    """
    quiet_gc()
    if heartbeat is not None:
        heartbeat.unlink(missing_ok=True)
    async with running(app, stop, watchdog):
        works = {"watching the parent": watch_parent(stop), "collecting garbage": collect_garbage()}
        if heartbeat is not None:
            works["heartbeat"] = _beat(app.task_host, heartbeat)
        async with beside(stop, works):
            await stop.wait()


async def _beat(host: Host, heartbeat: Path) -> None:
    """Touch the file while all is well. A file that cannot be touched is told; the work does not depend on it."""
    told = ""
    while True:
        if all(runner.running for runner in host.runners.values()):
            told = _touched(heartbeat, told)
        await asyncio.sleep(_BEAT)


def _touched(heartbeat: Path, told: str) -> str:
    """Touch the file; what went wrong, which is told unless `told` is the same."""
    try:
        heartbeat.parent.mkdir(parents=True, exist_ok=True)
        heartbeat.touch()
    except OSError as exc:
        if str(exc) != told:
            logger.warning("heartbeat %s cannot be touched, health checks will fail: %s", heartbeat, exc.strerror)
        return str(exc)
    return ""


def stop_on_signals() -> asyncio.Event:
    """An event that SIGINT and SIGTERM set."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    return stop
