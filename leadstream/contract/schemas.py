"""Schemas as an AsyncAPI document has them: each struct once, by name, in JSON Schema draft 7."""

from typing import Any

import msgspec

from engine.letters import Outcome
from events.registry import CATALOGUE
from events.schema import json_schema
from leadstream.connectors.port import Raw
from projections.progress import Progress
from projections.views.view import Column, Kind, View

Schema = dict[str, Any]

ENVELOPE = "CloudEvent"
HEADERS = "CloudEventHeaders"
SCORE, RAW_REQUEST, PROGRESS, LETTER = "LeadScore", "RawRequest", "Progress", "DeadLetterHeaders"
OUTCOME = "DeadLetterOutcome"
FACT = "x-fact"
"""Marks the schema of a fact's record."""
_DATA = ("type", "data")
_REF, _HERE = "$ref", "#/components/schemas/"
_CELLS: dict[Kind, Schema] = {
    Kind.TEXT: {"type": "string"},
    Kind.INTEGER: {"type": "integer"},
    Kind.REAL: {"type": "number"},
    Kind.BOOLEAN: {"type": "boolean"},
    Kind.INSTANT: {"type": "string", "format": "date-time"},
}


def schemas_of_facts() -> dict[str, Schema]:
    """The envelope, the record of each fact by its wire type, and every struct in them.

    Raises:
        ValueError: two structs of one name differ, so that a reference would be ambiguous.
    """
    made: dict[str, Schema] = {}
    for wire_type in CATALOGUE:
        schema = json_schema(wire_type)
        parts = {name: _draft_7(part) for name, part in schema["$defs"].items()}
        for name, part in {ENVELOPE: _envelope(schema), **parts}.items():
            if made.setdefault(name, part) != part:
                raise ValueError(f"two structs are called {name}; give one of them another name")
        made[wire_type] = _record(wire_type, schema)
    return made


def ref(name: str) -> Schema:
    """A reference to a schema of the document."""
    return {_REF: _HERE + name}


def _envelope(schema: Schema) -> Schema:
    fields = {name: _draft_7(field) for name, field in schema["properties"].items() if name not in _DATA}
    return {
        "type": "object",
        "description": "The attributes of a CloudEvents 1.0 record in structured mode. Others may stand beside them.",
        "properties": fields,
        "required": [name for name in schema["required"] if name not in _DATA],
    }


def _record(wire_type: str, schema: Schema) -> Schema:
    own = {name: _draft_7(schema["properties"][name]) for name in _DATA}
    return {
        "title": wire_type,
        "description": schema["description"],
        FACT: True,
        "allOf": [ref(ENVELOPE), {"type": "object", "properties": own, "required": list(_DATA)}],
    }


