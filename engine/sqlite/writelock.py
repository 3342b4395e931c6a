"""The turn to write: a lock file in front of SQLite's own lock.

SQLite lets writers try again after ever longer pauses, so a small one starves beside a big one. The kernel's
queue on a file lock is fair, and a process that dies gives its place up.
"""

import asyncio
import fcntl
import os
import threading
from contextlib import suppress
from pathlib import Path

from engine.errors import Unavailable

_PID_BYTES = 12


class WriteLock:
    """One process's place in the queue. Its coroutines have to queue among themselves before they come here.

    Args:
        path: the lock file, made when missing.
        patience_seconds: how long to wait before giving up.
    """

    def __init__(self, path: Path, patience_seconds: float) -> None:
        self._path, self._patience = path, patience_seconds
        self._free = _open(path)
        self._held: int | None = None

    async def acquire(self) -> None:
        """Wait for the turn without blocking the loop.

        Raises:
            Unavailable: somebody kept it for too long; a process that was stopped inside its transaction does.
        """
        try:
            fcntl.flock(self._free, fcntl.LOCK_EX | fcntl.LOCK_NB)
            held = self._free
        except BlockingIOError:
            held = await self._queue()
        self._held = held
        with suppress(OSError):  # only tells people who holds it; a full disk is no reason to keep it for ever
            os.pwrite(held, b"%-*d" % (_PID_BYTES, os.getpid()), 0)

    def release(self) -> None:
        """Give the turn to the next one."""
        held, self._held = self._held, None
        if held == self._free:
            fcntl.flock(held, fcntl.LOCK_UN)
        elif held is not None:
            os.close(held)

    def close(self) -> None:
        """Let go of the lock file."""
        self.release()
        os.close(self._free)

    async def _queue(self) -> int:
        loop = asyncio.get_running_loop()
        turn: asyncio.Future[int] = loop.create_future()

        def deliver(handle: int) -> None:
            if turn.done():  # nobody waits any more
                os.close(handle)
            else:
                turn.set_result(handle)

        def wait() -> None:
            # A handle of its own: a lock belongs to the handle, and this one may come after we have given up.
            handle = _open(self._path)
            fcntl.flock(handle, fcntl.LOCK_EX)
            try:
                loop.call_soon_threadsafe(deliver, handle)
            except RuntimeError:  # the loop has ended
                os.close(handle)

        # A daemon, because the wait cannot be interrupted and must not keep the process from ending.
        threading.Thread(target=wait, name="log-turn", daemon=True).start()
        try:
            await asyncio.wait({turn}, timeout=self._patience)
        except asyncio.CancelledError:
            if turn.done():
                os.close(turn.result())
            turn.cancel()
            raise
        if turn.done():
            return turn.result()
        turn.cancel()
        raise Unavailable(
            f"{self._path}: process {self._holder()} has kept the turn to write for more than {self._patience:g} s; "
            "if it hangs or was stopped, end it"
        )

    def _holder(self) -> str:
        return os.pread(self._free, _PID_BYTES, 0).decode(errors="replace").strip() or "unknown"


def _open(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
