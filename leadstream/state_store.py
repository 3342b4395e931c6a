"""Chooses where the tasks of a process keep their states."""

from collections.abc import Callable

from engine.errors import LogError
from engine.ports import GroupSpec
from engine.state import StateStore
from leadstream.settings import Settings


def state_stores(settings: Settings, group: GroupSpec) -> Callable[[int], StateStore] | None:
    """Makes the store of a task, given its partition number; None for memory.

    Raises:
        LogError: states are to lie on disk, and the package for that is not installed.
    """
    if settings.state == "memory":
        return None
    try:
        from engine.rocks.database import Memory  # noqa: PLC0415 - an optional extra
        from engine.rocks.folder import Label  # noqa: PLC0415
        from engine.rocks.store import RocksStore  # noqa: PLC0415
    except ModuleNotFoundError as exc:
        raise LogError(
            f"states in RocksDB need the package {exc.name}, which is not installed: pip install 'leadstream[rocks]'"
        ) from exc
    log, memory = f"{settings.url} {settings.prefix}".strip(), Memory()

    def made(partition: int) -> StateStore:
        folder = settings.state_path / f"{settings.prefix}{group.name}-{partition}"
        return RocksStore(folder, Label(log, group.name, partition), memory)

    return made
