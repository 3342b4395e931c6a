"""What PostgreSQL alone can do to us: outages, strangers, languages, and what it cannot keep."""

import itertools
import traceback
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from events.envelope import Envelope
from events.lead import LeadCaptured
from events.opportunity import TargetSet
from events.topics import COUNCIL_EVENTS, OPPORTUNITY_EVENTS
from projections.catalogue import SHOWN
from projections.read import answer_columns, read_view
from projections.sink import sink_once
from projections.stores.address import place_of
from projections.stores.port import Move, RowChange, StoreBroken, StoreUnavailable, ViewStore
from projections.stores.postgresql import PostgresStore
from projections.views.view import Kind
from tests.projections.given import told
from tests.projections.house import House, house
from tests.projections.pipeline.facts import meeting, pipelines, said
from tests.projections.strategies import AGREEMENTS, histories
from tests.support.laws import examples
from tests.support.ports import free_ports
from tests.support.postgresql import PASSWORD, PostgresServer

pytestmark = pytest.mark.postgresql

PROGRESS = RowChange("progress", (0,), (0, "2026-01-05T09:00:00.000000Z"))
SOURCE = ("view.progress", 0)
TYPES: dict[Kind, type | tuple[type, ...]] = {
    Kind.TEXT: str, Kind.INSTANT: str, Kind.INTEGER: int, Kind.BOOLEAN: bool, Kind.REAL: (float, int)
}  # fmt: skip


def answers(store: ViewStore) -> dict[Any, Any]:
    """Every answer, in its order."""
    return {(view.name, by): read_view(store, view.name, by=by) for view in SHOWN for by in (None, *view.groupings)}


def sorted_answers(store: ViewStore) -> dict[Any, Any]:
    """Every answer, sorted by each of its columns in turn, both ways."""
    return {
        (view.name, sort): read_view(store, view.name, sort=(sort,))
        for view in SHOWN
        for column in answer_columns(view.name)
        for sort in (column.name, f"-{column.name}")
    }


def assert_typed(found: dict[Any, Any]) -> None:
    for (name, by), rows in found.items():
        for column, row in itertools.product(answer_columns(name, by), rows):
            cell = row[column.name]
            assert cell is None or isinstance(cell, TYPES[column.kind]), (name, column.name, cell)


async def both(postgres: PostgresStore, facts: list[Envelope]) -> tuple[House, PostgresStore]:
    """The same facts in a SQLite store and in PostgreSQL."""
    built = await house(partitions=2)
    for name, statuses in AGREEMENTS.items():
        await built.publish(name, *statuses)
    await built.write(*facts)
    await built.writer_at(200)
    await built.project(until=200)
    await sink_once(built.log, built.store)
    postgres.reset()
    await sink_once(built.log, postgres)
    return built, postgres


