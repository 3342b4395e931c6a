"""What the types of a decoded fact cannot say: instants in range and in UTC, days in range, bounded free documents.

Past these limits a fact would decode and then break what comes after it: integers that no longer fit into MessagePack,
instants that overflow on their way to UTC, nesting that exhausts the stack.
"""

from datetime import UTC, date, datetime
from typing import Any, TypeVar, get_args, get_type_hints

from msgspec import UNSET, Struct
from msgspec.structs import replace

from events.envelope import Envelope
from events.fact import Document, Fact
from events.instants import EPOCH

LATEST = datetime(9999, 1, 1, tzinfo=UTC)
"""Instants from 1970 up to this one, itself excluded, are taken: each can be said in every time zone."""
FIRST_DAY, LAST_DAY = date(1970, 1, 1), date(LATEST.year - 1, 12, 31)
"""Days without a zone lie within these."""
LARGEST = 2**53
"""Numbers in free documents lie within this distance of zero: beyond it JSON readers disagree."""
DEEPEST = 64
"""Levels of lists and objects in a free document."""

LARGEST_FACT = 290_000
"""Bytes of a fact about a lead at most. A lead keeps up to three times as much of it, and its state has to fit a
record: a new lead has room for no more."""

_ENVELOPE_INSTANTS = ("time", "recordedat")
_Holder = TypeVar("_Holder", bound=Struct)


class LimitError(ValueError):
    """A limit is passed.

    Attributes:
        field: path of the field, such as `data.document.targets`.
    """

    def __init__(self, message: str, field: str) -> None:
        super().__init__(message)
        self.field = field


class Limits:
    """Checks decoded envelopes of the given fact types."""

    def __init__(self, kinds: list[type[Fact]]) -> None:
        self._instants = {kind: found for kind in kinds if (found := _fields_of(kind, datetime))}
        self._days = {kind: found for kind in kinds if (found := _fields_of(kind, date))}
        self._documents = {kind: found for kind in kinds if (found := _fields_of(kind, Document))}
        self._nested = {kind: nested for kind in kinds if (nested := _nested_in(kind))}
        checked = self._instants.keys() | self._days.keys() | self._documents.keys() | self._nested.keys()
        self._plain = frozenset(kinds) - checked

    def settle(self, envelope: Envelope) -> Envelope:
        """The envelope with all its instants in UTC, the same one where they are.

        Raises:
            LimitError: an instant, a day or a document passes a limit.
        """
        at, recorded = envelope.time, envelope.recordedat
        settled = at.tzinfo is UTC and EPOCH <= at < LATEST
        if not settled or not (recorded is UNSET or (recorded.tzinfo is UTC and EPOCH <= recorded < LATEST)):
            envelope = _in_utc(envelope, _ENVELOPE_INSTANTS, "")
        if type(envelope.data) in self._plain:
            return envelope
        data = self.settle_fact(envelope.data)
        return envelope if data is envelope.data else replace(envelope, data=data)

    def settle_fact(self, fact: Fact) -> Fact:
        """The fact with all its instants in UTC, the same one where they are.

        Raises:
            LimitError: an instant, a day or a document passes a limit.
        """
        kind = type(fact)
        data = _in_utc(fact, self._instants.get(kind, ()), "data.")
        for name, instants in self._nested.get(kind, {}).items():
            data = _each_in_utc(data, name, instants)
        for name in self._days.get(kind, ()):
            _check_day(getattr(data, name), f"data.{name}")
        for name in self._documents.get(kind, ()):
            _check_document(getattr(data, name), f"data.{name}", DEEPEST)
        return data


def _nested_in(kind: type[Fact]) -> dict[str, tuple[str, ...]]:
    """Fields that hold several structs with instants in them, with the names of those."""
    found: dict[str, tuple[str, ...]] = {}
    for name, hint in get_type_hints(kind).items():
        for part in get_args(hint):
            if isinstance(part, type) and issubclass(part, Struct) and (names := _fields_of(part, datetime)):
                found[name] = names
    return found


def _fields_of(kind: type[Struct], wanted: Any) -> tuple[str, ...]:
    """Names of the fields that are, or may be, of a type."""
    hints = get_type_hints(kind)
    return tuple(name for name in kind.__struct_fields__ if hints[name] == wanted or wanted in get_args(hints[name]))


def _in_utc(holder: _Holder, names: tuple[str, ...], path: str) -> _Holder:
    changed = {}
    for name in names:
        at = getattr(holder, name)
        if at is None or at is UNSET or (at.tzinfo is UTC and EPOCH <= at < LATEST):
            continue
        check_instant(at, path + name)
        changed[name] = at.astimezone(UTC)
    return replace(holder, **changed) if changed else holder


def check_instant(at: datetime, path: str) -> None:
    """Refuse an instant that no fact can have.

    Args:
        at: the instant, with a zone.
        path: of the field it stands in.

    Raises:
        LimitError: it lies before 1970 or after 9998.
    """
    if not EPOCH <= at < LATEST:
        raise LimitError(f"Expected an instant from {EPOCH.year} to {LATEST.year - 1}, got {at.isoformat()}", path)


def _each_in_utc(data: Fact, name: str, instants: tuple[str, ...]) -> Fact:
    held: tuple[Struct, ...] = getattr(data, name)
    made = tuple(_in_utc(each, instants, f"data.{name}[{place}].") for place, each in enumerate(held))
    same = all(one is other for one, other in zip(made, held, strict=True))
    return data if same else replace(data, **{name: made})


def _check_day(day: date | None, path: str) -> None:
    if day is not None and not FIRST_DAY <= day <= LAST_DAY:
        raise LimitError(f"Expected a day from {FIRST_DAY.year} to {LAST_DAY.year}, got {day}", path)


def _check_document(value: Any, path: str, levels: int) -> None:
    if isinstance(value, dict | list):
        if levels == 0:
            raise LimitError(f"Expected at most {DEEPEST} levels", ".".join(path.split(".", 2)[:2]))
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            _check_document(item, f"{path}.{key}", levels - 1)
    elif isinstance(value, int | float) and not -LARGEST <= value <= LARGEST:
        raise LimitError("Expected a number between -2^53 and 2^53", path)
