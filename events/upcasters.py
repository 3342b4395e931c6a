"""Old wire shapes become current ones on read, one version at a time.

To change a fact incompatibly: give it the next major version in the catalogue, keep its old golden schema, and
register here how the old `data` becomes the new one.
"""

from collections.abc import Callable, Mapping
from typing import Any

Data = dict[str, Any]
Upcaster = tuple[str, Callable[[Data], Data]]
"""The next wire type, and the function that makes its data."""

UPCASTERS: dict[str, Upcaster] = {}
"""Wire type -> its upcaster. Empty while every fact is at its first version."""


def upcast(wire_type: str, data: Data, chain: Mapping[str, Upcaster] = UPCASTERS) -> tuple[str, Data]:
    """Follow the chain from an old wire type to the current one. What a step raises goes through."""
    for _ in chain:  # n old types are n steps at most; a chain bent into a ring must not hold up the log
        step = chain.get(wire_type)
        if step is None:
            break
        wire_type, data = step[0], step[1](data)
    return wire_type, data
