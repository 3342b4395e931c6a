from pathlib import Path
from textwrap import dedent

import pytest

from leadstream.importing import MappingError, Problem, load_mapping

GOOD = dedent("""\
    name: trial
    files:
      - role: log
        match: "*.csv"
        subject: case
        time: at
        rules:
          - when: {step: start}
            fact: lead.captured
            data:
              source: {column: origin}
          - skip: the rest is not needed
    """)


def problems(text: str) -> tuple[Problem, ...]:
    with pytest.raises(MappingError) as caught:
        load_mapping(dedent(text))
    return caught.value.problems


def only(text: str) -> Problem:
    found = problems(text)
    assert len(found) == 1, found
    return found[0]


def changed(old: str, new: str) -> str:
    assert GOOD.count(old) == 1
    return GOOD.replace(old, new)


def test_a_good_mapping_is_taken() -> None:
    mapping = load_mapping(GOOD)
    assert (mapping.name, mapping.source) == ("trial", "/import/trial")
    assert mapping.files[0].rules[0].specs[0].fact == "lead.captured"


def test_a_mapping_is_read_from_a_file_and_named_in_its_errors(tmp_path: Path) -> None:
    path = tmp_path / "m.yaml"
    path.write_text(GOOD, encoding="utf-8")
    assert load_mapping(path) == load_mapping(GOOD)
    path.write_text(changed("subject: case", "subjekt: case"), encoding="utf-8")
    with pytest.raises(MappingError) as caught:
        load_mapping(path)
    assert str(caught.value).splitlines()[1].startswith(f"{path}: line 5: files[0].subjekt: unknown key; expected one")


def test_a_mapping_file_that_is_not_there_is_an_error_of_the_mapping(tmp_path: Path) -> None:
    with pytest.raises(MappingError, match="cannot be read: No such file"):
        load_mapping(tmp_path / "none.yaml")


@pytest.mark.parametrize(
    ("old", "new", "line", "path", "message"),
    [
        ("subject: case", "subject:", 5, "files[0].subject", "`column` is empty"),
        ("    subject: case\n", "", 3, "files[0].subject", "is missing"),
        ("time: at", "time: {column: at, formt: iso}", 6, "files[0].time.formt", "unknown key; expected one of column"),
        (
            "time: at",
            "time: {column: at, format: soon}",
            6,
            "files[0].time.format[0]",
            "expected iso, local, epoch_seconds",
        ),
        ("time: at", "time: {column: at, format: '%Y %Z'}", 6, "files[0].time.format[0]", "a zone's letters"),
        ("time: at", "zone: Mars/Olympus", 6, "files[0].zone", "`Mars/Olympus` is not a time zone"),
        ("time: at", "encoding: base64", 6, "files[0].encoding", "is not a text encoding"),
        ("time: at", "delimiter: ', '", 6, "files[0].delimiter", "expected one sign"),
        ("    time: at\n", "", 8, "files[0].rules[0].fact", "has no time: give the file a `time` or the fact an `at`"),
        ("name: trial", "name: My Trial", 1, "name", "`My Trial` is no short name"),
        (
            "step: start",
            "step: {equals: x}",
            8,
            "files[0].rules[0].when.step.equals",
            "unknown key; expected one of is",
        ),
        ("step: start", "step: 1.50", 8, "files[0].rules[0].when.step.is", "write numbers with a fraction in quotes"),
        ("step: start", "step: [a, b]", 8, "files[0].rules[0].when.step", "write `in: [...]`"),
        ("{step: start}", "{}", 8, "files[0].rules[0].when", "expected at least one column with a test"),
        ("lead.captured", "lead.caught", 9, "files[0].rules[0].fact", "there is no fact `lead.caught` to import"),
        ("lead.captured", "lead.scored", 9, "files[0].rules[0].fact", "lead.bounced, lead.captured"),
        (
            "source:",
            "sauce:",
            11,
            "files[0].rules[0].data.sauce",
            "lead.captured has no field `sauce`; expected one of",
        ),
        ("source:", "agreement:", 11, "files[0].rules[0].data.agreement", "has no field `agreement`"),
        ("{column: origin}", "{}", 11, "files[0].rules[0].data.source", "expected exactly one of column, value"),
        ("{column: origin}", "[a]", 11, "files[0].rules[0].data.source.value", "expected a text, a number"),
        (
            "{column: origin}",
            "12",
            11,
            "files[0].rules[0].data.source",
            "expected a text, and this gives a whole number",
        ),
        (
            "{column: origin}",
            "{column: a, then: up}",
            11,
            "files[0].rules[0].data.source.then[0]",
            "expected one of strip",
        ),
        ("{column: origin}", "{template: 'a {b'}", 11, "files[0].rules[0].data.source", "a `{` in the template"),
        ("{column: origin}", "{column: a, with: x}", 11, "files[0].rules[0].data.source", "`with` belongs to `join`"),
        ("source: {", "is_test: {", 11, "files[0].rules[0].data.is_test", "add `then: boolean`"),
        (
            "- skip: the rest is not needed",
            "- {}",
            12,
            "files[0].rules[1]",
            "expected exactly one of fact, facts, skip",
        ),
        ("- skip: the", "- also: true\n        skip: the", 12, "files[0].rules[1]", "`also` lets the following rules"),
        ("- skip: the", "- skip: all\n      - skip: the", 13, "files[0].rules[2]", "is never reached"),
        ("- skip: the rest is not needed", "- skip: ' '", 12, "files[0].rules[1].skip", "expected the reason"),
    ],
)
def test_a_wrong_part_is_named_with_its_line_and_what_was_expected(
    old: str, new: str, line: int, path: str, message: str
) -> None:
    found = only(changed(old, new))
    assert (found.line, found.path) == (line, path)
    assert message in found.message


