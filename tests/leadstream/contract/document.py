"""The AsyncAPI document as tests look at it: references followed, payloads held against their schemas."""

from collections.abc import Iterator
from typing import Any

from jsonschema import Draft7Validator

from leadstream.contract.asyncapi import document
from leadstream.contract.channels import Deployment

DOCUMENT = document(Deployment())


def found(reference: str) -> Any:
    """What a reference within the document stands for; KeyError where there is nothing."""
    place: Any = DOCUMENT
    for step in reference.removeprefix("#/").split("/"):
        place = place[step]
    return place


def references(part: Any) -> Iterator[str]:
    """Every reference in a part of the document."""
    if isinstance(part, dict):
        for key, value in part.items():
            if key == "$ref" and isinstance(value, str):
                yield value
            else:
                yield from references(value)
    elif isinstance(part, list):
        for each in part:
            yield from references(each)


def message(channel: str, name: str) -> dict[str, Any]:
    """A message of a channel."""
    made: dict[str, Any] = found(found(f"#/channels/{channel}/messages/{name}")["$ref"])
    return made


def faults(schema: dict[str, Any], value: Any) -> list[str]:
    """What a schema of the document has against a value."""
    whole = {**schema, "components": DOCUMENT["components"]}
    checks = Draft7Validator(whole, format_checker=Draft7Validator.FORMAT_CHECKER)
    return [f"{'.'.join(map(str, error.absolute_path))}: {error.message}" for error in checks.iter_errors(value)]
