"""`council-comments`: what was said of the red and yellow cells of councils."""

from typing import Any

from msgspec import Struct

from events.council import CellCommented, CellKey, cell_key
from events.envelope import Envelope
from events.instants import to_us
from projections.views.council_cells import DIMENSIONS, MEASURE
from projections.views.councils import COUNCIL, WEEK
from projections.views.times import instant_text, recorded_at
from projections.views.view import Cells, Column, Detail, Kind


class Comment(Struct, frozen=True, gc=False, array_like=True):
    """What was said; instants in microseconds."""

    week: str
    key: CellKey
    at: int
    text: str
    by: str
    recorded_at: int


class Comments(Struct, frozen=True, gc=False, array_like=True):
    """Base row: in the order in which they were said."""

    comments: tuple[Comment, ...] = ()


def _commented(row: Comments, fact: CellCommented, envelope: Envelope) -> Comments:
    new = Comment(fact.week, cell_key(fact), to_us(envelope.time), fact.text, fact.by, recorded_at(envelope))
    return Comments((*row.comments, new))


def _entries(row: Comments) -> dict[Cells, Any]:
    return {(number,): each for number, each in enumerate(row.comments, start=1)}


def _render(council: str, identity: Cells, each: Comment) -> Cells:
    measure, *dimensions = each.key
    told = each.text, each.by, instant_text(each.at), instant_text(each.recorded_at)
    return (council, *identity, each.week, *dimensions, measure, *told)


_COLUMNS = (
    COUNCIL,
    Column("comment", Kind.INTEGER, "its number in the council, from 1"),
    WEEK,
    *DIMENSIONS,
    MEASURE,
    Column("text", Kind.TEXT, "what was said"),
    Column("by", Kind.TEXT, "who said it"),
    Column("at", Kind.INSTANT, "when that was"),
    Column("recorded_at", Kind.INSTANT, "when it became known"),
)

COUNCIL_COMMENTS = Detail(
    name="council-comments",
    version=2,
    meaning="What was said of the red and yellow cells of councils.",
    initial=Comments(),
    on={CellCommented: _commented},
    columns=_COLUMNS,
    key=2,
    answer=_COLUMNS,
    order=("council", "comment"),
    entries=_entries,
    render=_render,
)
