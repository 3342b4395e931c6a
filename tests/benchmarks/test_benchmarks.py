import re
import subprocess
import sys

import orjson
import pytest

from benchmarks.cases import CASES
from tests.support.kafka_jars import java, kafka_jars
from tests.support.missing import MissingError, skip_or_fail
from tests.support.process import REPOSITORY

_SMALL = ("--events", "6000", "--stock-events", "300", "--facts", "4000", "--keys", "200", "--partitions", "2")


def benchmark(module: str, *arguments: str) -> bytes:
    """What a benchmark says on its standard output."""
    try:
        java(), kafka_jars()
    except MissingError as error:
        skip_or_fail(str(error))
    command = [sys.executable, "-m", module, *arguments]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, check=False, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, done.stderr.decode() + done.stdout.decode()
    return done.stdout


@pytest.mark.slow
@pytest.mark.kafka
def test_every_case_runs_and_its_results_are_right() -> None:
    cases = orjson.loads(benchmark("benchmarks", *_SMALL, "--format", "json"))["cases"]
    assert [case["case"] for case in cases] == [case.name for case in CASES]
    assert [case["records"] for case in cases] == [6000, 300, 4000, 6000, 4000, 4000, 4000, 4000, 4000]
    assert [case["problems"] for case in cases] == [[]] * len(cases)


@pytest.mark.slow
@pytest.mark.parametrize("log", ["embedded", pytest.param("kafka", marks=pytest.mark.kafka)])
def test_it_is_told_how_long_after_a_deal_is_won_its_cell_shows_it(log: str) -> None:
    told = benchmark("benchmarks.moved", "--only", log, "--rate", "5", "--wins", "2").decode()
    for asked in ("as of the instant of asking", "without an instant"):
        assert re.search(rf"{log} +│ {asked} +│ +\d+\.\d\d +│", told), told
    assert "2 wins beside 5 facts a second" in told


@pytest.mark.slow
@pytest.mark.kafka
def test_times_are_taken_and_told() -> None:
    amounts = ("--rate", "200", "--seconds", "2", "--records", "5000")
    told = benchmark("benchmarks.times", *amounts, "--only", "latency", "--only", "restore").decode()
    for what in ("visible latency at 200/s, p50", "visible latency at 200/s, p99", "restore of 5,000 records"):
        assert what in told
