"""Real processes under test: output in a file, lines awaited, killed hard or stopped cleanly, never left behind.

Everything here blocks. In a coroutine say `await asyncio.to_thread(process.wait_for, "ready")`.
"""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.support import reaper

REPOSITORY = Path(__file__).resolve().parents[2]

# The same entry point as the installed `leadstream` script, without asking that it be installed.
_CLI = (sys.executable, "-c", "import sys; from leadstream.cli import main; sys.exit(main())")


class Process:
    """A child in a process group of its own, its stdout and stderr together in `log`.

    Args:
        argv: the program and its arguments.
        log: the file that takes the output; appended to, so a restarted program keeps its history.
        env: added to this process's environment.
        cwd: working directory, the repository if not given.
    """

    def __init__(
        self, argv: Sequence[str | Path], *, log: Path, env: Mapping[str, str] | None = None, cwd: Path = REPOSITORY
    ) -> None:
        self.log = log
        with log.open("ab") as output:
            self._start = output.tell()
            self._popen = subprocess.Popen(
                argv,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, **(env or {})},
                cwd=cwd,
                start_new_session=True,
            )
        reaper.watch_group(self.pid)

    @property
    def pid(self) -> int:
        """Its process id, which is also its group's."""
        return self._popen.pid

    @property
    def alive(self) -> bool:
        """Whether it still runs (a frozen one does)."""
        return self._poll() is None

    @property
    def returncode(self) -> int | None:
        """Its exit status, minus the signal's number if one ended it; None while it runs."""
        return self._poll()

    def output(self) -> str:
        """All it has printed since it was started."""
        with self.log.open("rb") as file:
            file.seek(self._start)
            return file.read().decode(errors="replace")

    def tail(self, lines: int = 40) -> str:
        """The last lines it printed, for a message."""
        return "\n".join(self.output().splitlines()[-lines:])

    def wait_for(self, pattern: str, timeout: float = 30.0) -> re.Match[str]:
        """Wait until the output matches `pattern` (multi-line search).

        Raises:
            AssertionError: it ended, or `timeout` seconds passed, without printing that; shows its last lines.
        """
        until = time.monotonic() + timeout
        while True:
            ended = self.returncode  # asked before reading: what it printed last is then in the file
            if match := re.search(pattern, self.output(), re.MULTILINE):
                return match
            if ended is not None:
                raise AssertionError(f"ended with {ended} before printing {pattern!r}:\n{self.tail()}")
            if time.monotonic() > until:
                raise AssertionError(f"did not print {pattern!r} in {timeout} s:\n{self.tail()}")
            time.sleep(0.02)

    def wait(self, timeout: float = 30.0) -> int:
        """Wait for its end and give its exit status.

        Raises:
            AssertionError: it still runs after `timeout` seconds.
        """
        try:
            self._popen.wait(timeout)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"still running after {timeout} s:\n{self.tail()}") from None
        status = self._poll()
        assert status is not None
        return status

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the whole group; nothing happens if it has ended."""
        if self.alive:
            os.killpg(self.pid, number)

    def freeze(self) -> None:
        """SIGSTOP: it keeps its sockets and its memory and does nothing, as under a long pause of its machine."""
        self.send(signal.SIGSTOP)

    def thaw(self) -> None:
        """SIGCONT: it goes on where it was, believing no time has passed."""
        self.send(signal.SIGCONT)

    def kill(self) -> None:
        """kill -9, and wait until it is gone."""
        self.send(signal.SIGKILL)
        self.wait()

    def stop(self, timeout: float = 30.0) -> int:
        """SIGTERM, and wait for its clean end.

        Raises:
            AssertionError: it did not end in time.
        """
        self.send(signal.SIGTERM)
        return self.wait(timeout)

    def _poll(self) -> int | None:
        known = self._popen.returncode
        status = self._popen.poll()
        if known is None and status is not None:
            reaper.forget_group(self.pid)
        return status

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()


def leadstream(
    *arguments: str | Path, log: Path, env: Mapping[str, str] | None = None, cwd: Path = REPOSITORY
) -> Process:
    """Start our command line, as in `leadstream("worker", "--broker", url, log=tmp_path / "worker.log")`."""
    path = os.pathsep.join(filter(None, [str(REPOSITORY), os.environ.get("PYTHONPATH")]))
    own = {"PYTHONPATH": path, "PYTHONUNBUFFERED": "1"}
    return Process([*_CLI, *arguments], log=log, env={**own, **(env or {})}, cwd=cwd)
