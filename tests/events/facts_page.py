"""Writes docs/facts.md from the catalogue: what stands there is what the code takes."""

import json
from typing import Any

from events.codec import Codec
from events.envelope import Envelope
from events.registry import CATALOGUE, COMMANDS
from events.schema import PERSONAL, PERSONAL_KEYS, json_schema, structs_of, summary
from events.topics import INBOX_OF
from tests.events.examples import EXAMPLES

INTRODUCTION = """\
# Facts

<!-- Written from the code by tests/events/test_facts_page.py; `make golden` rewrites it. -->

A fact is one thing that happened. It travels as a [CloudEvents 1.0](https://cloudevents.io) record: an envelope that
says who tells it, about whom and when, and the fact itself in `data`. The record key is the subject.

* **Written** is structured mode: one JSON object, envelope and `data` together. **Read** is binary mode as well: the
  envelope's attributes in Kafka headers `ce_id`, `ce_type`, ..., the value holds `data`. A `content-type` header that
  begins with `application/cloudevents+json` means structured mode.
* The wire type ends in the major version. A new optional field or a wider type keeps the version; anything that would
  break old records gets the next version and an upcaster. The JSON Schemas stand in
  [`events/schemas`](../events/schemas).
* Fields and attributes that are not named here are ignored. An optional attribute may be absent or null. An optional
  field of `data` may be absent; null is taken only where it says so. A field at its default is left out on the wire.
* **Instants** are RFC 3339 texts with a zone, from 1970 to 9998. They are read to the nearest microsecond and written
  in UTC. **Days** are dates without a zone, `2026-03-31`, of the same years. **Durations** are whole microseconds
  (`..._us`). **Amounts** are whole minor units of their currency.
* **Numbers** lie between -2^53 and 2^53. A whole number has no decimal point (`3.0` is not one).
* **Lengths** count characters, not bytes. A record for an inbox has at most 900,000 bytes.
* **Personal** fields name a person; in a profile those are the keys that begin with `person.`. With keys switched on
  they are sealed on the wire; limits hold for the value, and a sealed form may be longer.
* Free **documents** are JSON objects of at most 64 levels.
* A record that breaks a rule becomes a dead letter with the reason `not_json`, `unknown_type` or `invalid` and the
  name of the field, such as `data.channel`; `data.profile[...]` is a value in the profile.

A fact marked *upstream* may be sent to the inbox of what it is about: `lead-inbox`, `account-inbox`, `pool-inbox`,
`opportunity-inbox` or `council-inbox`. A *command* goes to `lead-inbox` or `agreement-inbox`. All others are made by
leadstream and not taken from outside.
"""


def page() -> str:
    """The whole page, Markdown."""
    parts = [INTRODUCTION, "## Facts at a glance\n", _glance(), "## The envelope\n", _envelope()]
    parts += [_section(wire_type) for wire_type in CATALOGUE]
    return "\n".join(parts).rstrip() + "\n"


def _glance() -> str:
    rows = [f"| [`{name}`](#{_anchor(name)}) | {_origin(name)} | {summary(CATALOGUE[name])} |" for name in CATALOGUE]
    return "\n".join(["| wire type | from | what happened |", "|---|---|---|", *rows, ""])


def _origin(wire_type: str) -> str:
    fact = CATALOGUE[wire_type]
    return "command" if fact in COMMANDS else "upstream" if fact in INBOX_OF else "leadstream"


def _anchor(wire_type: str) -> str:
    """The anchor GitHub gives to the heading of a wire type."""
    return wire_type.replace(".", "")


def _envelope() -> str:
    schema = json_schema(next(iter(CATALOGUE)))
    fields = {name: field for name, field in schema["properties"].items() if name not in ("data", "type")}
    rows = _rows(fields, schema["required"])
    return f"{summary(Envelope).partition('. ')[0]}.\n\n{_table(['| `type` | text | yes | the wire type. |', *rows])}"


def _section(wire_type: str) -> str:
    schema = json_schema(wire_type)
    first, *nested = structs_of(CATALOGUE[wire_type])
    parts = [
        f"## `{wire_type}`\n",
        f"*{_origin(wire_type).capitalize()}.* {summary(first)}\n",
        _fields_of(schema, first),
    ]
    parts += [f"Each `{kind.__name__}`: {summary(kind)}\n\n{_fields_of(schema, kind)}" for kind in nested]
    example = json.dumps(json.loads(Codec().encode(EXAMPLES[wire_type])), indent=2, ensure_ascii=False)
    parts.append(f"```json\n{example}\n```\n")
    return "\n".join(parts)


def _fields_of(schema: dict[str, Any], kind: type) -> str:
    part = schema["$defs"][kind.__name__]
    return _table(_rows(part["properties"], part["required"]))


def _table(rows: list[str]) -> str:
    return "\n".join(["| field | type | required, else default | meaning |", "|---|---|---|---|", *rows, ""])


def _rows(fields: dict[str, Any], required: list[str]) -> list[str]:
    return [
        f"| `{name}` | {_words(field)}{_personal(field)} | {_needed(name, field, required)} | "
        f"{field.get('description', '')} |"
        for name, field in fields.items()
    ]


def _needed(name: str, field: dict[str, Any], required: list[str]) -> str:
    if name in required:
        return "yes"
    default = field.get("default")
    return "no" if default is None else f"no, `{json.dumps(default)}`"


def _personal(field: dict[str, Any]) -> str:
    if PERSONAL_KEYS in field:
        return f", personal below `{field[PERSONAL_KEYS]}`"
    return ", personal" if PERSONAL in field else ""


def _words(schema: dict[str, Any]) -> str:
    """A schema in words."""
    if "anyOf" in schema:
        return " or ".join(_words(option) for option in schema["anyOf"])
    if "$ref" in schema:
        return f"`{schema['$ref'].rpartition('/')[2]}`"
    if "enum" in schema:
        words = " or ".join(f"`{value}`" for value in schema["enum"])
        return words if len(schema["enum"]) == 1 else f"one of {words}"
    found: str = _KINDS[schema["type"]](schema)
    return found


def _text(schema: dict[str, Any]) -> str:
    if "format" in schema:
        return "day" if schema["format"] == "date" else "instant"
    if "pattern" in schema:
        return f"text of the form `{schema['pattern']}`"
    return f"text of {schema.get('minLength', 0)} to {schema['maxLength']}"


def _whole(schema: dict[str, Any]) -> str:
    low, high = schema["minimum"], schema["maximum"]
    if (low, high) == (-(2**53), 2**53):
        return "whole number"
    return "whole number from 0" if (low, high) == (0, 2**53) else f"whole number {low} to {high}"


def _object(schema: dict[str, Any]) -> str:
    if "additionalProperties" not in schema:
        return "free document"
    keys, values = _text(schema["propertyNames"]), _words(schema["additionalProperties"])
    return f"object of at most {schema['maxProperties']} keys (each {keys}), each value {values}"


_KINDS: dict[str, Any] = {
    "string": _text,
    "integer": _whole,
    "number": lambda _: "number",
    "boolean": lambda _: "true or false",
    "null": lambda _: "null",
    "array": lambda schema: f"list of {_words(schema['items'])}",
    "object": _object,
}
