"""SQLite's errors as the store's own, each with the file and what to do."""

from collections.abc import Iterator
from contextlib import contextmanager

import apsw

from projections.stores.port import StoreBroken, StoreUnavailable

_WAIT: dict[type[Exception], str] = {
    apsw.FullError: "the disk is full, nothing was written; make room there",
    apsw.BusyError: "another process keeps it locked; look for one that hangs, or a tool that has the file open",
    apsw.LockedError: "another connection of this process keeps it locked",
    apsw.ReadOnlyError: "it cannot be written; check the rights of the file and its directory, and the mount",
    apsw.CantOpenError: "it cannot be opened; check the rights of its directory, the mount and the open-files limit",
    apsw.PermissionsError: "access is denied; check the rights of the file and its directory",
    apsw.IOError: "reading or writing failed; check the disk, its quota and the system log",
    apsw.NoMemError: "out of memory",
}
_ANEW = (apsw.NotADBError, apsw.CorruptError, apsw.SQLError, UnicodeDecodeError)
"""Also a column or a text that is not what we wrote: the tables were made by us, so the file is damaged."""


@contextmanager
def translated(path: str) -> Iterator[None]:
    """Turn what SQLite raises inside into `StoreUnavailable` or `StoreBroken`.

    What only a fault of ours can bring about, such as a row that breaks a rule of its table, is raised as it is.
    """
    try:
        yield
    except tuple(_WAIT) as exc:
        why = next(why for kind, why in _WAIT.items() if isinstance(exc, kind))
        raise StoreUnavailable(f"views {path}: {why} ({exc})") from exc
    except _ANEW as exc:
        raise StoreBroken(f"views {path}: {exc}; delete it, the tables are made anew from the log") from exc
