"""Captured requests as their vendors sent them: a file may hold one body, or a list of several."""

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from leadstream.connectors.port import Raw
from tests.support import requests

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"


def bodies(payloads: Path, name: str) -> Iterator[tuple[str, bytes]]:
    """Media type and body of each request in a file."""
    path = payloads / name
    content = path.read_bytes()
    if path.suffix == ".form":
        yield FORM, content
        return
    split = _SPLIT.get(path.parent.relative_to(payloads).as_posix())
    if split is None:
        yield JSON, content
    else:
        yield from split(json.loads(content))


def request(connector: str, media_type: str, body: bytes, received: str) -> Raw:
    """A captured body on its way to the connector's way in."""
    return requests.request(connector, body, headers={"Content-Type": media_type}, received=received)


def _each(found: list[Any]) -> Iterator[tuple[str, bytes]]:
    """A list of bodies."""
    for event in found:
        yield JSON, json.dumps(event).encode()


def _inputs(found: list[Any]) -> Iterator[tuple[str, bytes]]:
    """A list of cases, of which the input is the body."""
    yield from _each([case["input"] for case in found])


def _decoded(found: Any) -> Iterator[tuple[str, bytes]]:
    """The capture shows the form decoded; here it is written as it is sent."""
    yield FORM, urlencode([*bracketed(found)]).encode()


def bracketed(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Names and values as a form writes them: `contact[fields][1]`."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    if inside is None:
        yield name, value
        return
    for step, item in inside:
        yield from bracketed(item, f"{name}[{step}]" if name else str(step))


_SPLIT: Mapping[str, Callable[[Any], Iterator[tuple[str, bytes]]]] = {
    "activecampaign": _decoded,
    "customerio/rudder-transformer": _each,
    "formsort/rudder-transformer": _inputs,
    "segment/rudder-transformer": _each,
}
