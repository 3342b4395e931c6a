"""The engine and its programs in simulated worlds where everything goes wrong: a world a seed.

A seed that breaks a rule is told by its number and replays exactly: `python -m tests.simulation --seed N --trace`.
LEADSTREAM_CHAOS_SEED is the first seed, LEADSTREAM_CHAOS_WORLDS how many there are in the slow test.
"""

import hashlib
import sys
from pathlib import Path

import pytest

from tests.chaos.plan import number
from tests.simulation.plan import SHAPES
from tests.simulation.run import Outcome, simulate
from tests.support.process import Process

FIRST, ALL = number("SEED", 0), number("WORLDS", 10_000)
QUICK, CHUNK = 50, 250
SAMPLE = 20
SPEAKING = 200


def run(first: int, count: int, shape: str | None = None) -> list[Outcome]:
    return [simulate(seed, shape=shape) for seed in range(first, first + count)]


def broken_rules(outcomes: list[Outcome]) -> list[str]:
    """How to replay the seeds that broke a rule, and which rule."""
    return [
        f"python -m tests.simulation --seed {one.plan.seed} --shape {one.plan.shape} --trace: {one.violations}"
        for one in outcomes
        if one.violations
    ]


@pytest.fixture(scope="module")
def quick() -> list[Outcome]:
    return run(FIRST, QUICK)


def test_nothing_is_lost_doubled_or_late_whatever_goes_wrong(quick: list[Outcome]) -> None:
    assert broken_rules(quick) == []


def test_every_kind_of_trouble_comes_up_in_a_few_worlds(quick: list[Outcome]) -> None:
    happened = {kind for one in quick for kind in one.happened}
    wanted = {"crash", "freeze", "outage", "clock jump", "rebalance", "greed", "leave", "compaction", "answer lost"}
    assert happened >= wanted | {"program failed"}


@pytest.mark.slow
@pytest.mark.parametrize("first", range(FIRST + QUICK, FIRST + ALL, CHUNK))
def test_nothing_is_lost_doubled_or_late_in_thousands_of_worlds(first: int) -> None:
    assert broken_rules(run(first, min(CHUNK, FIRST + ALL - first))) == []


@pytest.mark.parametrize("first", range(FIRST, FIRST + SPEAKING, 50))
def test_between_groups_no_question_is_lost_and_none_is_answered_twice(first: int) -> None:
    assert broken_rules(run(first, 50, "asks")) == []


@pytest.mark.slow
@pytest.mark.parametrize("first", range(FIRST + SPEAKING, FIRST + ALL // 2, CHUNK))
def test_between_groups_no_question_is_lost_in_thousands_of_worlds(first: int) -> None:
    assert broken_rules(run(first, min(CHUNK, FIRST + ALL // 2 - first), "asks")) == []


@pytest.mark.parametrize("shape", SHAPES)
def test_a_seed_replays_exactly(shape: str) -> None:
    one, two = (simulate(7, shape=shape, lines=True) for _ in range(2))
    assert one.lines == two.lines
    assert (one.digest, one.steps) == (two.digest, two.steps)
    assert simulate(8, shape=shape).digest != one.digest


@pytest.mark.slow
@pytest.mark.parametrize("hashes", ["1", "2"])
def test_seeds_replay_in_another_process_whatever_its_hashes_are(hashes: str, tmp_path: Path) -> None:
    digest = hashlib.blake2b(digest_size=16)
    for one in run(0, SAMPLE):
        digest.update(one.digest.encode())
    argv = (sys.executable, "-m", "tests.simulation", "--seed", "0", "--count", str(SAMPLE))
    with Process(argv, log=tmp_path / "log", env={"PYTHONHASHSEED": hashes}) as child:
        child.wait_for(f"all traces {digest.hexdigest()}", 120)
