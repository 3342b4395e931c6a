"""SQLite's and the file system's errors in the engine's own words, each with the path and what to do."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import apsw

from engine.errors import LogError, Unavailable

_WAIT: dict[type[Exception], str] = {
    apsw.FullError: "the disk is full, nothing was written; make room there",
    apsw.BusyError: "another process keeps it locked; look for one that hangs, or a tool that has the file open",
    apsw.LockedError: "another connection of this process keeps it locked",
    apsw.ReadOnlyError: "it cannot be written; check the rights of the file and its directory, and the mount",
    apsw.CantOpenError: "it cannot be opened; check that the directory exists, its rights, and the open-files limit",
    apsw.PermissionsError: "access is denied; check the rights of the file and its directory",
    apsw.IOError: "reading or writing failed; check the disk, its quota and the system log",
    apsw.NoMemError: "out of memory",
}
_BROKEN: dict[type[Exception], str] = {
    apsw.NotADBError: "this is not a SQLite file; point the log somewhere else",
    apsw.CorruptError: "the file is damaged; stop all processes and restore it, or recover it with `sqlite3 .recover`",
}
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turn what SQLite and the file system raise inside into `Unavailable` or `LogError`."""
    try:
        yield
    except apsw.Error as exc:
        raise _of_sqlite(exc, path) from exc
    except OSError as exc:
        room = "the disk is full; make room there" if exc.errno in _NO_ROOM else "check the path and its rights"
        raise Unavailable(f"log {path}: {exc.strerror or exc}; {room}") from exc


def _of_sqlite(exc: apsw.Error, path: Path) -> LogError:
    for kind, why in _WAIT.items():
        if isinstance(exc, kind):
            return Unavailable(f"log {path}: {why} ({exc})")
    for kind, why in _BROKEN.items():
        if isinstance(exc, kind):
            return LogError(f"log {path}: {why} ({exc})")
    return LogError(f"log {path}: {exc}")
