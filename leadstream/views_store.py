"""Opens the store that holds the SQL views of a deployment."""

from leadstream.settings import Settings
from projections.stores.port import StoreUnavailable, ViewStore
from projections.stores.sqlite import SqliteStore


def open_store(settings: Settings) -> ViewStore:
    """The store in the data directory; made when it is not there.

    Raises:
        StoreError: the directory cannot be made, or the file is no store or cannot be written.
    """
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise StoreUnavailable(
            f"data directory {settings.data_dir}: {exc.strerror}; check its path, the rights and the mount, "
            "or choose another with --data-dir"
        ) from exc
    return SqliteStore(settings.views_path)
