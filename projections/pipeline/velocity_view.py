"""The view `velocity`: what the pipeline sells a day, and the four figures that make it."""

from collections.abc import Mapping
from fractions import Fraction

from events.instants import SECOND
from projections.pipeline.asking import (
    AS_OF,
    CURRENCY,
    CUT,
    KNOWN_AT,
    LEFT_OUT,
    OPPORTUNITIES,
    cut_by,
    cuts,
    in_columns,
    left_out_of,
)
from projections.pipeline.deal import DIMENSIONS, Group
from projections.pipeline.figures import Cut
from projections.pipeline.paces import paces
from projections.pipeline.quarters import local_day, quarter_of
from projections.pipeline.reading import open_or_closed
from projections.pipeline.terms import instant_of, terms_at
from projections.pipeline.velocity import Velocity, velocities, year_earlier
from projections.pipeline.worth import Unsure
from projections.rounding import real, rounded
from projections.views.times import instant_text, instant_text_or_none
from projections.views.view import KNOWN_TIMES, Asked, BadQuery, Cells, Column, Computed, Kind, Query


def _velocity(query: Query, asked: Asked) -> list[Cells]:
    at, by = instant_of(query, asked), cut_by(asked)
    if at is None:
        return []
    terms = terms_at(query, at, asked.known_at)
    since = year_earlier(at, terms) if asked.since is None else asked.since
    if since > at:
        raise BadQuery("velocity is learned from a span that begins before it ends")
    cut = Cut(quarter_of(local_day(at, terms.zone), terms.begins), at, by, terms)
    only = {name: value for name, value in asked.equal.items() if name in by}
    try:
        found: Mapping[Group, Velocity] = paces(query, cut, since, asked.known_at, only)
    except Unsure:
        found = velocities(open_or_closed(query, since, at, asked.known_at), by, terms)
    times = instant_text(since), instant_text(at), instant_text_or_none(asked.known_at), left_out_of(terms)
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
        LEFT_OUT,
    ),
    order=DIMENSIONS,
    groupings=cuts(),
    compute=_velocity,
    takes=KNOWN_TIMES | {"since"},
    rests_on=(OPPORTUNITIES,),
)
