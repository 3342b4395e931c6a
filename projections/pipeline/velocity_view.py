"""The view `velocity`: what the pipeline sells a day, and the four figures that make it."""

from collections.abc import Iterable, Mapping
from fractions import Fraction

from events.instants import SECOND
from projections.pipeline.asking import (
    AS_OF,
    CURRENCY,
    CUT,
    KNOWN_AT,
    KNOWN_TIMES,
    OPPORTUNITIES,
    cut_by,
    cuts,
    in_columns,
    rates_asked,
    real,
)
from projections.pipeline.deal import DIMENSIONS, WON, Deal, Group, Line, sliced
from projections.pipeline.figures import Terms
from projections.pipeline.money import rounded
from projections.pipeline.quarters import local_day, quarter_of, same_instant
from projections.pipeline.reading import open_or_closed
from projections.pipeline.terms import instant_of, terms_at
from projections.pipeline.velocity import Velocity
from projections.views.times import instant_text, instant_text_or_none
from projections.views.view import Asked, BadQuery, Cells, Column, Computed, Kind, Query


def year_earlier(at: int, terms: Terms) -> int:
    """The same day of the quarter a year before, from when on it is learned what opportunities come to."""
    return same_instant(quarter_of(local_day(at, terms.zone), terms.begins), at, terms.zone)


def velocities(every: Iterable[Deal], by: tuple[str, ...], terms: Terms) -> Mapping[Group, Velocity]:
    """The four parts by slice, of opportunities that are open or were closed in the span that is learned from.

    One with several products counts to each of them, with the amount that it has of it.

    Raises:
        NoRate: an amount cannot be told in the reporting currency.
    """
    found: dict[Group, Velocity] = {}
    for deal in every:
        for group, parts in sliced(deal, by).items():
            found[group] = _with(found.get(group, Velocity(0, 0, 0, 0, 0)), deal, parts, terms)
    return found


def _with(sums: Velocity, deal: Deal, parts: Iterable[Line], terms: Terms) -> Velocity:
    if deal.is_open:
        return sums._replace(open_deals=sums.open_deals + 1)
    if deal.status != WON:
        return sums._replace(lost=sums.lost + 1)
    closed, opened = deal.closed_at or 0, deal.opened_at
    day = local_day(closed, terms.zone)
    amount = sum(terms.rates.converted(part.amount_minor, deal.currency, day) for part in parts)
    took = closed - (closed if opened is None else opened)
    return sums._replace(won=sums.won + 1, won_minor=sums.won_minor + amount, won_us=sums.won_us + took)


def _velocity(query: Query, asked: Asked) -> list[Cells]:
    at, by = instant_of(query, asked), cut_by(asked)
    if at is None:
        return []
    terms = terms_at(query, at)
    since = year_earlier(at, terms) if asked.since is None else asked.since
    if since > at:
        raise BadQuery("velocity is learned from a span that begins before it ends")
    with rates_asked():
        found = velocities(open_or_closed(query, since, at, asked.known_at), by, terms)
    times = instant_text(since), instant_text(at), instant_text_or_none(asked.known_at)
    return [
        (*in_columns(by, group), *_row(each), terms.rates.reporting, *times) for group, each in sorted(found.items())
    ]


def _row(each: Velocity) -> Cells:
    mean = None if not each.won else rounded(Fraction(each.won_minor, each.won))
    took = None if not each.won else rounded(Fraction(each.won_us, each.won * SECOND))
    a_day = each.a_day
    return (each.open_deals, each.won, each.lost, real(each.win_rate), each.won_minor, mean, took,
            None if a_day is None else rounded(a_day))  # fmt: skip


VELOCITY = Computed(
    name="velocity",
    meaning="What the pipeline sells a day: open opportunities x win rate x mean amount won ÷ mean time to win.",
    answer=(
        *CUT,
        Column("open", Kind.INTEGER, "open opportunities at `as_of`"),
        Column("won", Kind.INTEGER, "won from `since` on, and won still"),
        Column("lost", Kind.INTEGER, "lost from `since` on, and lost still"),
        Column("win_rate", Kind.REAL, "won ÷ (won + lost), four digits; empty where nothing was decided", True),
        Column("won_minor", Kind.INTEGER, "amounts of those won, each by the rate of the day it was won"),
        Column("mean_won_minor", Kind.INTEGER, "mean amount of those won, rounded half up", True),
        Column("mean_seconds", Kind.INTEGER, "mean time from opening to winning, rounded half up", True),
        Column(
            "a_day_minor", Kind.INTEGER, "sold a day, from exact figures and rounded once; empty without a win", True
        ),
        CURRENCY,
        Column("since", Kind.INSTANT, "from when on it is learned; a year before `as_of`, unless another is asked"),
        AS_OF,
        KNOWN_AT,
    ),
    order=DIMENSIONS,
    groupings=cuts(),
    compute=_velocity,
    takes=KNOWN_TIMES | {"since"},
    rests_on=(OPPORTUNITIES,),
)
