"""Facts and commands about councils: the matrix of a week, frozen, what was said of its cells, and what is to be done.

The subject is the council. It meets once a week; the week names the meeting. Money is whole minor units of a currency.
"""

from datetime import date
from typing import Annotated, Literal

from msgspec import Meta, Struct

from events.fact import Count, Currency, Fact, Instant, Name, PersonalText, Text, Whole
from events.opportunity import Quarter

MOST_CELLS = 2_000
"""Cells of a matrix that one council takes: as many as one record holds, whatever they are called."""

DIMENSIONS = ("product", "region", "segment", "source")
"""By which a council cuts its matrix; a figure of one owner is no matter of a council."""

Week = Annotated[str, Meta(pattern="^[0-9]{4}-W[0-5][0-9]$", max_length=8)]
Slice = Annotated[str, Meta(max_length=256)]
"""A value of a dimension; blank for what has none."""
Coverage = Annotated[str, Meta(max_length=32)]
Colour = Literal["green", "yellow", "red"]
ActionKind = Literal["spiff", "enablement", "dinner", "media_budget", "other"]
PersonalTitle = Annotated[PersonalText, Meta(min_length=1)]


def week_of(day: date) -> str:
    """The ISO 8601 week that a day is in, as meetings are named."""
    year, week, _ = day.isocalendar()
    return f"{year:04d}-W{week:02d}"


