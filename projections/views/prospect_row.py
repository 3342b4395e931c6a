"""What `prospects` keeps of a lead: its features over time, and its decisions with what was known before them."""

from collections.abc import Mapping

from msgspec import Struct

from projections.predicting.features import CAPTURED, STAGE
from projections.views.merged_lives import Lives

Features = tuple[tuple[str, str], ...]
"""(field, value) in order of fields."""


class Known(Struct, frozen=True, gc=False, array_like=True):
    """The value of a feature from an instant on, in microseconds; `by` orders statuses of one instant."""

    value: str
    at: int
    by: tuple[str, str] = ("", "")


class Decided(Struct, frozen=True, gc=False, array_like=True):
    """A decision as it was recorded.

    Attributes:
        how: converted, archived, or status.
        status: the status that was entered, where that was it.
        at: when, microseconds.
        team: agreement by then; empty until the lead is captured.
        features: what was known before it.
    """

    how: str
    status: str
    at: int
    team: str
    features: Features


class Lent(Struct, frozen=True, gc=False, array_like=True):
    """What was decided about a lead that was merged into this one, with what was known of this one before it."""

    lead: str
    converted: Decided | None = None
    archived: Decided | None = None
    entered: Decided | None = None


class Prospect(Struct, frozen=True, gc=False, array_like=True):
    """Base row: the features of a lead over time, and its decisions.

    `known` has the values of each field in order of time, in the order in which the fields became known. `lent` follows
    from `lives`, and keeps what was known when each of them was heard of; `opened_at` undoes what it says until then.
    """

    is_test: bool = False
    captured_at: int | None = None
    team: str = ""
    known: Mapping[str, tuple[Known, ...]] = {}
    converted: Decided | None = None
    archived: Decided | None = None
    entered: Decided | None = None
    entered_by: tuple[str, str] = ("", "")
    merged: bool = False
    lent: tuple[Lent, ...] = ()
    lives: Lives = ()
    opened_at: int = -1


def features_before(row: Prospect, at: int | None) -> Features:
    """What was known of a lead strictly before an instant; None for all that is known now."""
    found = {field: value for field, values in row.known.items() if (value := _value_before(values, at))}
    stage = found.pop(STAGE, None)
    pairs = list(found.items())
    captured = row.captured_at is not None and (at is None or row.captured_at < at)
    if stage is not None or captured:
        pairs.append((STAGE, CAPTURED if stage is None else stage))
    return tuple(sorted(pairs))


def decision(row: Prospect) -> Decided | None:
    """What was decided about the lead, as things stand; entering a status may or may not be a decision."""
    converted = row.converted or next((each.converted for each in row.lent if each.converted), None)
    archived = row.archived or next((each.archived for each in row.lent if _said_since(row, each.archived)), None)
    return converted or archived or _last_entered(row)


def _last_entered(row: Prospect) -> Decided | None:
    """The status entered last, of the lead or of one that was merged into it."""
    found = [(row.entered.at, row.entered_by, row.entered)] if row.entered else []
    by = {life.lead: life.entered[1:] for life in row.lives}
    lent = (each for each in row.lent if _said_since(row, each.entered))
    found += [(each.entered.at, by[each.lead], each.entered) for each in lent if each.entered is not None]
    return max(found, key=lambda each: each[:2])[2] if found else None


def _value_before(values: tuple[Known, ...], at: int | None) -> str | None:
    """The value of a field strictly before an instant."""
    if at is None:
        return values[-1].value
    return next((each.value for each in reversed(values) if each.at < at), None)


def _said_since(row: Prospect, decided: Decided | None) -> bool:
    return decided is not None and decided.at > row.opened_at


def decided_now(row: Prospect, how: str, at: int, status: str = "") -> Decided:
    """A decision of an instant, with what is known now of before it."""
    return Decided(how, status, at, row.team, features_before(row, at))
