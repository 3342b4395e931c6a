"""Ends what a test process leaves behind, however the test process ends.

One helper process per test process listens on a pipe. Each child is told to it by its process group, each folder by
its path, and taken off when it is gone. When the pipe closes, because the tests ended, crashed or were killed -9, the
helper kills the groups and removes the folders that are still on its list.

PR_SET_PDEATHSIG would be shorter, but it fires when the *thread* that started the child ends, and tests start children
from worker threads.
"""

import atexit
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

_lock = threading.Lock()
_pipe: int | None = None


def watch_group(pgid: int) -> None:
    """Have the process group killed when this process is gone."""
    _tell(f"+{pgid}")


def forget_group(pgid: int) -> None:
    """The group has ended; its number may be given to strangers from now on."""
    _tell(f"-{pgid}")


def watch_folder(path: Path) -> None:
    """Have the folder removed when this process is gone, after the groups."""
    _tell(f"+{path}")


def forget_folder(path: Path) -> None:
    """The folder is gone or is to be kept."""
    _tell(f"-{path}")


def _tell(line: str) -> None:
    global _pipe  # noqa: PLW0603 - one helper per process is the point
    with _lock:
        if _pipe is None:
            _pipe = _start()
        os.write(_pipe, f"{line}\n".encode())


def _start() -> int:
    reading, writing = os.pipe()
    # A session of its own: Ctrl-C in a terminal reaches the tests, not the one who cleans up after them.
    subprocess.Popen([sys.executable, __file__], stdin=reading, start_new_session=True)
    os.close(reading)
    atexit.register(os.close, writing)
    return writing


def _clean(left: list[str]) -> None:
    folders = [Path(name) for name in left if name.startswith("/")]
    groups = [int(name) for name in left if not name.startswith("/")]
    until = time.monotonic() + 20.0
    # Again and again: what is dying may still write, and holds its folders until it is gone.
    while (groups := [group for group in groups if _kill(group)]) or any(folder.exists() for folder in folders):
        for folder in folders:
            shutil.rmtree(folder, ignore_errors=True)
        if time.monotonic() > until:
            return
        time.sleep(0.1)


def _kill(pgid: int) -> bool:
    """Kill a group; say whether there was one."""
    try:
        os.killpg(pgid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def _main() -> None:
    left: list[str] = []
    for line in sys.stdin:
        sign, name = line[0], line[1:].strip()
        if sign == "+":
            left.append(name)
        elif name in left:
            left.remove(name)
    _clean(left)


if __name__ == "__main__":
    _main()
