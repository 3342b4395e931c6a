import asyncio
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest
from typing_extensions import override

from events.lead import LeadCaptured, LeadStatusChanged
from events.topics import AGREEMENTS, VIEW_PROGRESS
from projections.catalogue import OF_LEADS, PROJECTIONS
from projections.sink import _expect_partitions, sink, sink_once
from projections.stores.port import Move, RowChange, Source, StoreUnavailable
from projections.stores.sqlite import SqliteStore
from tests.projections.given import text, told
from tests.projections.house import House, house

FACTS = [told(LeadCaptured(source="web", agreement="inbound"), n, lead=f"lead-{n}") for n in range(20)]


async def busy(path: Path | str = ":memory:", partitions: int = 2) -> House:
    built = await house(path, partitions)
    await built.publish("inbound", "Open", "Won")
    await built.write(*FACTS, told(LeadStatusChanged(status="Open"), 30, lead="lead-3"))
    await built.writer_at(60)
    await built.project(until=60)
    return built


async def test_everything_there_is_copied_once() -> None:
    built = await busy()
    assert await sink_once(built.log, built.store) > 0
    assert await sink_once(built.log, built.store) == 0
    assert len(built.view("leads")) == 20


async def test_complete_to_is_the_least_over_partitions_and_empty_until_all_have_reported() -> None:
    built = await house(partitions=2)
    await sink_once(built.log, built.store)
    assert built.complete_to() is None
    await built.writer_at(10, partitions=[0])
    await built.project(until=10)
    await sink_once(built.log, built.store)
    assert built.complete_to() is None
    await built.writer_at(20, partitions=[1])
    await built.project(until=20)
    await sink_once(built.log, built.store)
    assert built.complete_to() == text(10)
    await built.writer_at(30)
    await built.project(until=30)
    await sink_once(built.log, built.store)
    assert built.complete_to() == text(30)


async def test_progress_is_applied_after_the_rows_it_vouches_for() -> None:
    built = await busy()
    order: list[str] = []

    class Watched(SqliteStore):
        @override
        def apply(self, changes: Iterable[RowChange], moves: Mapping[Source, Move]) -> int:
            order.extend(topic for (topic, _), move in moves.items() if move.after > move.before)
            return super().apply(changes, moves)

    await sink_once(built.log, Watched(":memory:"))
    clocks = {each.progress for each in PROJECTIONS}
    last = built.partitions * len(clocks)
    assert set(order[-last:]) == clocks
    assert order[0] == AGREEMENTS
    assert clocks.isdisjoint(order[:-last])


async def test_progress_told_while_the_sink_copies_waits_for_the_next_copy(monkeypatch: pytest.MonkeyPatch) -> None:
    built = await busy(partitions=1)
    ends, late = built.log.ends, told(LeadCaptured(source="fair"), 90, lead="late")

    async def ends_before_the_projection_goes_on(topic: str) -> list[int]:
        found = await ends(topic)
        if topic == "view.leads" and found[0] == len(FACTS):
            await built.write(late)
            await built.writer_at(100)
            await built.project(until=100)
        return found

    monkeypatch.setattr(built.log, "ends", ends_before_the_projection_goes_on)
    await sink_once(built.log, built.store)
    assert (len(built.view("leads")), built.complete_to()) == (20, text(60))
    await sink_once(built.log, built.store)
    assert (len(built.view("leads")), built.complete_to()) == (21, text(100))


def test_a_partition_that_another_sink_has_filled_meanwhile_keeps_its_progress() -> None:
    store = SqliteStore(":memory:")
    store.apply([RowChange("progress", (0,), (0, text(60)))], {(VIEW_PROGRESS, 0): Move(0, 1)})
    _expect_partitions(store, OF_LEADS, [0, 0], {})
    assert store.query("SELECT * FROM progress ORDER BY partition") == [(0, text(60)), (1, None)]


async def test_a_row_taken_away_in_the_topic_is_taken_away_in_the_store() -> None:
    built = await busy()
    await sink_once(built.log, built.store)
    await built.write(told(LeadCaptured(is_test=True), 90, lead="lead-3"))
    await built.show()
    (row,) = built.view("response-times")
    assert row["leads"] == 19
    assert built.view("funnel", where={"stage": "Open"}) == [{"source": "web", "stage": "Open", "leads": 0}]


async def test_the_loop_copies_what_comes_and_ends_when_told() -> None:
    built = await house()
    stop, changed = asyncio.Event(), asyncio.Event()
    running = asyncio.create_task(sink(built.log, built.store, stop, pause=0.01, told=lambda rows: changed.set()))
    await built.write(FACTS[0])
    await built.project()
    async with asyncio.timeout(10):
        await changed.wait()
        stop.set()
        await running
    assert [row["lead"] for row in built.view("leads")] == ["lead-0"]


async def test_an_agreement_without_statuses_adds_no_stage() -> None:
    built = await busy()
    await built.publish("other")
    await sink_once(built.log, built.store)
    assert [row["stage"] for row in built.view("funnel")] == ["captured", "Open", "Won", "converted"]


class Gated(SqliteStore):
    """A real store on a disk that answers when the gate is open."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.gate, self.waiting = threading.Event(), threading.Event()

    @override
    def apply(self, changes: Iterable[RowChange], moves: Mapping[Source, Move]) -> int:
        if any(move.after > move.before for move in moves.values()):
            self.waiting.set()
            self.gate.wait()
        return super().apply(changes, moves)


async def test_a_sink_that_is_stopped_ends_after_its_running_transaction_so_that_the_store_may_be_closed(
    tmp_path: Path,
) -> None:
    built, store = await busy(), Gated(tmp_path / "views.db")
    running = asyncio.create_task(sink_once(built.log, store))
    await asyncio.to_thread(store.waiting.wait)
    running.cancel()
    await asyncio.wait([running], timeout=0)
    ended_early = running.done()
    for _ in range(10):
        await asyncio.sleep(0)
        ended_early = ended_early or running.done()
    store.gate.set()
    with pytest.raises(asyncio.CancelledError):
        await running
    store.close()
    assert not ended_early
    assert sum(SqliteStore(tmp_path / "views.db").positions().values()) > 0


class Full(SqliteStore):
    """A real store on a disk that is full for so many looks."""

    def __init__(self, path: Path | str, looks: int) -> None:
        super().__init__(path)
        self.looks = looks

    @override
    def apply(self, changes: Iterable[RowChange], moves: Mapping[Source, Move]) -> int:
        self._run(f"PRAGMA max_page_count = {1 if self.looks else 100_000}")
        self.looks -= bool(self.looks)
        return super().apply(changes, moves)


async def test_the_loop_waits_out_a_full_disk_and_copies_when_there_is_room(tmp_path: Path) -> None:
    built, stop, changed = await house(), asyncio.Event(), asyncio.Event()
    store, trouble = Full(tmp_path / "views.db", 2 + len(PROJECTIONS)), list[Exception]()
    await built.write(*(told(LeadCaptured(source="x" * 200), n, lead=f"lead-{n}") for n in range(300)))
    await built.project()
    loop = sink(built.log, store, stop, pause=0.01, told=lambda _: changed.set(), trouble=trouble.append)
    running = asyncio.create_task(loop)
    async with asyncio.timeout(10):
        await changed.wait()
        stop.set()
        await running
    assert trouble
    assert all(isinstance(exc, StoreUnavailable) for exc in trouble)
    assert len(store.query("SELECT * FROM leads")) == 300
