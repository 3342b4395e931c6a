"""Asks a view for rows, whatever it is made of: tables, other views, or the decider's own rules at an instant."""

from collections.abc import Sequence
from typing import NamedTuple

from engine.ports import EventLog
from events.codec import Codec
from leadstream.agreements import known_agreements
from leadstream.companies import companies, equal_names
from leadstream.rescored import has_scores, lasting, rescored
from projections.read import Where, answer_columns, read_view, sifted
from projections.stores.port import ViewStore
from projections.views.companies import COMPANIES
from projections.views.view import BadQuery, Cell


class Question(NamedTuple):
    """What is asked of a view.

    Attributes:
        name: the view's.
        where: conditions that all hold.
        sort: columns; a minus in front turns the order round.
        by: column to split a total by.
        as_of: as it was at this instant (microseconds); only of views that know.
        limit: at most so many rows.
        offset: so many rows are left out before.
        scores_as_of: scores and grades of this instant (microseconds) instead of those told last; only of leads.
        known_at: by what was recorded up to this instant, likewise.
        since: from this instant on, of views of what lies between two.
    """

    name: str
    where: Sequence[Where] = ()
    sort: Sequence[str] = ()
    by: str | None = None
    as_of: int | None = None
    limit: int | None = None
    offset: int = 0
    scores_as_of: int | None = None
    known_at: int | None = None
    since: int | None = None


async def rows_of(log: EventLog, store: ViewStore, asked: Question) -> list[dict[str, Cell]]:
    """The rows, each with `complete_to`; the store has been brought up to date.

    Raises:
        BadQuery: no such view or column, a value that is none of the column's type, or a view that only knows now.
    """
    name, where, sort, by, as_of, limit, offset, scores_as_of, known_at, since = asked
    times = {"as_of": as_of, "known_at": known_at, "since": since}
    if scores_as_of is not None and not has_scores([column.name for column in answer_columns(name, by)]):
        raise BadQuery(f"view {name} shows no leads with their scores")
    try:
        if scores_as_of is not None:
            told, known = read_view(store, name, lasting(where), by, times=times), await known_agreements(log, Codec())
            found = await rescored(log, told, known, scores_as_of)
            return sifted(found, answer_columns(name, by), name, where, sort=sort, limit=limit, offset=offset)
        if name != COMPANIES.name or known_at is not None or since is not None:
            return read_view(store, name, where, by, sort=sort, limit=limit, offset=offset, times=times)
        # Scores fade: they are computed for the instant asked.
        known = await known_agreements(log, Codec())
        found = await companies(log, store, known, as_of, equal_names(where))
        return sifted(found, answer_columns(name, by), name, where, sort=sort, limit=limit, offset=offset)
    except OverflowError as exc:  # no column holds a whole number of more than 64 bits
        raise BadQuery("a number is too large to be in any row") from exc
