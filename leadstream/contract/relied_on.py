"""The schemas that others rely on: those that ship with the package, a folder of them, or a document of them."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from events.shipped import schemas
from leadstream.contract.schemas import FACT

Schema = dict[str, Any]
_REF = "$ref"


class NoSchemas(ValueError):
    """What was given holds no schemas of facts; the message says what was expected."""


def relied_on(against: Path | None) -> dict[str, Schema]:
    """Wire type -> the schema that today's is held against.

    Args:
        against: a folder as `leadstream schema export` writes it; a file of it; an AsyncAPI document as `leadstream
            schema asyncapi` writes it; None for the schemas that ship with the package.

    Raises:
        NoSchemas: there are none.
        OSError: it cannot be read.
    """
    if against is None:
        return schemas()
    if against.is_dir():
        found = [each for path in sorted(against.glob("*.json")) for each in _of(path, _read(path))]
    else:
        found = _of(against, _read(against))
    if not found:
        raise NoSchemas(f"{against}: no schema of a fact in it; leadstream schema export --to FOLDER writes them")
    return dict(found)


def _read(path: Path) -> Mapping[str, Any]:
    try:
        text = path.read_text(encoding="utf-8")
        document = json.loads(text) if path.suffix == ".json" else yaml.load(text, Loader=yaml.CSafeLoader)
    except (ValueError, yaml.YAMLError) as exc:
        raise NoSchemas(f"{path}: neither JSON nor YAML: {' '.join(str(exc).split())}") from exc
    if not isinstance(document, dict):
        raise NoSchemas(f"{path}: expected an object: a JSON Schema, or an AsyncAPI document")
    return document


def _of(path: Path, document: Mapping[str, Any]) -> list[tuple[str, Schema]]:
    try:
        if "asyncapi" in document:
            return _of_document(document)
        if "properties" not in document or "title" not in document:
            raise NoSchemas(f"{path}: no JSON Schema of a fact: it has no properties, or no title that names its type")
        return [(str(document["title"]), dict(document))]
    except (KeyError, TypeError, AttributeError) as exc:
        raise NoSchemas(f"{path}: not as leadstream writes it: {exc!r}") from exc


def _of_document(document: Mapping[str, Any]) -> list[tuple[str, Schema]]:
    """The records of facts in an AsyncAPI document, each with all parts it may refer to."""
    parts: dict[str, Schema] = document["components"]["schemas"]
    bare: dict[str, Schema] = {name: _bare(part) for name, part in parts.items()}
    return [(name, {**whole(part, bare), "$defs": bare}) for name, part in bare.items() if part.get(FACT)]


def _bare(schema: Any) -> Any:
    """A reference that stands in an `allOf` only for what is said beside it, as later drafts have it."""
    if isinstance(schema, list):
        return [_bare(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: _bare(value) for key, value in schema.items()}
    match made.get("allOf"):
        case [{"$ref": str(reference)}]:
            return {_REF: reference, **{key: value for key, value in made.items() if key != "allOf"}}
        case _:
            return made


def whole(schema: Schema, parts: Mapping[str, Schema]) -> Schema:
    """A schema made of several (`allOf`) as a single one: all their fields, and what any of them requires."""
    if "allOf" not in schema:
        return schema
    made: Schema = {key: value for key, value in schema.items() if key != "allOf"}
    fields: Schema = {}
    required: list[str] = []
    for each in schema["allOf"]:
        part = whole(parts[each[_REF].rpartition("/")[2]] if _REF in each else each, parts)
        fields |= part.get("properties", {})
        required += part.get("required", [])
    return {**made, "type": "object", "properties": fields, "required": required}
