"""The open file: one connection, transactions as plain functions, errors in the engine's words."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import apsw

from engine.errors import LogError, Unavailable
from engine.sqlite.bell import Bell
from engine.sqlite.failures import translated
from engine.sqlite.schema import connect, is_empty, prepare, synchronize, touch
from engine.sqlite.writelock import WriteLock

T = TypeVar("T")


class Store:
    """One process's access to the file; belongs to one event loop.

    Transactions are synchronous functions of the connection: nothing can wait inside one, so no other coroutine
    sees it half done and other processes get their turn soon.

    Args:
        path: the file. Beside it lie `-wal` and `-shm` (SQLite's), `.lock` and `.bell` (ours).
        patience_seconds: how long to wait for the turn to write.
    """

    def __init__(self, path: Path, patience_seconds: float = 10.0) -> None:
        self.path, self._patience = path, patience_seconds
        self._open: tuple[apsw.Connection, WriteLock, Bell] | None = None
        self._turn = asyncio.Lock()

    async def start(self) -> None:
        """Open the file, making it and its directory when missing.

        Raises:
            Unavailable: it cannot be opened or written.
            LogError: it is not a log, or one of a later version, or gone.
        """
        if self._open is not None:
            return
        with translated(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            if not self.path.exists():
                self._expect_nothing()
            connection = connect(self.path)
            try:
                lock = WriteLock(_beside(self.path, ".lock"), self._patience)
                try:
                    await lock.acquire()
                    if is_empty(connection):
                        self._expect_nothing()
                    prepare(connection, self.path)
                    lock.release()
                    self._open = connection, lock, Bell(bell_path(self.path))
                except BaseException:
                    lock.close()
                    raise
            except BaseException:
                connection.close()
                raise

    def stop(self) -> None:
        """Close the file."""
        if self._open is None:
            return
        (connection, lock, bell), self._open = self._open, None
        bell.close()
        lock.close()
        with translated(self.path):
            connection.close()

    def read(self, body: Callable[[apsw.Connection], T]) -> T:
        """Run a function over one snapshot of the file."""
        connection, _, _ = self._opened()
        with translated(self.path):
            connection.execute("begin")
            try:
                return body(connection)
            finally:
                _end(connection)

    async def read_aside(self, body: Callable[[apsw.Connection], T]) -> T:
        """Run a long function over one snapshot, in a thread and on a connection of its own; the loop goes on."""
        self._opened()

        def run() -> T:
            with translated(self.path):
                connection = connect(self.path)
                try:
                    connection.execute("begin")
                    return body(connection)
                finally:
                    connection.close()

        return await asyncio.to_thread(run)

    async def write(self, body: Callable[[apsw.Connection], T], *, ring: bool = True) -> T:
        """Run a function as one durable transaction, all of it or nothing, and wake the readers.

        Raises:
            Unavailable: no turn, no room, no rights; nothing was written.
        """
        async with self._turn:
            connection, lock, bell = self._opened()
            with translated(self.path):
                await lock.acquire()
                try:
                    connection.execute("begin immediate")
                    try:
                        result = body(connection)
                        connection.execute("commit")
                    except BaseException:
                        _end(connection)
                        raise
                finally:
                    lock.release()
        if ring:
            bell.ring()
        return result

    async def sync_later(self) -> None:
        """From now on a commit of ours reaches the disk with a later one, or with one of another process.

        The file is whole at any time: what a power cut takes back it takes from the end, in whole transactions.
        """
        async with self._turn:
            connection, _, _ = self._opened()
            with translated(self.path):
                synchronize(connection, "normal")

    async def sync_now(self) -> None:
        """All that was committed is on the disk, and every commit from now on when it returns."""
        async with self._turn:
            connection, _, _ = self._opened()
            with translated(self.path):
                synchronize(connection, "full")
        await self.write(touch, ring=False)

    def _expect_nothing(self) -> None:
        """Refuse to begin with an empty log where there was one: its bell is made after it, and stays."""
        bell = bell_path(self.path)
        if bell.exists():
            raise LogError(
                f"log {self.path}: what it held is gone, for {bell.name} tells that there was a log; "
                f"put it back, or remove {bell.name} to begin with an empty one"
            )

    def _opened(self) -> tuple[apsw.Connection, WriteLock, Bell]:
        if self._open is None:
            raise Unavailable(f"log {self.path}: not started, or stopped already")
        return self._open


def bell_path(path: Path) -> Path:
    """Where the bell of a log lies."""
    return _beside(path, ".bell")


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)


def _end(connection: apsw.Connection) -> None:
    if connection.in_transaction:  # SQLite itself rolls back after some errors
        connection.execute("rollback")
