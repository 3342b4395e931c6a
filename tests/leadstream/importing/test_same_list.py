"""The same list is the same facts, whatever kind of file it comes as."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadstream.importing import load_mapping, match_files, translate
from tests.leadstream.importing.lists import delimited, json_lines, workbook
from tests.support.laws import examples

MAPPING = """
name: trial
zone: Europe/Berlin
files:
  - role: list
    match: "list.*"
    subject: id
    time: at
    key: KEY
    aliases: {name: [Full Name]}
    optional: [town, phone]
    rules:
      - fact: lead.captured
        data: {profile: {person.name: {column: name}, person.phone: {column: phone}, company.city: {column: town}}}
"""
COLUMNS = ("id", "at", "Full Name", "phone")
TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=12)
# Excel knows neither a carriage return nor these two in a cell.
CELLS = TEXTS.filter(lambda text: "\ufffe" not in text and "\uffff" not in text)
LISTS = st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=6)


def facts(path: Path, key: str) -> list[tuple[str, str, int, dict[str, Any]]]:
    mapping = load_mapping(MAPPING.replace("KEY", key))
    made = translate(mapping, match_files(mapping, [path]))
    assert len(made.dead) == 0, list(made.dead)
    return [(fact.id, fact.subject, fact.occurred_at, fact.data) for fact in made.facts()]


@pytest.mark.parametrize("key", ["id", "[{row: subject}, {row: facts}]", "[{row: time}, id]"])
@given(rows=LISTS)
@settings(max_examples=examples(25))
def test_ids_and_facts_are_the_same_in_all_kinds_of_files(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]], key: str
) -> None:
    folder = tmp_path_factory.mktemp("same")
    listed = [(f"L-{number}", "2026-03-01 09:00", *row) for number, row in enumerate(rows)]
    contents = {
        "list.csv": delimited(COLUMNS, listed),
        "list.txt": delimited(COLUMNS, listed, ";", "utf-16"),
        "list.tsv": delimited(COLUMNS, listed, "\t", "utf-8-sig"),
        "list.jsonl": json_lines(COLUMNS, listed),
    }
    made = []
    for name, content in contents.items():
        (folder / name).write_bytes(content)
        made.append(facts(folder / name, key))
    made.append(facts(workbook(folder / "list.xlsx", COLUMNS, listed), key))
    assert all(each == made[0] for each in made)
    assert len(made[0]) == len(rows)


def test_a_list_in_another_order_and_with_more_columns_has_the_same_ids(tmp_path: Path) -> None:
    rows = [("a", "2026-03-01", "Ann", "1"), ("b", "2026-03-02", "Bob", "2")]
    (tmp_path / "list.csv").write_bytes(delimited(COLUMNS, rows))
    one = facts(tmp_path / "list.csv", "[{row: subject}, {row: facts}]")
    mixed = [(phone, "more", name, at, lead) for lead, at, name, phone in reversed(rows)]
    (tmp_path / "list.csv").write_bytes(delimited(("phone", "x", "NAME", "at", "id"), mixed, "|"))
    assert facts(tmp_path / "list.csv", "[{row: subject}, {row: facts}]") == one
