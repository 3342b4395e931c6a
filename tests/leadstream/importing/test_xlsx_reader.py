"""Workbooks: what a cell says, and what is refused."""

import zipfile
from collections.abc import Callable
from datetime import date, datetime, time
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadstream.importing import FilesError, Options, Translation, load_mapping, match_files, translate
from leadstream.importing.xlsx_reader import _text
from tests.leadstream.importing.lists import clear, workbook
from tests.support.laws import examples

MAPPING = """
name: trial
zone: Europe/Berlin
files:
  - role: list
    match: "*"
    subject: id
    time: {column: at, format: "%m/%d/%Y"}
    EXTRA
    rules:
      - {fact: lead.captured, data: {source: {column: x}}}
"""


def run(path: Path, extra: str = "", **said: str) -> Translation:
    mapping = load_mapping(MAPPING.replace("EXTRA", extra))
    return translate(mapping, match_files(mapping, [path]), options=Options(**said))  # type: ignore[arg-type]


def read(folder: Path, *values: object) -> list[str]:
    rows = [(f"L-{number}", date(2026, 3, 1), value) for number, value in enumerate(values)]
    made = run(workbook(folder / "list.xlsx", ("id", "at", "x"), rows))  # type: ignore[arg-type]
    assert len(made.dead) == 0, list(made.dead)
    return [fact.data.get("source", "") for fact in made.facts()]


def test_a_cell_is_the_text_that_other_files_would_have(tmp_path: Path) -> None:
    day = datetime(2026, 3, 1)  # noqa: DTZ001 - a workbook knows no zones
    values = [41791234567, 100.0, 1234.56, 0.1 + 0.2, 1e20, True, day, day.replace(hour=9), time(9, 30), "00123", None]
    assert read(tmp_path, *values) == [
        "41791234567", "100", "1234.56", "0.3", "100000000000000000000", "true", "2026-03-01", "2026-03-01T09:00:00",
        "09:30:00", "00123", "",
    ]  # fmt: skip


@given(st.integers(-(10**13), 10**13))
@settings(max_examples=examples(200))
def test_an_amount_in_cents_comes_out_of_a_cell_to_the_cent(cents: int) -> None:
    sign, whole = "-" if cents < 0 else "", abs(cents)
    written = f"{sign}{whole // 100}.{whole % 100:02}".rstrip("0").rstrip(".")
    assert _text(cents / 100) == (written if cents else "0")


def test_a_row_has_the_number_that_the_sheet_shows_and_its_cells_are_kept_as_csv(tmp_path: Path) -> None:
    rows = [("a", date(2026, 3, 1), "web"), (None, None, None), ("b", "soon", 'says "hi", twice')]
    (dead,) = run(workbook(tmp_path / "list.xlsx", ("id", "at", "x"), rows)).dead  # type: ignore[arg-type]
    assert (dead.line, dead.row, dead.field) == (4, 2, "time")
    assert dead.original == b'b,soon,"says ""hi"", twice"\n'


def formulas(path: Path, cell: str, result: str | None) -> Path:
    """A workbook with a formula in column x, whose result is stored or not."""
    workbook(path, ("id", "at", "x"), [("a", date(2026, 3, 1), "X"), ("b", date(2026, 3, 1), "web")])
    packed = path.read_bytes()
    path.write_bytes(packed)
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    sheet = parts["xl/worksheets/sheet1.xml"].decode()
    start, end = sheet.index('<c r="C2"'), sheet.index("</c>", sheet.index('<c r="C2"')) + 4
    stored = "" if result is None else f"<v>{result}</v>"
    parts["xl/worksheets/sheet1.xml"] = (sheet[:start] + cell.replace("RESULT", stored) + sheet[end:]).encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


def test_of_a_formula_the_stored_result_counts_and_without_one_the_row_is_dead(tmp_path: Path) -> None:
    cell = '<c r="C2" t="str"><f>"we"&amp;"b"</f>RESULT</c>'
    made = run(formulas(tmp_path / "with.xlsx", cell, "web"))
    assert [fact.data for fact in made.facts()] == [{"source": "web"}, {"source": "web"}]
    made = run(formulas(tmp_path / "without.xlsx", cell, None))
    (dead,) = made.dead
    assert "has a formula without a stored result in cell C2; open and save the file in Excel" in dead.reason
    assert [fact.subject for fact in made.facts()] == ["b"]


