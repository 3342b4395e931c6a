from copy import deepcopy
from typing import Any

import pytest

from events.changes import Kind, Verdict
from events.compatibility import changes, incompatibilities
from events.registry import CATALOGUE
from events.schema import json_schema

BASE: dict[str, Any] = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "minLength": 1, "maxLength": 256},
        "side": {"enum": ["sales", "marketing"], "default": "sales"},
        "count": {"type": "integer", "minimum": 0, "maximum": 100},
        "seen": {"anyOf": [{"type": "string"}, {"type": "integer"}, {"type": "null"}], "default": None},
        "by": {"type": "string", "x-personal": True},
        "code": {"type": "string", "pattern": "^[A-Z]{3}$"},
        "parts": {"type": "array", "items": {"$ref": "#/$defs/Part"}, "default": []},
        "profile": {"type": "object", "additionalProperties": {"type": "number"}, "maxProperties": 500},
        "free": {"type": "object"},
    },
    "required": ["name"],
    "$defs": {"Part": {"type": "object", "properties": {"test": {"type": "string"}}, "required": ["test"]}},
}


def _changed(path: str, **changes: Any) -> dict[str, Any]:
    """BASE with keywords of one place set, or taken away where the value is None."""
    made = deepcopy(BASE)
    place: Any = made
    for step in path.split("/") if path else ():
        place = place[step]
    for keyword, value in changes.items():
        if value is None:
            del place[keyword]
        else:
            place[keyword] = value
    return made


def _without(field: str) -> dict[str, Any]:
    made = deepcopy(BASE)
    del made["properties"][field]
    return made


BREAKING = [
    (_without("code"), "code: field removed"),
    (_changed("", required=["name", "count"]), "count: required, and was not"),
    (_changed("properties/count", type="string"), "count: type narrowed: no longer takes integer"),
    (_changed("properties/profile/additionalProperties", type="integer"),
     "profile[...]: type narrowed: no longer takes number"),
    (_changed("properties/seen", anyOf=[{"type": "string"}, {"type": "null"}]),
     "seen: type narrowed: no longer takes integer"),
    (_changed("properties/seen", anyOf=[{"type": "string", "maxLength": 9}, {"type": "integer"}, {"type": "null"}]),
     "seen: maxLength narrowed from None to 9"),
    (_changed("properties/side", enum=["sales"]), "side: enum value 'marketing' removed"),
    (_changed("properties/side", default="marketing"), "side: default changed from 'sales' to 'marketing'"),
    (_changed("properties/side", default=None), "side: default changed from 'sales' to none"),
    (_changed("properties/name", maxLength=255), "name: maxLength narrowed from 256 to 255"),
    (_changed("properties/name", minLength=2), "name: minLength narrowed from 1 to 2"),
    (_changed("properties/name", enum=["a"], type=None), "name: type narrowed: no longer takes string"),
    (_changed("properties/name", pattern="^a"), "name: pattern narrowed from None to ^a"),
    (_changed("properties/name", format="date-time"), "name: format narrowed from None to date-time"),
    (_changed("properties/count", minimum=1), "count: minimum narrowed from 0 to 1"),
    (_changed("properties/count", maximum=99), "count: maximum narrowed from 100 to 99"),
    (_changed("properties/count", exclusiveMinimum=-1), "count: exclusiveMinimum narrowed from None to -1"),
    (_changed("properties/parts", maxItems=5), "parts: maxItems narrowed from None to 5"),
    (_changed("properties/profile", maxProperties=499), "profile: maxProperties narrowed from 500 to 499"),
    (_changed("properties/profile", propertyNames={"maxLength": 9}), "profile: propertyNames narrowed: took anything"),
    (_changed("properties/free", additionalProperties=False), "free: additionalProperties no longer allowed"),
    (_changed("properties/free", additionalProperties={"type": "string"}),
     "free: additionalProperties narrowed: took anything"),
    (_changed("properties/by", **{"x-personal": None}), "by: personal mark taken away"),
    (_changed("$defs/Part/properties", test={"type": "integer"}),
     "parts[...].test: type narrowed: no longer takes string"),
    (_changed("$defs/Part", properties={"test": {"type": "string"}, "saw": {"type": "string"}},
              required=["test", "saw"]), "parts[...].saw: required, and was not"),
]  # fmt: skip

HARMLESS = [
    _changed("properties", added={"type": "string", "default": ""}),
    _changed("", required=[]),
    _changed("properties/name", default=""),
    _changed("properties/count", type="number"),
    _changed("properties/count", minimum=-1, maximum=101),
    _changed("properties/count", minimum=None, maximum=None),
    _changed("properties/name", minLength=0, maxLength=300, description="other words", **{"x-personal": True}),
    _changed(
        "properties/name", anyOf=[{"type": "string"}, {"type": "null"}], type=None, minLength=None, maxLength=None
    ),
    _changed("properties/side", enum=["sales", "marketing", "partner"]),
    _changed("properties/side", enum=None, type="string"),
    _changed("properties/code", pattern=None),
    _changed("properties/seen", anyOf=[{"type": "number"}, {"type": "null"}, {"type": "string"}]),
    _changed("properties/profile", additionalProperties={"anyOf": [{"type": "string"}, {"type": "number"}]}),
    _changed("properties/profile/additionalProperties", type=None),
    _changed("properties/parts", items={"type": "object", "properties": {"test": {"type": "string"}}}),
]


