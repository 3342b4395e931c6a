"""The view `waterfall`: how the open pipe of a quarter came from one instant to another."""

from collections.abc import Iterable, Iterator, Sequence

from projections.pipeline.asking import (
    CURRENCY,
    KNOWN_AT,
    OPPORTUNITIES,
    QUARTER,
    UNCUT,
    cut_by,
    cuts,
    in_columns,
    quarter_asked,
    rates_asked,
)
from projections.pipeline.deal import DIMENSIONS, Deal, Group, sliced, value_of
from projections.pipeline.figures import Terms
from projections.pipeline.history import Version, course, path
from projections.pipeline.reading import spans
from projections.pipeline.terms import instant_of, terms_at
from projections.pipeline.waterfall import Inside, Period, Waterfall, together, waterfall
from projections.views.times import instant_text, instant_text_or_none
from projections.views.view import Asked, BadQuery, Cells, Column, Computed, Kind, Query

NOW, THEN = "now", "then"
_OPPORTUNITY = "opportunity"


def _waterfall(query: Query, asked: Asked) -> list[Cells]:
    end, by = instant_of(query, asked), cut_by(asked)
    if end is None:
        return []
    terms = terms_at(query, end)
    quarter = quarter_asked(asked, end, terms)
    begin = quarter.instants(terms.zone)[0] if asked.since is None else asked.since
    walk = asked.equal.get("known", NOW)
    if begin > end or walk not in (NOW, THEN):
        raise BadQuery("a waterfall begins before it ends" if begin > end else "known: expected now or then")
    each_one = asked.by == _OPPORTUNITY or _OPPORTUNITY in asked.equal
    found: dict[tuple[str | None, Group], list[Waterfall]] = {}
    for opportunity, versions in spans(query, begin, end, asked.known_at, all_known=walk == THEN):
        way = _way(versions, begin, end, asked.known_at, walk)
        for group, one in _cut(way, end, Period(quarter.first, quarter.after), by, terms):
            found.setdefault((opportunity if each_one else None, group), []).append(one)
    times = instant_text(begin), instant_text(end), instant_text_or_none(asked.known_at)
    rows = list[Cells]()
    for (named, group), every in sorted(found.items(), key=lambda item: (item[0][0] or "", item[0][1])):
        total = together(every)
        if any(total) or (not by and not each_one):
            rows.append((quarter.name, named, *in_columns(by, group), *total, terms.rates.reporting, walk, *times))
    return rows


def _way(versions: Sequence[Version], begin: int, end: int, known: int | None, walk: str) -> Sequence[tuple[int, Deal]]:
    """The states: by what is known in the end, or as each was known at the time."""
    if walk == NOW:
        return course(versions, begin, end)
    if known is None:
        return path(versions, begin, end)
    return path(_until(versions, known), begin, end)


def _until(versions: Iterable[Version], known: int) -> Iterator[Version]:
    """What had become known by an instant; what was closed later was open then."""
    for each in versions:
        if each.known_from <= known:
            is_open = each.known_to is not None and each.known_to > known
            yield Version(each.valid_from, each.valid_to, each.known_from, None, each.deal) if is_open else each


def _cut(
    way: Sequence[tuple[int, Deal]], end: int, period: Period, by: tuple[str, ...], terms: Terms
) -> Iterator[tuple[Group, Waterfall]]:
    """One for each slice that an opportunity was in at any time."""
    for group in {group for _, deal in way for group in sliced(deal, by)}:
        wanted = tuple(zip(by, group, strict=True))
        with rates_asked():
            one = waterfall(way, end, period, _inside(wanted), terms)
        yield group, one


def _inside(wanted: Sequence[tuple[str, str]]) -> Inside:
    return lambda deal, part: all(value_of(deal, part, name) == value for name, value in wanted)


_MEANINGS = {
    "start": "open pipe at `since`",
    "new": "opened",
    "pulled_in": "came into the quarter by a new close date, with the old amount",
    "increased": "amounts that grew",
    "decreased": "amounts that shrank",
    "moved_out": "left the quarter by a new close date, with the old amount",
    "won": "won",
    "lost": "lost",
    "reopened": "opened again",
    "entered": "came into the slice from another one",
    "left": "left the slice for another one",
    "revalued": "what rates did to amounts nobody changed; may be below zero",
    "end": "open pipe at `as_of`",
}

WATERFALL = Computed(
    name="waterfall",
    meaning="How the open pipe of a quarter came from one instant to another: start + new + pulled_in + increased - "
    "decreased - moved_out - won - lost + reopened + entered - left + revalued = end, exactly.",
    answer=(
        QUARTER,
        Column(_OPPORTUNITY, Kind.TEXT, f"opportunity id{UNCUT}", True),
        *(Column(name, Kind.TEXT, f"the {name.replace('_', ' ')}{UNCUT}", True) for name in DIMENSIONS),
        *(Column(f"{name}_minor", Kind.INTEGER, meaning) for name, meaning in _MEANINGS.items()),
        CURRENCY,
        Column("known", Kind.TEXT, "now: by what is known in the end; then: as each state was known at its time"),
        Column("since", Kind.INSTANT, "where it begins; the beginning of the quarter, unless another is asked"),
        Column("as_of", Kind.INSTANT, "where it ends"),
        KNOWN_AT,
    ),
    order=("quarter", _OPPORTUNITY, *DIMENSIONS),
    groupings=(_OPPORTUNITY, *cuts()),
    compute=_waterfall,
    takes=frozenset({"since", "as_of", "known_at"}),
    rests_on=(OPPORTUNITIES,),
)
