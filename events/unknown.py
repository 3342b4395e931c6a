"""Fields that no fact of a type has: they are ignored, and whoever sends one hears so at the edge."""

from functools import cache

import msgspec

from events.fact import Fact
from events.registry import WIRE_TYPE

_MOST, _LONGEST = 10, 100
"""How many are named, and how much of each."""


class _Said(msgspec.Struct):
    type: str
    data: dict[str, msgspec.Raw]


_decode = msgspec.json.Decoder(_Said).decode


@cache
def _known(kind: type[Fact]) -> frozenset[str]:
    return frozenset(kind.__struct_encode_fields__)


def unknown_fields(value: bytes, fact: Fact) -> tuple[str, ...]:
    """Paths of the fields of an event that its type does not have, such as `data.team`; the first ten.

    A misnamed field may change the meaning of what is left: a target of a `team` is one of everything.

    Args:
        value: the event, in structured JSON.
        fact: what it was read as. Of one told in an older version nothing is said: its fields have become others.
    """
    try:
        said = _decode(value)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ()
    known = _known(type(fact))
    if said.type != WIRE_TYPE[type(fact)] or said.data.keys() <= known:
        return ()
    return tuple(f"data.{name[:_LONGEST]}" for name in said.data if name not in known)[:_MOST]
