"""What pydantic found, in words that help the person who wrote the agreement."""

from collections.abc import Iterator, Sequence
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from streams.agreement.conditions import TAGS
from streams.agreement.grammar import PROMISE_TAGS, AgreementSpec
from streams.agreement.problems import Place

_TAGS = TAGS | PROMISE_TAGS
_KEY = "[key]"
_EXPECTED = {
    "int_type": "expected a whole number",
    "bool_type": "expected true or false",
    "string_type": "expected a text",
    "tuple_type": "expected a list",
    "dict_type": "expected names, each with what belongs to it",
    "model_type": "expected names, each with what belongs to it",
    "model_attributes_type": "expected names, each with what belongs to it",
    "literal_error": "expected {expected}",
    "greater_than_equal": "expected at least {ge}",
    "less_than_equal": "expected at most {le}",
}
_LONGEST = 60


def explained(error: ValidationError) -> Iterator[tuple[Place, str]]:
    """Every problem with its place in the document."""
    for found in error.errors(include_url=False):
        yield _place(found["loc"]), _message(found)


def _place(loc: Sequence[str | int]) -> Place:
    return tuple(step for step in loc if step not in _TAGS and step != _KEY)


def _message(found: ErrorDetails) -> str:
    kind, context = found["type"], found.get("ctx", {})
    match kind:
        case "missing":
            message = "is missing"
        case "extra_forbidden":
            message = f"unknown key; expected one of {', '.join(_keys(found['loc'][:-1]))}"
        case "value_error":
            message = str(context["error"])
        case "condition":
            message = found["msg"]
        case "string_too_short" | "too_short":
            message = "is empty; expected something"
        case "string_too_long":
            message = f"expected at most {context['max_length']} characters"
        case _:
            expected = _EXPECTED.get(kind, found["msg"]).format(**context)
            message = f"{expected}, found {_shown(found['input'])}"
    return message


def _shown(value: Any) -> str:
    text = repr(list(value) if isinstance(value, tuple) else value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


def _keys(loc: Sequence[str | int]) -> list[str]:
    """The keys that the model at a location knows."""
    parts = list(_parts(AgreementSpec))
    for step in loc:
        if step in _TAGS:
            parts = [part for part in parts if _is_model(part) and f"<{_first_key(part)}>" == step]
        else:
            parts = [inner for part in parts for annotation in _below(part, step) for inner in _parts(annotation)]
    fields = [field for part in parts if _is_model(part) for field in part.model_fields.items()]
    return list(dict.fromkeys(field.alias or name for name, field in fields))


def _first_key(model: type[BaseModel]) -> str:
    name, field = next(iter(model.model_fields.items()))
    return field.alias or name


def _is_model(part: Any) -> bool:
    return isinstance(part, type) and issubclass(part, BaseModel)


def _parts(annotation: Any) -> Iterator[Any]:
    """The models, lists and dictionaries of names that may stand where an annotation is."""
    if _is_model(annotation) or get_origin(annotation) in (dict, tuple):
        yield annotation
        return
    for argument in get_args(annotation):
        yield from _parts(argument)


def _below(part: Any, step: str | int) -> Iterator[Any]:
    """What may stand one step below a part."""
    if _is_model(part):
        yield from (field.annotation for name, field in part.model_fields.items() if step in (name, field.alias))
    elif get_origin(part) is dict:
        yield get_args(part)[1]
    else:
        yield from get_args(part)
