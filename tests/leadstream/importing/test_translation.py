from collections.abc import Callable, Mapping
from pathlib import Path
from textwrap import dedent, indent
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadstream.importing import (
    DeadRow,
    Imported,
    ImportMapping,
    Skipped,
    Translation,
    load_mapping,
    match_files,
    translate,
)
from tests.support.laws import examples

Translate = Callable[[str, Mapping[str, str | bytes]], Translation]

HEAD = """
name: trial
zone: UTC
files:
  - role: log
    match: log.csv
    subject: case
    time: at
"""


def one(rules: str, extra: str = "") -> str:
    return HEAD + (f"    {extra}\n" if extra else "") + "    rules:\n" + indent(dedent(rules), " " * 6)


def test_the_first_rule_that_holds_decides_and_also_lets_the_next_ones_speak(translated: Translate) -> None:
    mapping = one("""
      - {when: {kind: won}, also: true, fact: lead.converted, data: {by: {column: who}}}
      - {when: {who: {present: true}}, fact: lead.status_changed, data: {status: seen}}
      - {when: {kind: won}, skip: the conversion says it}
      - {when: {kind: old}, skip: from the old system, name: old rows}
      - facts:
        - {fact: lead.captured}
        - {fact: lead.touched, data: {channel: web, kind: visited, direction: inbound}}
    """)
    rows = "case,at,kind,who\na,2020-01-01,won,eva\nb,2020-01-02,won,\nc,2020-01-03,old,\nd,2020-01-04,new,\n"
    made = translated(mapping, {"log.csv": rows})
    assert [(fact.subject, fact.type, fact.id) for fact in made.facts()] == [
        ("a", "lead.converted", "trial/log/1/0"),
        ("a", "lead.status_changed", "trial/log/1/1"),
        ("b", "lead.converted", "trial/log/2/0"),
        ("d", "lead.captured", "trial/log/4/0"),
        ("d", "lead.touched", "trial/log/4/1"),
    ]
    assert made.summary.skipped == (
        Skipped("log", "3", "the conversion says it", 0),
        Skipped("log", "old rows", "from the old system", 1),
    )
    assert (made.summary.read, made.summary.imported, made.summary.dead) == (4, 3, 0)


def test_a_row_no_rule_is_for_is_a_dead_letter(translated: Translate) -> None:
    made = translated(
        one("      - {when: {kind: a}, fact: lead.captured}"), {"log.csv": "case,at,kind\nx,2020-01-01,b\n"}
    )
    assert tuple(made.dead) == (DeadRow("log.csv", 2, 1, "no rule is for this row", "rules", b"x,2020-01-01,b\n"),)


def test_a_row_with_one_bad_fact_makes_none(translated: Translate) -> None:
    mapping = one("""
      - facts:
        - {fact: lead.captured}
        - {fact: lead.converted, data: {amount_minor: {column: amount, then: {minor_units: 2}}, currency: {column: c}}}
    """)
    rows = "case,at,amount,c\na,2020-01-01,12.345,EUR\nb,2020-01-01,12.34,euro\nc,2020-01-01,12.34,EUR\n"
    made = translated(mapping, {"log.csv": rows})
    assert [(dead.row, dead.field) for dead in made.dead] == [(1, "data.amount_minor"), (2, "data.currency")]
    assert made.dead[0].reason == "column `amount` '12.345' is not an amount with at most 2 decimals"
    assert "found 'euro'" in made.dead[1].reason
    assert [fact.data for fact in made.facts()] == [{}, {"amount_minor": 1234, "currency": "EUR"}]


@pytest.mark.parametrize(
    ("rule", "cell", "field", "reason"),
    [
        ("{fact: lead.status_changed, data: {status: {column: x}}}", "", "data.status", "is required and blank"),
        ("{fact: lead.status_changed, data: {status: {column: x}}}", "y" * 300, "data.status", "length <= 256"),
        ("{fact: lead.profile_updated, data: {profile: {a: {column: x}}}}", "", "data.profile", "all of it is blank"),
        ("{fact: lead.captured, data: {profile: {a: {column: x}}}}", "y" * 5000, "data.profile", "length <= 4096"),
        ("{fact: lead.captured, at: x}", "", "at", "column `x` is blank"),
        ("{fact: lead.captured, data: {form: {column: x, blank: refuse}}}", "", "data.form", "column `x` is blank"),
    ],
)
def test_what_a_fact_refuses_is_named_with_its_field(
    translated: Translate, rule: str, cell: str, field: str, reason: str
) -> None:
    (dead,) = translated(one(f"      - {rule}"), {"log.csv": f"case,at,x\na,2020-01-01,{cell}\n"}).dead
    assert dead.field == field
    assert reason in dead.reason


def test_a_subject_longer_than_a_record_key_may_be_is_a_dead_letter(translated: Translate) -> None:
    (dead,) = translated(one("      - fact: lead.captured"), {"log.csv": f"case,at\n{'a' * 257},2020-01-01\n"}).dead
    assert (dead.field, dead.reason) == ("subject", "column `case` is longer than 256 signs")


