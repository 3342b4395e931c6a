"""`commitment`: qualified leads that marketing delivered, by week, against what it promised for the quarter.

A lead counts once, in the week of its first qualification, or of that of a lead that was handed over and then merged
into it. The promises come from the published agreements, which the
store holds beside the rows: for every week of the quarter, how many leads must be there at its end.
"""

from datetime import date, timedelta

from msgspec import Struct
from msgspec.structs import replace

from events.envelope import Envelope
from events.instants import to_us
from events.lead import LeadCaptured, LeadQualified
from projections.views.merged_lives import LIVING, Lives
from projections.views.times import is_earlier, quarter_text, week_text
from projections.views.view import PARTITION, Aggregate, Cells, Column, Counters, Kind


class Delivered(Struct, frozen=True, gc=False, array_like=True):
    """Base row: the lead's first qualification; instants in microseconds."""

    is_test: bool = False
    agreement: str = ""
    at: int | None = None
    merged: bool = False
    lives: Lives = ()


def _captured(row: Delivered, fact: LeadCaptured, _: Envelope) -> Delivered:
    return replace(row, is_test=True) if fact.is_test and not row.is_test else row


def _qualified(row: Delivered, fact: LeadQualified, envelope: Envelope) -> Delivered:
    at = to_us(envelope.time)
    return replace(row, agreement=fact.agreement, at=at) if is_earlier(at, row.at) else row


def _contributions(row: Delivered) -> dict[Cells, Counters]:
    if row.is_test or row.merged:
        return {}
    told = [(row.at, row.agreement), *((life.qualified_at, life.agreement) for life in row.lives)]
    known = [(at, agreement) for at, agreement in told if at is not None]
    if not known:
        return {}
    at, agreement = min(known, key=lambda each: each[0])
    return {(agreement, quarter_text(at), week_text(at)): (1,)}


def pace(quarter: str, promised: int) -> list[tuple[str, int]]:
    """For each ISO week that ends in a quarter or contains its last day: the leads to be there by its end.

    The promise is spread evenly over the days of the quarter and rounded half up; the last week asks for all of it.

    Args:
        quarter: such as `2026Q1`.
        promised: qualified leads promised for it.
    """
    year, number = int(quarter[:4]), int(quarter[5])
    first = date(year, 3 * number - 2, 1)
    after = date(year + number // 4, 3 * number % 12 + 1, 1)
    days, found = (after - first).days, list[tuple[str, int]]()
    day = first
    while day < after:
        sunday = day + timedelta(days=7 - day.isoweekday())
        gone = min((sunday - first).days + 1, days)
        iso = sunday.isocalendar()
        found.append((f"{iso.year}-W{iso.week:02d}", (2 * promised * gone + days) // (2 * days)))
        day = sunday + timedelta(days=1)
    return found


_AGREEMENT = Column("agreement", Kind.TEXT, "name of the agreement")
_QUARTER = Column("quarter", Kind.TEXT, "calendar quarter in UTC, such as 2026Q1")
_WEEK = Column("week", Kind.TEXT, "ISO week in UTC, such as 2026-W02; one that lies in two quarters stands in both")

COMMITMENT = Aggregate(
    name="commitment",
    version=3,
    meaning="Qualified leads delivered, week by week, against the promise for the quarter; no test or merged leads.",
    initial=Delivered(),
    on={LeadCaptured: _captured, LeadQualified: _qualified, **LIVING},
    columns=(PARTITION, _AGREEMENT, _QUARTER, _WEEK, Column("delivered", Kind.INTEGER, "leads first qualified then")),
    key=4,
    answer=(
        _AGREEMENT,
        _QUARTER,
        _WEEK,
        Column("delivered", Kind.INTEGER, "leads first qualified in that week of the quarter"),
        Column("delivered_so_far", Kind.INTEGER, "the same, from the quarter's beginning to the end of the week"),
        Column("wanted_by_then", Kind.INTEGER, "what an even pace asks for by then; empty without a promise", True),
        Column("promised", Kind.INTEGER, "qualified leads promised for the quarter; empty without a promise", True),
        Column("enough", Kind.BOOLEAN, "delivered_so_far is at least wanted_by_then; empty without a promise", True),
    ),
    order=("agreement", "quarter", "week"),
    counters=1,
    contributions=_contributions,
)
