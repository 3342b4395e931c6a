"""Links and touches of leads, read from the tables of their views, as they were known."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from projections.pipeline.credit import Link, Touched
from projections.views.lead_links import QUALIFIED
from projections.views.times import instant_text, text_or_ever, us_of_cell
from projections.views.view import Cells, Query

_LINKS = f"""
SELECT lead, kind, other, occurred_at FROM lead_links_base
WHERE kind <> '{QUALIFIED}' AND occurred_at <= ? AND recorded_at <= ? ORDER BY lead, sequence
"""  # noqa: S608 - our own word
_QUALIFIED = f"""
SELECT lead, occurred_at FROM lead_links_base
WHERE kind = '{QUALIFIED}' AND occurred_at <= ? AND recorded_at <= ? AND lead IN (%s)
"""  # noqa: S608 - our own word
_TOUCHES = """
SELECT lead, told_by, touch, occurred_at, channel, kind, campaign, asset FROM touches_base
WHERE direction = 'inbound' AND occurred_at <= ? AND recorded_at <= ? AND lead IN (%s)
"""
_AT_ONCE = 500
"""Leads that one question names: databases take only so many values."""


def links_in(query: Query, at: int, known: int | None) -> list[Link]:
    """Conversions and merges up to an instant, as known at another; of each lead in the order they became known."""
    rows = query(_LINKS, (instant_text(at), text_or_ever(known)))
    return [Link(str(lead), str(kind), str(other or ""), us_of_cell(since)) for lead, kind, other, since in rows]


def touches_in(query: Query, leads: Iterable[str], at: int, known: int | None) -> Iterator[Touched]:
    """The inbound touches of leads up to an instant, as they were known at another."""
    for lead, told_by, touch, since, *of in _of_leads(query, _TOUCHES, leads, at, known):
        yield Touched(us_of_cell(since), str(told_by), str(touch), str(lead), tuple(str(each or "") for each in of))


def qualified_in(query: Query, leads: Iterable[str], at: int, known: int | None) -> dict[str, list[int]]:
    """When leads became qualified up to an instant, in microseconds, as it was known at another."""
    found: dict[str, list[int]] = {}
    for lead, since in _of_leads(query, _QUALIFIED, leads, at, known):
        found.setdefault(str(lead), []).append(us_of_cell(since))
    return found


def _of_leads(query: Query, sql: str, leads: Iterable[str], at: int, known: int | None) -> Iterator[Cells]:
    times = instant_text(at), text_or_ever(known)
    for some in _batches(leads):
        yield from query(sql % ", ".join("?" for _ in some), (*times, *some))


def _batches(leads: Iterable[str]) -> Iterator[Sequence[str]]:
    left = iter(leads)
    while some := tuple(islice(left, _AT_ONCE)):
        yield some