@settings(deadline=None, max_examples=examples(12), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(facts=histories(max_size=80), odd=st.lists(st.text(max_size=5), max_size=5))
async def test_every_answer_is_the_one_of_sqlite(postgresql_url: str, facts: list[Envelope], odd: list[str]) -> None:
    store = PostgresStore(postgresql_url)
    try:
        named = [told(LeadCaptured(source=name), lead=f"l{name}", recorded=300) for name in odd]
        built, store = await both(store, [*facts, *named])
        assert answers(store) == answers(built.store)
        assert_typed(answers(store))
    finally:
        store.close()


@settings(deadline=None, max_examples=2, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(facts=histories(max_size=80))
async def test_every_answer_sorts_as_in_sqlite(postgresql_url: str, facts: list[Envelope]) -> None:
    store = PostgresStore(postgresql_url)
    try:
        named = [told(LeadCaptured(source=name), lead=name, recorded=300) for name in ("a", "B", "_", "é", "Z", "ß")]
        built, store = await both(store, [*facts, *named])
        assert sorted_answers(store) == sorted_answers(built.store)
    finally:
        store.close()


@settings(deadline=None, max_examples=examples(6), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(deals=pipelines())
async def test_the_pipeline_and_its_councils_are_those_of_sqlite(postgresql_url: str, deals: list[Envelope]) -> None:
    store, built = PostgresStore(postgresql_url), await house(partitions=2)
    try:
        target = said("emea", -30, TargetSet(quarter="2026Q1", amount_minor=100, currency="EUR"))
        teams = {"one": {"members": [{"name": "a"}]}, "two": {"members": [{"name": "a"}, {"name": "b"}]}}
        await built.publish("inbound", "Open", routing={"fallback": {"pool": "one"}, "pools": teams})
        await built.write(*deals, log=OPPORTUNITY_EVENTS)
        await built.write(target, *meeting(4), log=COUNCIL_EVENTS)
        await built.writer_at(60 * 24 * 60)
        await built.project(until=60 * 24 * 60)
        store.reset()
        for each in (built.store, store):
            await sink_once(built.log, each)
        (followed,) = read_view(store, "council-follow-up", {"council": "emea", "week": "2026-W02"})
        assert (followed["comments"], followed["actions_open"]) == (1, 1)
        assert answers(store) == answers(built.store)
        assert_typed(answers(store))
    finally:
        store.close()


def test_a_server_that_went_away_is_an_outage_and_is_found_again() -> None:
    with PostgresServer() as server:
        store = PostgresStore(server.empty("views"))
        store.apply([PROGRESS], {SOURCE: Move(0, 7)})
        server.crash()
        for _ in range(2):
            with pytest.raises(StoreUnavailable, match=r"postgresql://leadstream@127\.0\.0\.1:\d+/postgres"):
                store.apply([PROGRESS._replace(row=None)], {SOURCE: Move(7, 9)})
        server.start()
        assert store.positions() == {SOURCE: 7}
        assert store.apply([PROGRESS._replace(row=None)], {SOURCE: Move(7, 9)}) == 1
        store.close()


def test_a_connection_ended_by_the_server_is_made_anew(postgresql: PostgresServer, postgresql_url: str) -> None:
    store = PostgresStore(postgresql_url)
    ((number,),) = store.query("SELECT pg_backend_pid()")
    postgresql.run(f"SELECT pg_terminate_backend({number}, 10000)")
    with pytest.raises(StoreUnavailable):
        store.positions()
    assert store.positions() == {}
    store.close()


def test_a_writer_waits_for_its_turn_no_longer_than_it_is_patient(postgresql_url: str) -> None:
    first, second = PostgresStore(postgresql_url), PostgresStore(postgresql_url, patience=0.05)
    with first._turn(), pytest.raises(StoreUnavailable, match="another session keeps it locked"):
        second.apply([PROGRESS], {SOURCE: Move(0, 7)})
    assert second.apply([PROGRESS], {SOURCE: Move(0, 7)}) == 1
    first.close()
    second.close()


def test_a_writer_that_stops_in_its_turn_is_ended_by_the_server(postgresql_url: str) -> None:
    frozen, next_one = PostgresStore(postgresql_url, patience=0.05), PostgresStore(postgresql_url)

    def freeze() -> None:
        with frozen._turn() as db:
            db.execute("DELETE FROM progress")
            assert next_one.apply([PROGRESS], {SOURCE: Move(0, 7)}) == 1

    with pytest.raises(StoreUnavailable):
        freeze()
    assert frozen.positions() == {SOURCE: 7}
    frozen.close()
    next_one.close()


def test_no_message_holds_the_password(postgresql: PostgresServer) -> None:
    (nobody,) = free_ports(1)
    wrong = [
        postgresql.url(password="wrong-" + PASSWORD),
        postgresql.url(database="nowhere"),
        f"postgresql://leadstream:{PASSWORD}@127.0.0.1:{nobody}/postgres",
        f"postgresql://leadstream:{PASSWORD}@127.0.0.1:x/postgres",
        f"postgresql://leadstream@127.0.0.1:{nobody}/postgres?password={PASSWORD}",
        f"postgresql://leadstream:{PASSWORD}@127.0.0.1:{nobody}/postgres?nothing={PASSWORD}",
    ]
    for url in wrong:
        with pytest.raises((StoreUnavailable, StoreBroken)) as raised:
            PostgresStore(url)
        said = "".join(traceback.format_exception(raised.value))
        assert PASSWORD not in said
        assert place_of(url) in str(raised.value)


def test_a_schema_of_somebody_else_is_refused_and_left_as_it_is(
    postgresql: PostgresServer, postgresql_url: str
) -> None:
    with psycopg.connect(postgresql_url, autocommit=True) as db:
        db.execute("CREATE TABLE leads (name TEXT)")
        db.execute("INSERT INTO leads VALUES ('Ana')")
        with pytest.raises(StoreBroken, match=r"holds 'leads', which is none of ours; name another database"):
            PostgresStore(postgresql_url)
        assert db.execute("SELECT * FROM leads").fetchall() == [("Ana",)]
        db.execute("DROP TABLE leads; CREATE TABLE layout (part TEXT, version TEXT)")
        with pytest.raises(StoreBroken, match="holds 'layout', which is none of ours"):
            PostgresStore(postgresql_url)
        db.execute("DROP TABLE layout; CREATE TABLE layout (page INT)")
        with pytest.raises(StoreBroken, match="made anew from the log"):
            PostgresStore(postgresql_url)


def test_a_database_that_cannot_hold_our_texts_or_has_no_schema_is_refused(postgresql: PostgresServer) -> None:
    postgresql.run("CREATE DATABASE latin ENCODING 'LATIN1' LOCALE_PROVIDER libc LOCALE 'C' TEMPLATE template0")
    with pytest.raises(StoreBroken, match="its encoding is LATIN1"):
        PostgresStore(postgresql.url(database="latin"))
    with pytest.raises(StoreBroken, match="no schema of the role's search path"):
        PostgresStore(f"{postgresql.url()}?options=-csearch_path%3Dnowhere")


def test_a_role_that_may_not_write_is_told_what_it_lacks(postgresql: PostgresServer, postgresql_url: str) -> None:
    store = PostgresStore(postgresql_url)
    ((schema,),) = store.query("SELECT current_schema()")
    postgresql.run(f"CREATE ROLE reader_{schema} LOGIN PASSWORD '{PASSWORD}'")
    postgresql.run(f"GRANT USAGE ON SCHEMA {schema} TO reader_{schema}")
    postgresql.run(f"GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO reader_{schema}")
    reader = PostgresStore(postgresql_url.replace("leadstream:", f"reader_{schema}:"))
    assert read_view(reader, "leads") == []
    with pytest.raises(StoreUnavailable, match=r"the role lacks a right; .*permission denied for table positions"):
        reader.apply([PROGRESS], {SOURCE: Move(0, 7)})
    reader.close()
    store.close()


def test_a_view_of_others_that_rests_on_ours_stops_an_upgrade_with_its_name(postgresql_url: str) -> None:
    store = PostgresStore(postgresql_url)
    store.query("CREATE VIEW of_sales AS SELECT lead FROM leads")
    store.query("UPDATE layout SET version = 'old' WHERE part = 'answers'")
    store.close()
    with pytest.raises(StoreBroken, match=r"something rests on them.*of_sales"):
        PostgresStore(postgresql_url)
    with psycopg.connect(postgresql_url, autocommit=True) as db:
        db.execute("DROP VIEW of_sales")
    PostgresStore(postgresql_url).close()


def test_rows_stay_after_a_crash_of_the_server() -> None:
    with PostgresServer() as server:
        url = server.empty("views")
        for number in range(5):
            store = PostgresStore(url)
            store.apply([PROGRESS], {SOURCE: Move(number, number + 1)})
            server.crash()
            server.start()
        store = PostgresStore(url)
        assert (store.positions(), len(store.query("SELECT * FROM progress"))) == ({SOURCE: 5}, 1)
        store.close()
