import signal
import sys
import time
from pathlib import Path

import psutil
import pytest

from tests.support.process import REPOSITORY, Process

_PARENT = """
import sys, threading, time
from pathlib import Path
from tests.support.process import Process

started = []
thread = threading.Thread(target=lambda: started.append(Process(["sleep", "600"], log=Path(sys.argv[1]))))
thread.start()
thread.join()
print("child", started[0].pid, flush=True)
time.sleep(600)
"""


def _gone(pid: int, seconds: float = 10.0) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            return True
        time.sleep(0.02)
    return False


def test_a_child_outlives_its_thread_but_not_a_parent_that_is_killed(tmp_path: Path) -> None:
    command = [sys.executable, "-c", _PARENT, str(tmp_path / "child.log")]
    with Process(command, log=tmp_path / "parent.log", env={"PYTHONPATH": str(REPOSITORY)}) as parent:
        child = int(parent.wait_for(r"^child (\d+)$")[1])
        assert psutil.pid_exists(child)
        parent.kill()
        assert _gone(child)


def test_waiting_for_a_line_that_never_comes_shows_what_came_instead(tmp_path: Path) -> None:
    process = Process(["sh", "-c", "echo no such table; exit 3"], log=tmp_path / "log")
    with process, pytest.raises(AssertionError, match=r"ended with 3 before printing 'ready':\nno such table"):
        process.wait_for("ready")


def test_a_stopped_process_says_which_signal_ended_it(tmp_path: Path) -> None:
    with Process(["sleep", "600"], log=tmp_path / "log") as process:
        assert process.alive
        assert process.stop() == -signal.SIGTERM
        assert not process.alive