def test_an_error_in_a_cell_that_is_asked_for_makes_its_row_a_dead_one(tmp_path: Path) -> None:
    path = formulas(tmp_path / "list.xlsx", '<c r="C2" t="e">RESULT</c>', "#REF!")
    assert [each.reason for each in run(path).dead] == ["the row shows the error #REF! in cell C2"]
    mapping = load_mapping(MAPPING.replace("EXTRA", "").replace("{column: x}", "web"))
    assert len(translate(mapping, match_files(mapping, [path])).dead) == 0


def test_the_first_sheet_that_is_shown_is_read_or_the_one_that_is_named(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.title, book.active.sheet_state = "Notes", "hidden"
    for name in ("Scans", "More"):
        sheet = book.create_sheet(name)
        sheet.append(["id", "at", "x"])
        sheet.append([name, date(2026, 3, 1), "web"])
    path = tmp_path / "list.xlsx"
    book.save(path)
    assert [fact.subject for fact in run(path).facts()] == ["Scans"]
    assert [fact.subject for fact in run(path, sheet="More").facts()] == ["More"]
    assert [fact.subject for fact in run(path, "sheet: More").facts()] == ["More"]
    with pytest.raises(FilesError, match=r"there is no sheet `Other`; the file has `Notes`, `Scans`, `More`"):
        run(path, sheet="Other")


def test_a_title_above_the_table_and_notes_below_it_are_no_rows(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in (["Our fair"], [], ["id", "at", "x"], ["a", date(2026, 3, 1), "web"], [], ["exported by nobody"]):
        book.active.append(row)
    path = tmp_path / "list.xlsx"
    book.save(path)
    made = run(path, "header: 3\n    footer: true")
    assert [fact.subject for fact in made.facts()] == ["a"]
    assert [(each.reason, each.rows) for each in made.summary.skipped] == [("stands after the table", 1)]
    assert (made.summary.read, made.summary.dead) == (2, 0)


def packed(path: Path, change: Callable[[dict[str, bytes]], None]) -> Path:
    workbook(path, ("id", "at", "x"), [("a", date(2026, 3, 1), "web")])
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    change(parts)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


@pytest.mark.parametrize("part", ["xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/styles.xml"])
def test_a_part_that_would_unpack_to_far_more_than_it_is_refused_unread(tmp_path: Path, part: str) -> None:
    path = packed(tmp_path / "bomb.xlsx", lambda parts: parts.update({part: b" " * (40 << 20)}))
    with pytest.raises(FilesError, match=rf"bomb\.xlsx: would unpack `{part}` to 41943040 bytes from \d+; refused"):
        run(path)


def test_entities_are_refused(tmp_path: Path) -> None:
    def with_entity(parts: dict[str, bytes]) -> None:
        sheet = parts["xl/worksheets/sheet1.xml"]
        parts["xl/worksheets/sheet1.xml"] = b'<!DOCTYPE x [<!ENTITY e "boom">]>' + sheet

    with pytest.raises(FilesError, match="is damaged, or no workbook that can be read: EntitiesForbidden"):
        run(packed(tmp_path / "list.xlsx", with_entity))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"PK\x03\x04", "is no workbook, or one that is damaged or cut off"),
        (b"", "is no workbook"),
        (b"id,at,x\n", "is no workbook"),
    ],
)
def test_what_is_no_workbook_is_refused_with_one_line(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "list.xlsx"
    path.write_bytes(content)
    with pytest.raises(FilesError, match=said) as caught:
        run(path, format="xlsx")
    assert "\n" not in str(caught.value)


def test_a_zip_file_of_something_else_is_refused(tmp_path: Path) -> None:
    path = packed(tmp_path / "list.xlsx", lambda parts: parts.pop("xl/workbook.xml"))
    with pytest.raises(FilesError, match="is a zip file, but no Excel workbook"):
        run(path)


@given(cut=st.integers(0, 4000), flips=st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), max_size=6))
@settings(max_examples=examples(150))
def test_a_damaged_workbook_is_refused_or_its_rows_are_accounted_for(
    tmp_path_factory: pytest.TempPathFactory, cut: int, flips: list[tuple[int, int]]
) -> None:
    path = tmp_path_factory.mktemp("damaged") / "list.xlsx"
    content = bytearray(workbook(path, ("id", "at", "x"), [("a", date(2026, 3, 1), "web")] * 5).read_bytes())  # type: ignore[list-item]
    for place, value in flips:
        content[place % len(content)] = value
    path.write_bytes(bytes(content[: len(content) - cut if flips else max(len(content) - cut, 1)]))
    try:
        summary = run(path, format="xlsx").summary
    except FilesError as error:
        clear(error)
    else:
        assert summary.read == summary.imported + summary.dead + sum(each.rows for each in summary.skipped)