class CouncilCell(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """One figure of one slice of the matrix, as it was frozen. A dimension that is absent does not cut it.

    Attributes:
        measure: which figure, as in the view `matrix`.
        product: of this product alone.
        region: of this region alone.
        segment: of this segment alone.
        source: of this marketing source alone.
        amount_minor: the figure; of coverage the open pipe.
        target_minor: what it is held against; of coverage what is missing.
        coverage: of coverage: open pipe ÷ what is missing, or `met`.
        required_coverage: of coverage: the one that is needed, 1 ÷ win rate; blank without a win.
        last_year_minor: the same day of the quarter a year before, as it was known then.
        restated_minor: last year by what was known when the matrix was read.
        colour: by attainment ÷ share of the quarter gone, of coverage ÷ the required one; absent without target.
    """

    measure: Name
    product: Slice | None = None
    region: Slice | None = None
    segment: Slice | None = None
    source: Slice | None = None
    amount_minor: Whole
    target_minor: Whole | None = None
    coverage: Coverage = ""
    required_coverage: Coverage = ""
    last_year_minor: Whole = 0
    restated_minor: Whole = 0
    colour: Colour | None = None


Cells = Annotated[tuple[CouncilCell, ...], Meta(max_length=MOST_CELLS)]


class CouncilConvened(Fact, frozen=True, kw_only=True):
    """A council met, and the matrix was frozen as it was known then. Nothing that is told later changes it.

    Attributes:
        week: the ISO 8601 week of `known_at`, in the zone of reports; it names the meeting.
        quarter: the fiscal quarter the matrix is about.
        known_at: the instant the figures hold for, by what was recorded up to it.
        timezone: the zone of reports, in which weeks and days begin.
        day: how many days of the quarter had begun then; 0 before it begins.
        days: how many it has.
        currency: ISO 4217 code of all amounts.
        cells: the matrix: the total, then each way it was cut.
        former_quarter: the quarter that the meeting before was about, where it was another one.
        former_cells: what had become of the red and yellow cells of that meeting, of those that were still there.
        by: who convened it.
        left_out: what its sums leave out, because no rate is known, in words; blank: nothing.
    """

    week: Week
    quarter: Quarter
    known_at: Instant
    timezone: Name
    day: Count
    days: Count
    currency: Currency
    cells: Cells
    former_quarter: Quarter | None = None
    former_cells: Cells = ()
    by: PersonalText
    left_out: Text = ""


class CellCommented(Fact, frozen=True, kw_only=True):
    """Something was said of a red or yellow cell.

    Attributes:
        week: of which meeting.
        measure: of which figure.
        product: of this product alone.
        region: of this region alone.
        segment: of this segment alone.
        source: of this marketing source alone.
        text: what was said.
        by: who said it.
    """

    week: Week
    measure: Name
    product: Slice | None = None
    region: Slice | None = None
    segment: Slice | None = None
    source: Slice | None = None
    text: PersonalTitle
    by: PersonalText


class ActionPlanned(Fact, frozen=True, kw_only=True):
    """Something is to be done about a red or yellow cell.

    Attributes:
        action: its number in the council, from 1.
        week: of which meeting.
        measure: about which figure.
        product: of this product alone.
        region: of this region alone.
        segment: of this segment alone.
        source: of this marketing source alone.
        kind: what kind of thing.
        what: what is to be done, in words.
        owner: who does it.
        due: the last day for it, in the zone of reports.
        by: who planned it.
    """

    action: Count
    week: Week
    measure: Name
    product: Slice | None = None
    region: Slice | None = None
    segment: Slice | None = None
    source: Slice | None = None
    kind: ActionKind
    what: PersonalTitle
    owner: PersonalText
    due: date
    by: PersonalText


class ActionDone(Fact, frozen=True, kw_only=True):
    """A planned action is finished.

    Attributes:
        action: its number.
        outcome: what came of it, in words.
        by: who finished it.
    """

    action: Count
    outcome: PersonalText | None = None
    by: PersonalText


class ConveneCouncil(Fact, frozen=True, kw_only=True):
    """Command: freeze the matrix of a week. The front door reads it from the views, at a known-at that is final.

    A second one for the same week and quarter is answered as the first one was, and freezes nothing anew. Refused when
    the known-at was not final, the matrix is empty, or that of another quarter was frozen in that week.

    Attributes:
        week: the ISO 8601 week of `known_at`, in the zone of reports.
        quarter: the fiscal quarter the matrix is about.
        known_at: the instant the figures hold for, by what was recorded up to it.
        complete_to: up to when the views were complete when it was read.
        timezone: the zone of reports, in which weeks and days begin.
        day: how many days of the quarter had begun then; 0 before it begins.
        days: how many it has.
        currency: ISO 4217 code of all amounts.
        cells: the matrix: the total, then each way it was cut.
        former_quarter: the quarter that the meeting before was about, where it was another one.
        former_cells: what has become of the red and yellow cells of that meeting, of those that are still there.
        by: who convenes it.
        left_out: what its sums leave out, because no rate is known, in words; blank: nothing.
    """

    week: Week
    quarter: Quarter
    known_at: Instant
    complete_to: Instant
    timezone: Name
    day: Count
    days: Count
    currency: Currency
    cells: Cells
    former_quarter: Quarter | None = None
    former_cells: Cells = ()
    by: PersonalText
    left_out: Text = ""


class CommentCell(Fact, frozen=True, kw_only=True):
    """Command: say something of a red or yellow cell. Refused when the council's matrix has no such one.

    Attributes:
        measure: of which figure, such as `closed_acv`.
        product: of this product alone.
        region: of this region alone.
        segment: of this segment alone.
        source: of this marketing source alone.
        week: of which meeting, such as `2026-W08`; absent for the last one.
        text: what is to be said.
        by: who says it.
    """

    measure: Name
    product: Slice | None = None
    region: Slice | None = None
    segment: Slice | None = None
    source: Slice | None = None
    week: Week | None = None
    text: PersonalTitle
    by: PersonalText


class PlanAction(Fact, frozen=True, kw_only=True):
    """Command: plan an action on a red or yellow cell. Refused when there is no such cell, or the day is over.

    Attributes:
        measure: about which figure, such as `closed_acv`.
        product: of this product alone.
        region: of this region alone.
        segment: of this segment alone.
        source: of this marketing source alone.
        week: of which meeting, such as `2026-W08`; absent for the last one.
        kind: `spiff` (a prize for sellers), `enablement`, `dinner`, `media_budget` or `other`.
        what: what is to be done, in words.
        owner: who does it.
        due: the last day for it, in the zone of reports.
        by: who plans it.
    """

    measure: Name
    product: Slice | None = None
    region: Slice | None = None
    segment: Slice | None = None
    source: Slice | None = None
    week: Week | None = None
    kind: ActionKind
    what: PersonalTitle
    owner: PersonalText
    due: date
    by: PersonalText


class FinishAction(Fact, frozen=True, kw_only=True):
    """Command: an action is done. Refused when there is no such one, or it is done already.

    Attributes:
        action: its number in the council.
        outcome: what came of it, in words.
        by: who finishes it.
    """

    action: Count
    outcome: PersonalText | None = None
    by: PersonalText


CouncilFact = CouncilConvened | CellCommented | ActionPlanned | ActionDone
CouncilCommand = ConveneCouncil | CommentCell | PlanAction | FinishAction
OnCell = CellCommented | ActionPlanned | CommentCell | PlanAction

CellKey = tuple[str, str | None, str | None, str | None, str | None]
"""Measure, product, region, segment and source of a cell: what it is known by from one week to the next."""


def cell_key(cell: CouncilCell | OnCell) -> CellKey:
    """Which cell it is."""
    return cell.measure, cell.product, cell.region, cell.segment, cell.source


def wants_attention(cell: CouncilCell) -> bool:
    """Whether it is red or yellow: such cells take comments and actions."""
    return cell.colour in ("red", "yellow")


def cell_words(key: CellKey) -> str:
    """A cell in words: `closed_acv, region north`; what has no value of a dimension has it in brackets."""
    told = zip(DIMENSIONS, key[1:], strict=True)
    return ", ".join([key[0], *(f"{name} {value or '(none)'}" for name, value in told if value is not None)])
