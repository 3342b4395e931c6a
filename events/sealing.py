"""The one step through which every personal value passes on its way to bytes and back.

Until keys are switched on the step is the identity. What is personal is said once, by the mark `PERSONAL`
on the field's type; in a profile, by the prefix `person.` of the key.
"""

from typing import Annotated, Any, Protocol, get_args, get_origin, get_type_hints

from msgspec import Meta, Struct
from msgspec.structs import replace

from events.fact import Fact

PERSONAL_PREFIX = "person."


class Sealing(Protocol):
    """Turns personal values into sealed ones and back; deterministic, so that replay stays byte-equal."""

    identity: bool

    def seal(self, subject: str, value: str) -> str:
        """The sealed form of one personal text of `subject`."""
        ...

    def open(self, subject: str, value: str) -> str:
        """The text behind a sealed form."""
        ...


class Unsealed:
    """No keys: every value stays as it is."""

    identity = True

    def seal(self, subject: str, value: str) -> str:
        """Return the value."""
        del subject
        return value

    def open(self, subject: str, value: str) -> str:
        """Return the value."""
        del subject
        return value


UNSEALED = Unsealed()


def is_personal(annotation: Any) -> bool:
    """Whether a type annotation carries the mark, at any depth of unions and optionals."""
    if get_origin(annotation) is Annotated:
        base, *metas = get_args(annotation)
        marked = any(isinstance(meta, Meta) and (meta.extra or {}).get("personal") for meta in metas)
        return marked or is_personal(base)
    return any(is_personal(part) for part in get_args(annotation))


def personal_fields(kind: type[Struct]) -> tuple[str, ...]:
    """Names of the fields of a fact type that carry the mark."""
    hints = get_type_hints(kind, include_extras=True)
    return tuple(name for name in kind.__struct_fields__ if is_personal(hints[name]))


class SealingStep:
    """Applies a `Sealing` to the marked fields of a fact, both ways."""

    def __init__(self, sealing: Sealing, kinds: list[type[Fact]]) -> None:
        self._sealing = sealing
        self._fields = {kind: personal_fields(kind) for kind in kinds}
        self.identity = sealing.identity

    def seal(self, subject: str, fact: Fact) -> Fact:
        """The fact with its personal values sealed."""
        return self._apply(fact, lambda value: self._sealing.seal(subject, value))

    def open(self, subject: str, fact: Fact) -> Fact:
        """The fact with its personal values opened."""
        return self._apply(fact, lambda value: self._sealing.open(subject, value))

    def _apply(self, fact: Fact, change: Any) -> Fact:
        if self.identity:
            return fact
        changed = {name: _walk(getattr(fact, name), change) for name in self._fields[type(fact)]}
        return replace(fact, **changed) if changed else fact


def _walk(value: Any, change: Any) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {k: change(v) if k.startswith(PERSONAL_PREFIX) and isinstance(v, str) else v for k, v in value.items()}
    if isinstance(value, tuple):
        return tuple(_walk(item, change) for item in value)
    if isinstance(value, Struct):
        fields = personal_fields(type(value))
        return replace(value, **{name: _walk(getattr(value, name), change) for name in fields})
    return value
