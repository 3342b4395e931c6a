import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.process import REPOSITORY


@pytest.mark.slow
def test_the_figures_of_a_small_quarter_are_those_of_the_second_opinion_and_plans_are_told(tmp_path: Path) -> None:
    plans = tmp_path / "plans.txt"
    command = [sys.executable, "-m", "benchmarks.pipeline", "--facts", "3000", "--store", "sqlite", "--runs", "1"]
    done = subprocess.run(
        [*command, "--plans", str(plans)], cwd=REPOSITORY, capture_output=True, check=False, stdin=subprocess.DEVNULL
    )
    assert done.returncode == 0, done.stderr.decode() + done.stdout.decode()
    told = done.stdout.decode()
    for what in ("facts folded", "rows written to sqlite", "matrix by product+region", "0 figures wrong"):
        assert what in told
    assert "SEARCH" in plans.read_text()
