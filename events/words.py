"""A fact in one line, for people."""

from typing import Any

import msgspec

from events.envelope import Envelope


def says(envelope: Envelope) -> str:
    """The fact's own fields in one line; fields at their default are left out."""
    fields: dict[str, Any] = msgspec.to_builtins(envelope.data)
    return " ".join(f"{name}={_short(value)}" for name, value in fields.items())


def _short(value: Any) -> str:
    if isinstance(value, list | tuple):
        return (
            "["
            + ", ".join(str(item.get("test", item)) if isinstance(item, dict) else str(item) for item in value)
            + "]"
        )
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {item}" for key, item in value.items()) + "}"
    return str(value)
