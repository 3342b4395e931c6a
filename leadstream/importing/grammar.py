"""What all parts of the mapping language share: unknown keys are refused, one may stand for a list of one."""

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict
from pydantic_core import PydanticCustomError

Value = str | int | float | bool
"""What a field of a fact can hold."""


class Strict(BaseModel):
    """A part of a mapping: frozen, and every key known."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def refusal(message: str) -> PydanticCustomError:
    """An error of the mapping language, its text as given."""
    return PydanticCustomError("mapping", "{text}", {"text": message})


def listed(value: Any) -> Any:
    """One thing stands for a list of one."""
    return value if isinstance(value, list) else [value]


def _scalar(value: Any) -> Value:
    if isinstance(value, str | int | float):
        return value
    raise refusal("expected a text, a number, true or false")


def _text(value: Any) -> str:
    """The text as it is written in the mapping. A fraction has many spellings, so it wants quotes."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int):
        return str(value)
    raise refusal("expected a text; write numbers with a fraction in quotes")


def _name(value: Any) -> str:
    text = _text(value)
    if not text:
        raise refusal("expected the name of a column")
    return text


def _some(value: tuple[Any, ...]) -> tuple[Any, ...]:
    if not value:
        raise refusal("expected at least one entry")
    return value


SOME = AfterValidator(_some)
"""A list that is not empty. Asked after its entries, so that a bad entry is not reported as an empty list too."""

Scalar = Annotated[Any, BeforeValidator(_scalar)]
Text = Annotated[str, BeforeValidator(_text)]
Texts = Annotated[tuple[Text, ...], BeforeValidator(listed), SOME]
Column = Annotated[str, BeforeValidator(_name)]
Columns = Annotated[tuple[Column, ...], BeforeValidator(listed), SOME]
