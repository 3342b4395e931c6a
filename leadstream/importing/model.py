"""The mapping: files, rules and the facts they make, as written in YAML."""

import codecs
import re
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StrictBool, model_validator
from typing_extensions import override

from leadstream.importing.conditions import Condition
from leadstream.importing.dates import Order
from leadstream.importing.expressions import Expression, Operand
from leadstream.importing.grammar import SOME, Column, Columns, Strict, Text, Texts, listed, refusal
from leadstream.importing.times import USUAL

FORMATS = ("csv", "tsv", "xlsx", "jsonl", "xes", "vcard")
"""The kinds of files there are readers for."""
EPOCH_FORMATS = ("epoch_seconds", "epoch_millis", "epoch_micros")


def _column(value: Any) -> Any:
    """In the places that always read the row, a plain name stands for a column."""
    return value if isinstance(value, dict | BaseModel) else {"column": value}


def _slug(value: str) -> str:
    if not re.fullmatch("[a-z0-9][a-z0-9_.-]{0,63}", value):
        raise refusal(f"`{value}` is no short name; expected a-z, 0-9, `_`, `.`, `-`, at most 64")
    return value


def _reason(value: str) -> str:
    if not value.strip():
        raise refusal("expected the reason these rows are left out")
    return value


def _delimiter(value: str) -> str:
    if len(value) != 1 or value in '"\r\n':
        raise refusal("expected one sign, such as `,`, `;` or a tab (in double quotes: \\t)")
    return value


def _order(value: Any) -> Any:
    """An option writes `day-first` where a mapping writes `day_first`."""
    return value.replace("-", "_") if isinstance(value, str) else value


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError) as error:
        raise refusal(f"`{value}` is not a time zone; expected an IANA name such as Europe/Berlin") from error
    return value


def _encoding(value: str) -> str:
    try:
        "".encode(value)
    except LookupError as error:
        raise refusal(f"`{value}` is not a text encoding; expected one such as utf-8 or cp1252") from error
    return codecs.lookup(value).name


def _format(value: str) -> str:
    if value in USUAL or value in EPOCH_FORMATS:
        return value
    if "%Z" in value:
        raise refusal("a zone's letters (%Z) do not name an instant; use %z, or give the `zone`")
    if "%" not in value or not _reads_back(value):
        raise refusal(f"expected iso, local, {', '.join(EPOCH_FORMATS)} or a pattern such as %d.%m.%Y %H:%M")
    return value


def _reads_back(pattern: str) -> bool:
    sample = datetime(2024, 2, 29, 23, 58, 57, tzinfo=UTC)
    try:
        datetime.strptime(sample.strftime(pattern), pattern)  # noqa: DTZ007 - only tries whether it can be read
    except ValueError:
        return False
    return True


Zone = Annotated[str, AfterValidator(_zone)]
Slug = Annotated[str, AfterValidator(_slug)]
Formats = Annotated[tuple[Annotated[str, AfterValidator(_format)], ...], BeforeValidator(listed), SOME]


class TimeSpec(Expression):
    """An instant: the text, how to read it (formats are tried in order), and the zone of times that name none."""

    format: Formats = USUAL
    zone: Zone | None = None


class OrderSpec(Strict):
    """The tie-break within equal times of one file."""

    column: Column
    as_: Literal["integer", "text"] = Field("integer", alias="as")


class KeyPart(Expression):
    """A part of what names a row: a value like any other, or the row's subject, time or facts as they were made."""

    row: Literal["subject", "time", "facts"] | None = None

    @override
    def given_sources(self) -> list[str]:
        """The sources that are named."""
        return [*(["row"] if self.row else []), *super().given_sources()]


When = Annotated[TimeSpec, BeforeValidator(_column)]
Subject = Annotated[Expression, BeforeValidator(_column)]
Key = Annotated[tuple[Annotated[KeyPart, BeforeValidator(_column)], ...], BeforeValidator(listed), SOME]


class Data(Strict):
    """The fact's fields; `profile` holds fields of its own."""

    model_config = ConfigDict(extra="allow", frozen=True)
    __pydantic_extra__: dict[str, Operand] = Field(init=False)

    profile: dict[str, Operand] | None = None

    @property
    def fields(self) -> dict[str, Expression]:
        """Field -> expression, without the profile."""
        return self.__pydantic_extra__


class FactSpec(Strict):
    """One fact a row becomes. `subject` and `at` are its own where they are not the row's."""

    fact: str
    subject: Subject | None = None
    at: When | None = None
    data: Data = Data()


class Rule(Strict):
    """Rows for which `when` holds become facts, or are skipped for a reason."""

    name: Text | None = None
    when: Condition | None = None
    also: StrictBool = False
    fact: str | None = None
    subject: Subject | None = None
    at: When | None = None
    data: Data = Data()
    facts: Annotated[tuple[FactSpec, ...], SOME] | None = None
    skip: Annotated[Text, AfterValidator(_reason)] | None = None

    @property
    def specs(self) -> tuple[FactSpec, ...]:
        """The facts it makes, in either way of writing."""
        if self.fact is not None:
            return (FactSpec(fact=self.fact, subject=self.subject, at=self.at, data=self.data),)
        return self.facts or ()

    @model_validator(mode="after")
    def _does_one_thing(self) -> Self:
        given = [name for name in ("fact", "facts", "skip") if getattr(self, name) is not None]
        if len(given) != 1:
            raise refusal(f"expected exactly one of fact, facts, skip; found {' and '.join(given) or 'none'}")
        stray = [name for name in ("subject", "at", "data") if name in self.model_fields_set and given != ["fact"]]
        if stray:
            raise refusal(f"`{stray[0]}` belongs to `fact`; inside `facts` each fact has its own")
        if self.also and self.skip is not None:
            raise refusal("`also` lets the following rules make facts too; a skipped row makes none")
        return self


class FileSpec(Strict):
    """One file of the log: how to find it, how to read it, what its rows become."""

    role: Slug
    match: Texts
    required: StrictBool = True
    format: Literal["csv", "tsv", "xlsx", "jsonl", "xes", "vcard"] | None = None
    encoding: Annotated[str, AfterValidator(_encoding)] | None = None
    delimiter: Annotated[str, AfterValidator(_delimiter)] | None = None
    sheet: Text | None = None
    dates: Annotated[Order | None, BeforeValidator(_order)] = None
    header: Annotated[int, Field(ge=1, le=1000)] = 1
    footer: StrictBool = False
    columns: Columns | None = None
    rename: dict[str, Column] = Field(default_factory=dict)
    aliases: dict[str, Texts] = Field(default_factory=dict)
    optional: Columns = ()
    subject: Subject
    time: When | None = None
    order: Annotated[OrderSpec, BeforeValidator(_column)] | None = None
    key: Key | None = None
    zone: Zone | None = None
    rules: Annotated[tuple[Rule, ...], SOME]


class ImportMapping(Strict):
    """A whole mapping. `name` is part of every fact's id: a new name makes new facts."""

    name: Slug
    description: str = ""
    zone: Zone | None = None
    files: Annotated[tuple[FileSpec, ...], SOME]

    @property
    def source(self) -> str:
        """CloudEvents `source` of the facts it makes, a URI reference."""
        return f"/import/{self.name}"
