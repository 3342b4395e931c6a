"""Cards as scanners and phones write them."""

import json
import os
from pathlib import Path

import pytest
import vobject
from hypothesis import given, settings
from hypothesis import strategies as st

from leadstream.importing import FilesError, Options, Translation, load_mapping, match_files, translate
from leadstream.importing.model import FileSpec
from leadstream.importing.reading import Record
from leadstream.importing.vcard_reader import VcardReader
from tests.leadstream.importing.lists import clear
from tests.support.laws import examples

GOLDEN = Path(__file__).parent / "golden"
CARDS = (GOLDEN / "cards.vcf").read_bytes()
COLUMNS = (
    *("name", "first_name", "last_name", "organization", "department", "title", "email", "email_2", "phone", "phone_2"),
    *("mobile", "fax", "street", "city", "region", "postcode", "country", "url", "note", "categories", "uid", "rev"),
    "X-BADGE-ID",
)
SPEC = FileSpec.model_validate({"role": "list", "match": "*", "subject": "a", "rules": [{"skip": "trial"}]})
MAPPING = """
name: cards
files:
  - role: cards
    match: "*"
    subject: name
    time: {option: at}
    rules: [{fact: lead.captured}]
"""


def records(path: Path, encoding: str = "utf-8") -> list[tuple[Record, bytes]]:
    reader = VcardReader(path, SPEC.model_copy(update={"encoding": encoding}))
    for column in COLUMNS:
        reader.slot(column)
    return [(record, reader.original()) for record in reader]


def shown(record: Record) -> dict[str, object]:
    told = {column: cell for column, cell in zip(COLUMNS, record.cells, strict=False) if cell}
    return {"line": record.line, **({"fault": record.fault} if record.fault else told)}


def cards(folder: Path, content: bytes | str, encoding: str = "utf-8") -> list[dict[str, object]]:
    path = folder / "cards.vcf"
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return [shown(record) for record, _ in records(path, encoding)]


def test_cards_of_all_versions_say_what_they_say() -> None:
    """2.1 with quoted-printable over several lines, 3.0 folded and with groups, 4.0 with URIs, and what is broken."""
    made = (
        json.dumps([shown(record) for record, _ in records(GOLDEN / "cards.vcf")], indent=1, ensure_ascii=False) + "\n"
    )
    golden = GOLDEN / "cards.json"
    if os.environ.get("LEADSTREAM_UPDATE_GOLDEN"):
        golden.write_text(made, encoding="utf-8")
    assert made == golden.read_text(encoding="utf-8")


def test_the_bytes_of_all_cards_together_are_the_file_without_its_empty_lines() -> None:
    kept = b"".join(original for _, original in records(GOLDEN / "cards.vcf"))
    assert [line for line in kept.splitlines() if line] == [line for line in CARDS.splitlines() if line]


@pytest.mark.parametrize("encoding", ["utf-16-le", "cp1252"])
def test_cards_come_in_other_encodings(tmp_path: Path, encoding: str) -> None:
    (card,) = cards(tmp_path, "BEGIN:VCARD\nVERSION:3.0\nFN:Jürgen\nEND:VCARD\n", encoding)
    assert card == {"line": 1, "name": "Jürgen"}


def test_of_several_the_preferred_one_comes_first(tmp_path: Path) -> None:
    head = "BEGIN:VCARD\nVERSION:4.0\nFN:A\n"
    (card,) = cards(
        tmp_path, f"{head}EMAIL:b@x.example\nEMAIL;PREF=2:c@x.example\nEMAIL;PREF=1:a@x.example\nEND:VCARD\n"
    )
    assert (card["email"], card["email_2"]) == ("a@x.example", "c@x.example")
    (card,) = cards(
        tmp_path, f"{head}TEL;TYPE=work:1\nTEL;TYPE=home,pref:2\nTEL;TYPE=cell:3\nTEL;TYPE=fax:4\nEND:VCARD\n"
    )
    assert (card["phone"], card["phone_2"], card["mobile"], card["fax"]) == ("2", "1", "3", "4")


def test_a_broken_card_is_a_dead_letter_with_its_line_and_bytes_and_the_next_one_is_read(tmp_path: Path) -> None:
    path = tmp_path / "cards.vcf"
    good = b"BEGIN:VCARD\r\nFN:Ann\r\nEND:VCARD\r\n"
    cut_off = b"BEGIN:VCARD\r\nFN:Bob\r\n"
    stray = b"END:VCARD\r\n"
    path.write_bytes(good + cut_off + good + b"\r\n" + stray + good + cut_off)
    mapping = load_mapping(MAPPING)
    made: Translation = translate(mapping, match_files(mapping, [path]), options=Options(at="2026-03-01T00:00:00Z"))
    assert [fact.line for fact in made.facts()] == [1, 6, 11]
    assert [(dead.line, dead.reason, dead.original) for dead in made.dead] == [
        (4, "the row has no END:VCARD", cut_off),
        (10, "the row is no card: it does not begin with BEGIN:VCARD", stray),
        (14, "the row has no END:VCARD", cut_off),
    ]


