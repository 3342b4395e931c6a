"""Opens the store that holds the SQL views of a deployment."""

from leadstream.settings import Settings
from projections.stores.port import ViewStore
from projections.stores.sqlite import SqliteStore


def open_store(settings: Settings) -> ViewStore:
    """The store in the data directory; made when it is not there."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    return SqliteStore(settings.views_path)
