"""What a file tells of itself: kind, encoding, delimiter."""

import gzip
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadstream.importing import FilesError
from leadstream.importing.layout import layout_of
from leadstream.importing.model import FileSpec
from tests.leadstream.importing.lists import delimited
from tests.support.laws import examples

SPEC = FileSpec.model_validate({"role": "list", "match": "*", "subject": "a", "rules": [{"skip": "trial"}]})
NAMES = ("Name", "Ort", "Betrag")
ROWS = [("Jürgen Groß", "Köln", "1,50"), ("Zoë Peña", "Málaga", "2,25")]

WESTERN = st.text(st.characters(codec="cp1252", exclude_categories=("Cc", "Cs")))


def told(folder: Path, content: bytes, name: str = "list.csv", **said: object) -> tuple[str, str, str]:
    path = folder / name
    path.write_bytes(content)
    found = layout_of(path, SPEC.model_copy(update=said))
    return found.format, found.encoding, found.delimiter


@pytest.mark.parametrize("sign", [",", ";", "\t", "|"])
@pytest.mark.parametrize(
    ("encoding", "codec"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("utf-16", "utf-16-le"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
        ("cp1252", "cp1252"),
    ],
)
def test_encoding_and_delimiter_are_told_by_the_file(tmp_path: Path, encoding: str, codec: str, sign: str) -> None:
    assert told(tmp_path, delimited(NAMES, ROWS, sign, encoding)) == ("csv", codec, sign)


@given(
    rows=st.lists(st.tuples(WESTERN, WESTERN, WESTERN), max_size=8),
    sign=st.sampled_from(",;\t|"),
)
@settings(max_examples=examples(100))
def test_the_same_bytes_tell_the_same_whatever_is_in_the_cells(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str, str]], sign: str
) -> None:
    folder = tmp_path_factory.mktemp("layout")
    content = delimited(("id", "name", "town"), [("1", "x", "y"), *rows], sign, "cp1252")
    found = told(folder, content)
    assert found == told(folder, content, "again.csv") == told(folder, gzip.compress(content), "packed.csv.gz")
    assert found[2] == sign


def test_a_broken_file_of_utf8_stays_one_so_that_its_bad_rows_are_found(tmp_path: Path) -> None:
    assert told(tmp_path, "name\nKöln\n".encode() + b"K\xf6ln\n")[1] == "utf-8"


def test_bytes_that_are_no_utf8_are_found_far_behind_the_beginning(tmp_path: Path) -> None:
    assert told(tmp_path, b"name\n" + b"plain\n" * 300_000 + b"M\xfcller\n")[1] == "cp1252"


@pytest.mark.parametrize(
    ("name", "content", "form"),
    [
        ("list.txt", b"BEGIN:VCARD\r\nEND:VCARD\r\n", "vcard"),
        ("cards.vcf", b"", "vcard"),
        ("list.tsv", b"a\tb\n", "tsv"),
        ("list.txt", b'{"a": 1}\n', "jsonl"),
        ("list.json", b"", "jsonl"),
        ("log.xes.gz", b"<log/>", "xes"),
        ("log", b"<?xml version='1.0'?><log/>", "xes"),
        ("list.csv", b"PK\x03\x04", "xlsx"),
        ("list", b"a,b\n", "csv"),
        ("empty", b"", "csv"),
    ],
)
def test_the_kind_of_file_is_told_by_its_first_bytes_and_then_by_its_name(
    tmp_path: Path, name: str, content: bytes, form: str
) -> None:
    assert told(tmp_path, content, name)[0] == form


def test_an_old_excel_file_is_refused_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(FilesError, match=r"list\.csv: is an old or encrypted Excel file; save it as \.xlsx"):
        told(tmp_path, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")


def test_what_is_said_counts_and_not_what_it_looks_like(tmp_path: Path) -> None:
    said = {"format": "csv", "encoding": "cp850", "delimiter": "|"}
    assert told(tmp_path, b"a;b\n1;2\n", **said) == ("csv", "cp850", "|")


def test_the_line_by_which_excel_is_told_the_delimiter_is_believed(tmp_path: Path) -> None:
    assert told(tmp_path, b"sep=|\r\na;b|c\r\n1;2|3\r\n")[2] == "|"


def test_commas_in_amounts_do_not_make_a_comma_the_delimiter(tmp_path: Path) -> None:
    assert told(tmp_path, b"name;amount;rate\na;1,5;2,5\nb;1,25;0,5\n")[2] == ";"


def test_what_was_detected_is_said_so(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(b"a;b\n")
    assert layout_of(path, SPEC).words() == ["csv (detected)", "UTF-8 (detected)", "delimiter semicolon (detected)"]
    said = SPEC.model_copy(update={"encoding": "cp1252"})
    assert layout_of(path, said).words()[1] == "Windows-1252"
