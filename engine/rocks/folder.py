"""The folder of one task's store: ours or refused, and held by one process at a time."""

import fcntl
import shutil
from pathlib import Path
from typing import IO

import msgspec

from engine.errors import LogError, StoreInUse, Unavailable

FORMAT = 1
"""Raised with every change of what lies in the database; a store of another format is made anew."""
_MARKER, _LOCK, _DATABASE = "store.json", "lock", "db"


class Label(msgspec.Struct, frozen=True):
    """What a folder holds.

    Attributes:
        log: names the log whose changelog it copies.
        group: the task group.
        partition: the task's.
        format: the database's.
    """

    log: str
    group: str
    partition: int
    format: int = FORMAT


class Folder:
    """Nothing in it is ever removed but what we have put there.

    Attributes:
        database: where RocksDB puts its files.

    Args:
        path: the folder; it is made, with its parents, when it is opened.
        label: what it has to hold; it is emptied when it holds something else of ours.
    """

    def __init__(self, path: Path, label: Label) -> None:
        self.path, self.label = path, label
        self.database = path / _DATABASE
        self._held: IO[bytes] | None = None

    def open(self) -> None:
        """Take possession.

        Raises:
            StoreInUse: another process has it.
            Unavailable: it cannot be written, or the disk is full.
            LogError: it holds what is not ours.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            names = {found.name for found in self.path.iterdir()} - {_LOCK}
            if names and _MARKER not in names:
                raise LogError(
                    f"{self.path} is to hold states, but holds something else ({min(names)}, …), which is left alone; "
                    "move it away, or choose another directory"
                )
            self._lock()
            if self._found() != self.label:
                self.empty()
        except OSError as exc:
            self.close()
            raise Unavailable(f"the states in {self.path} are out of reach: {exc}") from exc

    def empty(self) -> None:
        """Remove the database; what is made next is labelled as ours."""
        (self.path / _MARKER).write_bytes(b"")
        shutil.rmtree(self.database, ignore_errors=True)
        (self.path / _MARKER).write_bytes(msgspec.json.encode(self.label))

    def condemn(self) -> None:
        """Let nobody believe the database any more: whoever opens the folder next empties it."""
        (self.path / _MARKER).write_bytes(b"")

    def close(self) -> None:
        """Let go."""
        held, self._held = self._held, None
        if held is not None:
            held.close()

    def _lock(self) -> None:
        held = (self.path / _LOCK).open("wb")
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as exc:
            held.close()
            raise StoreInUse(
                f"another process keeps its states in {self.path}; every worker needs a data directory of its own"
            ) from exc
        self._held = held

    def _found(self) -> Label | None:
        try:
            return msgspec.json.decode((self.path / _MARKER).read_bytes(), type=Label)
        except (FileNotFoundError, msgspec.MsgspecError):
            return None
