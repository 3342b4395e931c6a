"""Facts from rows: the data of each fact built by closures and checked by the fact's own type."""

from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from events.fact import Fact
from events.limits import LimitError, Limits
from leadstream.importing.catalogue import FACTS
from leadstream.importing.compiling import Get, Row, Slot, compile_expression
from leadstream.importing.expressions import Expression
from leadstream.importing.given import Given
from leadstream.importing.grammar import Value
from leadstream.importing.model import FactSpec, TimeSpec
from leadstream.importing.problems import BadValueError, shown
from leadstream.importing.times import Read, compile_time


class BadFieldError(ValueError):
    """A row that cannot become what the mapping wants.

    Attributes:
        field: the part of the mapping that failed, such as `data.amount_minor`.
        reason: what is wrong, in words.
    """

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Part:
    """One value of a row that the mapping names: how to get it, and what to call it when it fails."""

    field: str
    origin: str
    get: Get

    def of(self, row: Row) -> Value | None:
        """The value, or None where it is blank.

        Raises:
            BadFieldError: the row's text cannot become the value.
        """
        try:
            return self.get(row)
        except BadValueError as error:
            raise BadFieldError(self.field, f"{self.origin} {error}") from None

    def text(self, row: Row) -> str:
        """The value as a text that must be there.

        Raises:
            BadFieldError: it is blank, or cannot be made.
        """
        value = self.of(row)
        if value is None:
            raise BadFieldError(self.field, f"{self.origin} is blank")
        return str(value)


def part(field: str, expression: Expression, slot: Slot, given: Given) -> Part:
    """Compile one value of a row."""
    return Part(field, expression.origin(), compile_expression(expression, slot, given))


@dataclass(frozen=True, slots=True)
class Instant:
    """An instant of a row."""

    text: Part
    read: Read

    def of(self, row: Row) -> int:
        """Microseconds since the Unix epoch.

        Raises:
            BadFieldError: no text, or no time.
        """
        try:
            return self.read(self.text.text(row))
        except BadValueError as error:
            raise BadFieldError(self.text.field, f"{self.text.origin} {error}") from None


@dataclass(frozen=True, slots=True)
class Maker:
    """Makes one kind of fact.

    Attributes:
        name: the fact's name in the mapping.
        subject: its own subject; None where it has the row's.
        at: its own instant; None where it has the row's.
        make: row -> the fact; raises BadFieldError.
    """

    name: str
    subject: Part | None
    at: Instant | None
    make: Callable[[Row], Fact]


def instant(field: str, spec: TimeSpec, zone: str | None, slot: Slot, given: Given) -> Instant:
    """Compile an instant; `zone` is that of its file."""
    return Instant(part(field, spec, slot, given), compile_time(spec.format, spec.zone or zone, given))


def compile_fact(spec: FactSpec, zone: str | None, slot: Slot, given: Given) -> Maker:
    """Compile one fact of a rule; `zone` is that of its file."""
    known = FACTS[spec.fact]
    fields = _filler(spec.data.fields, "data", slot, given)
    profile = None if spec.data.profile is None else _filler(spec.data.profile, "data.profile", slot, given)
    needs_profile = profile is not None and known.fields["profile"].required
    fact, limits = known.fact, Limits([known.fact])

    def make(row: Row) -> Fact:
        data: dict[str, object] = fields(row)
        if profile is not None:
            told = profile(row)
            if told:
                data["profile"] = told
            elif needs_profile:
                raise BadFieldError("data.profile", "all of it is blank, and the fact is about nothing else")
        try:
            return limits.settle_fact(msgspec.convert(data, fact))
        except msgspec.ValidationError as error:
            raise _refused(error, data) from None
        except LimitError as error:
            raise BadFieldError(error.field, str(error)) from None

    at = None if spec.at is None else instant("at", spec.at, zone, slot, given)
    subject = None if spec.subject is None else part("subject", spec.subject, slot, given)
    return Maker(spec.fact, subject, at, make)


def _filler(fields: dict[str, Expression], prefix: str, slot: Slot, given: Given) -> Callable[[Row], dict[str, object]]:
    """Row -> the fields that are not blank. Fixed values are laid down once and copied."""
    fixed = {name: each.value for name, each in fields.items() if each.value is not None}
    made = [(name, part(f"{prefix}.{name}", each, slot, given)) for name, each in fields.items() if each.value is None]

    def fill(row: Row) -> dict[str, object]:
        data = fixed.copy()
        for name, each in made:
            value = each.of(row)
            if value is not None:
                data[name] = value
        return data

    return fill


def _refused(error: msgspec.ValidationError, data: dict[str, object]) -> BadFieldError:
    """The fact's own refusal, with the field it names: "Expected ... - at `$.by`", or "... field `by`"."""
    said, _, place = str(error).partition(" - at `$.")
    if not place:
        name = said.rpartition(" `")[2].rstrip("`")
        return BadFieldError(f"data.{name}", "is required and blank")
    name = place.rstrip("`").partition("[")[0]
    found = "" if name == "profile" else f"; found {shown(data.get(name))}"
    return BadFieldError(f"data.{name}", f"{said}{found}")
