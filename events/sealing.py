"""The one step through which every personal value passes on its way to bytes and back.

Until keys are switched on the step is the identity. What is personal is said once, by the mark `PERSONAL`
on the field's type; in a profile, by the prefix `person.` of the key.

A sealed form is a text, longer than what it hides. So values are opened before the fact is checked, and the limits of
a field (`max_length`) hold for the value, never for its sealed form.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Annotated, Any, Protocol, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Meta, Struct

from events.fact import Fact

PERSONAL_PREFIX = "person."


class Sealing(Protocol):
    """Turns personal values into sealed ones and back; deterministic, so that replay stays byte-equal."""

    identity: bool

    def seal(self, subject: str, value: str) -> str:
        """The sealed form of one personal text of `subject`."""
        ...

    def open(self, subject: str, value: str) -> str:
        """The text behind a sealed form; a text that is no sealed form comes back as it is.

        Raises:
            ValueError: it looks like a sealed form of this subject and is none.
        """
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

_Change = Callable[[Any], Any]
_Apply = Callable[[Any, _Change], Any]
"""Puts every personal value inside a field's JSON value through a change."""
_JSON = "\0"
"""Begins the hidden text where it is JSON: numbers, booleans, and the rare text that begins so itself."""


def is_personal(annotation: Any) -> bool:
    """Whether a field's type carries the mark itself; a struct inside it has marks of its own."""
    if get_origin(annotation) is Annotated:
        base, *metas = get_args(annotation)
        marked = any(isinstance(meta, Meta) and (meta.extra or {}).get("personal") for meta in metas)
        return marked or is_personal(base)
    return any(is_personal(part) for part in get_args(annotation))


def is_profile(annotation: Any) -> bool:
    """Whether a field's type is, or may be, an object of values by name: there the key says what is personal."""
    return get_origin(annotation) is dict or any(is_profile(part) for part in get_args(annotation))


class SealingStep:
    """Applies a `Sealing` to the marked fields of a fact's data, both ways.

    Works on the data as JSON has it (objects, lists, texts, numbers), so that sealed forms never meet the limits of
    the fact's fields.
    """

    def __init__(self, sealing: Sealing, kinds: list[type[Fact]]) -> None:
        self._sealing = sealing
        self._apply = {kind: _struct(kind) for kind in kinds}
        self.identity = sealing.identity

    def seal(self, subject: str, fact: Fact) -> Any:
        """The fact's data with its personal values sealed."""
        data = msgspec.to_builtins(fact)
        apply = self._apply[type(fact)]
        return data if apply is None else apply(data, lambda value: self._seal(subject, value))

    def open(self, subject: str, kind: type[Fact], data: Any) -> Any:
        """Data of a fact, perhaps not a valid one, with its personal values opened.

        Raises:
            ValueError: a sealed form cannot be opened.
        """
        apply = self._apply[kind]
        return data if apply is None else apply(data, lambda value: self._open(subject, value))

    def _seal(self, subject: str, value: Any) -> str:
        plain = isinstance(value, str) and not value.startswith(_JSON)
        return self._sealing.seal(subject, value if plain else _JSON + msgspec.json.encode(value).decode())

    def _open(self, subject: str, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        opened = self._sealing.open(subject, value)
        hidden = opened != value and opened.startswith(_JSON)
        return msgspec.json.decode(opened[len(_JSON) :]) if hidden else opened


def _struct(kind: type[Struct]) -> _Apply | None:
    """For a struct: its marked fields, and those that hold structs with marked fields."""
    hints = get_type_hints(kind, include_extras=True)
    applies = {name: apply for name in kind.__struct_fields__ if (apply := _field(hints[name])) is not None}
    return partial(_object, applies) if applies else None


def _field(annotation: Any) -> _Apply | None:
    if is_personal(annotation):
        return _profile if is_profile(annotation) else _scalars
    for part in (annotation, *get_args(annotation)):
        if isinstance(part, type) and issubclass(part, Struct):
            inner = _struct(part)
            return None if inner is None else partial(_each, inner)
    return None


def _object(applies: Mapping[str, _Apply], value: Any, change: _Change) -> Any:
    if not isinstance(value, Mapping):
        return value
    return {name: applies[name](item, change) if name in applies else item for name, item in value.items()}


def _each(inner: _Apply, value: Any, change: _Change) -> Any:
    return [inner(item, change) for item in value] if isinstance(value, list | tuple) else inner(value, change)


def _scalars(value: Any, change: _Change) -> Any:
    if isinstance(value, list | tuple):
        return [_scalars(item, change) for item in value]
    return change(value) if isinstance(value, str | int | float) else value


def _profile(value: Any, change: _Change) -> Any:
    if not isinstance(value, Mapping):
        return value
    return {key: _scalars(item, change) if key.startswith(PERSONAL_PREFIX) else item for key, item in value.items()}
