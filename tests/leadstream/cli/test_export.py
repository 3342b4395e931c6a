import csv
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from leadstream.cli.options import FORMATS
from projections.catalogue import BY_NAME
from projections.read import answer_columns
from projections.views.view import Kind
from tests.leadstream.cli.house import House, fact

TYPES = {
    Kind.TEXT: "VARCHAR",
    Kind.INTEGER: "BIGINT",
    Kind.REAL: "DOUBLE",
    Kind.BOOLEAN: "BOOLEAN",
    Kind.INSTANT: "TIMESTAMP WITH TIME ZONE",
}


def exported(house: House, name: str, path: Path, *more: str) -> Path:
    assert f" rows of {name} in {path}" in house.run("export", name, "-o", str(path), *more).stdout
    return path


def read(sql: str, path: Path) -> list[tuple[Any, ...]]:
    with duckdb.connect() as db:
        return db.execute(sql, [str(path)]).fetchall()


@pytest.mark.parametrize("name", tuple(BY_NAME))
def test_duckdb_reads_the_rows_of_every_view_with_their_types(told: House, tmp_path: Path, name: str) -> None:
    path = exported(told, name, tmp_path / "rows.parquet")
    found = read("SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM read_parquet(?))", path)
    columns = answer_columns(name)
    assert found == [(column.name, TYPES[column.kind]) for column in columns]
    instants = [column.kind is Kind.INSTANT for column in columns]
    shown = [
        tuple(
            datetime.fromisoformat(cell) if instant and cell is not None else cell
            for instant, cell in zip(instants, row.values(), strict=True)
        )
        for row in told.rows("view", name)
    ]
    assert read("SELECT * FROM read_parquet(?)", path) == shown


def test_instants_are_points_in_time(told: House, tmp_path: Path) -> None:
    path = exported(told, "leads", tmp_path / "leads.parquet")
    sql = "SELECT lead FROM read_parquet(?) WHERE captured_at = TIMESTAMPTZ '2012-01-01 02:00:00+01'"
    assert read(sql, path) == [("bob",)]
    ((at,),) = read("SELECT captured_at FROM read_parquet(?) WHERE lead = 'ann'", path)
    assert at == datetime(2012, 1, 1, tzinfo=UTC)


def test_a_column_says_what_it_means(told: House, tmp_path: Path) -> None:
    from pyarrow import parquet  # noqa: PLC0415 - an optional extra

    schema = parquet.read_schema(exported(told, "leads", tmp_path / "leads.parquet"))
    meanings = {column.name: column.meaning for column in answer_columns("leads")}
    assert {name: schema.field(name).metadata[b"meaning"].decode() for name in schema.names} == meanings


@pytest.mark.parametrize("name", ["leads", "timeline", "funnel", "companies", "predictions"])
def test_csv_is_what_view_writes(told: House, tmp_path: Path, name: str) -> None:
    path = exported(told, name, tmp_path / "rows.csv")
    assert path.read_bytes().decode() == told.run("view", name, "--format", "csv").stdout


def test_conditions_and_splits_are_those_of_view(told: House, tmp_path: Path) -> None:
    path = exported(told, "leads", tmp_path / "leads.csv", "--where", "source=web")
    with path.open(newline="") as file:
        assert [row["lead"] for row in csv.DictReader(file)] == ["ann"]
    path = exported(told, "response-times", tmp_path / "times.parquet", "--by", "source")
    assert read("SELECT source, answered FROM read_parquet(?)", path) == [("fair", 1), ("web", 0)]


OTHER_TIMES = (
    ("leads", "--as-of", "2012-01-01T00:30:00Z"),
    ("funnel", "--known-at", "2012-01-01T00:30:00Z"),
    ("companies", "--as-of", "2012-01-01T02:00:00Z"),
    ("response-times", "--by", "source", "--as-of", "2012-01-01T01:30:00Z", "--known-at", "2012-01-01T12:00:00Z"),
    ("leads", "--scores-as-of", "2012-01-01T02:00:00Z", "--where", "source=web"),
    ("matrix", "--by", "region", "--as-of", "2012-01-20T00:00:00Z", "--known-at", "2012-01-20T00:00:00Z"),
    ("matrix-opportunities", "--where", "measure=open_pipe", "--as-of", "2012-01-20T00:00:00Z"),
    ("waterfall", "--since", "2012-01-11T12:00:00Z", "--as-of", "2012-01-20T00:00:00Z"),
    ("opportunity-timeline", "--as-of", "2012-01-11T12:00:00Z"),
)


