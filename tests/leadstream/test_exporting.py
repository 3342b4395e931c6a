"""Files of more rows than are held at a time, and files that cannot be finished."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from leadstream.exporting import Form, export
from projections.views.view import Cell, Column, Kind

COLUMNS = (
    Column("lead", Kind.TEXT, ""),
    Column("cents", Kind.INTEGER, "", True),
    Column("seen", Kind.INSTANT, "", True),
)
INSTANTS = ("2026-01-05T09:00:00.000001Z", "0001-01-01T00:00:00.000000Z", "9999-12-31T23:59:59.999999Z", None)


def rows(count: int) -> Iterator[dict[str, Cell]]:
    amounts = itertools.cycle([0, 2**53 + 1, -(2**63), 2**63 - 1, None])
    return (
        {"seen": at, "cents": cents, "lead": f"lead-{number}"}
        for number, at, cents in zip(range(count), itertools.cycle(INSTANTS), amounts, strict=False)
    )


@pytest.mark.parametrize("count", [0, 1, 20_000, 45_001])
def test_rows_of_any_number_are_written_in_order_and_told_of(tmp_path: Path, count: int) -> None:
    told: list[int] = []
    assert export(tmp_path / "x.parquet", "parquet", COLUMNS, rows(count), told.append) == count == sum(told)
    sql = "SELECT lead, cents, epoch_us(seen) FROM read_parquet(?)"
    found = duckdb.execute(sql, [str(tmp_path / "x.parquet")]).fetchall()
    assert [(lead, cents) for lead, cents, _ in found] == [(row["lead"], row["cents"]) for row in rows(count)]
    known = {None: None, INSTANTS[0]: 1_767_603_600_000_001, INSTANTS[1]: -62_135_596_800_000_000,
             INSTANTS[2]: 253_402_300_799_999_999}  # fmt: skip
    assert [at for *_, at in found] == [known[row["seen"]] for row in rows(count)]


@pytest.mark.parametrize("form", ["parquet", "csv"])
def test_what_breaks_half_way_leaves_the_former_file_and_nothing_beside_it(tmp_path: Path, form: Form) -> None:
    def broken() -> Iterator[dict[str, Cell]]:
        yield from rows(30_000)
        raise OSError("no more")

    path = tmp_path / "x"
    path.write_text("before")
    with pytest.raises(OSError, match="no more"):
        export(path, form, COLUMNS, broken(), lambda _: None)
    assert [(each.name, each.read_text()) for each in tmp_path.iterdir()] == [("x", "before")]
