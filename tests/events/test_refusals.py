"""Every field of every fact, broken in every way its schema knows: refused, with the field named."""

import json
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest

from events.codec import Codec, Undecodable
from events.limits import DEEPEST
from events.registry import CATALOGUE
from events.schema import json_schema
from tests.events.examples import EXAMPLES

CODEC = Codec()
ONE_OF_EACH: dict[str, Any] = {
    "null": None,
    "boolean": True,
    "integer": 1,
    "number": 1.5,
    "string": "text",
    "array": [],
    "object": {},
}
Step = str | int
Break = tuple[tuple[Step, ...], Any, str]
"""Where the record is changed, what is put there (`_GONE`: nothing), and the field that must be named."""
_GONE = object()


def _breaks(schema: dict[str, Any], value: Any, path: tuple[Step, ...], field: str) -> Iterator[Break]:
    """All ways to break one value of the example, from its schema."""
    options = [_resolved(option) for option in schema.get("anyOf", [schema])]
    taken = {kind for option in options for kind in _kinds(option)}
    for kind, other in ONE_OF_EACH.items():
        if kind not in taken and not (kind == "integer" and "number" in taken):
            yield path, other, field
    for option in options:
        for wrong in _out_of_bounds(option):
            if not any(_kind_of(wrong) in _kinds(other) for other in options if other is not option):
                yield path, wrong, field
        yield from _inner(option, value, path, field)


def _inner(schema: dict[str, Any], value: Any, path: tuple[Step, ...], field: str) -> Iterator[Break]:
    if isinstance(value, dict):
        for name, inner in schema.get("properties", {}).items():
            below = f"{field}.{name}" if field else name
            if name in schema.get("required", ()):
                yield (*path, name), _GONE, below
            yield from _breaks(_resolved(inner), value[name], (*path, name), below)
        if "propertyNames" in schema:
            key = next(iter(value))
            yield from (
                (path, {long: value[key]}, field)
                for long in _out_of_bounds({"type": "string", **schema["propertyNames"]})
            )
            yield from _breaks(schema["additionalProperties"], value[key], (*path, key), f"{field}[...]")
    elif isinstance(value, list) and "items" in schema:
        yield from _breaks(_resolved(schema["items"]), value[0], (*path, 0), f"{field}[0]")


def _kinds(schema: dict[str, Any]) -> set[str]:
    return {_kind_of(value) for value in schema["enum"]} if "enum" in schema else {schema["type"]}


def _kind_of(value: Any) -> str:
    kinds = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}
    return kinds.get(type(value), "null")


def _out_of_bounds(schema: dict[str, Any]) -> Iterator[Any]:
    if "enum" in schema:
        yield from ("", "no such word")
    if "minLength" in schema:
        yield "x" * (schema["minLength"] - 1)
    if "maxLength" in schema:
        yield "\U0001f600" * (schema["maxLength"] + 1)
    if "maximum" in schema:
        yield from (schema["maximum"] + (1 if isinstance(schema["maximum"], int) else 2.0), 2**63, 2**70, 1e300)
    if "minimum" in schema:
        yield from (schema["minimum"] - (1 if isinstance(schema["minimum"], int) else 2.0), -(2**63) - 1)
    if "maxProperties" in schema:
        yield {f"k{n}": 1 for n in range(schema["maxProperties"] + 1)}
    if "pattern" in schema:
        yield from ("", "eur", "EURO", "EUR\n", "ÄÖÜ")
    if schema.get("format") == "date-time":
        yield from ("yesterday", "2026-03-02T09:30:00", "1969-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00")
    if schema.get("format") == "date":
        yield from ("tomorrow", "2026-02-30", "2026-03-02T00:00:00Z", "1969-12-31", "9999-01-01")


_PARTS: dict[str, Any] = {
    name: part for wire_type in CATALOGUE for name, part in json_schema(wire_type)["$defs"].items()
}


def _resolved(schema: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = _PARTS[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
    return found


def _changed(record: dict[str, Any], path: tuple[Step, ...], value: Any) -> dict[str, Any]:
    made = deepcopy(record)
    place: Any = made
    for step in path[:-1]:
        place = place[step]
    if value is _GONE:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return made


def _all_breaks(wire_type: str) -> list[tuple[dict[str, Any], Break]]:
    record = json.loads(CODEC.encode(EXAMPLES[wire_type]))
    schema = json_schema(wire_type)
    return [(_changed(record, one[0], one[1]), one) for one in _inner(schema, record, (), "")]


def _optional_attribute(wire_type: str, one: Break) -> bool:
    """To CloudEvents, an attribute that is null is absent, and an optional one may be."""
    path, value, _ = one
    return value is None and len(path) == 1 and path[0] not in json_schema(wire_type)["required"]


@pytest.mark.parametrize("wire_type", CATALOGUE)
def test_every_broken_field_of_every_fact_is_refused_and_named(wire_type: str) -> None:
    for record, one in _all_breaks(wire_type):
        _, value, field = one
        raw = json.dumps(record).encode()
        if _optional_attribute(wire_type, one):
            CODEC.decode(raw)
            continue
        with pytest.raises(Undecodable) as caught:
            CODEC.decode(raw)
        assert caught.value.field == field, (one, str(caught.value))
        assert caught.value.reason == ("unknown_type" if field == "type" and isinstance(value, str) else "invalid")
        assert field in str(caught.value)


@pytest.mark.parametrize("wire_type", CATALOGUE)
def test_the_breaks_reach_every_field(wire_type: str) -> None:
    broken = {field for _, (_, _, field) in _all_breaks(wire_type)}
    schema = json_schema(wire_type)
    assert set(schema["properties"]) <= broken
    assert {f"data.{name}" for name in _resolved(schema["properties"]["data"])["properties"]} <= broken


@pytest.mark.parametrize("wire_type", CATALOGUE)
def test_a_broken_field_is_named_in_binary_mode_too(wire_type: str) -> None:
    for record, (path, value, field) in _all_breaks(wire_type):
        if path[0] != "data" or not isinstance(record.get("data"), dict):
            continue
        attributes = {f"ce_{name}": item for name, item in record.items() if name != "data"}
        headers = [
            (name, str(item).lower().encode() if item is True else item.encode()) for name, item in attributes.items()
        ]
        with pytest.raises(Undecodable) as caught:
            CODEC.decode(json.dumps(record["data"]).encode(), headers)
        assert caught.value.field == field, (path, value)


def _publish(document: Any) -> bytes:
    record = json.loads(CODEC.encode(EXAMPLES["agreement.publish.v1"]))
    record["data"]["document"] = document
    return json.dumps(record).encode()


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ({"a": {"b": [1, 2**53 + 1]}}, "data.document.a.b.1"),
        ({"a": -(2**53) - 1}, "data.document.a"),
        ({"a": 2**70}, "data.document.a"),
        ({"a": 1e300}, "data.document.a"),
    ],
)
def test_a_number_beyond_bounds_in_a_free_document_is_named_by_its_path(document: Any, field: str) -> None:
    with pytest.raises(Undecodable) as caught:
        CODEC.decode(_publish(document))
    assert (caught.value.reason, caught.value.field) == ("invalid", field)


def _nested(levels: int) -> Any:
    return {} if levels == 1 else {"a": _nested(levels - 1)}


def test_a_free_document_is_as_deep_as_allowed_and_no_deeper() -> None:
    CODEC.decode(_publish(_nested(DEEPEST)))
    for levels in (DEEPEST + 1, 900):
        with pytest.raises(Undecodable) as caught:
            CODEC.decode(_publish(_nested(levels)))
        assert caught.value.field == "data.document"
