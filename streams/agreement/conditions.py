"""Conditions as people write them: tests joined by `all`, `any` and `not`."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, Tag, model_validator

from streams.agreement.lists import BUILT_IN
from streams.agreement.regex import checked
from streams.agreement.texts import Part, tuple_of

Number = int | float
Scalar = str | bool | Number
FieldName = Annotated[str, Field(min_length=1, max_length=200)]
_LARGEST = 2**53


def _number(value: Any) -> Number:
    if isinstance(value, bool) or not isinstance(value, int | float) or not -_LARGEST <= value <= _LARGEST:
        raise ValueError(f"expected a number, found {value!r}")
    return value


def _scalar(value: Any) -> Scalar:
    if isinstance(value, bool) or (isinstance(value, str) and len(value) <= 1000):
        return value
    if isinstance(value, int | float):
        return _number(value)
    raise ValueError(f"expected a text, a number, true or false, found {value!r}")


def _values(value: Any) -> str | tuple[Scalar, ...]:
    if isinstance(value, list | tuple) and value:
        return tuple(map(_scalar, value))
    if isinstance(value, str) and value in BUILT_IN:
        return value
    raise ValueError(f"expected a list of values, or the name of a built-in list: {', '.join(BUILT_IN)}")


def _answer_is_a_field(value: Any) -> Any:
    if isinstance(value, dict) and isinstance(value.get("answer"), str) and "field" not in value:
        return {"field": f"answers.{value['answer']}"} | {key: value[key] for key in value if key != "answer"}
    return value


class AllOf(Part):
    """Every one of them."""

    all_: Annotated[tuple["AnyCondition", ...], BeforeValidator(tuple_of), Field(alias="all", min_length=1)]


class AnyOf(Part):
    """At least one of them."""

    any_: Annotated[tuple["AnyCondition", ...], BeforeValidator(tuple_of), Field(alias="any", min_length=1)]


class NotOf(Part):
    """The contrary."""

    not_: Annotated["AnyCondition", Field(alias="not")]


class FieldTest(Part):
    """Tests on one field of the profile; all that are written down must hold."""

    field: FieldName
    equals: Annotated[Any, AfterValidator(_scalar)] = None
    in_: Annotated[Any, AfterValidator(_values)] = Field(alias="in", default=None)
    at_least: Annotated[Any, AfterValidator(_number)] = None
    at_most: Annotated[Any, AfterValidator(_number)] = None
    matches: Annotated[str, AfterValidator(checked)] | None = None
    present: bool | None = None

    @model_validator(mode="after")
    def _tests_something(self) -> Self:
        tests = (self.equals, self.in_, self.at_least, self.at_most, self.matches, self.present)
        if all(test is None for test in tests):
            raise ValueError("expected a test: equals, in, at_least, at_most, matches or present")
        return self


class ScoreTest(Part):
    """A test on the shown score or one of its parts."""

    score: Literal["engagement", "fit", "total"]
    at_least: Annotated[int, Field(ge=0)]


class FitTest(Part):
    """A test on the fit points before they are clamped, so that they can be below 0."""

    fit: Literal["below"]
    value: int


_KINDS: dict[str, type[Part]] = {
    "all": AllOf,
    "any": AnyOf,
    "not": NotOf,
    "field": FieldTest,
    "score": ScoreTest,
    "fit": FitTest,
}
TAGS = frozenset(f"<{key}>" for key in _KINDS)
"""What tells the kinds apart in the places of pydantic's errors; it stands in no document."""


def _kind(value: Any) -> str | None:
    if isinstance(value, dict):
        return next((f"<{key}>" for key in _KINDS if key in value), None)
    return next((f"<{key}>" for key, kind in _KINDS.items() if isinstance(value, kind)), None)


AnyCondition = Annotated[
    Annotated[AllOf, Tag("<all>")]
    | Annotated[AnyOf, Tag("<any>")]
    | Annotated[NotOf, Tag("<not>")]
    | Annotated[FieldTest, Tag("<field>")]
    | Annotated[ScoreTest, Tag("<score>")]
    | Annotated[FitTest, Tag("<fit>")],
    Discriminator(
        _kind,
        custom_error_type="condition",
        custom_error_message="expected a condition: one of all, any, not, field, answer, score, fit",
    ),
    BeforeValidator(_answer_is_a_field),
]
Condition = AllOf | AnyOf | NotOf | FieldTest | ScoreTest | FitTest

for _model in (AllOf, AnyOf, NotOf):
    _model.model_rebuild()


def each_test(condition: Condition, place: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], Condition]]:
    """Every test of a condition with its place."""
    match condition:
        case AllOf():
            for index, part in enumerate(condition.all_):
                yield from each_test(part, (*place, "all", index))
        case AnyOf():
            for index, part in enumerate(condition.any_):
                yield from each_test(part, (*place, "any", index))
        case NotOf():
            yield from each_test(condition.not_, (*place, "not"))
        case _:
            yield place, condition
