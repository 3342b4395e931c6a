"""A row that was refused and is tried again becomes what the mended mapping makes of the whole file."""

import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from leadstream.importing import (
    DeadRow,
    FilesError,
    Imported,
    Options,
    Translation,
    load_mapping,
    match_files,
    translate,
)
from leadstream.importing.retrying import RetryError, once_more
from tests.leadstream.importing.lists import delimited, json_lines, workbook

MAPPING = """
name: trial
files:
  - role: list
    match: "*"
    subject: id
    time: {column: at, format: [iso, local]}
    KEY
    optional: [note]
    aliases: {name: [Full Name, FN]}
    rules:
      - fact: lead.captured
        data: {source: {column: name}, form: {column: kind, then: {map: {a: first, MORE}}}}
"""
KEYS = ("", "key: id", "key: [{row: subject}, {row: facts}]")
COLUMNS = ("id", "at", "Full Name", "kind")
ROWS = [
    ("1", "3/4/2026", "Ann", "a"),
    ("2", "3/5/2026", 'Zoë, "two\nlines"', "b"),
    ("3", "3/31/2026", "Cid", "a"),
    ("4", "3/31/2026", "Eve", "b"),
]
XES = "<log><trace><string key='kind' value='b'/>%s</trace></log>"
EVENT = (
    "<event><string key='id' value='%s'/><string key='name' value='%s &lt;'/>"
    "<date key='at' value='2026-03-0%sT09:00:00Z'/></event>\n"
)
CARD = (
    "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:%s\r\nFN:%s\r\nREV:20260304T090000Z\r\nX-KIND:%s\r\nNOTE:long\r\n er\r\n"
    "END:VCARD\r\n"
)


def as_workbook(path: Path) -> None:
    rows = [(int(each[0]), datetime(2026, 3, int(each[0])), *each[2:]) for each in ROWS]  # noqa: DTZ001 - knows no zones
    workbook(path, COLUMNS, rows)


WRITERS: dict[str, Callable[[Path], object]] = {
    "csv": lambda path: path.write_bytes(delimited(COLUMNS, ROWS)),
    "marked": lambda path: path.write_bytes(delimited(COLUMNS, ROWS, ";", "utf-8-sig")),
    "utf-16": lambda path: path.write_bytes(delimited(COLUMNS, ROWS, "|", "utf-16")),
    "utf-16-be": lambda path: path.write_bytes(delimited(COLUMNS, ROWS, ",", "utf-16-be")),
    "windows-1252": lambda path: path.write_bytes(delimited(COLUMNS, ROWS, "\t", "cp1252")),
    "jsonl": lambda path: path.write_bytes(json_lines(COLUMNS, ROWS)),
    "xlsx": as_workbook,
    "xes": lambda path: path.write_text(XES % "".join(EVENT % (n, f"N{n}", n) for n in range(1, 5))),
    "vcard": lambda path: path.write_text("".join(CARD % (n, f"N{n}", "ab"[n % 2]) for n in range(1, 5)), newline=""),
}


def made_of(text: str, path: Path) -> Translation:
    mapping = load_mapping(text)
    return translate(mapping, match_files(mapping, [path]), options=Options(zone="Europe/Berlin"), secret=b"key")


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("kind", WRITERS)
def test_a_row_tried_again_is_what_the_mended_mapping_makes_of_its_file(tmp_path: Path, kind: str, key: str) -> None:
    path = tmp_path / "list"
    WRITERS[kind](path)
    text = MAPPING.replace("KEY", key)
    if kind == "xes":
        text = text.replace("column: kind", 'column: "case:kind"')
    if kind == "vcard":
        text = text.replace("column: kind", "column: X-KIND").replace("subject: id", "subject: uid")
        text = text.replace("column: at", "column: rev").replace("key: id", "key: uid")
    wrong, mended = text.replace(", MORE", ""), text.replace("MORE", "b: second")
    before, after = made_of(wrong, path), made_of(mended, path)
    dead = list(before.dead)
    assert len(dead) >= 2
    wanted = {fact.line: fact for fact in after.facts()}
    for row in dead:
        (fact,) = again(mended, before, row)
        whole = wanted[row.line]
        assert (fact.id, fact.subject, fact.occurred_at, fact.fact) == (
            whole.id, whole.subject, whole.occurred_at, whole.fact,
        )  # fmt: skip
        with pytest.raises(RetryError, match=r"cannot be translated still \(data\.form: column .* is not in the map\)"):
            again(wrong, before, row)


def again(text: str, before: Translation, row: DeadRow) -> list[Imported]:
    how = before.how[row.role]
    return once_more(load_mapping(text), how, row.row, row.original, row.file, until=2**62, secret=b"key")


def test_what_a_broken_row_swallowed_is_not_tried_again_as_one(tmp_path: Path) -> None:
    path = tmp_path / "list"
    path.write_bytes(b'id,at,Full Name,kind\n1,2026-03-01,"open,a\n2,2026-03-01,b"b,a\n')
    text = MAPPING.replace("KEY", "").replace("MORE", "b: second")
    before = made_of(text, path)
    (row,) = before.dead
    with pytest.raises(RetryError, match="cannot be translated still"):
        again(text, before, row)


@pytest.mark.parametrize(
    ("module", "content", "what"),
    [("openpyxl", b"PK\x03\x04", "Excel workbooks"), ("vobject", b"BEGIN:VCARD\n", "vCards")],
)
def test_without_the_extra_other_files_are_read_and_what_to_install_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: str, content: bytes, what: str
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    path = tmp_path / "list"
    path.write_bytes(content)
    text = MAPPING.replace("KEY", "").replace("MORE", "b: second")
    with pytest.raises(FilesError, match=rf"list: {what} need {module}: pip install 'leadstream\[imports\]'"):
        made_of(text, path)
    WRITERS["csv"](path)
    assert len(made_of(text, path).dead) == 0
