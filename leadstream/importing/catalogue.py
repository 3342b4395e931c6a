"""The facts a mapping may make and their fields, read off the fact types themselves."""

from collections.abc import Iterator
from dataclasses import dataclass

from msgspec import inspect

from events.fact import Fact
from events.lead import LeadCaptured, LeadConverted, LeadProfileUpdated
from events.registry import ABOUT_ACCOUNTS, ABOUT_COUNCILS, ABOUT_OPPORTUNITIES, UPSTREAM, WIRE_TYPE

_MADE_HERE: dict[type[Fact], frozenset[str]] = {
    LeadCaptured: frozenset({"agreement"}),
    LeadConverted: frozenset({"status"}),
    LeadProfileUpdated: frozenset({"ranks"}),
}
"""Fields that are filled when a fact is accepted or derived, and never by a sender."""

_SCALARS: tuple[tuple[type[inspect.Type], type], ...] = (
    (inspect.StrType, str),
    (inspect.IntType, int),
    (inspect.FloatType, float),
    (inspect.BoolType, bool),
    (inspect.DateType, str),
)


@dataclass(frozen=True, slots=True)
class FieldRule:
    """What one field of a fact takes.

    Attributes:
        required: a fact without it is refused.
        types: the types its value may have; empty for the profile, which holds fields of its own.
        choices: the only values it may have; empty where any will do.
    """

    required: bool
    types: frozenset[type]
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FactRule:
    """A fact a mapping may make: its type and what its fields take."""

    fact: type[Fact]
    fields: dict[str, FieldRule]


def _members(kind: inspect.Type) -> Iterator[inspect.Type]:
    if isinstance(kind, inspect.Metadata):
        yield from _members(kind.type)
    elif isinstance(kind, inspect.UnionType):
        for member in kind.types:
            yield from _members(member)
    else:
        yield kind


def _field(kind: inspect.Type, *, required: bool) -> FieldRule:
    types: set[type] = set()
    choices: list[str] = []
    for member in _members(kind):
        types.update(made for known, made in _SCALARS if isinstance(member, known))
        if isinstance(member, inspect.LiteralType):
            types.add(str)
            choices.extend(str(value) for value in member.values)
    return FieldRule(required, frozenset(types), tuple(choices))


def _fact(fact: type[Fact]) -> FactRule:
    described = inspect.type_info(fact)
    if not isinstance(described, inspect.StructType):
        raise TypeError(fact)
    hidden = _MADE_HERE.get(fact, frozenset())
    return FactRule(
        fact,
        {
            field.encode_name: _field(field.type, required=field.required)
            for field in described.fields
            if field.encode_name not in hidden
        },
    )


def _short(fact: type[Fact]) -> str:
    """The wire type without its version: a mapping always makes the present version."""
    return WIRE_TYPE[fact].rpartition(".v")[0]


FACTS: dict[str, FactRule] = {
    _short(fact): _fact(fact)
    for fact in sorted(UPSTREAM | ABOUT_OPPORTUNITIES | ABOUT_ACCOUNTS | ABOUT_COUNCILS, key=_short)
}
"""Name in a mapping (`lead.captured`) -> the fact and its fields."""

AT_ANY_TIME = frozenset(_short(fact) for fact in ABOUT_ACCOUNTS | ABOUT_COUNCILS)
"""Facts about subjects without deadlines: nothing was decided that would have to be decided otherwise, had they come
before."""

PROFILE_TYPES: frozenset[type] = frozenset({str, int, float, bool})
"""What a field of the profile may hold."""