@pytest.fixture(scope="module")
def selling(tmp_path_factory: pytest.TempPathFactory) -> House:
    """A day of leads, and two opportunities after it; only to be read."""
    house = House(tmp_path_factory.mktemp("selling"))
    house.publish_agreement()
    assert house.import_history().exit_code == 0
    plant = {"account": "acme", "name": "Plant", "stage": "Open", "currency": "EUR", "close_date": "2012-03-20"}
    house.history(
        fact("opportunity.opened", "o-1", 1, "2012-01-10T09:00:00Z", amount_minor=100, region="north", **plant),
        fact("opportunity.opened", "o-2", 2, "2012-01-11T09:00:00Z", amount_minor=250, region="south", **plant),
        fact("opportunity.amended", "o-1", 3, "2012-01-12T09:00:00Z", amount_minor=300),
        fact("lead.captured", "dan", 4, "2012-01-15T09:00:00Z", source="fair", profile={"company.name": "Acme"}),
    )
    house.decide("--until", "2012-02-01")
    return house


@pytest.mark.parametrize("asked", OTHER_TIMES, ids=" ".join)
def test_another_time_is_that_of_view_in_both_forms(selling: House, tmp_path: Path, asked: tuple[str, ...]) -> None:
    name, *options = asked
    now = selling.run("view", name, "--format", "csv").stdout
    then = selling.run("view", name, *options, "--format", "csv").stdout
    assert then != now
    path = exported(selling, name, tmp_path / "rows.csv", *options)
    assert path.read_bytes().decode() == then
    path = exported(selling, name, tmp_path / "rows.parquet", *options)
    assert read("SELECT count(*) FROM read_parquet(?)", path) == [(then.count("\n") - 1,)]


def test_a_time_that_a_view_does_not_take_leaves_no_file(told: House, tmp_path: Path) -> None:
    said = told.misused("export", "leads", "-o", str(tmp_path / "rows.csv"), "--since", "2012-01-01")
    assert "view leads holds for one instant and begins at none" in said
    assert not list(tmp_path.iterdir())


def test_a_file_that_is_there_is_replaced_at_the_end_and_nothing_else_is_left(told: House, tmp_path: Path) -> None:
    path = tmp_path / "leads.parquet"
    path.write_text("last week's")
    path.chmod(0o640)
    exported(told, "leads", path)
    assert read("SELECT count(*) FROM read_parquet(?)", path) == [(2,)]
    assert [each.name for each in tmp_path.iterdir()] == ["leads.parquet"]
    assert path.stat().st_mode & 0o777 == 0o640


def test_what_is_wrong_is_said_and_leaves_the_former_file(told: House, tmp_path: Path) -> None:
    path = tmp_path / "leads.parquet"
    path.write_text("last week's")
    assert "no column 'colour'" in told.misused("export", "leads", "-o", str(path), "--where", "colour=red")
    assert "say --format" in told.misused("export", "leads", "-o", str(tmp_path / "leads.xlsx"))
    assert "there is no directory" in told.misused("export", "leads", "-o", str(tmp_path / "no" / "leads.csv"))
    assert "too large" in told.misused("export", "leads", "-o", str(path), "--where", f"score={2**70}")
    assert [(each.name, each.read_text()) for each in tmp_path.iterdir()] == [("leads.parquet", "last week's")]


def test_the_format_is_the_files_own_and_not_that_of_answers(told: House, tmp_path: Path) -> None:
    for form in FORMATS:
        path = tmp_path / f"{form}.parquet"
        assert told.ask("export", "sla", "-o", str(path), env={"LEADSTREAM_FORMAT": form}).exit_code == 0
        assert read("SELECT count(*) FROM read_parquet(?)", path) == [(1,)]


def test_without_the_package_csv_is_written_and_parquet_says_what_to_install(
    told: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "leadstream.exporting.parquet", raising=False)
    for name in ("pyarrow", "pyarrow.parquet"):
        monkeypatch.setitem(sys.modules, name, None)
    exported(told, "leads", tmp_path / "leads.csv")
    said = told.refused("export", "leads", "-o", str(tmp_path / "leads.parquet"))
    assert "pip install 'leadstream[parquet]'" in said
    assert [each.name for each in tmp_path.iterdir()] == ["leads.csv"]


@pytest.mark.postgresql
def test_rows_come_out_of_postgresql_as_they_do_out_of_sqlite(
    house: House, told: House, tmp_path: Path, postgresql_url: str
) -> None:
    store = ("--store", postgresql_url)
    house.publish_agreement()
    house.import_history()
    house.decide("--until", "2012-01-03", *store)
    (tmp_path / "files").mkdir()
    for name in BY_NAME:
        ours = exported(house, name, tmp_path / "files" / f"{name}.parquet", *store)
        theirs = exported(told, name, tmp_path / "files" / f"{name}-2.parquet")
        assert ours.read_bytes() == theirs.read_bytes()
