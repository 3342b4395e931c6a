"""`prospects`: what was known of each lead before it was decided, and how; `prediction-counts`: how often.

The predictive score learns from these. What is counted for a decision is what was known just before it and stays as it
was recorded; a lead that is opened again takes back exactly that. Whether a status means that the lead was lost is said
by the agreement and applied on read, so the status entered last is kept as if it were a decision.

A row does not grow with a lead's story: it knows the first `FIELDS` fields that the profile ever said, and of each the
latest `VALUES` values. A decision that is told late and happened before all of them finds that field unset.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from events.envelope import Envelope
from events.fact import Fact
from events.identity import LeadHistoryShared, LeadHistoryTakenBack, LeadMerged, LeadUnmerged
from events.instants import to_us
from events.lead import (
    LeadArchived,
    LeadCaptured,
    LeadConverted,
    LeadHandedOver,
    LeadProfileUpdated,
    LeadStatusChanged,
    LeadTouched,
)
from events.life import LeadReopened, LeadUnconverted
from projections.predicting.features import CAMPAIGN, CAPTURED, CHANNEL, FORM, SOURCE, STAGE, feature
from projections.views.merged_lives import Life, Lives, heard, left
from projections.views.merging import merged, unmerged
from projections.views.times import instant_text_or_none, is_earlier
from projections.views.view import PARTITION, Aggregate, Cells, Column, Counters, Detail, Handler, Kind

_FIRST = frozenset({SOURCE, CAMPAIGN, FORM, CHANNEL})
"""Of these the earliest value holds; of all others the latest."""

_OWN = _FIRST | {STAGE}
"""Those that no profile says; there is always room for them."""
FIELDS = 100
"""Fields of the profile that are features of one lead: those that became known first."""
VALUES = 8
"""Values of a field that are kept, the latest ones; an older one is only asked for by a decision told that late."""

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


def _know(row: Prospect, told: Iterable[tuple[str, str | None]], at: int, by: tuple[str, str] = ("", "")) -> Prospect:
    """Add features; a repetition of what held then adds nothing."""
    known: dict[str, tuple[Known, ...]] | None = None
    for field, value in told:
        if not value:
            continue
        all_known = row.known if known is None else known
        values = all_known.get(field, ())
        if not values and field not in _OWN and len(all_known) - len(_OWN & all_known.keys()) >= FIELDS:
            continue
        new = _with_value(values, Known(value, at, by), first=field in _FIRST)
        if new is values:
            continue
        if known is None:
            known = dict(row.known)
        known[field] = new
    return row if known is None else replace(row, known=known)


def _with_value(values: tuple[Known, ...], new: Known, *, first: bool) -> tuple[Known, ...]:
    """The values of a field with one more in its place, the same ones when that changes nothing."""
    if first:
        return values if values and values[0].at <= new.at else (new,)
    order = (new.at, new.by)
    place = bisect_right(values, order, key=lambda each: (each.at, each.by))
    held = values[place - 1] if place else None
    if held is None:
        return values if len(values) == VALUES else (new, *values)
    if held.value == new.value:
        return values
    kept = values[: place - 1] if (held.at, held.by) == order else values[:place]
    return (*kept, new, *values[place:])[-VALUES:]


def _learned(row: Prospect, fact: LeadCaptured | LeadProfileUpdated, envelope: Envelope) -> Prospect:
    told = ((field, feature(field, value)) for field, value in fact.profile.items())
    return _know(row, told, to_us(envelope.time))


def _captured(row: Prospect, fact: LeadCaptured, envelope: Envelope) -> Prospect:
    at, team = to_us(envelope.time), fact.agreement or ""
    first = at if is_earlier(at, row.captured_at) else row.captured_at
    row = replace(row, is_test=row.is_test or fact.is_test, captured_at=first, team=team)
    row = replace(row, lent=tuple(_in_team(each, team) for each in row.lent))
    for name in ("converted", "archived", "entered"):
        decided: Decided | None = getattr(row, name)
        if decided is not None and not decided.team:
            row = replace(row, **{name: replace(decided, team=team)})
    row = _know(row, ((SOURCE, fact.source), (CAMPAIGN, fact.campaign), (FORM, fact.form)), at)
    return _learned(row, fact, envelope)


def _touched(row: Prospect, fact: LeadTouched, envelope: Envelope) -> Prospect:
    return row if fact.direction != "inbound" else _know(row, ((CHANNEL, fact.channel),), to_us(envelope.time))


def _status_changed(row: Prospect, fact: LeadStatusChanged, envelope: Envelope) -> Prospect:
    at, by = to_us(envelope.time), (envelope.source, envelope.id)
    if row.entered is None or (row.entered.at, row.entered_by) < (at, by):
        row = replace(row, entered=_decided(row, "status", at, fact.status), entered_by=by)
    return _know(row, ((STAGE, fact.status),), at, by)


def _handed_over(row: Prospect, fact: LeadHandedOver, _: Envelope) -> Prospect:
    return row if fact.agreement == row.team else replace(row, team=fact.agreement)


def _converted(row: Prospect, _: LeadConverted, envelope: Envelope) -> Prospect:
    return row if row.converted else replace(row, converted=_decided(row, "converted", to_us(envelope.time)))


def _archived(row: Prospect, _: LeadArchived, envelope: Envelope) -> Prospect:
    return row if row.archived else replace(row, archived=_decided(row, "archived", to_us(envelope.time)))


def _unconverted(row: Prospect, _: LeadUnconverted, envelope: Envelope) -> Prospect:
    return row if _stands(row.converted, to_us(envelope.time)) else replace(row, converted=None)


def _reopened(row: Prospect, _: LeadReopened, envelope: Envelope) -> Prospect:
    at = to_us(envelope.time)
    row = replace(row, opened_at=max(at, row.opened_at))
    if not _stands(row.archived, at):
        row = replace(row, archived=None)
    return row if _stands(row.entered, at) else replace(row, entered=None)


def _shared(row: Prospect, fact: LeadHistoryShared, envelope: Envelope) -> Prospect:
    lives = heard(row.lives, fact, envelope)
    return row if lives is row.lives else _lend(replace(row, lives=lives))


def _parted(row: Prospect, fact: LeadUnmerged | LeadHistoryTakenBack, envelope: Envelope) -> Prospect:
    if isinstance(fact, LeadUnmerged):
        row = unmerged(row, fact, envelope)
    lives = left(row.lives, fact, envelope)
    return row if lives is row.lives else _lend(replace(row, lives=lives))


def _lend(row: Prospect) -> Prospect:
    """Decide again what merged leads lend; a decision that still stands keeps what was known when it was heard."""
    known = {each.lead: each for each in row.lent}
    return replace(row, lent=tuple(_lent(row, life, known.get(life.lead)) for life in row.lives))


def _lent(row: Prospect, life: Life, known: Lent | None) -> Lent:
    was = known or Lent(life.lead)
    entered = was.entered
    converted = _again(row, was.converted, "converted", life.converted_at)
    archived = _again(row, was.archived, "archived", life.archived_at)
    if life.status is None:
        entered = None
    elif entered is None or (entered.at, entered.status) != (life.entered[0], life.status):
        entered = _decided(row, "status", life.entered[0], life.status)
    return Lent(life.lead, converted, archived, entered)


def _in_team(lent: Lent, team: str) -> Lent:
    """Decisions of before the capture belong to the team that is known now."""
    told = (lent.converted, lent.archived, lent.entered)
    decided = (each if each is None or each.team else replace(each, team=team) for each in told)
    return Lent(lent.lead, *decided)


def _again(row: Prospect, was: Decided | None, how: str, at: int | None) -> Decided | None:
    """The decision of an instant, the one that was recorded where that is it."""
    if at is None or (was is not None and was.at == at):
        return None if at is None else was
    return _decided(row, how, at)


def _said_since(row: Prospect, decided: Decided | None) -> bool:
    return decided is not None and decided.at > row.opened_at


def _stands(decided: Decided | None, undone_at: int) -> bool:
    """Whether there is nothing to undo: no decision, or one that was made after that."""
    return decided is None or decided.at > undone_at


def _decided(row: Prospect, how: str, at: int, status: str = "") -> Decided:
    return Decided(how, status, at, row.team, features_before(row, at))


_ON: dict[type[Fact], Handler[Prospect]] = {
    LeadCaptured: _captured,
    LeadProfileUpdated: _learned,
    LeadTouched: _touched,
    LeadStatusChanged: _status_changed,
    LeadHandedOver: _handed_over,
    LeadConverted: _converted,
    LeadArchived: _archived,
    LeadUnconverted: _unconverted,
    LeadReopened: _reopened,
    LeadMerged: merged,
    LeadUnmerged: _parted,
    LeadHistoryShared: _shared,
    LeadHistoryTakenBack: _parted,
}


def _entries(row: Prospect) -> dict[Cells, Any]:
    return {(): row} if _counts(row) else {}


def _counts(row: Prospect) -> bool:
    """Whether it is a lead by itself: captured, no test, not one with another."""
    return row.captured_at is not None and not row.is_test and not row.merged


def _render(lead: str, _: Cells, row: Prospect) -> Cells:
    decided = decision(row)
    return (
        lead,
        row.team if decided is None else decided.team,
        "" if decided is None else decided.how,
        "" if decided is None else decided.status,
        instant_text_or_none(row.captured_at),
        None if decided is None else instant_text_or_none(decided.at),
        _text(features_before(row, None)),
        None if decided is None else _text(decided.features),
    )


def _text(features: Features) -> str:
    return msgspec.json.encode(dict(features)).decode()


_ONE = (1,)


def _contributions(row: Prospect) -> dict[Cells, Counters]:
    decided = decision(row)
    if decided is None or not _counts(row):
        return {}
    group = (decided.team, decided.how, decided.status)
    return {(*group, field, value): _ONE for field, value in (("", ""), *decided.features)}


_HOW = "converted, archived, or status: a status was entered last, which the agreement may call unqualified"

_BOUND = f"of profile fields the first {FIELDS} that were said"
_LATE = f"of a field's values the latest {VALUES} by then are remembered"

_COLUMNS = (
    Column("lead", Kind.TEXT, "lead id"),
    Column("team", Kind.TEXT, "agreement that governed it by the decision, or governs it; blank when none"),
    Column("decision", Kind.TEXT, f"{_HOW}; blank while nothing was"),
    Column("status", Kind.TEXT, "the status, where that is the decision"),
    Column("captured_at", Kind.INSTANT, "its earliest capture"),
    Column("decided_at", Kind.INSTANT, "when it was decided", True),
    Column("features", Kind.TEXT, f"all features known now, as a JSON object of texts; {_BOUND}"),
    Column(
        "features_before", Kind.TEXT, f"those known strictly before the decision, as recorded with it; {_LATE}", True
    ),
)

PROSPECTS = Detail(
    name="prospects",
    version=3,
    meaning="What the predictive score knows of each lead: now, and just before its decision; no test or merged leads.",
    initial=Prospect(),
    on=_ON,
    columns=_COLUMNS,
    key=1,
    answer=_COLUMNS,
    order=("lead",),
    entries=_entries,
    render=_render,
)

_COUNTS = (
    Column("team", Kind.TEXT, "agreement that governed the leads; blank when none"),
    Column("decision", Kind.TEXT, _HOW),
    Column("status", Kind.TEXT, "the status, where that is the decision"),
    Column("field", Kind.TEXT, "what was known; blank counts the leads themselves"),
    Column("value", Kind.TEXT, "what it was known to be"),
    Column("leads", Kind.INTEGER, "leads so decided with that value before the decision; test leads left out"),
)

PREDICTION_COUNTS = Aggregate(
    name="prediction-counts",
    version=3,
    meaning="How often each value was known of leads before they were decided, by decision: what predictions rest on.",
    initial=Prospect(),
    on={},
    of=PROSPECTS,
    columns=(PARTITION, *_COUNTS),
    key=6,
    answer=_COUNTS,
    order=("team", "decision", "status", "field", "value"),
    counters=1,
    contributions=_contributions,
)
