"""Facts in words: what their fields hold, who tells them and what they must have, for pages and tables."""

import json
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from events.registry import CATALOGUE, COMMANDS
from events.schema import PERSONAL, PERSONAL_KEYS, json_schema, structs_of, summary
from events.topics import INBOX_OF
from events.units import unit_of

Schema = dict[str, Any]
Mark = Callable[[str], str]
"""Sets a name or a value off from the words around it, as a backtick does in Markdown."""


class Field(NamedTuple):
    """A field of a fact, or of a part of one.

    Attributes:
        name: on the wire.
        type: in words.
        unit: of a number; empty where it has none.
        needed: `yes`, `no`, or `no, ` and the default that stands for it.
        meaning: in words.
        personal: it names a person.
    """

    name: str
    type: str
    unit: str
    needed: str
    meaning: str
    personal: bool


class Part(NamedTuple):
    """A fact, or one of the structures that its fields hold.

    Attributes:
        name: of the structure; of a fact its wire type.
        meaning: in words.
        fields: in their order.
    """

    name: str
    meaning: str
    fields: list[Field]


def origin(wire_type: str) -> str:
    """Who says it: `command` (anyone may ask), `upstream` (anyone may tell) or `leadstream`."""
    fact = CATALOGUE[wire_type]
    return "command" if fact in COMMANDS else "upstream" if fact in INBOX_OF else "leadstream"


def parts_of(wire_type: str, mark: Mark = str) -> Iterator[Part]:
    """The fact first, then each structure in it.

    Raises:
        KeyError: the catalogue has no such type.
    """
    schema = json_schema(wire_type)
    for place, kind in enumerate(structs_of(CATALOGUE[wire_type])):
        part = schema["$defs"][kind.__name__]
        fields = fields_of(part["properties"], part["required"], mark)
        yield Part(kind.__name__ if place else wire_type, summary(kind), fields)


def envelope_fields(mark: Mark = str) -> list[Field]:
    """The attributes of the envelope, which all facts share, without `type` and `data`."""
    schema = json_schema(next(iter(CATALOGUE)))
    fields = {name: field for name, field in schema["properties"].items() if name not in ("data", "type")}
    return fields_of(fields, schema["required"], mark)


def fields_of(fields: Schema, required: list[str], mark: Mark = str) -> list[Field]:
    """Fields of a JSON Schema in words."""
    return [
        Field(
            name,
            type_words(field, mark) + _personal(field, mark),
            unit_of(field, name),
            _needed(name, field, required, mark),
            field.get("description", ""),
            PERSONAL in field or PERSONAL_KEYS in field,
        )
        for name, field in fields.items()
    ]


def type_words(schema: Schema, mark: Mark = str) -> str:
    """What a field holds, in words."""
    if "anyOf" in schema:
        return " or ".join(type_words(option, mark) for option in schema["anyOf"])
    if "$ref" in schema:
        return mark(schema["$ref"].rpartition("/")[2])
    if "enum" in schema:
        words = " or ".join(mark(str(value)) for value in schema["enum"])
        return words if len(schema["enum"]) == 1 else f"one of {words}"
    return _KINDS[schema["type"]](schema, mark)


def _needed(name: str, field: Schema, required: list[str], mark: Mark) -> str:
    if name in required:
        return "yes"
    default = field.get("default")
    return "no" if default is None else f"no, {mark(json.dumps(default))}"


def _personal(field: Schema, mark: Mark) -> str:
    if PERSONAL_KEYS in field:
        return f", personal below {mark(field[PERSONAL_KEYS])}"
    return ", personal" if PERSONAL in field else ""


def _text(schema: Schema, mark: Mark) -> str:
    if "format" in schema:
        return "day" if schema["format"] == "date" else "instant"
    if "pattern" in schema:
        return f"text of the form {mark(schema['pattern'])}"
    return f"text of {schema.get('minLength', 0)} to {schema['maxLength']}"


def _whole(schema: Schema, _mark: Mark) -> str:
    low, high = schema["minimum"], schema["maximum"]
    if (low, high) == (-(2**53), 2**53):
        return "whole number"
    return "whole number from 0" if (low, high) == (0, 2**53) else f"whole number {low} to {high}"


def _list(schema: Schema, mark: Mark) -> str:
    return f"list of {type_words(schema['items'], mark)}"


def _object(schema: Schema, mark: Mark) -> str:
    if "additionalProperties" not in schema:
        return "free document"
    keys, values = _text(schema["propertyNames"], mark), type_words(schema["additionalProperties"], mark)
    return f"object of at most {schema['maxProperties']} keys (each {keys}), each value {values}"


_KINDS: dict[str, Callable[[Schema, Mark], str]] = {
    "string": _text,
    "integer": _whole,
    "number": lambda _schema, _mark: "number",
    "boolean": lambda _schema, _mark: "true or false",
    "null": lambda _schema, _mark: "null",
    "array": _list,
    "object": _object,
}
