"""How long and how hard: small enough for every day unless the environment says otherwise (`make chaos` does).

LEADSTREAM_CHAOS_EVENTS, _KILLS, _WORKERS, _KEYS, _CUT and _SEED; the seed decides what is fed and who is hit when. With
_FULL=1 every step and every variant is tried, not only a few of each. _SOAK_MINUTES and _SOAK_RATE are for the soak.
"""

import math
import os
from dataclasses import dataclass


def number(name: str, default: int) -> int:
    """A whole number from LEADSTREAM_CHAOS_<name>."""
    return int(os.environ.get(f"LEADSTREAM_CHAOS_{name}", "") or default)


@dataclass(frozen=True, slots=True)
class Plan:
    """One run.

    Attributes:
        events: records fed.
        kills: how often a worker is killed at random.
        workers: how many work at a time, 1 to 3.
        keys: how many keys there are.
        cut: how long the network is cut, in seconds.
        seed: of everything that is left to chance.
        full: try every step and variant, and hold to the bounds of time.
        soak_minutes: how long a soak lasts, on each log.
        soak_rate: new facts a second that come in meanwhile; each is told two or three times.
    """

    events: int = 10_000
    kills: int = 3
    workers: int = 2
    keys: int = 400
    cut: int = 8
    seed: int = 1
    full: bool = False
    soak_minutes: int = 1
    soak_rate: int = 20

    def within(self, session: float) -> float:
        """Seconds after the last fault in which every partition has to get on: session timeout + 5.

        Everyday runs share their machine with other tests: there every partition has to get on, and only the patience
        of the one who waits is a bound.
        """
        return session + 5.0 if self.full else math.inf


def plan() -> Plan:
    """What the environment asks for."""
    small = Plan()
    return Plan(
        events=number("EVENTS", small.events),
        kills=number("KILLS", small.kills),
        workers=number("WORKERS", small.workers),
        keys=number("KEYS", small.keys),
        cut=number("CUT", small.cut),
        seed=number("SEED", small.seed),
        full=bool(number("FULL", 0)),
        soak_minutes=number("SOAK_MINUTES", small.soak_minutes),
        soak_rate=number("SOAK_RATE", small.soak_rate),
    )
