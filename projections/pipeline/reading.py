"""Opportunities and targets, read from the tables of their views."""

from collections.abc import Iterator
from itertools import groupby
from zoneinfo import ZoneInfo

from projections.pipeline.deal import Deal
from projections.pipeline.figures import Held
from projections.pipeline.history import Version
from projections.pipeline.quarters import Quarter
from projections.pipeline.standing import Sql, told_at
from projections.pipeline.targets import Target
from projections.views.deal_columns import DEAL_COLUMNS, deal_of
from projections.views.times import instant_text, text_or_ever, us_of_cell, us_of_text
from projections.views.view import Cells, Query

_DEAL = ", ".join(f"h.{name}" for name in DEAL_COLUMNS)
_BORN = f"""
SELECT opportunity, valid_from, {", ".join(DEAL_COLUMNS)} FROM (
    SELECT h.*, ROW_NUMBER() OVER (PARTITION BY h.opportunity ORDER BY h.valid_from) AS nth
    FROM opportunity_versions h
    WHERE h.amount_minor <> 0 AND h.status <> '' AND h.opened_at >= ? AND h.opened_at < ? AND h.valid_from <= ?
        AND %s
) AS had WHERE nth = 1
"""  # noqa: S608 - our identifiers
_STANDING = f"""
SELECT h.opportunity, {_DEAL} FROM opportunity_versions h
WHERE h.valid_from <= ? AND (h.valid_to IS NULL OR h.valid_to > ?)
    AND ((h.status = 'open' AND h.close_date >= ? AND h.close_date < ?)
        OR (h.status = 'won' AND h.closed_at >= ? AND h.closed_at < ?)
        OR (h.opened_at >= ? AND h.opened_at < ?))
    AND %s
ORDER BY h.opportunity
"""  # noqa: S608 - our identifiers
_CLOSED = "h.status IN ('won', 'lost') AND h.closed_at >= ?"
_DECIDED = f"""
SELECT {_DEAL} FROM opportunity_versions h
WHERE h.valid_from <= ? AND (h.valid_to IS NULL OR h.valid_to > ?) AND (%s) AND %s
ORDER BY h.opportunity
"""  # noqa: S608 - our identifiers
_SPAN = f"""
SELECT h.opportunity, h.valid_from, h.valid_to, h.known_from, h.known_to, {_DEAL} FROM opportunity_versions h
WHERE h.valid_from <= ? AND (h.valid_to IS NULL OR h.valid_to > ?) AND %s
ORDER BY h.opportunity, h.valid_from, h.known_from
"""  # noqa: S608 - our identifiers
_TARGETS = """
SELECT plan, kind, product, region, segment, source, role, owner, amount_minor, currency FROM targets_base
WHERE quarter = ? AND set_at <= ? AND recorded_at <= ?
ORDER BY set_at, recorded_at, plan, number
"""
_SLICE = ("product", "region", "segment", "source", "opener_role", "owner")


def held_in(query: Query, quarter: Quarter, zone: ZoneInfo, at: int, known: int | None) -> Iterator[Held]:
    """The opportunities that add something to the figures of a quarter, as `figures.held` gives them."""
    condition, values = told_at(known)
    begin, end = map(instant_text, quarter.instants(zone))
    now, closing = instant_text(at), (quarter.first.isoformat(), quarter.after.isoformat())
    born = {
        str(row[0]): (us_of_cell(row[1]), deal_of(row[2:]))
        for row in query(_BORN % condition, (begin, end, now, *values))
    }
    standing = query(_STANDING % condition, (now, now, *closing, begin, end, begin, end, *values))
    for opportunity, *cells in standing:
        yield Held(str(opportunity), deal_of(tuple(cells)), born.get(str(opportunity)))


def closed(query: Query, since: int, at: int, known: int | None) -> Iterator[Deal]:
    """The opportunities that were closed since an instant and still are at another one, as they were known."""
    return _decided(query, _CLOSED, since, at, known)


def open_or_closed(query: Query, since: int, at: int, known: int | None) -> Iterator[Deal]:
    """Those, and the ones that are open then."""
    return _decided(query, f"h.status = 'open' OR ({_CLOSED})", since, at, known)


def _decided(query: Query, which: str, since: int, at: int, known: int | None) -> Iterator[Deal]:
    condition, values = told_at(known)
    now = instant_text(at)
    return map(deal_of, query(_DECIDED % (which, condition), (now, now, instant_text(since), *values)))


def spans(
    query: Query, begin: int, end: int, known: int | None, *, all_known: bool = False
) -> Iterator[tuple[str, list[Version]]]:
    """Of each opportunity the versions that say something of a span of time, as they were known at an instant.

    Args:
        query: asks the store.
        begin: of the span, in microseconds.
        end: of the span, itself in it.
        known: the instant; None: as they are known now.
        all_known: whatever was known at any time as well.
    """
    condition, values = Sql("1 = 1") if all_known else told_at(known)
    rows = query(_SPAN % condition, (instant_text(end), instant_text(begin), *values))
    for opportunity, found in groupby(rows, key=lambda row: row[0]):
        yield str(opportunity), [_version(row) for row in found]


def deals_at(query: Query, at: int, known: int | None) -> Iterator[tuple[str, Deal]]:
    """Opportunities as they were at an instant, as it was known at another; each stands once."""
    for opportunity, versions in spans(query, at, at, known):
        yield opportunity, versions[-1].deal


def _version(row: Cells) -> Version:
    valid_from, valid_to, known_from, known_to = (us_of_text(None if at is None else str(at)) for at in row[1:5])
    return Version(valid_from or 0, valid_to, known_from or 0, known_to, deal_of(row[5:]))


def targets_in(query: Query, quarter: Quarter, at: int, known: int | None) -> list[Target]:
    """The targets of a quarter as set by an instant, and known at another: the last word of each plan for a slice.

    Plans stand beside one another: two pools of one role, each with a plan of its own, have a target each.
    """
    last: dict[tuple[str, str, frozenset[tuple[str, str]]], Target] = {}
    for plan, kind, *dimensions, amount, currency in query(
        _TARGETS, (quarter.name, instant_text(at), text_or_ever(known))
    ):
        told = {name: str(cell) for name, cell in zip(_SLICE, dimensions, strict=True) if cell is not None}
        target = Target(str(kind), told, int(amount or 0), str(currency), str(plan))
        last[target.plan, target.kind, frozenset(told.items())] = target
    return list(last.values())
