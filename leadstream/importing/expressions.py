"""Expressions: how one value of a fact is made from a row."""

from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from leadstream.importing.grammar import Column, Scalar, Strict, Text, Texts, listed, refusal

WORDS = ("strip", "lower", "upper", "integer", "number", "boolean", "quarter", "date", "salesforce_id")
_WITH_ARGUMENT = ("prefix", "suffix", "replace", "map", "blank_if", "minor_units", "before", "hashed")
_SOURCES = ("column", "value", "first", "join", "template", "option")


def _operand(value: Any) -> Any:
    """A plain value stands for itself."""
    return value if isinstance(value, dict) else {"value": value}


def _step(value: Any) -> Any:
    if isinstance(value, str) and value in WORDS:
        return {"word": value}
    if isinstance(value, dict) and "word" not in value:
        return value
    raise refusal(f"expected one of {', '.join(WORDS)}, or a mapping with one of {', '.join(_WITH_ARGUMENT)}")


class Step(Strict):
    """One change to a value. Exactly one of the keys; `unmapped` belongs to `map`."""

    # Not a key of the language: `- lower` is how it is written, so messages do not offer it (repr=False).
    word: str | None = Field(None, repr=False)
    prefix: Text | None = None
    suffix: Text | None = None
    replace: dict[str, Text] | None = None
    map: dict[str, Scalar] | None = None
    unmapped: Literal["refuse", "keep", "blank"] = "refuse"
    blank_if: Texts | None = None
    minor_units: Annotated[int, Field(ge=0, le=6)] | None = None
    before: Text | None = None
    hashed: Literal["email", "phone", "text"] | None = None

    @model_validator(mode="after")
    def _is_one_step(self) -> Self:
        if len(self.model_fields_set - {"unmapped"}) != 1:
            raise refusal(f"expected exactly one of {', '.join(_WITH_ARGUMENT)}; steps stand in a list")
        if "unmapped" in self.model_fields_set and self.map is None:
            raise refusal("`unmapped` belongs to `map`")
        if self.replace is not None and "" in self.replace:
            raise refusal("`replace` needs a text to look for")
        if self.before == "":
            raise refusal("`before` needs a text to look for")
        return self


class Expression(Strict):
    """A value: where it comes from (exactly one source), then the steps that change it."""

    column: Column | None = None
    value: Scalar = None
    first: "tuple[Operand, ...] | None" = None
    join: "tuple[Operand, ...] | None" = None
    separator: Text = Field(" ", alias="with")
    template: str | None = None
    option: Literal["at"] | None = None
    then: Annotated[tuple[Annotated[Step, BeforeValidator(_step)], ...], BeforeValidator(listed)] = ()
    blank: Literal["omit", "keep", "refuse"] = "omit"

    @property
    def source(self) -> str:
        """Which of the sources is used."""
        return self.given_sources()[0]

    def given_sources(self) -> list[str]:
        """The sources that are named."""
        return [name for name in _SOURCES if name in self.model_fields_set]

    @model_validator(mode="after")
    def _has_one_source(self) -> Self:
        given = self.given_sources()
        if len(given) != 1:
            raise refusal(f"expected exactly one of {', '.join(_SOURCES)}; found {', '.join(given) or 'none'}")
        if getattr(self, given[0]) in (None, ()):
            raise refusal(f"`{given[0]}` is empty")
        if "separator" in self.model_fields_set and self.join is None:
            raise refusal("`with` belongs to `join`")
        if self.value is not None and (self.then or self.blank != "omit"):
            raise refusal("a fixed value needs no `then` and no `blank`")
        if self.template is not None:
            template_parts(self.template)
        return self

    def origin(self) -> str:
        """Where the value comes from, in words, for messages."""
        if self.option:
            return "the option --at, which says when,"
        named = [each.column for each in self.first or () if each.column]
        if named:
            return f"the first of {', '.join(f'`{column}`' for column in named)}"
        return f"column `{self.column}`" if self.column else f"`{self.source}`"


Operand = Annotated[Expression, BeforeValidator(_operand)]


def template_parts(template: str) -> list[tuple[str, str]]:
    """Take a template apart: (literal text, column after it) pairs; the last column may be empty.

    `{name}` is a column, `{{` and `}}` are braces. Column names may hold any sign but braces.

    Raises:
        PydanticCustomError: a brace that is not closed or not opened.
    """
    parts: list[tuple[str, str]] = []
    literal, rest = "", template
    while rest:
        if rest[:2] in ("{{", "}}"):
            literal, rest = literal + rest[0], rest[2:]
        elif rest[0] == "{":
            column, closed, rest = rest[1:].partition("}")
            if not closed or not column or "{" in column:
                raise refusal("a `{` in the template has no column and `}` after it; write `{{` for a brace")
            parts.append((literal, column))
            literal = ""
        elif rest[0] == "}":
            raise refusal("a `}` in the template has no `{` before it; write `}}` for a brace")
        else:
            literal, rest = literal + rest[0], rest[1:]
    return [*parts, (literal, "")]
