import json
from typing import Any

import msgspec
import pytest

from streams.agreement.load import document, from_document, load
from streams.agreement.problems import AgreementError, Problem
from tests.streams.agreement.agreement_texts import EXAMPLES, GUIDE, SMALL

B2B = (EXAMPLES / "inbound-b2b.yaml").read_text()
HEAD = "agreement: small\nversion: 1\neffective_from: 2026-01-01T00:00:00Z\n"
CLAUSE = {"starts_on": "captured", "stopped_by": "handed_over", "within": "1h"}


def problems(text: str) -> list[Problem]:
    with pytest.raises(AgreementError) as caught:
        load(text)
    return caught.value.problems


def refused(**parts: Any) -> list[tuple[str, str]]:
    with pytest.raises(AgreementError) as caught:
        from_document(SMALL | parts)
    assert all(problem.line is None for problem in caught.value.problems)
    return [(problem.path, problem.message) for problem in caught.value.problems]


@pytest.mark.parametrize("file", sorted(EXAMPLES.glob("*.yaml")), ids=lambda file: file.stem)
def test_an_example_is_the_same_after_its_document_went_through_json_and_msgpack(file: Any) -> None:
    spec = load(file.read_text())
    made = document(spec)
    assert from_document(json.loads(json.dumps(made))) == spec
    assert from_document(msgspec.msgpack.decode(msgspec.msgpack.encode(made))) == spec
    assert document(from_document(made)) == made


def test_the_guide_shows_only_what_can_be_loaded() -> None:
    blocks = [block.split("```")[0] for block in GUIDE.read_text().split("```yaml\n")[1:]]
    whole = load(blocks[0])
    for block in blocks[1:]:
        part = load(_with_head(block))
        changed = {key: value for key, value in document(part).items() if f"\n{key}:" in f"\n{block}"}
        assert changed
        assert from_document(document(whole) | changed) != whole


def _with_head(block: str) -> str:
    support = {
        "calendars:": "calendars: {sales: {timezone: UTC, hours: {mon: [[09:00, 10:00]]}}}\n",
        "scoring:": "scoring: {}\n",
        "qualified_lead:": "qualified_lead: {required_fields: [person.email]}\n",
    }
    return HEAD + "".join(text for key, text in support.items() if f"\n{key}" not in f"\n{block}") + block


def test_statuses_are_the_four_usual_ones_unless_written() -> None:
    assert {name: status.means for name, status in load(HEAD).statuses.items()} == {
        "Open": "open",
        "Contacted": "working",
        "Qualified": "qualified",
        "Unqualified": "unqualified",
    }


def test_every_problem_is_told_at_once_with_its_line() -> None:
    text = B2B.replace("means: nurturing", "means: sleeping").replace('"12:30"], [', '"14:30"], [')
    text = text.replace("within: 30m", "within: half an hour").replace(
        "calendar: sales}\nmark", "calender: sales}\nmark"
    )
    lines = {line: number for number, line in enumerate(text.splitlines(), 1)}
    found = {problem.path: problem for problem in problems(text)}
    expected = {
        "calendars.sales.hours.mon": ("mon:", "overlap"),
        "statuses.Nurturing.means": ("Nurturing:", "expected 'open', 'working'"),
        "sales_clauses.first_response.within": ("within: half", "expected a duration"),
        "sales_clauses.status_update.calender": ("status_update:", "expected one of starts_on"),
    }
    assert set(found) == set(expected)
    for path, (beginning, words) in expected.items():
        assert words in found[path].message
        assert found[path].line == next(number for line, number in lines.items() if beginning in line)


