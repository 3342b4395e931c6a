"""Whatever bytes a file has: rows, dead letters, or one clear line. Never a traceback, never a row without account."""

import gzip
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadstream.importing import FilesError, Options, Translation, load_mapping, match_files, translate
from leadstream.importing.model import FORMATS
from leadstream.importing.reading import LONGEST_LINE
from tests.leadstream.importing.lists import clear
from tests.support.laws import examples

MAPPING = """
name: trial
zone: UTC
files:
  - role: list
    match: "*"
    subject: {first: [{column: id}, {value: nobody}]}
    time: {first: [{column: at}, {option: at}]}
    key: [{row: subject}, {row: time}, {row: facts}]
    aliases: {id: [name]}
    optional: [id, at, x]
    rules: [{fact: lead.captured, data: {source: {column: x}, profile: {answers.x: {column: x, then: lower}}}}]
"""
SCRAPS = st.sampled_from([
    b"id,at,x\n", b"id;at;x\r\n", b"a,2026-01-01,b\n", b'"', b'"a\nb"', b"\0", b"\xff\xfe", b"\xef\xbb\xbf", b"\n",
    b"\r", b"\t", b"|", b"{", b'{"id": "a"}\n', b'{"id": {"at": [1, null, {}]}}\n', b"[[[[", b"NaN", b"<log>", b"=",
    b"<event/>", b"</log>", b"BEGIN:VCARD\n", b"END:VCARD\n", b"FN:A\n", b"PK\x03\x04", b"\x1f\x8b", b"3/4/2026",
    b'"\\ud800"', b"sep=;\n",
])  # fmt: skip
BYTES = st.lists(st.one_of(SCRAPS, st.binary(max_size=12)), max_size=30).map(b"".join)


def run(folder: Path, content: bytes, form: str | None = None, name: str = "list", **said: str) -> Translation:
    path = folder / name
    path.write_bytes(content)
    mapping = load_mapping(MAPPING)
    options = Options(format=form, at="2026-01-01T00:00:00Z", **said)  # type: ignore[arg-type]
    return translate(mapping, match_files(mapping, [path]), options=options)


def accounted(made: Translation) -> None:
    summary = made.summary
    assert summary.read == summary.imported + summary.dead + sum(each.rows for each in summary.skipped)
    assert summary.dead == len(list(made.dead))
    assert sum(summary.facts.values()) == len(list(made.facts()))
    for dead in made.dead:
        assert dead.line >= 1
        assert dead.reason


@given(content=BYTES, form=st.sampled_from([None, *FORMATS]), packed=st.booleans())
@settings(max_examples=examples(600))
def test_any_bytes_are_accounted_for_or_refused_in_one_line(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, form: str | None, packed: bool
) -> None:
    try:
        accounted(run(tmp_path_factory.mktemp("any"), gzip.compress(content) if packed else content, form))
    except FilesError as error:
        clear(error)


@given(content=BYTES, encoding=st.sampled_from(["utf-8", "utf-16", "utf-16-be", "cp1252", "shift_jis", "utf-7"]))
@settings(max_examples=examples(200))
def test_a_wrong_encoding_is_dead_letters_or_one_line(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, encoding: str
) -> None:
    try:
        accounted(run(tmp_path_factory.mktemp("any"), b"id,at,x\n" + content, "csv", encoding=encoding))
    except FilesError as error:
        clear(error)


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ("csv", "is empty; expected a header line"),
        ("tsv", "is empty; expected a header line"),
        ("jsonl", "is empty; expected one JSON object a line"),
        ("vcard", "is empty; expected cards"),
        ("xes", "is not XES: expected the element `log`, found none"),
        ("xlsx", "is no workbook"),
    ],
)
def test_an_empty_file_is_refused(tmp_path: Path, form: str, said: str) -> None:
    with pytest.raises(FilesError, match=f"list: {said}"):
        run(tmp_path, b"", form)


@pytest.mark.parametrize("form", ["csv", "tsv"])
def test_a_file_with_a_header_alone_has_no_rows(tmp_path: Path, form: str) -> None:
    made = run(tmp_path, b"id\tat,x\n", form)
    assert (made.summary.read, len(made)) == (0, 0)


def test_a_line_of_ten_megabytes_is_a_dead_letter_and_the_next_one_is_read(tmp_path: Path) -> None:
    made = run(tmp_path, b"id,at,x\na,2026-01-01," + b"y" * 10_000_000 + b"\nb,2026-01-01,web\n")
    (dead,) = made.dead
    assert (dead.line, dead.field) == (2, "data.source")
    assert dead.reason.startswith("Expected `str` of length <= ")
    assert len(dead.original) == 10_000_000 + len("a,2026-01-01,\n")
    assert [(fact.subject, fact.line) for fact in made.facts()] == [("b", 3)]


