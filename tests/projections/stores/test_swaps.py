"""A changed view: its old tables answer until the new ones are filled beside them; then one transaction swaps them."""

import itertools
from typing import Any

import pytest

from engine.drain import make_task
from engine.errors import UnknownState
from events.lead import LeadCaptured, LeadStatusChanged
from projections.catalogue import OF_LEADS, PROJECTIONS
from projections.read import read_view, stream_view
from projections.sink import notice_another_log, sink_once
from projections.stores.answers import ANSWERS
from projections.stores.layout import Layout
from projections.stores.port import BeingBuilt, Move, Outgrown, RowChange, ViewStore
from projections.stores.sqlite import SqliteStore
from projections.upgrading import upgrading
from projections.verify import verify_views
from projections.views.view import BadQuery
from projections.worker import view_programs
from tests.projections.former import (
    CHANGED,
    FORMER,
    FORMER_LAYOUT,
    NEW_COLUMN,
    of_former,
    project_as_former,
)
from tests.projections.given import text, told
from tests.projections.house import House, house
from tests.projections.stores.conftest import Opens
from tests.projections.stores.test_store_and_sink import Around, Crash, Dying

FACTS = [told(LeadCaptured(source="web", agreement="inbound"), n, lead=f"lead-{n}") for n in range(20)]
MORE = [told(LeadStatusChanged(status="Open"), 30 + n, lead=f"lead-{n}") for n in range(5)]


async def former(store: ViewStore, *, partitions: int = 2) -> House:
    """A house as a program of a former version has left it, complete to minute 60, and what came since."""
    built = await house(partitions=partitions, store=store)
    await built.publish("inbound", "Open", "Won")
    await built.write(*FACTS)
    await built.writer_at(60)
    await project_as_former(built.log, partitions)
    await sink_once(built.log, store)
    return built


async def tables_from_nothing(built: House) -> dict[str, list[Any]]:
    """The tables as a store without a past has them."""
    kept, built.store = built.store, SqliteStore(":memory:")
    await sink_once(built.log, built.store)
    tables, built.store = built.tables(), kept
    return tables


def sources(store: ViewStore) -> set[Any]:
    return {row["source"] for row in read_view(store, "leads")}


def captured(store: ViewStore) -> int:
    (row,) = read_view(store, "funnel", {"stage": "captured"})
    assert isinstance(row["leads"], int)
    return row["leads"]


def assert_former(store: ViewStore, complete_to: str = text(60)) -> None:
    """Every answer is the former one."""
    assert (sources(store), captured(store)) == ({of_former("web")}, 2 * len(FACTS))
    assert {row["complete_to"] for row in read_view(store, "leads")} == {complete_to}
    assert {row["source"] for row in read_view(store, "timeline")} == {of_former("/test")}


def assert_present(store: ViewStore) -> None:
    assert (sources(store), captured(store)) == ({"web"}, len(FACTS))
    assert {row["source"] for row in read_view(store, "timeline")} == {"/test"}


async def test_the_former_answers_stand_until_all_partitions_are_rebuilt_and_then_all_change_at_once(
    opens: Opens,
) -> None:
    built = await former(opens(FORMER_LAYOUT))
    store = opens()
    assert store.building() == CHANGED
    await sink_once(built.log, store)
    assert_former(store)
    await built.write(*MORE)
    await built.writer_at(90)
    program, *_ = view_programs(built.log, built.partitions)
    for partition in range(built.partitions):
        assert_former(store)
        task = make_task(built.log, program, partition)
        await task.open()
        await task.close()
        await sink_once(built.log, store)
    assert_present(store)
    await built.project(until=90)
    await sink_once(built.log, store)
    assert store.building() == frozenset()
    assert {row["complete_to"] for row in read_view(store, "leads")} == {text(90)}
    built.store = store
    assert built.tables() == await tables_from_nothing(built)


