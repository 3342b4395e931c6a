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


def upcast(wire_type: str, data: Data, upcasters: Mapping[str, Upcaster] | None = None) -> tuple[str, Data]:
    """Follow the chain from an old wire type to the current one."""
    chain = UPCASTERS if upcasters is None else upcasters
    while (step := chain.get(wire_type)) is not None:
        wire_type, change = step[0], step[1]
        data = change(data)
    return wire_type, data
