"""The view `waterfall`: how the open pipe of a quarter came from one instant to another."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from projections.pipeline.asking import (
    CURRENCY,
    KNOWN_AT,
    LEFT_OUT,
    OPPORTUNITIES,
    QUARTER,
    UNCUT,
    cut_by,
    cuts,
    in_columns,
    left_out_of,
    quarter_asked,
)
from projections.pipeline.deal import DIMENSIONS, Deal, Group, sliced, value_of
from projections.pipeline.figures import Cut
from projections.pipeline.history import heard_by, path
from projections.pipeline.moved import Heard, waterfalls
from projections.pipeline.reading import spans
from projections.pipeline.terms import instant_of, terms_at
from projections.pipeline.walks import walks
from projections.pipeline.waterfall import Inside, Period, Waterfall, together, waterfall
from projections.pipeline.worth import Unsure
from projections.views.times import instant_text, instant_text_or_none
from projections.views.view import Asked, BadQuery, Cells, Column, Computed, Kind, Query

NOW, THEN = "now", "then"
_OPPORTUNITY = "opportunity"


def _waterfall(query: Query, asked: Asked) -> list[Cells]:
    end, by = instant_of(query, asked), cut_by(asked)
    if end is None:
        return []
    terms = terms_at(query, end, asked.known_at)
    quarter = quarter_asked(asked, end, terms)
    begin = quarter.instants(terms.zone)[0] if asked.since is None else asked.since
    walk = asked.equal.get("known", NOW)
    if begin > end or walk not in (NOW, THEN):
        raise BadQuery("a waterfall begins before it ends" if begin > end else "known: expected now or then")
    each_one = asked.by == _OPPORTUNITY or _OPPORTUNITY in asked.equal
    only = {name: asked.equal[name] for name in by if name in asked.equal}
    cut = Cut(quarter, end, by, terms)
    try:  # of single ones no sums are kept
        heard = Heard(asked.known_at, walk == THEN)
        summed = None if each_one else waterfalls(query, cut, begin, heard, only)
    except Unsure:
        summed = None
    found = (
        _walked(_ways(query, asked, begin, end), cut, only, each_one=each_one)
        if summed is None
        else {(None, group): each for group, each in summed.items()}
    )
    left_out = left_out_of(terms)
    times = instant_text(begin), instant_text(end), instant_text_or_none(asked.known_at)
    rows = list[Cells]()
    for (named, group), total in sorted(found.items(), key=lambda item: (item[0][0] or "", item[0][1])):
        if any(total) or left_out is not None or (not by and not each_one):
            ends = terms.rates.reporting, walk, *times, left_out
            rows.append((quarter.name, named, *in_columns(by, group), *total, *ends))
    return rows


def _ways(query: Query, asked: Asked, begin: int, end: int) -> Iterator[tuple[str, Sequence[tuple[int, Deal]]]]:
    """The states of each opportunity: by what is known in the end, or as each was known at the time."""
    known = asked.known_at
    if asked.equal.get("known", NOW) == NOW:
        yield from walks(query, begin, end, known, asked.equal.get(_OPPORTUNITY))
        return
    for opportunity, versions in spans(query, begin, end, known, all_known=True):
        yield opportunity, path(heard_by(versions, known), begin, end)


def _walked(
    ways: Iterable[tuple[str, Sequence[tuple[int, Deal]]]], cut: Cut, only: Mapping[str, str], *, each_one: bool
) -> dict[tuple[str | None, Group], Waterfall]:
    """The waterfalls of slices, of all opportunities together or of each one by itself."""
    found: dict[tuple[str | None, Group], list[Waterfall]] = {}
    for opportunity, way in ways:
        for group, one in _slices(opportunity, way, cut, only):
            found.setdefault((opportunity if each_one else None, group), []).append(one)
    return {key: together(every) for key, every in found.items()}


def _slices(
    opportunity: str, way: Sequence[tuple[int, Deal]], cut: Cut, only: Mapping[str, str]
) -> Iterator[tuple[Group, Waterfall]]:
    """One for each slice that an opportunity was in at any time."""
    period = Period(cut.quarter.first, cut.quarter.after)
    for group in {group for _, deal in way for group in sliced(deal, cut.by)}:
        wanted = tuple(zip(cut.by, group, strict=True))
        if only.items() <= set(wanted):
            yield group, waterfall(way, cut.at, period, _inside(wanted), cut.terms, of=opportunity)


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
        LEFT_OUT,
    ),
    order=("quarter", _OPPORTUNITY, *DIMENSIONS),
    groupings=(_OPPORTUNITY, *cuts()),
    compute=_waterfall,
    takes=frozenset({"since", "as_of", "known_at"}),
    rests_on=(OPPORTUNITIES,),
)
