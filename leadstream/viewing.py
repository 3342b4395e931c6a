"""Asks a view for rows, now or at any time, whatever it is made of: tables, other views, the decider's own rules."""

from collections.abc import Sequence
from typing import NamedTuple

from engine.ports import EventLog
from events.codec import Codec
from leadstream.agreements import known_agreements
from leadstream.companies import companies, equal_names
from leadstream.rescored import has_scores, lasting, rescored
from projections.catalogue import COMPUTED
from projections.past import Then, is_folded, tables_then
from projections.read import Where, answer_columns, read_view, sifted, view_named
from projections.stores.port import ViewStore
from projections.views.companies import COMPANIES
from projections.views.view import BadQuery, Cell, Computed, OnRead, Shown


class Question(NamedTuple):
    """What is asked of a view.

    Attributes:
        name: the view's.
        where: conditions that all hold.
        sort: columns; a minus in front turns the order round.
        by: column to split a total by.
        as_of: as it was at this instant (microseconds): by what had happened by then.
        limit: at most so many rows.
        offset: so many rows are left out before.
        scores_as_of: scores and grades of this instant (microseconds) instead of those told last; only of leads, and
            of what holds now.
        known_at: by what was recorded up to this instant, likewise; without `as_of` as it was then, too.
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

    For another time than now most views are folded from the log, whose facts are then read from the first one on. What
    was known at an instant is asked as it stood at that instant, unless another one is named: an answer as of now would
    change with every day that passes.

    Raises:
        BadQuery: no such view or column, a value that is none of the column's type, or an instant that cannot be asked.
        LogError: the log cannot be read.
    """
    view = view_named(asked.name)
    _expect_answerable(view, asked)
    then = Then(asked.as_of, asked.known_at).settled()
    asked = asked._replace(as_of=then.as_of)
    try:
        if then.as_of is None or not is_folded(view):
            return await rows_in(log, store, asked)
        async with tables_then(log, store, view, then) as tables:
            return await rows_in(log, tables, asked)
    except OverflowError as exc:  # no column holds a whole number of more than 64 bits
        raise BadQuery("a number is too large to be in any row") from exc


def _expect_answerable(view: Shown, asked: Question) -> None:
    """Whether the instants can be asked of the view, and together.

    Raises:
        BadQuery: they cannot.
    """
    between = [each.name for each in COMPUTED if "since" in each.takes]
    if asked.since is not None and view.name not in between:
        raise BadQuery(f"view {view.name} holds for one instant and begins at none; since is of {', '.join(between)}")
    earlier = asked.as_of is not None or asked.known_at is not None
    if earlier and isinstance(view, OnRead) and view.only_now:
        raise BadQuery(f"view {view.name} can be asked for no other time: {view.only_now}")
    if asked.scores_as_of is None:
        return
    if not has_scores([column.name for column in answer_columns(view.name, asked.by)]):
        raise BadQuery(f"view {view.name} shows no leads with their scores")
    if earlier:
        raise BadQuery("scores of an instant are shown beside what holds now; ask for one time or for the other")


async def rows_in(log: EventLog, store: ViewStore, asked: Question) -> list[dict[str, Cell]]:
    """Those of a store whose rows are of the time that is asked for, as far as they do not keep it themselves."""
    name, where, sort, by, as_of, limit, offset, scores_as_of, known_at, since = asked
    if scores_as_of is not None:
        told, known = read_view(store, name, lasting(where), by), await known_agreements(log, Codec())
        found = await rescored(log, told, known, scores_as_of)
        return sifted(found, answer_columns(name, by), name, where, sort=sort, limit=limit, offset=offset)
    if name == COMPANIES.name:  # scores fade: they are computed for the instant asked
        known = await known_agreements(log, Codec())
        found = await companies(log, store, known, as_of, equal_names(where), heard=known_at)
        return sifted(found, answer_columns(name, by), name, where, sort=sort, limit=limit, offset=offset)
    times = {"as_of": as_of, "known_at": known_at, "since": since} if isinstance(view_named(name), Computed) else {}
    return read_view(store, name, where, by, sort=sort, limit=limit, offset=offset, times=times)
