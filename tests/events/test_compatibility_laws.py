"""Laws of the comparator, tried on schemas made up: what it calls harmless is held against a validator's word."""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from events.changes import Kind, Verdict
from events.compatibility import changes, contract_changes, incompatibilities
from tests.support.laws import examples

Schema = dict[str, Any]
_NAMES = st.sampled_from(["amount_minor", "by", "channel", "kind", "left", "note", "parts", "seen"])
_WORDS = ["call", "email", "form", "visit"]
LAW = settings(max_examples=examples(80), deadline=None)


def _bounds(low: str, high: str) -> st.SearchStrategy[Schema]:
    return st.fixed_dictionaries({}, optional={low: st.integers(0, 3), high: st.integers(3, 6)})


_TEXTS = st.one_of(
    _bounds("minLength", "maxLength").map(lambda bounds: {"type": "string", **bounds}),
    st.just({"type": "string", "pattern": "^[a-z]+$"}),
    st.lists(st.sampled_from(_WORDS), min_size=1, unique=True).map(lambda words: {"enum": words}),
)
_NUMBERS = st.builds(
    lambda kind, bounds: {"type": kind, **bounds},
    st.sampled_from(["integer", "number"]),
    _bounds("minimum", "maximum"),
)
_SIMPLE = st.one_of(_TEXTS, _NUMBERS, st.sampled_from([{"type": "boolean"}, {"type": "null"}]))


def _objects(inner: st.SearchStrategy[Schema]) -> st.SearchStrategy[Schema]:
    fields = st.dictionaries(_NAMES, inner, min_size=1, max_size=3)
    return fields.flatmap(
        lambda made: st.builds(
            lambda required: {"type": "object", "properties": made, "required": sorted(required)},
            st.sets(st.sampled_from(sorted(made))),
        )
    )


def _nested(inner: st.SearchStrategy[Schema]) -> st.SearchStrategy[Schema]:
    return st.one_of(
        _objects(inner),
        inner.map(lambda items: {"type": "array", "items": items}),
        inner.map(lambda values: {"type": "object", "additionalProperties": values}),
        st.lists(_SIMPLE, min_size=2, max_size=3).map(lambda options: {"anyOf": options}),
    )


SCHEMAS = _objects(st.recursive(_SIMPLE, _nested, max_leaves=4))


def instances(schema: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    """Values that a schema takes, most of them; what slips through is told apart by the validator."""
    if "anyOf" in schema:
        return st.one_of([instances(option) for option in schema["anyOf"]])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    return _MAKERS[schema["type"]](schema)


def _object(schema: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    if "additionalProperties" in schema:
        return st.dictionaries(_NAMES, instances(schema["additionalProperties"]), max_size=2)
    fields = {name: instances(field) for name, field in schema["properties"].items()}
    return st.fixed_dictionaries(
        {name: fields[name] for name in schema["required"]},
        optional={name: made for name, made in fields.items() if name not in schema["required"]},
    )


_MAKERS: dict[str, Any] = {
    "string": lambda schema: st.text("abz", min_size=schema.get("minLength", 1), max_size=schema.get("maxLength", 8)),
    "integer": lambda schema: st.integers(schema.get("minimum", -9), schema.get("maximum", 9)),
    "number": lambda schema: st.sampled_from([schema.get("minimum", -9), schema.get("maximum", 9), 3.0]),
    "boolean": lambda _: st.booleans(),
    "null": lambda _: st.none(),
    "array": lambda schema: st.lists(instances(schema["items"]), max_size=2),
    "object": _object,
}


def _takes(schema: Schema, value: Any) -> bool:
    return bool(Draft202012Validator(schema).is_valid(value))


def _tweaked(schema: Schema) -> st.SearchStrategy[Schema]:
    """The same schema with one keyword of it other, or another schema of its kind."""
    if "anyOf" in schema:
        return st.lists(st.sampled_from([*schema["anyOf"], {"type": "boolean"}]), min_size=1).map(_either)
    if "enum" in schema:
        return st.one_of(
            st.just({"type": "string"}), st.lists(st.sampled_from(_WORDS), min_size=1, unique=True).map(_enum)
        )
    if schema["type"] in ("integer", "number"):
        return _NUMBERS
    if schema["type"] == "string":
        return _TEXTS
    if "items" in schema:
        return _tweaked(schema["items"]).map(lambda items: {**schema, "items": items})
    if "additionalProperties" in schema:
        return _tweaked(schema["additionalProperties"]).map(lambda values: {**schema, "additionalProperties": values})
    return _changed_object(schema) if schema["type"] == "object" else st.just({"anyOf": [schema, {"type": "null"}]})


def _enum(words: list[str]) -> Schema:
    return {"enum": words}


def _either(options: list[Schema]) -> Schema:
    return {"anyOf": options}


@st.composite
def _changed_object(draw: st.DrawFn, schema: Schema) -> Schema:
    fields, required = dict(schema["properties"]), {*schema["required"]}
    name = draw(st.sampled_from(sorted(fields)))
    match draw(st.sampled_from(["tweak", "tweak", "tweak", "need", "free", "drop", "add"])):
        case "tweak":
            fields[name] = draw(_tweaked(fields[name]))
        case "need":
            required |= {name}
        case "free":
            required -= {name}
        case "drop":
            del fields[name]
        case _:
            fields[draw(_NAMES)] = draw(_SIMPLE)
    return {**schema, "properties": fields, "required": sorted(required & {*fields})}


def changed() -> st.SearchStrategy[tuple[Schema, Schema]]:
    """A schema, and one with one change in it."""
    return SCHEMAS.flatmap(lambda old: st.tuples(st.just(old), _changed_object(deepcopy(old))))


@LAW
@given(SCHEMAS)
def test_nothing_has_changed_between_a_schema_and_itself(schema: Schema) -> None:
    assert changes(schema, deepcopy(schema)) == []


@LAW
@given(SCHEMAS, _SIMPLE)
def test_an_added_optional_field_is_compatible(schema: Schema, field: Schema) -> None:
    new = deepcopy(schema)
    new["properties"]["come"] = field
    assert [(change.kind, change.path) for change in changes(schema, new)] == [(Kind.ADDED, "come")]


@LAW
@given(SCHEMAS, _SIMPLE)
def test_an_added_field_that_must_be_there_is_not(schema: Schema, field: Schema) -> None:
    new = deepcopy(schema)
    new["properties"]["come"] = field
    new["required"].append("come")
    assert incompatibilities(schema, new) == ["come: required, and was not"]


@LAW
@given(SCHEMAS, st.data())
def test_no_field_can_be_removed(schema: Schema, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(schema["properties"])))
    new = deepcopy(schema)
    del new["properties"][name]
    new["required"] = [each for each in new["required"] if each != name]
    assert incompatibilities(schema, new) == [f"{name}: field removed"]


@LAW
@given(SCHEMAS, st.data())
def test_no_field_can_be_renamed_and_the_new_name_is_told(schema: Schema, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(schema["properties"])))
    new = deepcopy(schema)
    new["properties"]["come"] = new["properties"].pop(name)
    new["required"] = [each for each in new["required"] if each != name]
    (line,) = incompatibilities(schema, new)
    assert line.startswith(f"{name}: field removed, or renamed to come")


