"""The sink on every store: whatever happens to either, the tables end as they would have without it."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from typing_extensions import override

from events.lead import LeadCaptured, LeadStatusChanged
from projections.read import read_view
from projections.sink import sink_once
from projections.stores.layout import Layout
from projections.stores.port import Move, RowChange, Source, ViewStore
from projections.views.view import Cell, Cells
from tests.projections.given import told
from tests.projections.house import House, house
from tests.projections.stores.conftest import Opens

FACTS = [told(LeadCaptured(source="web", agreement="inbound"), n, lead=f"lead-{n}") for n in range(20)]


class Crash(Exception):
    """The process dies here."""


class Around:
    """A real store in a process of its own kind."""

    def __init__(self, store: ViewStore) -> None:
        self.store = store

    @property
    def layout(self) -> Layout:
        return self.store.layout

    def building(self) -> frozenset[str]:
        return self.store.building()

    def swap(self) -> bool:
        return self.store.swap()

    def columns(self, name: str) -> list[str]:
        return self.store.columns(name)

    def positions(self) -> dict[Source, int]:
        return self.store.positions()

    def apply(self, changes: Iterable[RowChange], moves: Mapping[Source, Move]) -> int:
        return self.store.apply(changes, moves)

    def reset(self) -> None:
        self.store.reset()

    def query(self, sql: str, values: Sequence[Cell] = ()) -> list[Cells]:
        return self.store.query(sql, values)

    def stream(self, sql: str, values: Sequence[Cell] = ()) -> Iterator[Cells]:
        return self.store.stream(sql, values)

    def close(self) -> None:
        self.store.close()


class Dying(Around):
    """In a process that dies after so many transactions."""

    def __init__(self, store: ViewStore, lives: int) -> None:
        super().__init__(store)
        self.lives = lives

    @override
    def apply(self, changes: Iterable[RowChange], moves: Mapping[Source, Move]) -> int:
        if self.lives == 0:
            raise Crash
        self.lives -= 1
        return super().apply(changes, moves)


class AlwaysSecond(Around):
    """Its every transaction comes right after the same one of another sink."""

    def __init__(self, store: ViewStore, first: ViewStore) -> None:
        super().__init__(store)
        self.first = first

    @override
    def apply(self, changes: Iterable[RowChange], moves: Mapping[Source, Move]) -> int:
        kept = list(changes)
        self.first.apply(kept, moves)
        return super().apply(kept, moves)


async def busy(store: ViewStore | None = None) -> House:
    built = await house(partitions=2, store=store)
    await built.publish("inbound", "Open", "Won")
    await built.write(*FACTS, told(LeadStatusChanged(status="Open"), 30, lead="lead-3"))
    await built.writer_at(60)
    await built.project(until=60)
    return built


async def tables(built: House, store: ViewStore) -> dict[str, list[Any]]:
    """What the store holds when all was copied."""
    built.store = store
    await sink_once(built.log, store)
    return built.tables()


async def test_a_sink_killed_at_any_transaction_ends_in_the_same_tables(opens: Opens) -> None:
    built = await busy()
    whole = await tables(built, built.store)
    for lives in range(12):
        opens().reset()
        try:
            await sink_once(built.log, Dying(opens(), lives))
        except Crash:
            pass
        else:
            raise AssertionError("it did not die")
        assert await tables(built, opens()) == whole


async def test_a_sink_that_is_overtaken_at_every_transaction_ends_all_the_same(opens: Opens) -> None:
    built = await busy()
    whole = await tables(built, built.store)
    assert await sink_once(built.log, AlwaysSecond(opens(), opens())) == 0
    assert await tables(built, opens()) == whole


async def test_sinks_that_run_at_once_leave_what_one_would(opens: Opens) -> None:
    built = await busy()
    whole = await tables(built, built.store)
    await asyncio.gather(*(sink_once(built.log, store) for store in (opens(), opens(), opens())))
    assert await tables(built, opens()) == whole


async def test_another_log_is_noticed_and_the_tables_begin_anew(opens: Opens) -> None:
    first = await busy()
    await tables(first, opens())
    other = await house(partitions=2, store=opens())
    await other.write(told(LeadCaptured(source="fair"), 0, lead="new"))
    await other.show()
    assert [row["lead"] for row in other.view("leads")] == ["new"]
    assert other.complete_to() is None


async def test_rows_may_be_left_out_at_the_start_with_and_without_a_limit(opens: Opens) -> None:
    built = await busy()
    await tables(built, opens())
    leads = [row["lead"] for row in read_view(built.store, "leads")]
    for limit in (None, 3):
        found = [row["lead"] for row in read_view(built.store, "leads", offset=15, limit=limit)]
        assert found == leads[15:][:limit]
