"""Hypothesis strategies for every fact of the catalogue, made from the types themselves, so a new fact is tried too."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import msgspec
from hypothesis import strategies as st
from msgspec import inspect

from events.envelope import Envelope
from events.registry import CATALOGUE, ENVELOPES

FIRST = datetime(1970, 1, 1)  # noqa: DTZ001 - Hypothesis wants bounds without zone and adds the zone itself
LAST = datetime(2200, 12, 31, 23, 59, 59, 999_999)  # noqa: DTZ001 - same

characters = st.characters(exclude_categories=["Cs"])
"""Any character UTF-8 can carry: control characters and the planes beyond the first included, lone surrogates not."""
instants = st.datetimes(FIRST, LAST, timezones=st.just(UTC))
zones = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


def texts(shortest: int = 0, longest: int = 4096) -> st.SearchStrategy[str]:
    """Texts of 0 to 20 characters, and now and then one exactly as long as allowed, of the widest characters."""
    short = st.text(characters, min_size=shortest, max_size=min(20, longest))
    return st.one_of(short, short, short, st.sampled_from([c * longest for c in ("x", "\U0001f600", "\0")]))


def envelopes(wire_type: str) -> st.SearchStrategy[Envelope]:
    """Any valid envelope of a wire type."""
    made: st.SearchStrategy[Envelope] = _struct(inspect.type_info(ENVELOPES[CATALOGUE[wire_type]]))
    return made


def any_envelope() -> st.SearchStrategy[Envelope]:
    """Any valid envelope of any type of the catalogue."""
    return st.sampled_from(sorted(CATALOGUE)).flatmap(envelopes)


def json_values(leaves: int = 8) -> st.SearchStrategy[Any]:
    """JSON values, nested, with numbers inside and outside every bound."""
    numbers = st.one_of(
        st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.sampled_from([2**53, 2**70])
    )
    scalars = st.one_of(st.none(), st.booleans(), numbers, st.text(characters, max_size=20))
    return st.recursive(
        scalars,
        lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
        max_leaves=leaves,
    )


def _struct(info: Any) -> st.SearchStrategy[Any]:
    needed = {field.name: _strategy(field.type) for field in info.fields if field.required}
    free = {field.name: _strategy(field.type) for field in info.fields if not field.required}
    return st.fixed_dictionaries(needed, optional=free).map(lambda fields: info.cls(**fields))


def _strategy(info: Any) -> st.SearchStrategy[Any]:
    """For a type as msgspec sees it; a kind of type that is not tried yet is an error, not a gap."""
    return _MAKERS[type(info)](info)


def _text(info: inspect.StrType) -> st.SearchStrategy[str]:
    if info.pattern is None:
        return texts(info.min_length or 0, info.max_length or 4096)
    return st.from_regex(info.pattern, fullmatch=True, alphabet=st.characters(codec="ascii"))


def _whole(info: inspect.IntType) -> st.SearchStrategy[int]:
    if info.ge is None or info.le is None:
        raise AssertionError("a whole number without bounds does not fit everywhere: give it some")
    return st.one_of(st.integers(info.ge, info.le), st.sampled_from([info.ge, info.le]))


def _mapping(info: inspect.DictType) -> st.SearchStrategy[dict[Any, Any]]:
    if isinstance(info.value_type, inspect.AnyType):
        return st.dictionaries(texts(longest=20), _document_values(), max_size=3)
    keys = st.one_of(_strategy(info.key_type), st.sampled_from(["person.email", "person.age", "company.size"]))
    return st.dictionaries(keys, _strategy(info.value_type), max_size=5)


_MAKERS: dict[type, Callable[[Any], st.SearchStrategy[Any]]] = {
    inspect.Metadata: lambda info: _strategy(info.type),
    inspect.StructType: _struct,
    inspect.StrType: _text,
    inspect.IntType: _whole,
    inspect.FloatType: lambda info: st.floats(info.ge, info.le),
    inspect.BoolType: lambda _: st.booleans(),
    inspect.NoneType: lambda _: st.none(),
    inspect.DateTimeType: lambda _: instants,
    inspect.DateType: lambda _: st.dates(date(1970, 1, 1), date(9998, 12, 31)),
    inspect.LiteralType: lambda info: st.sampled_from(info.values),
    inspect.DictType: _mapping,
    inspect.VarTupleType: lambda info: st.lists(_strategy(info.item_type), max_size=3).map(tuple),
    inspect.UnionType: lambda info: st.one_of([_strategy(kind) for kind in info.types]),
}


def _document_values() -> st.SearchStrategy[Any]:
    numbers = st.one_of(st.integers(-(2**53), 2**53), st.floats(-(2.0**53), 2.0**53))
    scalars = st.one_of(st.none(), st.booleans(), numbers, st.text(characters, max_size=20))
    return st.recursive(
        scalars,
        lambda inner: st.one_of(
            st.lists(inner, max_size=3), st.dictionaries(st.text(characters, max_size=5), inner, max_size=3)
        ),
        max_leaves=6,
    )


def same(one: Envelope, other: Envelope) -> bool:
    """Whether two envelopes are equal in every value and its type (1, 1.0 and True are equal in Python)."""
    return one == other and msgspec.msgpack.encode(one) == msgspec.msgpack.encode(other)
