"""What pydantic found, in words that help the person who wrote the agreement."""

from collections.abc import Iterator, Sequence
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from streams.agreement.grammar import AgreementSpec
from streams.agreement.problems import Place

_KEY = "[key]"
_EXPECTED = {
    "int_type": "expected a whole number",
    "bool_type": "expected true or false",
    "string_type": "expected a text",
    "tuple_type": "expected a list",
    "dict_type": "expected names, each with what belongs to it",
    "model_type": "expected names, each with what belongs to it",
    "model_attributes_type": "expected names, each with what belongs to it",
}
_BOUNDS = {"greater_than_equal": ("at least", "ge"), "less_than_equal": ("at most", "le")}
_LONGEST = 60


def explained(error: ValidationError) -> Iterator[tuple[Place, str]]:
    """Every problem with its place in the document."""
    for found in error.errors(include_url=False):
        yield _place(found["loc"]), _message(found)


def _place(loc: Sequence[str | int]) -> Place:
    # Tags of conditions stand in angle brackets; no key of the grammar does, and names that do lose nothing but a step.
    return tuple(step for step in loc if not (isinstance(step, str) and step.startswith("<")) and step != _KEY)


def _message(found: ErrorDetails) -> str:
    kind, context = found["type"], found.get("ctx", {})
    if kind == "missing":
        return "is missing"
    if kind == "extra_forbidden":
        return f"unknown key; expected one of {', '.join(_keys(found['loc'][:-1]))}"
    if kind == "value_error":
        return str(context["error"])
    if kind == "literal_error":
        return f"expected {context['expected']}, found {_shown(found['input'])}"
    if kind in _BOUNDS:
        words, key = _BOUNDS[kind]
        return f"expected {words} {context[key]}, found {_shown(found['input'])}"
    if kind in _EXPECTED:
        return f"{_EXPECTED[kind]}, found {_shown(found['input'])}"
    if kind in {"string_too_short", "too_short"}:
        return "is empty; expected something"
    if kind == "string_too_long":
        return f"expected at most {context['max_length']} characters"
    return found["msg"] if kind == "condition" else f"{found['msg']}, found {_shown(found['input'])}"


def _shown(value: Any) -> str:
    text = repr(list(value) if isinstance(value, tuple) else value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


def _keys(loc: Sequence[str | int]) -> list[str]:
    """The keys that the model at a location knows."""
    models: list[type[BaseModel]] = [AgreementSpec]
    for step in loc:
        if isinstance(step, str) and step.startswith("<"):
            models = [model for model in models if _first_key(model) == step.strip("<>")]
            continue
        fields = [field for model in models for name, field in model.model_fields.items() if step in (name, field.alias)]
        # A name in a dictionary, or a position in a list, leads to no other models than the ones around it.
        models = [model for field in fields for model in _models(field.annotation)] or models
    return list(dict.fromkeys(field.alias or name for model in models for name, field in model.model_fields.items()))


def _first_key(model: type[BaseModel]) -> str:
    name, field = next(iter(model.model_fields.items()))
    return field.alias or name


def _models(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for argument in get_args(annotation) for model in _models(argument)]
