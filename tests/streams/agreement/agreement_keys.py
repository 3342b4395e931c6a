"""Every key that the grammar knows, and every key that the guide describes, with what is taken where it is absent."""

import re
from collections.abc import Iterator
from typing import Any, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from streams.agreement.conditions import AllOf, AnyOf, FieldTest, FitTest, NotOf, ScoreTest
from streams.agreement.grammar import AgreementSpec

CONDITIONS = (AllOf, AnyOf, NotOf, FieldTest, ScoreTest, FitTest)
_ROW = re.compile(r"\| ((?:`[^`]+`(?:, )?)+) \| ([^|]*) \|")
_NAMES: dict[type, str] = {dict: ".NAME", tuple: "[]"}


def grammar_keys() -> dict[str, str]:
    """Path of every key, such as `routing.pools.NAME.members[].weight`, to its default in the guide's words."""
    return dict(_keys(AgreementSpec, ""))


def condition_keys() -> set[str]:
    """The keys of conditions; `answer` is another way to write `field`."""
    fields = [(field.alias or name) for model in CONDITIONS for name, field in model.model_fields.items()]
    return {*fields, "answer"}


def described_keys(guide: str) -> dict[str, str]:
    """The same paths as the table below `Every key` has them."""
    rows = [
        _ROW.match(line)
        for line in guide.partition("\n## Every key\n")[2].partition("\nIn a condition:")[0].splitlines()
    ]
    return {key: row[2] for row in rows if row for key in re.findall("`([^`]+)`", row[1])}


def _keys(model: type[BaseModel], before: str) -> Iterator[tuple[str, str]]:
    for name, field in model.model_fields.items():
        path = f"{before}{field.alias or name}"
        yield path, _default(field)
        for suffix, inner in _inside(field.annotation, ""):
            yield from _keys(inner, f"{path}{suffix}.")


def _inside(annotation: Any, suffix: str) -> Iterator[tuple[str, type[BaseModel]]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        if annotation not in CONDITIONS:
            yield suffix, annotation
        return
    step = _NAMES.get(get_origin(annotation) or object, "")
    for argument in get_args(annotation):
        yield from _inside(argument, suffix + step)


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "needed"
    value = field.get_default(call_default_factory=True)
    if isinstance(value, bool):
        return "`true`" if value else "`false`"
    if isinstance(value, tuple) and value:
        return f"`[{', '.join(value)}]`"
    if isinstance(value, str | int):
        return f"`{value}`"
    return "" if isinstance(value, BaseModel) or not value else "see below"
