"""`response-times`: how long until sales first reached out.

Percentiles do not add up over partitions, so the rows are one per lead and the figures are made on read.
"""

from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from events.envelope import Envelope
from events.identity import LeadHistoryShared, LeadHistoryTakenBack, LeadMerged, LeadUnmerged
from events.instants import SECOND, to_us
from events.lead import LeadCaptured, LeadTouched
from projections.views.merging import goes_on, leaves, merged, unmerged
from projections.views.times import instant_text, instant_text_or_none, is_earlier
from projections.views.view import Cells, Column, Detail, Kind


class Response(Struct, frozen=True, gc=False, array_like=True):
    """Base row: instants in microseconds; `source` and `captured_at` mean something once captured.

    `shared` holds the first such touch of each lead that was merged into this one: (lead, through which, instant).
    """

    source: str = ""
    is_test: bool = False
    captured_at: int | None = None
    first_touch_at: int | None = None
    merged: bool = False
    shared: tuple[tuple[str, tuple[str, ...], int | None], ...] = ()


def _captured(row: Response, fact: LeadCaptured, envelope: Envelope) -> Response:
    at, is_test = to_us(envelope.time), row.is_test or fact.is_test
    if is_earlier(at, row.captured_at):
        return replace(row, source=fact.source, is_test=is_test, captured_at=at)
    return row if is_test == row.is_test else replace(row, is_test=is_test)


def _touched(row: Response, fact: LeadTouched, envelope: Envelope) -> Response:
    if fact.direction != "outbound" or fact.side != "sales":
        return row
    at = to_us(envelope.time)
    return replace(row, first_touch_at=at) if is_earlier(at, row.first_touch_at) else row


def _shared(row: Response, fact: LeadHistoryShared, envelope: Envelope) -> Response:
    """Who was merged into this lead was answered; a history that begins takes the place of what was told of it."""
    if not goes_on((each[:2] for each in row.shared), fact, envelope):
        return row
    others = tuple(each for each in row.shared if each[0] != fact.lead)
    known = [] if fact.begins else [at for lead, _, at in row.shared if lead == fact.lead and at is not None]
    known += [to_us(each.at) for each in fact.touches if each.direction == "outbound" and each.side == "sales"]
    shared = (*others, (fact.lead, fact.through, min(known, default=None)))
    return row if shared == row.shared else replace(row, shared=shared)


def _taken_back(row: Response, fact: LeadHistoryTakenBack, envelope: Envelope) -> Response:
    return _without(row, fact, envelope)


def _unmerged(row: Response, fact: LeadUnmerged, envelope: Envelope) -> Response:
    return _without(unmerged(row, fact, envelope), fact, envelope)


def _without(row: Response, fact: LeadHistoryTakenBack | LeadUnmerged, envelope: Envelope) -> Response:
    if fact.into != envelope.subject:
        return row
    shared = tuple(each for each in row.shared if not leaves(each[0], each[1], fact))
    return row if shared == row.shared else replace(row, shared=shared)


def _entries(row: Response) -> dict[Cells, Any]:
    return {} if row.captured_at is None or row.is_test or row.merged else {(): row}


def _render(lead: str, _: Cells, row: Response) -> Cells:
    captured, own = row.captured_at or 0, row.first_touch_at
    first = min((at for at in (own, *(each[2] for each in row.shared)) if at is not None), default=None)
    seconds = None if first is None else max(0, first - captured) // SECOND
    return lead, row.source, instant_text(captured), instant_text_or_none(first), seconds


_SOURCE = Column("source", Kind.TEXT, "where the lead came from")

RESPONSE_TIMES = Detail(
    name="response-times",
    version=2,
    meaning="From capture to the first outbound touch of sales, over all captured leads or by source.",
    initial=Response(),
    on={
        LeadCaptured: _captured,
        LeadTouched: _touched,
        LeadMerged: merged,
        LeadUnmerged: _unmerged,
        LeadHistoryShared: _shared,
        LeadHistoryTakenBack: _taken_back,
    },
    columns=(
        Column("lead", Kind.TEXT, "lead id"),
        _SOURCE,
        Column("captured_at", Kind.INSTANT, "its earliest capture"),
        Column(
            "first_touch_at",
            Kind.INSTANT,
            "its earliest outbound touch by sales, or that of a lead merged into it",
            True,
        ),
        Column(
            "response_seconds", Kind.INTEGER, "completed seconds between them; 0 when touched before captured", True
        ),
    ),
    key=1,
    answer=(
        Column("answered", Kind.INTEGER, "captured leads that sales reached out to"),
        Column("leads", Kind.INTEGER, "captured leads; test and merged leads left out"),
        Column("share_answered", Kind.REAL, "answered / leads, rounded half up to four digits", True),
        Column("mean_seconds", Kind.INTEGER, "mean of the answered leads' seconds, rounded half up", True),
        Column("p50_seconds", Kind.INTEGER, "median of the answered leads' seconds, nearest rank", True),
        Column("p90_seconds", Kind.INTEGER, "90th percentile of the answered leads' seconds, nearest rank", True),
    ),
    order=(),
    groupings=("source",),
    entries=_entries,
    render=_render,
)
