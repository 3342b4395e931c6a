"""The story of one opportunity: all that is known of it in one object, down to the facts its amount is made of."""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

import msgspec

from engine.ports import EventLog
from events.codec import Codec
from events.envelope import Envelope
from events.instants import to_us
from events.topics import OPPORTUNITY_EVENTS
from leadstream.lead_rows import rows_of
from leadstream.reading import history_of
from leadstream.viewing import Question
from leadstream.viewing import rows_of as rows_of_view
from projections.past import Then
from projections.pipeline.asking import OPPORTUNITIES as COMPLETENESS
from projections.pipeline.deal import NOTHING
from projections.pipeline.figures import Terms
from projections.pipeline.kept import EMPTY, Kept
from projections.pipeline.quarters import local_day, quarter_of
from projections.pipeline.terms import instant_of, terms_at
from projections.read import Where, completeness_of
from projections.stores.port import ViewStore
from projections.views.deal_columns import DEAL_COLUMNS, cells_of
from projections.views.hygiene import HYGIENE
from projections.views.opportunities import OPPORTUNITIES
from projections.views.opportunity_contacts import OPPORTUNITY_CONTACTS
from projections.views.opportunity_history import OPPORTUNITY_HISTORY
from projections.views.opportunity_timeline import OPPORTUNITY_TIMELINE
from projections.views.times import us_of_text
from projections.views.view import Asked

Story = dict[str, Any]
"""The row of the view `opportunities`, and:

* `lines`: its product lines, each with `line`, `product` and `amount_minor`
* `contacts`: its people, as in `opportunity-contacts`
* `untidy`: flags that stand; `hygiene` has those too that were mended, as in the view
* `cells`: what it adds to which figure of which quarter, as in `matrix-opportunities`
* `left_out`: what of it no figure counts for want of a rate, as in `left-out`
* `facts`: its facts in order, as in `opportunity-timeline`, and with each the `stage`, `amount_minor` and `currency`
  that were known once it was: one sees where an amount comes from; `late`: it happened before something known by then
"""

_NOTHING = dict(zip(DEAL_COLUMNS, cells_of(NOTHING), strict=True))


async def opportunity_told(
    log: EventLog, store: ViewStore, partitions: int, opportunity: str, then: Then
) -> Story | None:
    """What is known of an opportunity; None when nothing is.

    Args:
        log: where its facts are.
        store: the tables, brought up to date; they say to which figures it adds.
        partitions: of the log.
        opportunity: its id.
        then: which facts count.

    Raises:
        LogError: the log cannot be read.
        StoreError: the tables cannot.
    """
    then = then.settled()
    every = await history_of(log, partitions, opportunity, Codec(), OPPORTUNITY_EVENTS)
    facts = [fact for fact in every if then.counts(fact)]
    if not facts:
        return None
    story = opportunity_story_of(facts, opportunity)

    async def asked(view: str, **only: str) -> list[dict[str, Any]]:
        where = [Where(column, "=", value) for column, value in only.items()]
        return await rows_of_view(log, store, Question(view, where, as_of=then.as_of, known_at=then.known_at))

    complete = us_of_text(completeness_of(store, (COMPLETENESS,)))
    at = instant_of(store.query, Asked(as_of=then.as_of, complete_to=complete))
    quarters = [] if at is None else _quarters(story, terms_at(store.query, at, then.known_at))
    every_quarter = [
        await asked("matrix-opportunities", opportunity=opportunity, quarter=quarter) for quarter in quarters
    ]
    left_out = await asked("left-out", kind="opportunity", name=opportunity)
    return {**story, "cells": [row for rows in every_quarter for row in rows], "left_out": left_out}


def _quarters(story: Story, terms: Terms) -> list[str]:
    """The quarters in which it adds to figures: in which it was opened, is to close, and was closed."""
    turns = [us for name in ("opened_at", "closed_at") if (us := us_of_text(story[name])) is not None]
    days = {local_day(us, terms.zone) for us in turns}
    if story["close_date"]:
        days.add(date.fromisoformat(story["close_date"]))
    return sorted({quarter_of(day, terms.begins).name for day in days})


def opportunity_story_of(facts: list[Envelope], opportunity: str) -> Story:
    """What its facts say of an opportunity, in words of the views.

    Args:
        facts: its canonical facts, in order; those that count.
        opportunity: its id.
    """
    known = list(_known(facts))
    row = _row(opportunity, known[-1])
    hygiene = rows_of(HYGIENE, opportunity, facts)
    return {
        "opportunity": opportunity,
        **row,
        "lines": [
            {"line": line, "product": product, "amount_minor": amount}
            for line, product, amount in msgspec.json.decode(str(row["lines"]))
        ],
        "contacts": rows_of(OPPORTUNITY_CONTACTS, opportunity, facts),
        "untidy": [flag["kind"] for flag in hygiene if flag["state"] == "untidy"],
        "hygiene": hygiene,
        "facts": list(_timeline(facts, known, opportunity)),
    }


def _known(facts: Iterable[Envelope]) -> Iterator[Kept]:
    """The opportunity as it was known after each fact."""
    kept = EMPTY
    for fact in facts:
        kept = OPPORTUNITY_HISTORY.project(kept, fact) or EMPTY
        yield kept


def _row(opportunity: str, kept: Kept) -> dict[str, Any]:
    """The cells of the answer of `opportunities`, without the id; of one of which nothing is so yet, blank."""
    names = [column.name for column in OPPORTUNITIES.answer[1:]]
    for place, spell in OPPORTUNITIES.entries(kept).items():
        return dict(zip(names, OPPORTUNITIES.render(opportunity, place, spell)[1:], strict=False))
    return {**_NOTHING, "since": None}


def _timeline(facts: list[Envelope], known: list[Kept], opportunity: str) -> Iterator[dict[str, Any]]:
    names = [column.name for column in OPPORTUNITY_TIMELINE.columns]
    latest = 0
    for fact, kept in zip(facts, known, strict=True):
        cells = OPPORTUNITY_TIMELINE.write(opportunity, fact)
        assert cells is not None
        at = to_us(fact.time)
        is_late, latest = at < latest, max(at, latest)
        told = dict(zip(names[1:], cells[1:], strict=True))
        deal = kept.deal
        now = {"stage": deal.stage, "amount_minor": deal.amount_minor, "currency": deal.currency}
        yield {**told, **now, "late": is_late}
