"""What a seed stands for: the size of a simulated world, and how badly it is treated."""

from dataclasses import dataclass
from random import Random

from engine.runner import Policy

START = 1_767_603_600_000_000
"""Monday, 5 January 2026, 09:00 UTC, in microseconds: when every simulation starts."""
SECOND = 1_000_000
SHAPES = ("tally", "chain", "pair", "leads", "asks")
"""What runs: a program with deadlines and milestones; the same with a second group that reads what it says; a program
with two co-partitioned sources; the lead decider with agreements; two groups that speak to one another."""


@dataclass(frozen=True, slots=True)
class Plan:
    """All that is decided beforehand. Probabilities are per chance; durations are in microseconds.

    Attributes:
        shape: see `SHAPES`.
        due_s: how far ahead deadlines lie on the average, in seconds.
        records: how many are sent to the inbox.
        pace: mean pause between two sendings.
        fetch: the most records of a fetch.
        faults: how many crashes, freezes, outages, clock jumps and forced rebalances there may be.
        per_step: chance of a crash or a freeze before a step of a worker.
        refusal: chance that a call to the log fails, before or after it took effect.
        flaky: chance that the program fails after it has decided a record.
        lease_ttl: how long a silent process keeps its tasks.
        skew: how far a worker's clock may be off; less than the grace.
        shuffled: each process takes its own steps in any order, which asyncio would not do.
        slice_s: mean of what a look at the stopwatch adds to it, in seconds: decides where batches are cut.
    """

    seed: int
    shape: str
    workers: int
    partitions: int
    keys: int
    due_s: float
    records: int
    pace: int
    fetch: int
    faults: int
    per_step: float
    refusal: float
    flaky: float
    lease_ttl: int
    skew: int
    slice_s: float
    shuffled: bool
    policy: Policy


def plan_of(seed: int, rng: Random, shape: str | None = None) -> Plan:
    """The plan of a seed; a shape may be asked for instead of the one it would choose."""
    chosen = rng.choices(SHAPES, weights=(8, 4, 3, 5, 4))[0]
    leads = (shape or chosen) == "leads"
    lease_ttl = rng.randint(3, 12) * SECOND
    return Plan(
        seed=seed,
        shape=shape or chosen,
        workers=rng.choices((1, 2, 3), weights=(1, 5, 3))[0],
        partitions=rng.randint(1, 3),
        keys=rng.randint(1, 6),
        due_s=rng.choice((0.5, 3.0, 20.0)),
        records=rng.randint(5, 25),
        pace=rng.choice((20_000, 200_000, SECOND)),
        fetch=rng.choice((2, 5, 20, 100)),
        faults=rng.randint(2, 12),
        per_step=rng.choice((0.005, 0.01, 0.03)),
        refusal=rng.choice((0.0, 0.03, 0.1)),
        flaky=rng.choice((0.0, 0.01, 0.04)),
        lease_ttl=lease_ttl,
        skew=rng.choice((0, 0, 1_500_000)),
        slice_s=rng.choice((0.0, 0.02, 0.2)),
        shuffled=rng.random() < 0.2,
        policy=Policy(
            first_delay=0.25,
            max_delay=2.0,
            max_queued=rng.randint(1, 3),
            tick=rng.choice((0.5, 2.0)),
            stop_timeout=rng.choice((0.5, 20.0)),
            position_every_us=rng.choice((5, 5 if leads else 3600)) * SECOND,
        ),
    )