@pytest.mark.parametrize(("changed", "line"), BREAKING, ids=[line for _, line in BREAKING])
def test_a_change_that_breaks_old_records_is_named(changed: dict[str, Any], line: str) -> None:
    assert incompatibilities(BASE, changed) == [line]


@pytest.mark.parametrize("changed", HARMLESS)
def test_a_change_that_only_adds_or_widens_is_compatible(changed: dict[str, Any]) -> None:
    assert changed != BASE
    assert incompatibilities(BASE, changed) == []


@pytest.mark.parametrize("wire_type", CATALOGUE)
def test_every_schema_is_compatible_with_itself_and_not_with_one_of_another_fact(wire_type: str) -> None:
    schema = json_schema(wire_type)
    assert incompatibilities(schema, schema) == []
    other = next(name for name in CATALOGUE if name != wire_type)
    assert f"type: enum value {wire_type!r} removed" in incompatibilities(schema, json_schema(other))


def test_all_breaks_of_one_change_are_named() -> None:
    changed = _changed("properties/count", minimum=5)
    del changed["properties"]["free"]
    assert incompatibilities(BASE, changed) == ["count: minimum narrowed from 0 to 5", "free: field removed"]


def _number(name: str, meaning: str = "") -> dict[str, Any]:
    return {"properties": {name: {"type": "integer", "description": meaning}}}


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        (_number("wait", "in seconds."), _number("wait", "in milliseconds."),
         "wait: unit changed from seconds to milliseconds"),
        (_number("amount_minor"), _number("amount_major"),
         "amount_minor: field removed, or renamed to amount_major, unit changed from minor units to whole currency"),
        (_number("waited_us"), _number("delay_us"), "waited_us: field removed, or renamed to delay_us"),
    ],
)  # fmt: skip
def test_another_unit_and_another_name_are_told_as_such(old: dict[str, Any], new: dict[str, Any], line: str) -> None:
    assert incompatibilities(old, new) == [line]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (_number("waited_us", "how long."), _number("waited_us", "how long, which is told in seconds to people.")),
        (_number("wait", "in seconds."), _number("wait", "seconds from the start.")),
        ({"properties": {"note": {"type": "string", "description": "of the last 30 days."}}},
         {"properties": {"note": {"type": "string", "description": "of the last month, in hours."}}}),
    ],
)  # fmt: skip
def test_other_words_about_the_same_unit_or_about_no_number_are_no_change_of_unit(
    old: dict[str, Any], new: dict[str, Any]
) -> None:
    (change,) = changes(old, new)
    assert (change.kind, change.verdict) == (Kind.WORDS, Verdict.COMPATIBLE)


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_of_change_that_breaks_anybody_says_whom_why_and_what_to_do(kind: Kind) -> None:
    rule = kind.value
    assert bool(rule.remedy) == bool(rule.events or rule.readers)
    assert (kind.verdict is Verdict.INCOMPATIBLE) == bool(rule.events)


WIDER = [
    (_changed("", required=[]), "name: optional, and was required"),
    (_changed("properties/count", type="number"), "count: type widened: takes number too"),
    (_changed("properties/count", maximum=101), "count: maximum widened from 100 to 101"),
    (_changed("properties/count", maximum=None), "count: maximum widened from 100 to None"),
    (_changed("properties/code", pattern=None), "code: pattern ^[A-Z]{3}$ taken away"),
    (_changed("properties/side", enum=["sales", "marketing", "partner"]), "side: enum value 'partner' added"),
    (_changed("properties/side", enum=None, type="string"), "side: type widened: takes string too"),
    (_changed("properties/code", **{"x-personal": True}), "code: personal now"),
]


@pytest.mark.parametrize(("changed", "line"), WIDER, ids=[line for _, line in WIDER])
def test_a_change_that_breaks_only_readers_who_check_strictly_is_told_apart(changed: dict[str, Any], line: str) -> None:
    assert [(each.line, each.verdict) for each in changes(BASE, changed)] == [(line, Verdict.WIDER)]


def test_a_text_that_became_one_of_some_words_takes_more_too_where_a_word_was_too_long_for_it() -> None:
    def of(words: list[str]) -> list[str]:
        old = {"properties": {"by": {"type": "string", "maxLength": 3}}}
        return [change.line for change in changes(old, {"properties": {"by": {"enum": words}}})]

    narrowed = "by: type narrowed: no longer takes string"
    assert of(["fax"]) == [narrowed]
    assert of(["fax", "call"]) == [narrowed, "by: type widened: takes enum too"]
