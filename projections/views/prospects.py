"""`prospects`: what was known of each lead before it was decided, and how; `prediction-counts`: how often.

The predictive score learns from these. What is counted for a decision is what was known just before it and stays as it
was recorded; a lead that is opened again takes back exactly that. Whether a status means that the lead was lost is said
by the agreement and applied on read, so the status entered last is kept as if it were a decision.

A row does not grow with a lead's story: it knows the first `FIELDS` fields that the profile ever said, and of each the
latest `VALUES` values. A decision that is told late and happened before all of them finds that field unset.
"""

from typing import Any

import msgspec
from msgspec.structs import replace

from events.envelope import Envelope
from events.fact import Fact
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
from projections.predicting.features import CAMPAIGN, CHANNEL, FORM, SOURCE, STAGE, feature
from projections.views.prospect_features import FIELDS, VALUES, know
from projections.views.prospect_lives import MERGING, in_team
from projections.views.prospect_row import Decided, Features, Prospect, decided_now, decision, features_before
from projections.views.times import instant_text_or_none, is_earlier
from projections.views.view import PARTITION, Aggregate, Cells, Column, Counters, Detail, Handler, Kind


def _learned(row: Prospect, fact: LeadCaptured | LeadProfileUpdated, envelope: Envelope) -> Prospect:
    told = ((field, feature(field, value)) for field, value in fact.profile.items())
    return know(row, told, to_us(envelope.time))


def _captured(row: Prospect, fact: LeadCaptured, envelope: Envelope) -> Prospect:
    at, team = to_us(envelope.time), fact.agreement or ""
    first = at if is_earlier(at, row.captured_at) else row.captured_at
    row = replace(row, is_test=row.is_test or fact.is_test, captured_at=first, team=team)
    row = replace(row, lent=tuple(in_team(each, team) for each in row.lent))
    for name in ("converted", "archived", "entered"):
        decided: Decided | None = getattr(row, name)
        if decided is not None and not decided.team:
            row = replace(row, **{name: replace(decided, team=team)})
    row = know(row, ((SOURCE, fact.source), (CAMPAIGN, fact.campaign), (FORM, fact.form)), at)
    return _learned(row, fact, envelope)


def _touched(row: Prospect, fact: LeadTouched, envelope: Envelope) -> Prospect:
    return row if fact.direction != "inbound" else know(row, ((CHANNEL, fact.channel),), to_us(envelope.time))


def _status_changed(row: Prospect, fact: LeadStatusChanged, envelope: Envelope) -> Prospect:
    at, by = to_us(envelope.time), (envelope.source, envelope.id)
    if row.entered is None or (row.entered.at, row.entered_by) < (at, by):
        row = replace(row, entered=decided_now(row, "status", at, fact.status), entered_by=by)
    return know(row, ((STAGE, fact.status),), at, by)


def _handed_over(row: Prospect, fact: LeadHandedOver, _: Envelope) -> Prospect:
    return row if fact.agreement == row.team else replace(row, team=fact.agreement)


def _converted(row: Prospect, _: LeadConverted, envelope: Envelope) -> Prospect:
    return row if row.converted else replace(row, converted=decided_now(row, "converted", to_us(envelope.time)))


def _archived(row: Prospect, _: LeadArchived, envelope: Envelope) -> Prospect:
    return row if row.archived else replace(row, archived=decided_now(row, "archived", to_us(envelope.time)))


def _unconverted(row: Prospect, _: LeadUnconverted, envelope: Envelope) -> Prospect:
    return row if _stands(row.converted, to_us(envelope.time)) else replace(row, converted=None)


def _reopened(row: Prospect, _: LeadReopened, envelope: Envelope) -> Prospect:
    at = to_us(envelope.time)
    row = replace(row, opened_at=max(at, row.opened_at))
    if not _stands(row.archived, at):
        row = replace(row, archived=None)
    return row if _stands(row.entered, at) else replace(row, entered=None)


def _stands(decided: Decided | None, undone_at: int) -> bool:
    """Whether there is nothing to undo: no decision, or one that was made after that."""
    return decided is None or decided.at > undone_at


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
    **MERGING,
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
