"""How long and how hard: small enough for every day unless the environment says otherwise (`make chaos` does).

LEADSTREAM_CHAOS_EVENTS, _KILLS, _WORKERS, _KEYS and _SEED; the seed decides what is fed and who is hit when. With
_FULL=1 every step and every variant is tried, not only a few of each.
"""

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
        seed: of everything that is left to chance.
        full: try every step and variant.
    """

    events: int = 10_000
    kills: int = 3
    workers: int = 2
    keys: int = 400
    seed: int = 1
    full: bool = False


def plan() -> Plan:
    """What the environment asks for."""
    small = Plan()
    return Plan(
        events=number("EVENTS", small.events),
        kills=number("KILLS", small.kills),
        workers=number("WORKERS", small.workers),
        keys=number("KEYS", small.keys),
        seed=number("SEED", small.seed),
        full=bool(number("FULL", 0)),
    )