async def test_columns_that_the_former_tables_lack_are_empty_and_what_is_new_says_how_far_it_is(opens: Opens) -> None:
    built = await former(opens(FORMER_LAYOUT))
    store = opens()
    await sink_once(built.log, store)
    rows = read_view(store, "leads", sort=["-" + NEW_COLUMN.name])
    assert {row[NEW_COLUMN.name] for row in rows} == {None}
    assert len(read_view(store, "leads", {NEW_COLUMN.name: ""})) == len(FACTS) == len(list(stream_view(store, "leads")))
    assert read_view(store, "leads", {NEW_COLUMN.name: "consent"}) == []
    assert len(read_view(store, "queue")) == 0
    with pytest.raises(BadQuery):
        read_view(store, "leads", {"nothing": "there"})
    with pytest.raises(BeingBuilt, match=r"stage_entries is new and being built: 0 of 2 partitions are done"):
        read_view(store, "stage-entries")
    now = upgrading(store)
    assert now is not None
    assert str(now) == (
        "answers are of the former definition of funnel, leads, stage-entries, timeline until the new one is built: "
        "0 of 2 partitions are done"
    )


async def test_a_store_opened_by_many_is_prepared_once_and_swapped_once(opens: Opens) -> None:
    built = await former(opens(FORMER_LAYOUT))
    first, second = opens(), opens()
    await built.project()
    assert await sink_once(built.log, first) > 0
    assert second.swap() is False
    assert await sink_once(built.log, second) == 0
    built.store = second
    assert built.tables() == await tables_from_nothing(built)


async def test_a_sink_killed_at_any_transaction_shows_all_old_or_all_new_and_ends_the_same(opens: Opens) -> None:
    built = await former(opens(FORMER_LAYOUT))
    await built.project()
    whole, shown = await tables_from_nothing(built), list[bool]()
    for lives in itertools.count():
        dying = Dying(opens(), 1)
        try:
            await sink_once(built.log, dying, enough=1)  # a transaction a read, so that there are many to die in
        except Crash:
            shown.append(sources(opens()) == {"web"})
            (assert_present if shown[-1] else assert_former)(opens())
        else:
            break
        assert lives < 60
    built.store = opens()
    assert_present(built.store)
    assert built.tables() == whole
    assert shown.count(False) > 5


class DyingInTheSwap(Around):
    """In a process that dies before it swaps."""

    def swap(self) -> bool:
        raise Crash


async def test_a_sink_killed_between_its_last_row_and_the_swap_is_made_good_by_the_next_one(opens: Opens) -> None:
    built = await former(opens(FORMER_LAYOUT))
    await built.project()
    with pytest.raises(Crash):
        await sink_once(built.log, DyingInTheSwap(opens()))
    built.store = opens()
    assert_former(built.store)
    assert await sink_once(built.log, built.store) == 1
    assert_present(built.store)
    assert built.tables() == await tables_from_nothing(built)


async def test_a_former_program_beside_the_new_one_changes_nothing_that_is_not_its_own(opens: Opens) -> None:
    old = opens(FORMER_LAYOUT)
    built = await former(old)
    store = opens()
    await built.write(*MORE)
    await built.writer_at(90)
    await sink_once(built.log, old)
    await built.project(until=90)
    await sink_once(built.log, old)
    assert_former(store)
    opens(FORMER_LAYOUT).close()
    await sink_once(built.log, store)
    assert_present(store)
    built.store = store
    full = built.tables()
    with pytest.raises(Outgrown, match=r"they hold leads of version \d+, made by a newer program"):
        await sink_once(built.log, old)
    with pytest.raises(Outgrown, match="run the newer one"):
        old.apply([RowChange("progress", (0,), (0, None))], {("view.progress", 0): Move(0, 1)})
    with pytest.raises(Outgrown):
        opens(FORMER_LAYOUT)
    assert built.tables() == full == await tables_from_nothing(built)


async def test_a_former_program_that_owns_a_partition_keeps_it_up_to_date_until_the_new_one_takes_it(
    opens: Opens,
) -> None:
    old = opens(FORMER_LAYOUT)
    built = await former(old)
    await sink_once(built.log, opens())
    await built.write(*MORE)
    await built.writer_at(90)
    await project_as_former(built.log, built.partitions)
    await sink_once(built.log, old)
    assert_former(opens(), complete_to=text(90))
    assert [row["leads"] for row in read_view(opens(), "funnel", {"stage": "Open"})] == [2 * len(MORE)]


class Meanwhile:
    """A log on which the new program rebuilds everything when it is asked something for the nth time."""

    def __init__(self, built: House, nth: int) -> None:
        self._built, self.left = built, nth

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._built.log, name)

        async def asked(*arguments: Any) -> Any:
            self.left -= 1
            if self.left == 0:
                await self._built.project(until=90)
            return await found(*arguments)

        return asked


