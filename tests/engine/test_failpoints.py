"""Failpoints: off unless asked for, and each of them is really passed."""

import subprocess
import sys
from pathlib import Path

import pytest

from engine import failpoints

ENGINE = Path(failpoints.__file__).parent


def test_without_the_variable_nothing_is_armed() -> None:
    assert failpoints.parsed("") == {}


def test_a_wish_names_a_step_an_action_and_maybe_the_time_it_is_reached() -> None:
    wishes = failpoints.parsed("commit.sent:kill,open.fenced:stop:3")
    assert wishes == {"commit.sent": ("kill", 1), "open.fenced": ("stop", 3)}


@pytest.mark.parametrize("wish", ["commit.nowhere:kill", "commit.sent:sing", "commit.sent", "commit.sent:kill:x"])
def test_a_wish_that_cannot_be_met_is_refused(wish: str) -> None:
    with pytest.raises(ValueError, match="LEADSTREAM_FAILPOINT"):
        failpoints.parsed(wish)


@pytest.mark.parametrize("step", failpoints.STEPS)
def test_every_step_is_passed_somewhere(step: str) -> None:
    assert any(f'reached("{step}")' in path.read_text() for path in ENGINE.rglob("*.py"))


def test_a_process_dies_at_its_step_when_it_is_reached_for_the_last_time_asked() -> None:
    program = "from engine.failpoints import reached\nfor n in range(3): reached('open.begin'); print(n, flush=True)"
    asked = {failpoints.VARIABLE: "open.begin:kill:3", "PYTHONPATH": str(ENGINE.parent)}
    done = subprocess.run([sys.executable, "-c", program], env=asked, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.split()) == (-9, ["0", "1"])
    assert done.stderr == "failpoint open.begin: kill\n"
