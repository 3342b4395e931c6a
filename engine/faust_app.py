"""Builds the Faust app of a process: one agent per source, each of which only hands batches to their tasks."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager, nullcontext
from typing import Any

import faust

from engine.ending import ended_within
from engine.host import Host, Program
from engine.ports import FaustLog
from engine.runner import Policy
from engine.transport import hand_over
from engine.watchdog import Watchdog

ENDING_SECONDS = 28.0
"""An orderly end takes no longer: the running transactions and their closing have their own, shorter limits."""


class TaskApp(faust.App):
    """A Faust app whose messages are batches.

    Attributes:
        task_host: owner of the tasks; the transport and the agents go through it.
    """

    task_host: Host


def build_task_app(
    name: str,
    log: FaustLog,
    programs: Iterable[Program],
    *,
    clock: Callable[[], int],
    policy: Policy | None = None,
    session_timeout: float = 10.0,
    static_name: str = "",
    **settings: Any,
) -> TaskApp:
    """An app on the log's own transport.

    Args:
        name: names the consumer group; never change it once positions are committed.
        log: the started log.
        programs: the task groups this process runs.
        clock: microseconds since the epoch.
        policy: how patient the tasks are.
        session_timeout: seconds after which a silent process loses its partitions to others.
        static_name: keeps this process's place in a Kafka group while it is started again; no other living process
            may have it. Empty for a place that ends with the process.
        settings: further Faust settings.
    """
    host = Host(log, programs, clock=clock, policy=policy)
    app = TaskApp(
        name,
        broker=log.faust_broker(),
        autodiscover=False,
        broker_heartbeat_interval=session_timeout / 5,
        broker_session_timeout=session_timeout,
        broker_commit_livelock_soft_timeout=0,
        consumer_auto_offset_reset="earliest",
        consumer_group_instance_id=static_name or None,
        key_serializer="raw",
        value_serializer="raw",
        loghandlers=[],
        stream_wait_empty=False,
        table_standby_replicas=0,
        topic_allow_declare=False,
        topic_disable_leader=True,
        web_enabled=False,
        worker_redirect_stdouts=False,
        **{"datadir": tempfile.gettempdir(), **settings},  # Faust wants a folder; nothing is ever written there
    )
    app.task_host = host
    host.on_crash(app.crash)
    for topic in sorted(host.sources):
        _attach(app, log, topic)
    return app


@asynccontextmanager
async def running(app: TaskApp, stop: asyncio.Event, watchdog: Watchdog | None = None) -> AsyncIterator[None]:
    """The app at work while the body runs; the body has to end soon after `stop` is set.

    Args:
        app: made by `build_task_app`.
        stop: set to end orderly, running transactions are finished first; also set when a task cannot go on.
        watchdog: watches the tasks meanwhile, and that there are any.

    Raises:
        BaseException: what a task could not go on with, whatever else went wrong because of it.
    """
    host = app.task_host

    async def end(exc: BaseException) -> None:
        del exc
        stop.set()

    host.on_crash(end)
    # From before the start, which waits for a seat in the group, to the end of the stop: both can hang.
    async with watchdog.watching() if watchdog is not None else nullcontext():
        try:
            await _started(app, stop)
            yield
        except Exception:
            if host.failure is None:  # else that is why we end
                raise
        finally:
            with ended_within(ENDING_SECONDS):
                await app.stop()
    if host.failure is not None:
        raise host.failure


async def _started(app: TaskApp, stop: asyncio.Event) -> None:
    """Start the app; when `stop` is set meanwhile, give that up, and be sure that nothing goes on starting."""
    starting, told = asyncio.create_task(app.start()), asyncio.create_task(stop.wait())
    await asyncio.wait({starting, told}, return_when=asyncio.FIRST_COMPLETED)
    told.cancel()
    if starting.done():
        starting.result()
    while not starting.done():  # once may not do: Faust catches a cancellation here and there
        starting.cancel()
        await asyncio.wait([starting], timeout=0.1)


def _attach(app: TaskApp, log: FaustLog, topic: str) -> None:
    async def agent(stream: Any) -> None:
        await hand_over(app.task_host, stream)

    agent.__name__ = topic.replace("-", "_").replace(".", "_")
    app.agent(app.topic(log.faust_topic(topic), internal=False))(agent)
