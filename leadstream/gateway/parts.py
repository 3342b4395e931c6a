"""What a gateway is made of; the composition root puts it together."""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path

from engine.ports import EventLog
from leadstream.gateway.answers import Answers
from leadstream.gateway.asking import Asking
from leadstream.gateway.callers import Callers
from leadstream.gateway.committing import Bounds
from leadstream.gateway.measures import Measures
from leadstream.gateway.publisher import Publisher
from leadstream.gateway.reading import Reading, Sources
from leadstream.intake.sources import Source


@dataclass(frozen=True, slots=True)
class Limits:
    """How long things may take.

    Attributes:
        body_seconds: for a client to send a body.
    """

    body_seconds: float = 20.0


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts.

    Attributes:
        callers: who may call.
        publisher: takes events into the log.
        asking: asks leads and councils.
        answers: what became of commands; somebody has to run its `follow`.
        reading: answers questions.
        clock: now, in microseconds.
        limits: how long things may take.
        sources: the ways in for vendors and forms, by name.
        measures: what is counted.
    """

    callers: Callers
    publisher: Publisher
    asking: Asking
    answers: Answers
    reading: Reading
    clock: Callable[[], int]
    limits: Limits = field(default_factory=Limits)
    sources: Mapping[str, Source] = field(default_factory=dict)
    measures: Measures = field(default_factory=Measures)


def parts_of(
    log: EventLog,
    partitions: int,
    keys_file: Path,
    opening: Callable[[], AbstractAsyncContextManager[Sources]],
    clock: Callable[[], int],
    *,
    bounds: Bounds | None = None,
    limits: Limits | None = None,
    ways_in: Mapping[str, Source] | None = None,
) -> Parts:
    """The parts over a log; `reading` is to be closed in the end.

    Args:
        log: takes events and commands.
        partitions: of the inboxes.
        keys_file: holds the hashes of the keys.
        opening: opens what questions are answered from.
        clock: now, in microseconds.
        bounds: how much is appended at once.
        limits: how long things may take.
        ways_in: for vendors and forms, by name.
    """
    measures, answers, reading = Measures(), Answers(log), Reading(opening, clock)
    publisher = Publisher(log, partitions, clock, bounds, measures)
    asking = Asking(log, partitions, publisher, answers=answers, reading=reading, clock=clock)
    return Parts(
        Callers(keys_file, clock, measures), publisher, asking, answers, reading, clock,
        limits or Limits(), ways_in or {}, measures,
    )  # fmt: skip
