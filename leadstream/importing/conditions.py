"""`when:` — which rows a rule is for."""

from typing import Annotated, Any, Self

from pydantic import BeforeValidator, ConfigDict, Field, StrictBool, model_validator

from leadstream.importing.grammar import Strict, Text, Texts, refusal


def _shorthand(value: Any) -> Any:
    """A plain value stands for `is: value`."""
    if isinstance(value, dict):
        return value
    if isinstance(value, list):
        raise refusal("expected a value or a test; write `in: [...]` for one of several")
    return {"is": value}


class Test(Strict):
    """A test of one column's text; all of its keys must hold. Texts are compared exactly."""

    is_: Text | None = Field(None, alias="is")
    in_: Texts | None = Field(None, alias="in")
    starts_with: Texts | None = None
    ends_with: Texts | None = None
    contains: Texts | None = None
    present: StrictBool | None = None
    not_: "Test | None" = Field(None, alias="not")

    @model_validator(mode="after")
    def _asks_something(self) -> Self:
        if not self.model_fields_set:
            raise refusal("expected at least one of is, in, starts_with, ends_with, contains, present, not")
        return self


class Condition(Strict):
    """Columns with their tests, and the combinations `all`, `any`, `not`; everything that stands here must hold."""

    model_config = ConfigDict(extra="allow", frozen=True)
    __pydantic_extra__: dict[str, Annotated[Test, BeforeValidator(_shorthand)]] = Field(init=False)

    all: "tuple[Condition, ...] | None" = None
    any: "tuple[Condition, ...] | None" = None
    not_: "Condition | None" = Field(None, alias="not")

    @property
    def columns(self) -> dict[str, Test]:
        """Column -> its test."""
        return self.__pydantic_extra__

    @model_validator(mode="after")
    def _asks_something(self) -> Self:
        if not (self.columns or self.all or self.any or self.not_):
            raise refusal("expected at least one column with a test, or all, any, not")
        return self
