"""JSON Schemas of facts, for people and programs that read or write them without this code.

The schema of a wire type describes the whole record in structured mode: the CloudEvents envelope with the fact in
`data`. Fields it does not name are allowed and ignored. It is made from the types and their docstrings alone, so the
same code always gives the same schema.
"""

import inspect
import re
from typing import Any, get_args, get_type_hints

import msgspec
from msgspec import Struct

from events.envelope import Envelope
from events.registry import CATALOGUE, ENVELOPES
from events.sealing import PERSONAL_PREFIX, is_personal, is_profile

DIALECT = "https://json-schema.org/draft/2020-12/schema"
PERSONAL = "x-personal"
"""Keyword of a field that names a person."""
PERSONAL_KEYS = "x-personal-keys"
"""Keyword of a profile: with which prefix the keys begin whose values are personal."""

_ATTRIBUTE = re.compile(r"^ {4}(\w+): (.*)$")


def json_schema(wire_type: str) -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a wire type's record.

    Raises:
        KeyError: the catalogue has no such type.
    """
    fact = CATALOGUE[wire_type]
    # Through JSON once, so that defaults are what JSON has (lists, no tuples).
    parts: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(msgspec.json.schema(ENVELOPES[fact])["$defs"]))
    envelope = parts.pop(ENVELOPES[fact].__name__)
    _describe(envelope, Envelope)
    for kind in structs_of(fact):
        parts[kind.__name__]["description"] = summary(kind)
        _describe(parts[kind.__name__], kind)
    return {
        "$schema": DIALECT,
        "$id": f"urn:leadstream:fact:{wire_type}",
        **envelope,
        "title": wire_type,
        "description": summary(fact),
        "$defs": dict(sorted(parts.items())),
    }


def summary(kind: type[Struct]) -> str:
    """What a type's docstring says before its attributes, as one line."""
    text = inspect.cleandoc(kind.__doc__ or "").partition("\nAttributes:")[0]
    return " ".join(text.split())


def meanings(kind: type[Struct]) -> dict[str, str]:
    """Field name -> what the Attributes sections of a type and its bases say about it, as one line each."""
    found: dict[str, str] = {}
    for base in reversed(kind.__mro__):
        if issubclass(base, Struct):
            found |= _attributes(base.__doc__ or "")
    return found


def structs_of(kind: type[Struct]) -> list[type[Struct]]:
    """A struct type and those its fields hold, each once, itself first."""
    found = [kind]
    for hint in get_type_hints(kind).values():
        for part in (hint, *get_args(hint)):
            if isinstance(part, type) and issubclass(part, Struct):
                found += [inner for inner in structs_of(part) if inner not in found]
    return found


def _attributes(docstring: str) -> dict[str, str]:
    found: dict[str, str] = {}
    name = ""
    for line in inspect.cleandoc(docstring).partition("\nAttributes:\n")[2].splitlines():
        if match := _ATTRIBUTE.match(line):
            name, found[match[1]] = match[1], match[2]
        elif name and line.startswith(" " * 8):
            found[name] += f" {line.strip()}"
    return found


def _describe(schema: dict[str, Any], kind: type[Struct]) -> None:
    texts, hints = meanings(kind), get_type_hints(kind, include_extras=True)
    for name, field in schema["properties"].items():
        if name in texts:
            field["description"] = texts[name]
        if name in hints and is_personal(hints[name]):
            field.update({PERSONAL_KEYS: PERSONAL_PREFIX} if is_profile(hints[name]) else {PERSONAL: True})
