"""What ships with the package about facts: the schemas that others rely on, and an example of each fact.

They are the golden files: tests hold the code against them, and `leadstream schema check` does where it is installed.
"""

import json
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

_SUFFIX = ".json"


def schemas() -> dict[str, dict[str, Any]]:
    """Wire type -> its JSON Schema, of old versions too, by name."""
    return dict(_each("schemas"))


def example(wire_type: str) -> dict[str, Any]:
    """A record of a current fact with every field set.

    Raises:
        FileNotFoundError: there is no such fact.
    """
    found: dict[str, Any] = json.loads(files(__package__).joinpath("examples", wire_type + _SUFFIX).read_bytes())
    return found


def _each(folder: str) -> Iterator[tuple[str, dict[str, Any]]]:
    entries = files(__package__).joinpath(folder).iterdir()
    for entry in sorted(entries, key=lambda each: each.name):
        if entry.name.endswith(_SUFFIX):
            yield entry.name.removesuffix(_SUFFIX), json.loads(entry.read_bytes())
