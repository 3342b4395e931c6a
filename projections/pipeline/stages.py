"""The ways of opportunities through their stages, read by the few columns that say so.

A state in which an opportunity came to a stage, was opened, closed or reopened began when that happened: its row says
so by itself. So no row has to be held against the one before it, and all others are left out where they lie.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from events.instants import to_us
from projections.pipeline.deal import OPEN, Group
from projections.pipeline.standing import Sql, also, product_of, standing_at, told_at
from projections.views.times import instant_text, us_of_cell
from projections.views.view import Query

_TURNED = "(h.{0} = h.stage_since OR h.{0} = h.opened_at OR h.{0} = h.closed_at OR h.status = '')"


Turn = tuple[int, str, str]
"""When an opportunity came to a state, in microseconds, its status and its stage then."""
Course = list[Turn]
"""How an opportunity went; a turn may say again what the one before it says."""


class Now(NamedTuple):
    """Where an opportunity stands.

    Attributes:
        status: open, won or lost; blank before it is opened.
        stage: its stage.
        opened_at: when it was opened, in microseconds, if it was.
        stage_since: when it came to the stage, in microseconds, if it has one.
    """

    status: str
    stage: str
    opened_at: int | None
    stage_since: int | None


def courses(query: Query, at: int, known: int | None) -> dict[str, Course]:
    """The courses of all opportunities up to an instant, as they were known at another; see `standing_at`.

    Most of the history is read, and where it lies: an index would lead to each row by itself.
    """
    now = instant_text(at)
    over = also(Sql(f"COALESCE(h.valid_from, '') <= ? AND {_TURNED.format('valid_from')}", (now,)), told_at(known))
    heard = Sql("") if known is None else Sql("h.known_since <= ?", (instant_text(known),))
    stands = also(Sql(f"h.since <= ? AND {_TURNED.format('since')}", (now,)), heard)
    sql = f"""
SELECT h.opportunity, h.valid_from, h.status, h.stage FROM opportunity_history_base h WHERE {over.text}
UNION ALL
SELECT h.opportunity, h.since, h.status, h.stage FROM opportunities_base h WHERE {stands.text}
"""  # noqa: S608 - our identifiers
    found: dict[str, Course] = {}
    rows: list[Any] = query(sql, (*over.values, *stands.values))
    for opportunity, since, status, stage in rows:
        turn = to_us(datetime.fromisoformat(since)), status, stage
        if opportunity in found:
            found[opportunity].append(turn)
        else:
            found[opportunity] = [turn]
    for course in found.values():
        course.sort()
    return found


def standings(query: Query, at: int, known: int | None) -> dict[str, Now]:
    """Where all opportunities stand at an instant, as it was known at another."""
    asked = standing_at((at, known), "h.opportunity, h.status, h.stage, h.opened_at, h.stage_since", Sql("1 = 1"))
    return {
        str(name): Now(str(status), str(stage), *(None if cell is None else us_of_cell(cell) for cell in since))
        for name, status, stage, *since in query(asked.text, asked.values)
    }


class Open(NamedTuple):
    """An open opportunity.

    Attributes:
        opportunity: its id.
        owner: who has it; blank for nobody.
        stage: its stage.
        stage_since: when it came to the stage, in microseconds, if it has one.
        amount_minor: in minor units of `currency`.
        currency: ISO 4217 code, or blank.
    """

    opportunity: str
    owner: str
    stage: str
    stage_since: int | None
    amount_minor: int
    currency: str


def open_at(query: Query, at: int, known: int | None) -> Iterator[Open]:
    """The opportunities that are open at an instant, as it was known at another."""
    columns = ", ".join(f"h.{name}" for name in Open._fields)
    asked = standing_at((at, known), columns, Sql(f"h.status = '{OPEN}'"))
    for opportunity, owner, stage, since, amount, currency in query(asked.text, asked.values):
        at_stage = None if since is None else us_of_cell(since)
        yield Open(str(opportunity), str(owner), str(stage), at_stage, int(amount or 0), str(currency))


def slices_at(query: Query, at: int, known: int | None, by: tuple[str, ...]) -> dict[str, set[Group]]:
    """The slices that each opportunity counts to; with several products these are several."""
    parts = "product" in by
    columns = "".join(f", h.{product_of(parts=parts) if name == 'product' else name}" for name in by)
    asked = standing_at((at, known), f"h.opportunity{columns}", Sql("1 = 1"), parts=parts)
    found: dict[str, set[Group]] = {}
    for opportunity, *group in query(asked.text, asked.values):
        found.setdefault(str(opportunity), set()).add(tuple(map(str, group)))
    return found


def stays_of(course: Iterable[Turn]) -> Iterator[tuple[str, int, int | None]]:
    """The stages that it was in, from when to when, in microseconds; None while it is there. See `velocity.stays`."""
    there, begin = "", None
    for at, status, stage in course:
        if begin is not None and not (status == OPEN and stage == there):
            yield there, begin, at
            begin = None
        if status == OPEN and begin is None:
            there, begin = stage, at
    if begin is not None:
        yield there, begin, None


def lengths_of(every: Iterable[Course]) -> dict[str, list[int]]:
    """By stage, how long the stays took that have ended, in microseconds."""
    found: dict[str, list[int]] = {}
    for course in every:
        for stage, begin, end in stays_of(course):
            if end is not None:
                found.setdefault(stage, []).append(end - begin)
    return found


def names_by(slices: Mapping[str, set[Group]] | None, every: Iterable[str]) -> dict[Group, list[str]]:
    """Opportunities by slice; without slices all are in one."""
    if slices is None:
        return {(): list(every)}
    found: dict[Group, list[str]] = {}
    for name, groups in slices.items():
        for group in groups:
            found.setdefault(group, []).append(name)
    return found
