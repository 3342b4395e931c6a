"""Wake-up between processes: who commits writes one byte to the bell file, who waits watches that file.

Watching the database or its WAL instead would wake readers too early: the WAL's last write comes before its sync,
and the commit is visible only after it.
"""

import asyncio
import ctypes
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final

import apsw

from engine.embedded.ports import Ear
from engine.sqlite.sql import run

_IN_MODIFY: Final = 0x2
_EVENTS_BYTES: Final = 65_536


class Bell:
    """The writing side; the file is made with its one byte, so that ringing never needs room on the disk."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        self.ring()

    def ring(self) -> None:
        """Wake all ears. A bell that cannot be rung delays them, since they look by themselves; it loses nothing."""
        with suppress(OSError):
            os.pwrite(self._file, b"!", 0)

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._file)


class InotifyEar:
    """An ear on Linux: the kernel tells at once, idle costs nothing.

    Raises:
        OSError: the kernel has no inotify left for this user, or the bell file is missing.
    """

    def __init__(self, bell: Path) -> None:
        libc = ctypes.CDLL(None, use_errno=True)
        self._events = _checked(libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC))
        try:
            _checked(libc.inotify_add_watch(self._events, os.fsencode(bell), _IN_MODIFY))
        except OSError:
            os.close(self._events)
            raise

    async def wait(self, timeout_seconds: float) -> bool:
        """Wait for the next ring."""
        if self._drain():
            return True
        loop = asyncio.get_running_loop()
        rung = asyncio.Event()
        loop.add_reader(self._events, rung.set)
        try:
            await asyncio.wait_for(rung.wait(), timeout_seconds)
        except TimeoutError:
            return False
        finally:
            loop.remove_reader(self._events)
        return self._drain()

    def close(self) -> None:
        """Stop listening."""
        os.close(self._events)

    def _drain(self) -> bool:
        try:
            return len(os.read(self._events, _EVENTS_BYTES)) > 0
        except BlockingIOError:
            return False


class PollingEar:
    """An ear anywhere else: asks SQLite whether somebody has committed, every few milliseconds.

    Args:
        database: the log's file.
        every_seconds: the pause between two looks.
    """

    def __init__(self, database: Path, every_seconds: float = 0.005) -> None:
        self._connection = apsw.Connection(str(database), flags=apsw.SQLITE_OPEN_READONLY)
        self._every = every_seconds
        self._seen = self._version()

    async def wait(self, timeout_seconds: float) -> bool:
        """Wait for the next commit."""
        loop = asyncio.get_running_loop()
        until = loop.time() + timeout_seconds
        while True:
            seen, self._seen = self._seen, self._version()
            if seen != self._seen:
                return True
            left = until - loop.time()
            if left <= 0:
                return False
            await asyncio.sleep(min(self._every, left))

    def close(self) -> None:
        """Stop listening."""
        self._connection.close()

    def _version(self) -> int:
        # The pragma, not the connection's own counter: that one misses what other processes commit.
        ((version,),) = run(self._connection, "pragma data_version")
        return int(version)


def listen(database: Path, bell: Path) -> Ear:
    """The best ear this system has."""
    if sys.platform == "linux":
        with suppress(OSError):  # out of watches: looking every few milliseconds works as well
            return InotifyEar(bell)
    return PollingEar(database)


def _checked(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result
