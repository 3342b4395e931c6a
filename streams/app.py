"""Composition root of the write side: the Faust app that decides what comes into the inboxes."""

from collections.abc import Callable

from engine.faust_app import TaskApp, build_task_app
from engine.ports import FaustLog
from engine.runner import Policy
from engine.state import StateStore
from streams.programs import agreement_program, speaking_programs


def build_app(
    name: str,
    log: FaustLog,
    *,
    partitions: int,
    clock: Callable[[], int],
    secret: bytes = b"",
    policy: Policy | None = None,
    session_timeout: float = 10.0,
    static_name: str = "",
    store: Callable[[int], StateStore] | None = None,
) -> TaskApp:
    """The worker's Faust app: an agent per inbox that hands batches to their tasks.

    Args:
        name: names the consumer group that holds the positions.
        log: the started log.
        partitions: partition count of `lead-inbox`.
        clock: microseconds since the epoch.
        secret: the deployment's key for hashes of personal keys.
        policy: how patient the tasks are.
        session_timeout: seconds after which a silent process is replaced.
        static_name: keeps this process's place in a Kafka group while it is started again.
        store: makes where a lead task keeps its states, given its partition number; None for memory.
    """
    programs = [
        agreement_program(),
        *speaking_programs(log, partitions, clock, secret, store).all,
    ]
    return build_task_app(
        name, log, programs, clock=clock, policy=policy, session_timeout=session_timeout, static_name=static_name
    )
