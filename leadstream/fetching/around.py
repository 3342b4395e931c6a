"""What a fetcher is given: clock, pauses and chance, and the log that its workers share."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from random import Random

import httpx

from engine.ports import EventLog
from leadstream.fetching.client import Patience
from leadstream.fetching.desk import Desk
from leadstream.fetching.kept_tokens import KeptTokens
from leadstream.fetching.pages import Step

Told = Callable[[str, str], None]
"""(way in, what a person should know)."""
Write = Callable[[Step], Awaitable[None]]
"""Writes a step as one transaction, then remembers it. Raises LogError."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Clock and pauses.

    Attributes:
        clock: now, in microseconds.
        tokens: where refresh tokens lie that a vendor has replaced.
        pause: waits seconds.
        chance: spreads pauses.
        patience: how much trouble is waited out with one request.
        tls: which certificates are trusted; None for the usual ones.
        beat: seconds between two signs of life, where the log takes a silent process for a dead one; 0 for none.
        look: seconds between two looks for what was announced.
    """

    clock: Callable[[], int]
    tokens: KeptTokens
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep
    chance: Random = field(default_factory=Random)
    patience: Patience = field(default_factory=Patience)
    tls: ssl.SSLContext | None = None
    beat: float = 0.0
    look: float = 1.0


@dataclass(frozen=True, slots=True)
class Office:
    """What the workers share.

    Attributes:
        log: read for what was announced.
        partitions: of the inboxes.
        desk: what is remembered.
        write: the way into the log.
        http: the connections.
        around: clock and pauses.
        told: is told of trouble.
    """

    log: EventLog
    partitions: int
    desk: Desk
    write: Write
    http: httpx.AsyncClient
    around: Surroundings
    told: Told