@LAW
@given(changed(), st.data())
def test_what_breaks_no_old_event_lets_every_old_event_pass(pair: tuple[Schema, Schema], data: st.DataObject) -> None:
    old, new = pair
    assume(not incompatibilities(old, new))
    record = data.draw(instances(old))
    assume(_takes(old, record))
    assert _takes(new, record)


@LAW
@given(changed(), st.data())
def test_what_breaks_no_reader_lets_every_new_event_pass_by_the_old_schema(
    pair: tuple[Schema, Schema], data: st.DataObject
) -> None:
    old, new = pair
    assume(not any(change.kind.value.readers for change in changes(old, new)))
    added = {change.path for change in changes(old, new) if change.kind is Kind.ADDED}
    record = data.draw(instances(new))
    assume(_takes(new, record))
    assert _takes(old, {name: value for name, value in record.items() if name not in added})


@LAW
@given(SCHEMAS, st.data())
def test_an_old_event_that_would_be_refused_is_always_foreseen(schema: Schema, data: st.DataObject) -> None:
    new = data.draw(SCHEMAS)
    record = data.draw(instances(schema))
    assume(_takes(schema, record))
    assume(not _takes(new, record))
    assert incompatibilities(schema, new)


@LAW
@given(st.sets(st.sampled_from(_WORDS), min_size=1), st.sets(st.sampled_from(_WORDS), min_size=1))
def test_a_word_taken_out_of_an_enumeration_breaks_events_and_one_put_in_breaks_readers_alone(
    before: set[str], after: set[str]
) -> None:
    old, new = ({"properties": {"kind": _enum(sorted(words))}} for words in (before, after))
    found = {(change.what, change.verdict) for change in changes(old, new)}
    assert found == {(f"enum value {word!r} removed", Verdict.INCOMPATIBLE) for word in before - after} | {
        (f"enum value {word!r} added", Verdict.WIDER) for word in after - before
    }


@LAW
@given(st.sampled_from(["minimum", "maximum"]), st.integers(0, 9), st.integers(0, 9))
def test_a_bound_that_is_tightened_breaks_events_and_one_that_is_loosened_breaks_readers_alone(
    keyword: str, before: int, after: int
) -> None:
    assume(before != after)
    (change,) = changes({"type": "integer", keyword: before}, {"type": "integer", keyword: after})
    tighter = after > before if keyword == "minimum" else after < before
    assert change.verdict is (Verdict.INCOMPATIBLE if tighter else Verdict.WIDER)


@LAW
@given(st.dictionaries(st.sampled_from(["a.v1", "b.v1", "c.v1"]), SCHEMAS), st.sampled_from(["a.v1", "b.v1", "c.v1"]))
def test_a_fact_can_come_and_cannot_go_unless_an_upcaster_takes_its_place(all_of: dict[str, Schema], name: str) -> None:
    assume(name in all_of)
    rest = {each: schema for each, schema in all_of.items() if each != name}
    assert [(change.kind, change.fact) for change in contract_changes(rest, all_of)] == [(Kind.FACT_ADDED, name)]
    assert [(change.kind, change.fact) for change in contract_changes(all_of, rest)] == [(Kind.FACT_REMOVED, name)]
    (left,) = contract_changes(all_of, rest, {name: "a.v2"})
    assert (left.kind, left.verdict) == (Kind.UPCAST, Verdict.WIDER)