def test_names_that_do_not_exist_are_told_with_those_that_do() -> None:
    text = B2B.replace("[Nurturing]", "[Sleeping]").replace("group: content", "group: contents", 1)
    assert [
        problem.text() for problem in problems(text.replace("calendar: sales}\nmark", "calendar: sale}\nmark"))
    ] == [
        "line 37: scoring.engagement.rules[0].group: there is no group 'contents'; expected one of content, intent",
        (
            "line 57: sales_clauses.first_response.paused_in[0]: there is no status 'Sleeping'; "
            "expected one of Open, Contacted, Nurturing, Qualified, Unqualified"
        ),
        "line 60: sales_clauses.status_update.calendar: there is no calendar 'sale'; expected one of sales",
    ]


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        (HEAD + "version: 2\n", 4, "stands twice, first on line 2"),
        (HEAD + "priority: &a 1\n", 4, "found an anchor"),
        (HEAD + "applies_to: &a {field: x, equals: 1}\n", 4, "found an anchor"),
        ("&a agreement: x\n", 1, "expected a plain name as key"),
        (HEAD + "priority: !!python/name:os.system 1\n", 4, "tag"),
        (HEAD + "priority: !!str 1\n", 4, "tag"),
        (HEAD + "signed: !!set {a}\n", 4, "tag"),
        (HEAD + "priority: !!int 1\n", 4, "tag"),
        (HEAD + "calendars: !!map {}\n", 4, "tag"),
        (HEAD + "review_every: ! month\n", 4, "tag"),
        (HEAD + "!!str priority: 1\n", 4, "expected a plain name as key"),
        (HEAD + "priority: [1\n", 5, "expected YAML"),
        ("", 1, "found nothing"),
        ("- a\n", 1, "expected names"),
        ("? [a]\n: b\n", 1, "expected a plain name as key"),
        ("a: " + "[" * 100 + "]" * 100, 1, "levels"),
        ("x" * 1_000_001, 1, "at most 1000000 characters"),
    ],
)
def test_what_is_no_plain_yaml_is_refused_with_its_line(text: str, line: int, words: str) -> None:
    found = problems(text)[0]
    assert (found.line, words in found.message) == (line, True)


def test_an_anchor_and_its_alias_are_both_named() -> None:
    found = problems(HEAD + "applies_to: &a {field: x, equals: 1}\narchive: {when: *a}\n")
    assert [(each.path, each.line, each.message.rpartition(" ")[2]) for each in found] == [
        ("applies_to", 4, "anchor"),
        ("archive.when", 4, "alias"),
    ]


def test_values_stay_what_they_look_like() -> None:
    spec = load(HEAD + "applies_to: {field: a, in: [no, 2026-01-01, 1_000, 09:30, 7, 1.5, true]}\n")
    assert document(spec)["applies_to"]["in"] == ["no", "2026-01-01", "1_000", "09:30", 7, 1.5, True]