def test_a_file_without_cards_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FilesError, match="is empty; expected cards from BEGIN:VCARD to END:VCARD"):
        cards(tmp_path, b"\n\n")


def test_a_column_that_no_card_has_is_refused_and_a_property_by_its_name_is_one(tmp_path: Path) -> None:
    path = tmp_path / "cards.vcf"
    path.write_text("BEGIN:VCARD\nVERSION:3.0\nFN:Ann\nX-BADGE-ID:77\nEND:VCARD\n")
    at = Options(at="2026-03-01T00:00:00Z")
    mapping = load_mapping(MAPPING.replace("subject: name", "subject: X-BADGE-ID"))
    assert [fact.subject for fact in translate(mapping, match_files(mapping, [path]), options=at).facts()] == ["77"]
    wrong = load_mapping(MAPPING.replace("subject: name", "subject: X-BADGE"))
    with pytest.raises(FilesError, match="no card has a column `X-BADGE`"):
        translate(wrong, match_files(wrong, [path]), options=at)


WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp")), min_size=1, max_size=80)


def test_a_backslash_that_is_escaped_escapes_no_separator(tmp_path: Path) -> None:
    (card,) = cards(tmp_path, "BEGIN:VCARD\nVERSION:3.0\nN:Back\\\\;Ann\\;a;;;\nEND:VCARD\n")
    assert (card["last_name"], card["first_name"]) == ("Back\\", "Ann;a")


@given(first=WORDS, last=WORDS, company=WORDS, note=WORDS)
@settings(max_examples=examples(100))
def test_what_another_program_writes_as_a_card_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, first: str, last: str, company: str, note: str
) -> None:
    card = vobject.vCard()
    card.add("n").value = vobject.vcard.Name(family=last, given=first)
    card.add("fn").value = f"{first} {last}"
    card.add("org").value = [company]
    card.add("note").value = note
    (made,) = cards(tmp_path_factory.mktemp("cards"), card.serialize().encode())
    for column, told in (("first_name", first), ("last_name", last), ("organization", company), ("note", note)):
        assert made.get(column, "") == told.strip(), column


@pytest.mark.parametrize("version", ["2.1", "3.0", "4.0"])
def test_a_comma_that_nobody_escaped_cuts_nothing_off(tmp_path: Path, version: str) -> None:
    text = (
        f"BEGIN:VCARD\nVERSION:{version}\nFN:Doe, Jane\nTITLE:Sales, EMEA\nORG:Acme, Inc.;Sales\nNOTE:a, b\nEND:VCARD\n"
    )
    (card,) = cards(tmp_path, text)
    assert card == {
        "line": 1, "name": "Doe, Jane", "title": "Sales, EMEA", "organization": "Acme, Inc.", "department": "Sales",
        "note": "a, b",
    }  # fmt: skip


def test_the_name_of_an_encoding_may_be_written_small(tmp_path: Path) -> None:
    (card,) = cards(
        tmp_path, "BEGIN:VCARD\nVERSION:2.1\nFN;charset=utf-8;encoding=quoted-printable:J=C3=B6rg\nEND:VCARD\n"
    )
    assert card["name"] == "Jörg"


LINES = st.sampled_from([
    "BEGIN:VCARD", "END:VCARD", "VERSION:2.1", "FN:A", "N;ENCODING=QUOTED-PRINTABLE:=C3=", " x", "", "AGENT:", "TEL",
    ":", "PHOTO;BASE64:AAAA", ";:;", "ADR:;;;", "item1.EMAIL:a@b.example", "EMAIL;PREF=x:y",
])  # fmt: skip


@given(st.lists(st.one_of(LINES, st.text(max_size=20)), max_size=25))
@settings(max_examples=examples(300))
def test_any_lines_are_cards_or_faults_and_no_line_is_lost(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str]
) -> None:
    path = tmp_path_factory.mktemp("cards") / "cards.vcf"
    content = "\n".join(lines).encode("utf-8", "surrogatepass")
    path.write_bytes(content)
    try:
        kept = b"".join(original for _, original in records(path))
    except FilesError as error:
        clear(error)
        kept = b""

    def said(text: bytes) -> str:
        return "".join(text.decode(errors="surrogateescape").removeprefix("\ufeff").split())

    assert said(kept) == said(content)