def test_several_problems_come_at_once_in_the_order_of_their_lines() -> None:
    found = problems("""\
        name: 7 up
        files:
          - role: log
            mach: x
            subject: case
            time: at
            rules:
              - fact: lead.touched
                when: {a: {is: x, starts: y}}
                data: {by: {colum: b}}
        """)
    assert [(each.line, each.path) for each in found] == [
        (1, "name"),
        (3, "files[0].match"),
        (4, "files[0].mach"),
        (9, "files[0].rules[0].when.a.starts"),
        (10, "files[0].rules[0].data.by.colum"),
    ]


CONVERTED = (
    "account, contact, opportunity, amount_minor, currency, by, group, made, name, close_date, role, owner, source, "
    "campaign"
)


def test_what_a_fact_needs_and_takes_is_checked_before_a_row_is_read() -> None:
    found = problems("""\
        name: trial
        files:
          - role: log
            match: "*"
            subject: case
            time: at
            rules:
              - when: {a: b}
                fact: lead.touched
                data:
                  direction: sideways
              - when: {a: c}
                fact: lead.converted
                data:
                  amount_minor: {column: amount}
                  account: {column: account, then: [integer, lower]}
                  profile: {a: b}
              - fact: lead.profile_updated
        """)
    assert [(each.line, each.message) for each in found] == [
        (10, "lead.touched needs the fields channel, kind"),
        (11, "expected one of inbound, outbound; found 'sideways'"),
        (15, "expected a whole number, and this gives a text; add `then: integer`"),
        (16, "this step works on text and gets a whole number"),
        (
            17,
            f"lead.converted has no profile; expected one of {CONVERTED}",
        ),
        (18, "lead.profile_updated needs the field profile"),
    ]


def test_a_role_is_used_once() -> None:
    second = GOOD[GOOD.index("  - role") :]
    assert only(GOOD + second).path == "files[1].role"


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("", 1, "is empty"),
        ("a: [b", 1, "not YAML"),
        ("a:\n  b: 1\n b: 2", 3, "not YAML"),
        ("name: x\nname: y", 2, "the key `name` stands here twice"),
        ("name: &a x\nfiles: *a", 1, "anchors and aliases"),
        ("a: &a [*a]", 1, "anchors and aliases"),
        ("name: &a x", 1, "anchors and aliases"),
        ("name: x\n&a files: []", 2, "anchors and aliases"),
        ("&a {name: x}", 1, "anchors and aliases"),
        ("name: !!python/name:os.system x", 1, "the tag"),
        ("name: !!str x", 1, "the tag"),
        ("name: x\nfiles: !!seq []", 2, "the tag"),
        ("!!str name: x", 1, "a key must be a plain name"),
        ("? [a]\n: b", 1, "a key must be a plain name"),
        ("- a", 1, "a mapping"),
        ("a: " + "[" * 60 + "]" * 60, 1, "nested deeper"),
        ("a: " + "[" * 5000 + "]" * 5000, 1, "not YAML"),
    ],
)
def test_text_outside_the_dialect_is_refused_with_its_line(text: str, line: int, message: str) -> None:
    found = problems(text)[0]
    assert found.line == line
    assert message in found.message


def test_a_plain_word_means_what_it_looks_like() -> None:
    text = changed("{step: start}", "{a: no, b: 0123, c: 2018-01-01, d: 1_000, e: True, f: 20000, g: true}")
    when = load_mapping(text).files[0].rules[0].when
    assert when
    assert {column: test.is_ for column, test in when.columns.items()} == {
        "a": "no",
        "b": "0123",
        "c": "2018-01-01",
        "d": "1_000",
        "e": "True",
        "f": "20000",
        "g": "true",
    }
