"""`funnel`: how many captured leads reached each stage, by source.

A lead counts once in a stage, however often it entered, and so does a person: what a lead reached that was merged into
it counts as reached by it. What came before the capture counts once the capture is there. Which statuses are stages is
said by the lead's agreement and applied on read: here every status is counted.
"""

from msgspec import Struct
from msgspec.structs import replace

from events.envelope import Envelope
from events.instants import to_us
from events.lead import LeadCaptured, LeadConverted, LeadStatusChanged
from events.life import LeadUnconverted
from projections.views.merged_lives import LIVING, Lives
from projections.views.view import PARTITION, Aggregate, Cells, Column, Counters, Kind

CAPTURED = "captured"
CONVERTED = "converted"
_STAGES = (CAPTURED, CONVERTED)
_ONE = (1,)


class Reached(Struct, frozen=True, gc=False, array_like=True):
    """Base row: what a lead reached; instants in microseconds, of conversions that of the latest that stands."""

    captured_at: int | None = None
    source: str = ""
    agreement: str = ""
    is_test: bool = False
    statuses: tuple[str, ...] = ()
    converted_at: int | None = None
    merged: bool = False
    lives: Lives = ()


def _captured(row: Reached, fact: LeadCaptured, envelope: Envelope) -> Reached:
    at, is_test = to_us(envelope.time), row.is_test or fact.is_test
    if row.captured_at is None:
        return replace(row, captured_at=at, source=fact.source, agreement=fact.agreement or "", is_test=is_test)
    if at < row.captured_at:  # the earliest capture says where it came from; the agreement stays the one first chosen
        return replace(row, captured_at=at, source=fact.source, is_test=is_test)
    return row if is_test == row.is_test else replace(row, is_test=is_test)


def _status_changed(row: Reached, fact: LeadStatusChanged, _: Envelope) -> Reached:
    status = fact.status
    if status in row.statuses or status in _STAGES:  # statuses of these names are the stages themselves
        return row
    return replace(row, statuses=(*row.statuses, status))


def _converted(row: Reached, _: LeadConverted, envelope: Envelope) -> Reached:
    at, known = to_us(envelope.time), row.converted_at
    return replace(row, converted_at=at) if known is None or at > known else row


def _unconverted(row: Reached, _: LeadUnconverted, envelope: Envelope) -> Reached:
    """It never was, unless it was converted anew since."""
    known = row.converted_at
    return row if known is None or known > to_us(envelope.time) else replace(row, converted_at=None)


def _contributions(row: Reached) -> dict[Cells, Counters]:
    if row.captured_at is None or row.is_test or row.merged:
        return {}
    others = (status for life in row.lives for status in life.statuses if status not in _STAGES)
    converted = row.converted_at is not None or any(life.converted_at is not None for life in row.lives)
    stages = (CAPTURED, *row.statuses, *others, *((CONVERTED,) if converted else ()))
    return {(row.agreement, row.source, stage): _ONE for stage in stages}


_SOURCE = Column("source", Kind.TEXT, "where the leads came from, in marketing's words; blank stays blank")
_LEADS = Column(
    "leads", Kind.INTEGER, "captured leads that reached the stage, each once; test and merged leads left out"
)

FUNNEL = Aggregate(
    name="funnel",
    version=4,
    meaning="Captured leads that reached each stage, by source; a source shows all stages of its leads' agreements.",
    initial=Reached(),
    on={
        LeadCaptured: _captured,
        LeadStatusChanged: _status_changed,
        LeadConverted: _converted,
        LeadUnconverted: _unconverted,
        **LIVING,
    },
    columns=(
        PARTITION,
        Column("agreement", Kind.TEXT, "agreement chosen at capture; blank when none matched"),
        _SOURCE,
        Column("stage", Kind.TEXT, "captured, any status entered, or converted"),
        _LEADS,
    ),
    key=4,
    answer=(
        _SOURCE,
        Column("stage", Kind.TEXT, "captured, a status of the agreement, or converted"),
        _LEADS,
    ),
    order=("source", "stage_order"),
    counters=1,
    contributions=_contributions,
)