@pytest.mark.parametrize(
    ("parts", "place", "words"),
    [
        ({"effective_from": "2026-01-01T00:00:00"}, "effective_from", "with its offset"),
        ({"effective_from": "soon"}, "effective_from", "expected an instant"),
        ({"version": 0}, "version", "at least 1"),
        ({"version": True}, "version", "expected a whole number"),
        ({"version": "1"}, "version", "expected a whole number"),
        ({"statuses": {}}, "statuses", "is empty"),
        ({"colour": 1}, "colour", "expected one of agreement, version"),
        ({"applies_to": {"fields": "x"}}, "applies_to", "expected a condition"),
        ({"applies_to": {"field": "x"}}, "applies_to", "expected a test"),
        ({"applies_to": {"field": "x", "equal": 1}}, "applies_to.equal", "expected one of field, equals, in"),
        ({"applies_to": {"field": "x", "equals": [1]}}, "applies_to.equals", "expected a text, a number"),
        ({"applies_to": {"field": "x", "in": "banks"}}, "applies_to.in", "free_mail"),
        ({"applies_to": {"field": "x", "at_least": True}}, "applies_to.at_least", "expected a number"),
        ({"applies_to": {"field": "x", "matches": "("}}, "applies_to.matches", "expected a regular expression"),
        ({"applies_to": {"not": {"score": "fit", "at_least": 1}}}, "applies_to.not", "fields only"),
        ({"applies_to": {"all": []}}, "applies_to.all", "is empty"),
        ({"applies_to": {"field": "x", "answer": "y", "equals": 1}}, "applies_to.answer", "unknown key"),
        ({"calendars": {"c": {"timezone": "Europe/Bukarest", "hours": {}}}}, "calendars.c.timezone", "IANA"),
        ({"calendars": {"c": {"timezone": "UTC", "hours": {}}}}, "calendars.c", "never open"),
        (
            {"calendars": {"c": {"timezone": "UTC", "hours": {"mon": [["09:00", "25:00"]]}}}},
            "calendars.c.hours.mon",
            "HH:MM",
        ),
        (
            {"calendars": {"c": {"timezone": "UTC", "hours": {"mon": []}, "holidays": ["1 May"]}}},
            "calendars.c.holidays[0]",
            "expected a date",
        ),
        ({"scoring": {"grades": {"A": 40, "B": 70, "C": 0}}}, "scoring.grades", "from the best to the worst"),
        ({"scoring": {"grades": {"A": 40, "B": 10}}}, "scoring.grades", "begins at 0"),
        ({"scoring": {"engagement": {"decay": {"linear": "50%"}}}}, "scoring.engagement.decay", "half_life"),
        (
            {"scoring": {"engagement": {"decay": {"linear": "0%", "per": "1d"}}}},
            "scoring.engagement.decay.linear",
            "1% to 100%",
        ),
        (
            {"scoring": {"engagement": {"rules": [{"points": 1, "touch": {}}]}}},
            "scoring.engagement.rules[0].touch",
            "at least one of channel",
        ),
        (
            {"scoring": {"engagement": {"rules": [{"points": 1, "touch": {"kind": "x"}, "repeat": {"max": 2}}]}}},
            "scoring.engagement.rules[0].repeat",
            "per: 7d",
        ),
        ({"qualified_lead": {}}, "qualified_lead", "at least one of required_fields"),
        (
            {"qualified_lead": {"behavioural": {"score": "fit", "at_least": 1}}},
            "qualified_lead.behavioural",
            "no `scoring`",
        ),
        (
            {"scoring": {"cap": 50}, "qualified_lead": {"behavioural": {"score": "total", "at_least": 51}}},
            "qualified_lead.behavioural.at_least",
            "never reached",
        ),
        ({"archive": {}}, "archive", "or_untouched_for"),
        ({"archive": {"or_untouched_for": "0d"}}, "archive.or_untouched_for", "more than nothing"),
        ({"late_facts_accepted": "99999999d"}, "late_facts_accepted", "a century"),
        ({"sales_clauses": {"a": CLAUSE | {"warn_at": "100%"}}}, "sales_clauses.a.warn_at", "1% to 99%"),
        ({"sales_clauses": {"a": CLAUSE | {"stopped_by": {}}}}, "sales_clauses.a.stopped_by", "expected one of"),
        (
            {"sales_clauses": {"a": CLAUSE | {"stopped_by": {"touch": {"direction": "inbound"}}}}},
            "sales_clauses.a.stopped_by.touch.direction",
            "'outbound'",
        ),
        ({"sales_clauses": {"a": CLAUSE | {"calendar": "x"}}}, "sales_clauses.a.calendar", "no calendar at all"),
        (
            {"sales_clauses": {"a": CLAUSE | {"starts_on": "qualified"}}},
            "sales_clauses.a.starts_on",
            "no `qualified_lead`",
        ),
        (
            {"sales_clauses": {"a": CLAUSE}, "marketing_clauses": {"a": CLAUSE}},
            "marketing_clauses.a",
            "a clause of sales already",
        ),
        (
            {"signed": [{"side": "sales", "by": "a", "at": "2026-01-01"}] * 2},
            "signed[1].side",
            "one signature a side",
        ),
    ],
)
def test_a_mistake_is_named_with_its_place(parts: dict[str, Any], place: str, words: str) -> None:
    found = refused(**parts)
    assert [path for path, _ in found] == [place]
    assert words in found[0][1]


def test_a_document_may_not_be_deeper_than_a_file() -> None:
    condition: dict[str, Any] = {"field": "x", "equals": 1}
    for _ in range(500):
        condition = {"not": condition}
    assert refused(applies_to=condition) == [("", "expected at most 32 levels")]


@pytest.mark.parametrize("raw", [None, 1, "x", [], {}])
def test_what_is_no_agreement_at_all_is_refused(raw: Any) -> None:
    with pytest.raises(AgreementError):
        from_document(raw)


def test_a_name_with_angle_brackets_keeps_its_place() -> None:
    assert refused(sales_clauses={"<x>": CLAUSE | {"within": "1"}})[0][0] == "sales_clauses.<x>.within"
