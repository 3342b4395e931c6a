"""`council-cells`: the frozen matrices of councils, cell by cell, with the weeks before beside each."""

from collections import defaultdict
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from events.council import DIMENSIONS as NAMES
from events.council import CellKey, CouncilCell, CouncilConvened, cell_key
from events.envelope import Envelope
from events.instants import to_us
from projections.rounding import real
from projections.views.councils import COUNCIL, WEEK
from projections.views.times import instant_text
from projections.views.view import Cells, Column, Detail, Kind

COURSE = 6
"""So many colours are shown beside one another."""
WATCHED = ("red", "yellow")
"""Colours of cells that want attention."""


class Before(Struct, frozen=True, gc=False, array_like=True):
    """The same cell in the meeting before, of the same quarter."""

    week: str
    amount_minor: int
    colour: str


class Frozen(Struct, frozen=True, gc=False, array_like=True):
    """A cell as it was frozen, and what stands beside it; `known_at` in microseconds.

    Attributes:
        key: measure, product, region, segment, source.
        weeks: meetings in a row in which it was red or yellow, up to this one.
        course: colours of the last meetings of the quarter, up to this one.
    """

    number: int
    week: str
    quarter: str
    known_at: int
    currency: str
    key: CellKey
    amount_minor: int
    target_minor: int | None
    coverage: str
    required_coverage: str
    last_year_minor: int
    restated_minor: int
    colour: str
    before: Before | None = None
    weeks: int = 0
    course: tuple[str, ...] = ()


class Matrices(Struct, frozen=True, gc=False, array_like=True):
    """Base row: all cells of a council, by the instant of their matrix."""

    cells: tuple[Frozen, ...] = ()


def _frozen(number: int, cell: CouncilCell, fact: CouncilConvened) -> Frozen:
    return Frozen(
        number, fact.week, fact.quarter, to_us(fact.known_at), fact.currency, cell_key(cell), cell.amount_minor,
        cell.target_minor, cell.coverage, cell.required_coverage, cell.last_year_minor, cell.restated_minor,
        cell.colour or "",
    )  # fmt: skip


def _convened(row: Matrices, fact: CouncilConvened, _: Envelope) -> Matrices:
    new = [_frozen(number, cell, fact) for number, cell in enumerate(fact.cells, start=1)]
    return Matrices(_with_course(sorted((*row.cells, *new), key=lambda each: (each.known_at, each.number))))


def _with_course(cells: Sequence[Frozen]) -> tuple[Frozen, ...]:
    """Each with what stands beside it; where that is as it was, the same object."""
    so_far: defaultdict[tuple[str, CellKey], list[Frozen]] = defaultdict(list)
    found = list[Frozen]()
    for cell in cells:
        line = so_far[cell.quarter, cell.key]
        last = line[-1] if line else None
        line.append(cell)
        beside = replace(
            cell,
            before=None if last is None else Before(last.week, last.amount_minor, last.colour),
            weeks=0 if cell.colour not in WATCHED else 1 if last is None else last.weeks + 1,
            course=tuple(each.colour for each in line[-COURSE:]),
        )
        line[-1] = beside
        found.append(cell if beside == cell else beside)
    return tuple(found)


def _entries(row: Matrices) -> dict[Cells, Any]:
    return {(each.week, each.number): each for each in row.cells}


def _render(council: str, identity: Cells, each: Frozen) -> Cells:
    measure, *dimensions = each.key
    before = (None,) * 3 if each.before is None else (each.before.week, each.before.amount_minor, each.before.colour)
    return (
        council,
        *identity,
        each.quarter,
        instant_text(each.known_at),
        *dimensions,
        measure,
        each.amount_minor,
        each.currency,
        each.target_minor,
        real(Fraction(each.amount_minor, each.target_minor) if each.target_minor else None),
        each.coverage,
        each.required_coverage,
        each.last_year_minor,
        each.restated_minor,
        each.colour,
        *before,
        each.weeks,
        " ".join(colour or "-" for colour in each.course),
    )


NUMBER = Column("number", Kind.INTEGER, "place of the cell in the frozen matrix, from 1")
_UNCUT = "; empty where it is not cut by it, blank where none was said"
DIMENSIONS = tuple(Column(name, Kind.TEXT, f"the {name} it is about{_UNCUT}", True) for name in NAMES)
MEASURE = Column("measure", Kind.TEXT, "which figure, as in `matrix`")
_COLUMNS = (
    COUNCIL,
    WEEK,
    NUMBER,
    Column("quarter", Kind.TEXT, "the fiscal quarter it is about"),
    Column("known_at", Kind.INSTANT, "the instant it holds for, by what was recorded up to it"),
    *DIMENSIONS,
    MEASURE,
    Column("amount_minor", Kind.INTEGER, "the figure; of coverage the open pipe"),
    Column("currency", Kind.TEXT, "ISO 4217 code; all amounts are in its minor units"),
    Column("target_minor", Kind.INTEGER, "what it was held against; of coverage what was missing", True),
    Column("attainment", Kind.REAL, "amount ÷ target, four digits", True),
    Column("coverage", Kind.TEXT, "of coverage: open pipe ÷ what was missing, or `met`; else blank"),
    Column("required_coverage", Kind.TEXT, "of coverage: the one that was needed, 1 ÷ win rate; blank without a win"),
    Column("last_year_minor", Kind.INTEGER, "the same day of the quarter a year before, as it was known then"),
    Column("restated_minor", Kind.INTEGER, "last year by what was known at `known_at`"),
    Column("colour", Kind.TEXT, "green, yellow, red, or blank without a target"),
    Column("before_week", Kind.TEXT, "the meeting before, of the same quarter, that has the cell", True),
    Column("before_amount_minor", Kind.INTEGER, "what it was then", True),
    Column("before_colour", Kind.TEXT, "its colour then", True),
    Column("weeks", Kind.INTEGER, "meetings in a row in which it was red or yellow, up to this one"),
    Column("course", Kind.TEXT, f"colours of the last {COURSE} meetings of the quarter, this one last; - for none"),
)

COUNCIL_CELLS = Detail(
    name="council-cells",
    version=1,
    meaning="The matrices that councils froze, cell by cell, with the weeks before beside each.",
    initial=Matrices(),
    on={CouncilConvened: _convened},
    columns=_COLUMNS,
    key=3,
    answer=_COLUMNS,
    order=("council", "known_at", "number"),
    indexes=(("colour",),),
    entries=_entries,
    render=_render,
)
