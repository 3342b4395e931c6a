"""The compiled core says what the sources say, byte for byte, and passes their own tests."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.compiled import compiled_core
from tests.support.missing import MissingError, skip_or_fail
from tests.support.process import REPOSITORY

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1_800)]  # building takes minutes of a processor, beside other tests
_SUITES = ("tests/streams/scoring", "tests/streams/deciders", "tests/streams/agents", "tests/streams/test_clocks.py")


@pytest.fixture(scope="module")
def core() -> Path:
    try:
        return compiled_core()
    except MissingError as error:
        skip_or_fail(str(error))


def ran(*arguments: str, path: Path | None = None) -> str:
    """What Python prints, with our packages found in `path` first."""
    places = [str(REPOSITORY)] if path is None else [str(path), str(REPOSITORY)]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(places)}
    command = [sys.executable, *arguments]
    done = subprocess.run(command, cwd=places[0], env=env, capture_output=True, check=False, text=True)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


def test_the_compiled_core_writes_the_same_bytes(core: Path) -> None:
    history = str(REPOSITORY / "tests" / "compiled" / "history.py")
    plain, compiled = (json.loads(ran(history, "6000", path=path)) for path in (None, core))
    assert (plain.pop("core"), compiled.pop("core")) == ("py", "so")
    assert compiled == plain


def test_the_compiled_core_passes_the_tests_of_its_sources(core: Path) -> None:
    told = ran(
        "-m", "pytest", "-q", "-p", "no:cacheprovider", "--hypothesis-profile=quick",
        "-c", str(REPOSITORY / "pyproject.toml"), "--rootdir", str(REPOSITORY), "-o", f"pythonpath={core} {REPOSITORY}",
        *(str(REPOSITORY / suite) for suite in _SUITES), path=core,
    )  # fmt: skip
    assert " passed" in told
    assert "failed" not in told