def test_a_row_of_milestones_becomes_facts_at_their_own_instants(translated: Translate) -> None:
    mapping = """
      name: crm
      zone: Europe/Berlin
      files:
        - role: leads
          match: "*.csv"
          subject: {template: "crm-{id}"}
          rules:
            - {when: {created: {present: true}}, also: true, fact: lead.captured, at: created}
            - when: {won: {present: true}}
              also: true
              fact: lead.converted
              at: {column: won, format: "%d.%m.%Y", zone: America/New_York}
    """
    made = translated(dedent(mapping), {"leads.csv": "id,created,won\n1,2020-01-02,01.01.2020\n2,2020-01-01,\n"})
    assert [(fact.subject, fact.type, fact.occurred_at) for fact in made.facts()] == [
        ("crm-2", "lead.captured", 1577833200_000_000),
        ("crm-1", "lead.converted", 1577854800_000_000),
        ("crm-1", "lead.captured", 1577919600_000_000),
    ]


def test_two_equal_rows_are_two_facts_and_the_same_import_gives_the_same_ids(translated: Translate) -> None:
    content = "case,at\na,2020-01-01\na,2020-01-01\n"
    first = translated(one("      - fact: lead.captured"), {"log.csv": content})
    again = translated(one("      - fact: lead.captured"), {"log.csv": content})
    assert list(first) == list(again)
    assert len({fact.id for fact in first.facts()}) == 2


def test_a_natural_key_names_the_row_wherever_it_stands_and_loses_none(translated: Translate) -> None:
    mapping = one("      - {fact: lead.captured, data: {form: {column: x}}}", "key: [case, n]")
    first = translated(mapping, {"log.csv": "case,at,n,x\na,2020-01-01,1,p\nb/c,2020-01-01,2,q\n"})
    later = translated(mapping, {"log.csv": "case,at,n,x\nb/c,2020-01-01,2,q\nnew,2020-01-01,3,q\na,2020-01-01,1,p\n"})
    assert {fact.id for fact in first.facts()} == {"trial/log/a/1/0", "trial/log/b%2Fc/2/0"}
    assert {fact.id for fact in first.facts()} < {fact.id for fact in later.facts()}
    rows = "case,at,n,x\na,2020-01-01,1,p\na,2020-01-01,1,p\na,2020-01-01,1,DIFFERENT\na,2020-01-01,,p\n"
    made = translated(mapping, {"log.csv": rows})
    assert made.summary.imported == 1
    assert made.summary.skipped == (Skipped("log", "key", "repeats an earlier row with the same key", 1),)
    assert [dead.reason for dead in made.dead] == [
        "column `case` or column `n` is the same on line 2, in a row that says otherwise",
        "column `case` or column `n` is blank",
    ]


MERGED = """
name: merged
zone: UTC
files:
  - role: second
    match: b.csv
    subject: case
    time: {column: at, format: epoch_seconds}
    order: n
    rules: [{fact: lead.captured}]
  - role: first
    match: a.csv
    subject: case
    time: {column: at, format: epoch_seconds}
    order: {column: n, as: text}
    rules: [{fact: lead.captured}]
  - role: plain
    match: c.csv
    required: false
    subject: case
    time: {column: at, format: epoch_seconds}
    rules: [{fact: lead.captured}]
"""

Rows = list[tuple[int, str]]
ROWS = st.lists(st.tuples(st.integers(0, 3), st.sampled_from(["", "1", "2", "10"])), max_size=8)


@settings(max_examples=examples(60))
@given(ROWS, ROWS, ROWS)
def test_facts_come_by_time_then_file_then_tie_break_then_row(
    translated: Translate, first: Rows, second: Rows, third: Rows
) -> None:
    def text(file: str, rows: Rows) -> str:
        return "case,at,n\n" + "".join(f"{file}{number},{at},{n}\n" for number, (at, n) in enumerate(rows))

    def key(number: int, file: int, at: int, n: str) -> tuple[object, ...]:
        tie = (int(n) if n else -1) if file == 0 else n if file == 1 else 0
        return (at, file, tie, number)

    made = translated(MERGED, {"a.csv": text("a", second), "b.csv": text("b", first), "c.csv": text("c", third)})
    wanted = sorted(
        (key(number, file, at, n), f"{'bac'[file]}{number}")
        for file, rows in enumerate((first, second, third))
        for number, (at, n) in enumerate(rows)
    )
    assert [fact.subject for fact in made.facts()] == [subject for _, subject in wanted]


def test_a_tie_break_that_is_no_number_is_a_dead_letter(translated: Translate) -> None:
    made = translated(MERGED, {"a.csv": "case,at,n\nx,1,z\n", "b.csv": "case,at,n\ny,1,z\n"})
    assert [(dead.file, dead.field) for dead in made.dead] == [("b.csv", "order")]


