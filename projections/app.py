"""Composition root of the projector: the Faust app that turns facts into view rows."""

from collections.abc import Callable

from engine.faust_app import TaskApp, build_task_app
from engine.ports import FaustLog
from engine.runner import Policy
from projections.worker import view_programs


def build_app(
    name: str,
    log: FaustLog,
    *,
    partitions: int,
    clock: Callable[[], int],
    policy: Policy | None = None,
    session_timeout: float = 10.0,
    static_name: str = "",
) -> TaskApp:
    """The projector's Faust app.

    Args:
        name: names the consumer group that holds the positions.
        log: the started log.
        partitions: partition count of `lead-events`.
        clock: microseconds since the epoch.
        policy: how patient the tasks are.
        session_timeout: seconds after which a silent process is replaced.
        static_name: keeps this process's place in a Kafka group while it is started again.
    """
    return build_task_app(
        name,
        log,
        view_programs(log, partitions),
        clock=clock,
        policy=policy,
        session_timeout=session_timeout,
        static_name=static_name,
    )
