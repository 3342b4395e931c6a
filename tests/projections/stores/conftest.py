"""The same tests on every store."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Protocol

import pytest

from projections.stores.layout import OURS, Layout
from projections.stores.port import StoreError, ViewStore
from projections.stores.sqlite import SqliteStore


class Opens(Protocol):
    """Opens one store, as a program with these tables does."""

    def __call__(self, layout: Layout = OURS) -> ViewStore: ...


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def opens(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Opens]:
    """Opens one store, as often as it is called; each is as another process would have it."""
    opened: list[ViewStore] = []
    if request.param == "sqlite":
        made: Callable[[Layout], ViewStore] = lambda layout: SqliteStore(tmp_path / "views.db", layout)  # noqa: E731 - one of two ways
    else:
        from projections.stores.postgresql import PostgresStore  # noqa: PLC0415 - an optional extra

        url = request.getfixturevalue("postgresql_url")
        made = lambda layout: PostgresStore(url, layout=layout)  # noqa: E731

    def open_once_more(layout: Layout = OURS) -> ViewStore:
        opened.append(made(layout))
        return opened[-1]

    yield open_once_more
    for store in opened:
        with suppress(StoreError):
            store.close()