@pytest.mark.parametrize("is_behind", [True, False])
async def test_whenever_the_new_program_takes_over_in_the_middle_of_a_copy_former_tables_take_none_of_its_rows(
    is_behind: bool,
) -> None:
    seen = set[Any]()
    for nth in itertools.count(1, 7):
        old = SqliteStore(":memory:", FORMER_LAYOUT)
        built = await former(old)
        await built.write(*MORE)
        await built.writer_at(90)
        await project_as_former(built.log, built.partitions)
        if not is_behind:
            await sink_once(built.log, old)
        meanwhile: Any = Meanwhile(built, nth)
        await sink_once(meanwhile, old)
        shown = {(source, complete) for source, complete in old.query("SELECT source, complete_to FROM leads")}
        assert shown <= {(of_former("web"), text(60)), (of_former("web"), text(90))}, nth
        assert {count for (count,) in old.query("SELECT leads FROM funnel WHERE stage = 'captured'")} == {40}
        seen |= shown
        if meanwhile.left > 0:
            break
    assert len(seen) == 1 + is_behind


async def test_a_former_program_does_not_take_the_states_of_a_newer_one(opens: Opens) -> None:
    built = await former(opens(FORMER_LAYOUT))
    await built.project()
    with pytest.raises(UnknownState, match="made by a newer program"):
        await project_as_former(built.log, built.partitions)
    assert (await verify_views(built.log, built.partitions)).differences == []


def test_programs_with_other_sql_views_alone_do_not_take_turns_at_making_them(opens: Opens) -> None:
    first = opens()
    opens(Layout(PROJECTIONS, ANSWERS[:-1])).close()
    made = first.query("SELECT version FROM layout WHERE part = 'answers'")
    assert first.building() == frozenset()
    assert first.query("SELECT version FROM layout WHERE part = 'answers'") == made
    opens().close()
    assert first.query("SELECT version FROM layout WHERE part = 'answers'") != made


def test_tables_of_later_agreements_are_those_of_a_newer_program(opens: Opens) -> None:
    opens().query("UPDATE layout SET version = '99' WHERE part = 'agreements'")
    with pytest.raises(Outgrown, match="they hold agreements of version 99"):
        opens()


async def test_tables_that_are_ahead_of_the_log_while_others_are_built_beside_them_begin_anew(opens: Opens) -> None:
    await former(opens(FORMER_LAYOUT))
    store = opens()
    other = await house(partitions=2, store=store)
    await other.write(told(LeadCaptured(source="fair"), 0, lead="new"))
    assert await notice_another_log(other.log, store)
    await other.show()
    assert store.building() == frozenset()
    assert [row["lead"] for row in other.view("leads")] == ["new"]


async def test_another_version_still_begins_beside_from_nothing(opens: Opens) -> None:
    built = await former(opens(FORMER_LAYOUT))
    store = opens()
    await built.project()
    with pytest.raises(Crash):
        await sink_once(built.log, DyingInTheSwap(store))
    store.query("UPDATE layout SET version = '999' WHERE part = 'leads (next)'")
    again = opens()
    assert again.query("SELECT COUNT(*) FROM leads_base_next") == [(0,)]
    await sink_once(built.log, again)
    built.store = again
    assert built.tables() == await tables_from_nothing(built)


async def test_indexes_of_swapped_tables_are_those_of_new_ones(opens: Opens) -> None:
    built = await former(opens(FORMER_LAYOUT))
    store = opens()
    await built.project()
    await sink_once(built.log, store)
    sqlite = "SELECT tbl_name, COUNT(*) FROM sqlite_master WHERE type = 'index' GROUP BY tbl_name ORDER BY tbl_name"
    postgresql = (
        "SELECT tablename, COUNT(*) FROM pg_indexes WHERE schemaname = current_schema() GROUP BY tablename "
        "ORDER BY tablename"
    )
    sql = sqlite if isinstance(store, SqliteStore) else postgresql
    swapped = store.query(sql)
    store.reset()
    assert swapped == store.query(sql)
    assert OF_LEADS.edition > FORMER[0].edition
