import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.process import REPOSITORY


def leadstream(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The program as a script runs it: a process of its own."""
    path = os.pathsep.join(filter(None, [str(REPOSITORY), os.environ.get("PYTHONPATH")]))
    return subprocess.run(
        [sys.executable, "-m", "leadstream", *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": path, "LEADSTREAM_DATA_DIR": str(folder / "data")},
        timeout=60,
        check=False,
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "code", "stdout", "stderr"),
    [
        (("view", "funnel", "--format", "json"), 0, "[]\n", ""),
        (("publish", "-"), 0, "0 accepted, 0 refused\n", ""),
        (("agreement", "show", "desk"), 1, "", "leadstream: no such agreement: desk; see: leadstream agreement show\n"),
    ],
)
def test_a_script_sees_the_exit_code_the_answer_on_stdout_and_the_reason_on_stderr(
    tmp_path: Path, arguments: tuple[str, ...], code: int, stdout: str, stderr: str
) -> None:
    ended = leadstream(tmp_path, *arguments)
    assert (ended.returncode, ended.stdout, ended.stderr) == (code, stdout, stderr)


def test_wrong_use_ends_with_2_in_a_process_too(tmp_path: Path) -> None:
    ended = leadstream(tmp_path, "view", "orders")
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert "orders" in ended.stderr