def test_a_long_cell_is_in_nobodys_way_where_no_fact_asks_for_it(tmp_path: Path) -> None:
    lines = "z" * 70_000 + "\n" + "z" * 70_000
    content = f'id,at,x,page\na,,web,"{"y" * 140_000}"\nb,,"{"y" * 140_000}",\nc,,fair,"{lines}"\n'
    made = run(tmp_path, content.encode())
    assert [(fact.subject, fact.data["source"], fact.line) for fact in made.facts()] == [
        ("a", "web", 2),
        ("c", "fair", 4),
    ]
    assert [(dead.line, dead.field) for dead in made.dead] == [(3, "data.source")]


def test_a_quote_that_is_never_closed_takes_a_bounded_part_of_the_file_with_it(tmp_path: Path) -> None:
    rows = "".join(f"{number},2026-01-01,web\n" for number in range(100_000))
    made = run(tmp_path, b'id,at,x\nlost,2026-01-01,"web\n' + rows.encode())
    (dead,) = made.dead
    assert (dead.line, dead.reason) == (2, "the row is not CSV: a quote is not closed within 1000000 signs")
    assert 1_000_000 < len(dead.original) < 1_000_100
    first = next(made.facts())
    assert first.line == dead.line + dead.original.count(b"\n")
    assert made.summary.imported == 100_001 - dead.original.count(b"\n")


@pytest.mark.parametrize("form", ["csv", "jsonl", "vcard"])
def test_a_line_without_an_end_is_held_up_to_a_bound_and_no_further(tmp_path: Path, form: str) -> None:
    head = b"id,at,x\n" if form == "csv" else b""
    good = {"csv": b"b,,web\n", "jsonl": b'{"id": "b"}\n', "vcard": b"BEGIN:VCARD\nVERSION:3.0\nFN:b\nEND:VCARD\n"}[
        form
    ]
    made = run(tmp_path, head + b"z" * (2 * LONGEST_LINE + 5) + b"\n" + good, form)
    (dead,) = made.dead
    assert dead.reason == f"the row has a line of more than {LONGEST_LINE} signs"
    assert len(dead.original) == LONGEST_LINE
    assert made.summary.imported == 1


def test_a_sign_that_no_database_takes_makes_a_row_a_dead_letter(tmp_path: Path) -> None:
    assert [dead.line for dead in run(tmp_path, b"id,at,x\na,,x\0y\nb,,ok\n").dead] == [2]
    made = run(tmp_path, b'{"id": "a\\u0000"}\n{"id": "b\\ud800"}\n{"id": "c"}\n', "jsonl")
    assert [dead.reason for dead in made.dead] == [
        "the row has a NUL sign in it",
        "the row has half a sign in it: a lone surrogate such as \\ud800",
    ]
    assert [fact.subject for fact in made.facts()] == ["c"]


def test_json_lines_keep_numbers_as_they_are_written_and_bad_ones_are_dead(tmp_path: Path) -> None:
    lines = (
        b'{"id": "a", "x": 100.10}\n{"id": "b", "x": 12345678901234567890}\n{"id": "c", "x": true}\n\n'
        b'{"id": "d", "x": ["p", null, 1]}\n[1]\n{"id": "e", "x": NaN}\n{"id": "f"\n'
    )
    made = run(tmp_path, lines, "jsonl")
    assert {fact.subject: fact.data["source"] for fact in made.facts()} == {
        "a": "100.10", "b": "12345678901234567890", "c": "true", "d": "p, 1",
    }  # fmt: skip
    assert [(dead.line, dead.reason.partition(": ")[0]) for dead in made.dead] == [
        (6, "the row is not a JSON object; expected one a line"),
        (7, "the row is not JSON"),
        (8, "the row is not JSON"),
    ]


def test_a_key_that_stands_twice_in_an_object_makes_a_row_a_dead_letter(tmp_path: Path) -> None:
    lines = (
        b'{"id": "a", "id": "b"}\n{"id": "c", "more": [{"y": 1, "y": 1}]}\n'
        b'{"id": {"at": 1}, "id.at": 2}\n{"id": "d", "more": {"id": "e"}}\n'
    )
    made = run(tmp_path, lines, "jsonl")
    assert [(dead.line, dead.reason) for dead in made.dead] == [
        (1, "the row has the key 'id' twice"),
        (2, "the row has the key 'y' twice"),
        (3, "the row has the key 'id.at' twice"),
    ]
    assert [fact.subject for fact in made.facts()] == ["d"]


def test_json_that_is_nested_without_end_is_a_dead_letter(tmp_path: Path) -> None:
    deep = b'{"id": ' + b"[" * 50_000 + b"]" * 50_000 + b"}\n"
    made = run(tmp_path, deep + b'{"id": "a"}\n' + b'{"a":' * 5000 + b"1" + b"}" * 5000 + b"\n", "jsonl")
    assert [dead.line for dead in made.dead] == [1, 3]
