"""PostgreSQL's errors as the store's own, each with the place and what to do. No message holds a password."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import errors

from projections.stores.port import StoreBroken, StoreUnavailable

_WAIT: dict[type[Exception], str] = {
    errors.DiskFull: "the disk is full, nothing was written; make room there",
    errors.LockNotAvailable: "another session keeps it locked; look for one that hangs (pg_stat_activity)",
    errors.ReadOnlySqlTransaction: "it takes no writes: a standby, or set so; name the primary",
    errors.InsufficientPrivilege: "the role lacks a right; grant it, or name the role that owns the tables",
    errors.IdleInTransactionSessionTimeout: "the server ended a turn in which nothing happened any more",
    psycopg.OperationalError: "it cannot be reached, or does not let us in",
    psycopg.InterfaceError: "the connection was lost",
}
_ANEW = (psycopg.ProgrammingError, errors.DataCorrupted, errors.IndexCorrupted)
"""A table or column that is not what we made: somebody else's, or changed by hand."""


@contextmanager
def translated(place: str) -> Iterator[None]:
    """Turn what the driver raises inside into `StoreUnavailable` or `StoreBroken`.

    What only a fault of ours can bring about, such as a row that breaks a rule of its table, is raised as it is.
    """
    try:
        yield
    except errors.ProgramLimitExceeded:
        raise
    except errors.DependentObjectsStillExist as exc:
        raise StoreBroken(
            f"views {place}: views of another version are to be made anew, and something rests on them; drop it, and "
            f"make it again afterwards ({exc.diag.message_detail})"
        ) from exc
    except tuple(_WAIT) as exc:
        why = next(why for kind, why in _WAIT.items() if isinstance(exc, kind))
        raise StoreUnavailable(f"views {place}: {why} ({_said(exc)})") from exc
    except _ANEW as exc:
        raise StoreBroken(
            f"views {place}: {_said(exc)}; drop the schema's tables, or name another database: they are made anew from "
            "the log"
        ) from exc


def _said(exc: Exception) -> str:
    """What the server said, or else the driver, on one line."""
    said = exc.diag.message_primary if isinstance(exc, psycopg.Error) else None
    return " ".join((said or str(exc)).split())
