"""What the views of the pipeline have in common: how they are cut, and the columns that say what was asked."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations

from projections.pipeline.deal import DIMENSIONS, Group
from projections.pipeline.figures import Terms
from projections.pipeline.quarters import Quarter, local_day, quarter_named, quarter_of
from projections.views.view import Asked, BadQuery, Cells, Column, Kind

OPPORTUNITIES, COUNCILS = "opportunity_completeness", "council_completeness"
"""The SQL views that say how far facts about opportunities, and about councils and plans, are complete."""


def cuts(dimensions: Sequence[str] = DIMENSIONS) -> tuple[str, ...]:
    """By what a figure can be split: a dimension, or two."""
    return (*dimensions, *("+".join(pair) for pair in combinations(dimensions, 2)))


def cut_by(asked: Asked, dimensions: Sequence[str] = DIMENSIONS) -> tuple[str, ...]:
    """The dimensions that it is split by, and those of which one value is asked for, in their order."""
    named = set((asked.by or "").split("+")) | asked.equal.keys()
    return tuple(name for name in dimensions if name in named)


def in_columns(by: Sequence[str], group: Group, dimensions: Iterable[str] = DIMENSIONS) -> Cells:
    """The cells of the dimensions' columns; empty where it is not cut by one."""
    of: Mapping[str, str] = dict(zip(by, group, strict=True))
    return tuple(of.get(name) for name in dimensions)


def quarter_asked(asked: Asked, at: int, terms: Terms) -> Quarter:
    """The quarter that is asked about, or the one of the instant.

    Raises:
        BadQuery: it is no quarter.
    """
    name = asked.equal.get("quarter")
    if name is None:
        return quarter_of(local_day(at, terms.zone), terms.begins)
    try:
        return quarter_named(name, terms.begins)
    except ValueError as exc:
        raise BadQuery(f"quarter: {exc}") from exc


def left_out_of(terms: Terms) -> str | None:
    """The cell of `LEFT_OUT`, once all sums are made."""
    return str(terms.rates.left_out) or None


UNCUT = "; empty where it is not cut by it"
CUT = tuple(
    Column(name, Kind.TEXT, f"the {name.replace('_', ' ')} it is about{UNCUT}, blank where none was said", True)
    for name in DIMENSIONS
)
QUARTER = Column("quarter", Kind.TEXT, "fiscal quarter, such as 2026Q1; that of the instant, unless another is asked")
CURRENCY = Column("currency", Kind.TEXT, "currency of reports; all amounts are in its minor units")
AS_OF = Column("as_of", Kind.INSTANT, "the instant the figures hold for")
KNOWN_AT = Column("known_at", Kind.INSTANT, "by what was recorded up to then; empty: by all that is known", True)
LEFT_OUT = Column(
    "left_out",
    Kind.TEXT,
    "what the sums of the whole answer leave out, because no rate of its day is known (see `left-out`); empty: nothing",
    True,
)
