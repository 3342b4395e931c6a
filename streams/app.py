"""Composition root of the write side: the one place here that builds the Faust app."""

from collections.abc import Callable, Iterable

import faust

from engine.faust_app import TaskApp, build_task_app
from engine.host import Program
from engine.ports import EventLog
from engine.runner import Policy
from streams.programs import agreement_program, lead_program

__all__ = ["build_app", "faust"]


def programs(log: EventLog, partitions: int, clock: Callable[[], int], secret: bytes = b"") -> Iterable[Program]:
    """All task groups of the write side."""
    return (agreement_program(), lead_program(log, partitions, clock, secret))


def build_app(
    log: EventLog, *, partitions: int, clock: Callable[[], int], secret: bytes = b"", policy: Policy | None = None
) -> TaskApp:
    """The worker's Faust app: an agent per inbox that hands batches to their tasks."""
    return build_task_app(
        "leadstream-worker", log, programs(log, partitions, clock, secret), clock=clock, policy=policy
    )