CELLS = st.sampled_from(["", "a", "b", "W_x", "1", "x,y", '"', "2020-01-01", "\xe9", "soon"])
TESTS = st.one_of(
    CELLS.map(lambda text: {"is": text}),
    st.lists(CELLS, min_size=1, max_size=3).map(lambda texts: {"in": texts}),
    CELLS.map(lambda text: {"starts_with": text}),
    st.booleans().map(lambda wanted: {"present": wanted}),
)
TESTS = st.one_of(TESTS, TESTS.map(lambda test: {"not": test}))
CONDITIONS = st.dictionaries(st.sampled_from(["case", "at", "x"]), TESTS, min_size=1)
CONDITIONS = st.one_of(CONDITIONS, st.lists(CONDITIONS, min_size=1, max_size=2).map(lambda parts: {"any": parts}))
OUTCOMES = st.sampled_from(
    [
        {"fact": "lead.captured", "data": {"form": {"column": "x", "blank": "refuse"}}},
        {"fact": "lead.converted", "also": True, "data": {"amount_minor": {"column": "x", "then": "integer"}}},
        {"facts": [{"fact": "lead.captured"}, {"fact": "lead.converted", "at": "x"}]},
        {"skip": "for the trial"},
    ]
)
RULES = st.lists(st.builds(lambda when, does: {"when": when, **does}, CONDITIONS, OUTCOMES), min_size=1, max_size=4)
LINES = st.lists(st.lists(CELLS, min_size=1, max_size=4), max_size=12)


@settings(max_examples=examples(150))
@given(RULES, LINES, st.booleans(), st.booleans())
def test_every_row_is_imported_skipped_or_dead(
    tmp_path_factory: pytest.TempPathFactory,
    rules: list[dict[str, Any]],
    lines: list[list[str]],
    keyed: bool,
    quoted: bool,
) -> None:
    file = {"role": "log", "match": "*", "subject": "case", "time": "at", "zone": "UTC", "rules": rules}
    mapping = ImportMapping.model_validate({"name": "t", "files": [file | ({"key": "case"} if keyed else {})]})
    path = tmp_path_factory.mktemp("rows") / "log.csv"
    body = "".join(
        ",".join(f'"{cell.replace(chr(34), "")}"' if quoted else cell for cell in line) + "\n" for line in lines
    )
    path.write_bytes(("case,at,x\n" + body).encode("latin-1"))
    made = translate(mapping, match_files(mapping, [path]))
    facts = list(made.facts())
    summary = made.summary
    assert summary.read == summary.imported + sum(each.rows for each in summary.skipped) + summary.dead
    assert summary.imported == len({fact.line for fact in facts})
    assert summary.dead == len(made.dead)
    assert sum(summary.facts.values()) == len(facts) == len({fact.id for fact in facts})
    if quoted:
        assert summary.read == len(lines)
    assert not {fact.line for fact in facts} & {dead.line for dead in made.dead}
    assert all(isinstance(each, DeadRow) for each in list(made)[: summary.dead])
    assert all(isinstance(each, Imported) for each in list(made)[summary.dead :])


def test_progress_is_told_on_the_way_and_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text("case,at\n" + "a,2020-01-01\n" * 2500)
    told: list[int] = []
    translate(load_mapping(one("      - fact: lead.captured")), {"log": path}, told.append)
    assert told == [1000, 2000, 2500]


@pytest.mark.parametrize(
    ("at", "got"),
    [
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00+00:00"),
        ("1900-01-01", "1900-01-01T00:00:00+00:00"),
        ("1969-12-31T23:59:59.999999Z", "1969-12-31T23:59:59.999999+00:00"),
        ("9999-01-01", "9999-01-01T00:00:00+00:00"),
    ],
)
@pytest.mark.parametrize("field", ["time", "at"])
def test_an_instant_that_no_fact_can_have_is_refused_where_file_and_line_are_known(
    tmp_path: Path, at: str, got: str, field: str
) -> None:
    path = tmp_path / "log.csv"
    path.write_text(f"case,at\na,1970-01-01\nb,{at}\nc,9998-12-31T23:59:59.999999Z\n")
    rules = "      - fact: lead.captured" + ("\n        at: at" if field == "at" else "")
    made = translate(load_mapping(one(rules)), {"log": path})
    (dead,) = made.dead
    assert (dead.file, dead.line, dead.field) == ("log.csv", 3, field)
    assert dead.reason == f"Expected an instant from 1970 to 9998, got {got}"
    assert [fact.subject for fact in made.facts()] == ["a", "c"]


def test_a_day_that_no_fact_can_name_is_refused_where_file_and_line_are_known(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text("case,at,close\na,2020-01-01,1900-01-01\nb,2020-01-01,2020-02-02\n")
    rules = "      - fact: lead.converted\n        data: { close_date: { column: close, then: date } }"
    made = translate(load_mapping(one(rules)), {"log": path})
    (dead,) = made.dead
    assert (dead.line, dead.field) == (2, "data.close_date")
    assert dead.reason == "Expected a day from 1970 to 9998, got 1900-01-01"
    assert [fact.subject for fact in made.facts()] == ["b"]
