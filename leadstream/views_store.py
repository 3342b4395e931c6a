"""Opens the store that holds the SQL views of a deployment."""

import asyncio
from collections.abc import Callable
from contextlib import suppress

from leadstream.settings import Settings
from projections.stores.address import place_of
from projections.stores.port import StoreBroken, StoreUnavailable, ViewStore

_PAUSE = 2.0


def open_store(settings: Settings) -> ViewStore:
    """The database named, or else the file in the data directory; made when it is not there.

    Raises:
        StoreUnavailable: it is out of reach, cannot be made or cannot be written.
        StoreBroken: it is no store of ours, or the package for it is not installed.
    """
    if settings.store:
        try:
            from projections.stores.postgresql import PostgresStore  # noqa: PLC0415 - an optional extra
        except ModuleNotFoundError as exc:
            raise StoreBroken(
                f"views in PostgreSQL need the package {exc.name}, which is not installed: "
                "pip install 'leadstream[postgresql]'"
            ) from exc
        return PostgresStore(settings.store)
    from projections.stores.sqlite import SqliteStore  # noqa: PLC0415 - imported only where it is used

    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise StoreUnavailable(
            f"data directory {settings.data_dir}: {exc.strerror}; check its path, the rights and the mount, "
            "or choose another with --data-dir"
        ) from exc
    return SqliteStore(settings.views_path)


async def reachable_store(
    settings: Settings, stop: asyncio.Event, told: Callable[[Exception], None]
) -> ViewStore | None:
    """The opened store; a database that is out of reach is waited for. None: told to stop before it was there.

    Args:
        settings: name it.
        stop: set to give up waiting.
        told: told of the outage at every look.

    Raises:
        StoreUnavailable: a file cannot be opened.
        StoreBroken: it is no store of ours.
    """
    while not stop.is_set():
        try:
            return await asyncio.to_thread(open_store, settings)
        except StoreUnavailable as exc:
            if not settings.store:
                raise
            told(exc)
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), _PAUSE)
    return None


def tables_of(settings: Settings) -> str:
    """Where the tables are, for people: without a password."""
    return place_of(settings.store) if settings.store else str(settings.views_path)
