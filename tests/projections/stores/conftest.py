"""The same tests on every store."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from projections.stores.port import StoreError, ViewStore
from projections.stores.sqlite import SqliteStore

Opens = Callable[[], ViewStore]


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def opens(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Opens]:
    """Opens one store, as often as it is called; each is as another process would have it."""
    opened: list[ViewStore] = []
    if request.param == "sqlite":
        made: Opens = lambda: SqliteStore(tmp_path / "views.db")  # noqa: E731 - one of two ways
    else:
        from projections.stores.postgresql import PostgresStore  # noqa: PLC0415 - an optional extra

        url = request.getfixturevalue("postgresql_url")
        made = lambda: PostgresStore(url)  # noqa: E731

    def open_once_more() -> ViewStore:
        opened.append(made())
        return opened[-1]

    yield open_once_more
    for store in opened:
        with suppress(StoreError):
            store.close()