def _draft_7(schema: Any) -> Any:
    """As draft 7 has it: a list of fixed places, and what stands beside a reference, which would be ignored there.

    References point into the document.
    """
    if isinstance(schema, list):
        return [_draft_7(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: _draft_7(value) for key, value in schema.items() if key != _REF}
    if "prefixItems" in made:
        made = {**made, "items": made.pop("prefixItems"), "additionalItems": False}
    if _REF not in schema:
        return made
    target = ref(schema[_REF].rpartition("/")[2])
    return {"allOf": [target], **made} if made else target


def binary_headers(wire_type: str) -> Schema:
    """Headers of a fact in binary mode."""
    return {
        "allOf": [ref(HEADERS), {"type": "object", "properties": {"ce_type": {"type": "string", "const": wire_type}}}]
    }


def schemas_beside() -> dict[str, Schema]:
    """What stands in topics beside facts and rows."""
    text: Schema = {"type": "string"}
    return {
        HEADERS: {
            "type": "object",
            "description": "CloudEvents in binary mode of its Kafka binding: attributes in headers, the fact alone in "
            "the value. A content-type that begins with application/cloudevents+json means structured mode instead.",
            "properties": {
                "ce_specversion": {"type": "string", "const": "1.0"},
                **{f"ce_{name}": text for name in ("id", "source", "subject", "type")},
                "ce_time": {"type": "string", "format": "date-time"},
                "content-type": {"type": "string", "default": "application/json"},
            },
            "required": ["ce_specversion", "ce_id", "ce_source", "ce_subject", "ce_type", "ce_time"],
        },
        LETTER: {
            "type": "object",
            "description": "The headers of the record as it came, and why it could not be taken.",
            "properties": {
                "dlq.reason": {**text, "description": "what kind of fault, such as not_json, unknown_type, invalid"},
                "dlq.detail": {**text, "description": "what was expected"},
                "dlq.field": {**text, "description": "which field, such as data.channel; empty where it is the whole"},
                "dlq.group": {**text, "description": "the task group that did not take it"},
                "dlq.topic": {**text, "description": "the topic it came from"},
                "dlq.partition": {**text, "pattern": "^[0-9]+$"},
                "dlq.offset": {**text, "description": "decimal; of a request there is dlq.source instead"},
                "dlq.retried": {**text, "description": "id of the letter whose record was put back and refused again"},
                "dlq.timestamp": {**text, "description": "when it came, microseconds since the epoch, decimal"},
            },
            "required": ["dlq.reason", "dlq.detail"],
        },
        SCORE: _score(),
        OUTCOME: _struct(Outcome, "What became of a dead letter that was tried again."),
        RAW_REQUEST: _struct(Raw, "A request of a vendor or a form as it came, without credentials."),
        PROGRESS: _struct(Progress, "Up to which time the views of a partition are complete."),
    }


def _score() -> Schema:
    whole: Schema = {"type": "integer"}
    reason = {"rule": {"type": "string"}, "touch": {"type": ["string", "null"]}, "points": whole}
    return {
        "type": "object",
        "description": "The score of a lead, with reasons whose points sum to it exactly.",
        "properties": {
            "lead": {"type": "string"},
            "score": whole,
            "fit": whole,
            "engagement": whole,
            "grade": {"type": "string"},
            "agreement": {"type": "string"},
            "version": whole,
            "scored_at": {"type": "string", "format": "date-time"},
            "reasons": {"type": "array", "items": {"type": "object", "properties": reason, "required": [*reason]}},
        },
        "required": ["lead", "score", "fit", "engagement", "grade", "agreement", "version", "scored_at", "reasons"],
    }


def _struct(kind: type[msgspec.Struct], description: str) -> Schema:
    part: Schema = msgspec.json.decode(msgspec.json.encode(msgspec.json.schema(kind)["$defs"][kind.__name__]))
    found: Schema = _draft_7(part)
    return {**found, "description": description}


def row_schema(view: View[Any]) -> Schema:
    """A row of a view's topic."""
    return {
        "type": "object",
        "description": f"{view.meaning} Version {view.version} of the view.",
        "x-view-version": view.version,
        "properties": {column.name: _cell(column) for column in view.columns},
        "required": [column.name for column in view.columns],
    }


def _cell(column: Column) -> Schema:
    kind = _CELLS[column.kind]
    typed = {**kind, "type": [kind["type"], "null"]} if column.optional else kind
    return {**typed, "description": column.meaning}


def row_key_schema(view: View[Any]) -> Schema:
    """The record key of a row: text, or a JSON array of several cells as text."""
    names = [column.name for column in view.columns[: view.key]]
    if len(names) == 1:
        return {"type": "string", "description": f"`{names[0]}` as text"}
    example = json_example(view)
    return {
        "type": "string",
        "contentMediaType": "application/json",
        "description": f"a JSON array of {', '.join(f'`{name}`' for name in names)}",
        "examples": [example],
    }


def json_example(view: View[Any]) -> str:
    """What a key of several cells looks like."""
    shown: dict[Kind, Any] = {
        Kind.INTEGER: 1,
        Kind.REAL: 0.5,
        Kind.BOOLEAN: True,
        Kind.INSTANT: "2026-03-02T09:30:00.000000Z",
    }
    cells = [shown.get(column.kind, column.name) for column in view.columns[: view.key]]
    return msgspec.json.encode(cells).decode()
