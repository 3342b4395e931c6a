"""What a gateway is made of; the composition root puts it together."""

from collections.abc import Callable
from dataclasses import dataclass, field

from leadstream.gateway.callers import Callers
from leadstream.gateway.publisher import Publisher


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
        clock: now, in microseconds.
        limits: how long things may take.
    """

    callers: Callers
    publisher: Publisher
    clock: Callable[[], int]
    limits: Limits = field(default_factory=Limits)
