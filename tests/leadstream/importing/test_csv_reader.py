import gzip
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from leadstream.importing import DeadRow, FilesError, Translation, load_mapping, translate

Translate = Callable[[str, Mapping[str, str | bytes]], Translation]

MAPPING = """
name: trial
zone: UTC
files:
  - role: log
    match: "*"
    subject: case
    time: at
    EXTRA
    rules:
      - fact: lead.captured
        data: {source: {column: origin}}
"""


def subjects(translation: Translation) -> list[str]:
    return [fact.subject for fact in translation.facts()]


def mapping(extra: str = "") -> str:
    return MAPPING.replace("EXTRA", extra)


def test_broken_rows_are_dead_with_line_reason_and_bytes_and_the_rest_goes_on(translated: Translate) -> None:
    content = (
        b"case,at,origin\n"
        b"a,2020-01-01,web\n"
        b"b,2020-01-02\n"
        b"c,2020-01-03,caf\xe9\n"
        b'd,2020-01-04,"x"y\n'
        b"\n"
        b'e,2020-01-05,"two\nlines"\r\n'
        b"f,soon,web\n"
        b" ,2020-01-07,web\n"
        b'g,2020-01-08,"open\n'
    )
    made = translated(mapping("encoding: utf-8"), {"log.csv": content})
    assert subjects(made) == ["a", "e"]
    assert [fact.line for fact in made.facts()] == [2, 7]
    assert tuple(made.dead) == (
        DeadRow("log.csv", 3, 2, "the row has 2 columns; expected 3", "", b"b,2020-01-02\n"),
        DeadRow("log.csv", 4, 3, "the row has bytes that are not utf-8", "", b"c,2020-01-03,caf\xe9\n"),
        DeadRow("log.csv", 5, 4, "the row is not CSV: ',' expected after '\"'", "", b'd,2020-01-04,"x"y\n'),
        DeadRow(
            "log.csv",
            9,
            6,
            "column `at` 'soon' is not a date such as 2026-03-31, 31.03.2026 or 3/31/2026",
            "time",
            b"f,soon,web\n",
        ),
        DeadRow("log.csv", 10, 7, "column `case` is blank", "subject", b" ,2020-01-07,web\n"),
        DeadRow("log.csv", 11, 8, "the row is not CSV: unexpected end of data", "", b'g,2020-01-08,"open\n'),
    )
    assert (made.summary.read, made.summary.imported, made.summary.dead) == (8, 2, 6)


def test_gzip_is_told_by_its_bytes_and_gives_the_same_facts(translated: Translate) -> None:
    content = b"case,at,origin\na,2020-01-01,web\n"
    plain = translated(mapping(), {"log": content})
    packed = translated(mapping(), {"log": gzip.compress(content)})
    assert list(plain) == list(packed)
    assert len(plain) == 1


def test_a_gzip_file_that_is_cut_off_is_refused_as_a_whole(translated: Translate) -> None:
    rows = "".join(f"a{n},2020-01-01,{n * 7919}\n" for n in range(5000))
    content = gzip.compress(f"case,at,origin\n{rows}".encode())
    with pytest.raises(FilesError, match=r"log\.csv\.gz: the gzip file is damaged or cut off"):
        translated(mapping(), {"log.csv.gz": content[: len(content) // 2]})


def test_a_byte_order_mark_is_no_part_of_the_first_column(translated: Translate) -> None:
    assert subjects(translated(mapping(), {"log": b"\xef\xbb\xbfcase,at,origin\na,2020-01-01,web\n"})) == ["a"]


def test_encoding_delimiter_names_and_rename_are_as_the_mapping_says(translated: Translate) -> None:
    extra = 'encoding: cp1252\n    delimiter: "\\t"\n    columns: [case, at, any]\n    rename: {any: origin}'
    made = translated(mapping(extra), {"log": "a\t2020-01-01\tcafé\n".encode("cp1252")})
    assert [fact.data for fact in made.facts()] == [{"source": "café"}]


def test_a_missing_column_is_refused_before_a_row_is_read_and_the_columns_there_are_named(
    translated: Translate,
) -> None:
    with pytest.raises(FilesError) as caught:
        translated(mapping("key: id"), {"log.csv": "case,when,origin,origin\nnot,read\n"})
    has = "the file has `case`, `when`, `origin`, `origin`"
    assert caught.value.problems == (
        f"log.csv: the column `at` is not there; {has}",
        f"log.csv: the column `id` is not there; {has}",
        f"log.csv: the column `origin` is twice there; {has}",
    )


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"\n\n", "is empty"),
        (b"c\xe9,b\n", "the header line has bytes that are not utf-8; give the file an `encoding`, or say --encoding"),
        (b'"a"b,c\n', "header"),
    ],
)
def test_a_file_without_a_readable_header_is_refused(translated: Translate, content: bytes, message: str) -> None:
    with pytest.raises(FilesError, match=message):
        translated(mapping("encoding: utf-8"), {"log": content})


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FilesError, match=r"gone\.csv: cannot be read"):
        translate(load_mapping(mapping()), {"log": tmp_path / "gone.csv"})


def test_a_stray_quote_takes_no_row_out_of_the_account(translated: Translate) -> None:
    content = 'case,at,origin\na,2020-01-01,"web\nb,2020-01-01,web\nc,2020-01-01,"x"\nd,2020-01-01,web\n'
    made = translated(mapping(), {"log": content})
    assert subjects(made) == ["d"]
    assert b"".join(dead.original for dead in made.dead).decode() == content[content.index("a,") : content.index("d,")]
