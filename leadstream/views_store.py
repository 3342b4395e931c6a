"""Opens the store that holds the SQL views of a deployment."""

import apsw

from leadstream.settings import Settings
from projections.stores.port import ViewStore
from projections.stores.sqlite import SqliteStore


def open_store(settings: Settings) -> ViewStore:
    """The store in the data directory; made when it is not there.

    Raises:
        OSError: the directory cannot be made, or the file is no store.
    """
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    try:
        return SqliteStore(settings.views_path)
    except (apsw.NotADBError, apsw.CorruptError) as exc:
        raise OSError(f"{settings.views_path}: {exc}; delete it, the tables are made anew from the log") from exc
    except apsw.Error as exc:
        raise OSError(f"{settings.views_path}: {exc}") from exc
