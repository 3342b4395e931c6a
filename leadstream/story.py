"""The story of one lead: all that is known of it in one object, ready to be told."""

from datetime import tzinfo
from typing import Any

from events.envelope import Envelope
from events.instants import iso, to_us
from events.registry import WIRE_TYPE
from events.words import says
from leadstream.lead_rows import rows_of, unmerged, untested
from leadstream.scores import score_as_of
from projections.views.clock_rows import CLOCKS
from projections.views.consents import CONSENTS
from projections.views.conversions import CONVERSIONS
from projections.views.duplicates import DUPLICATES
from projections.views.leads import LEADS
from projections.views.routing import ROUTING
from projections.views.tasks import TASKS
from streams.agreement.known import Known
from streams.deciders.lead.evolve import fold
from streams.deciders.lead.given import Given
from streams.deciders.lead.state import Lead
from streams.next_action import next_actions

Story = dict[str, Any]
"""The row of the view `leads` without its score, and:

* `name`: of the person, where known
* `score`: score and reasons at the instant asked for; empty without an agreement that scores
* `score_now`: the score at the instant of asking; empty likewise
* `next`: what is to be done, the most urgent first, each with `words`, `due` and `side`
* `clocks`, `routing`, `tasks`, `conversions`, `consents`, `duplicates`: its rows of these views
* `counts_for`: the leads that were merged into it
* `facts`: its facts in order, see `timeline`
"""


_FADED = frozenset({"score", "grade", "scored_at"})
"""Columns of `leads` that hold for the instant of the last change; the score is told for the instant asked for."""


def story_of(facts: list[Envelope], known: Known, lead: str, *, at: int | None, now: int, zone: tzinfo) -> Story:
    """All that is known of a lead.

    Args:
        facts: its canonical facts, in order.
        known: the published agreements.
        lead: its id.
        at: the score is that of this instant (microseconds) and of what had happened by then; by default that of the
            last fact. Where it is given, nothing is said of what is to be done next: that instant is over.
        now: the instant of asking, microseconds.
        zone: in which days are counted, and instants are told in words.
    """
    state = Lead()
    for envelope in facts:
        fold(state, envelope)
    (row,) = rows_of(LEADS, lead, facts)
    row = {name: cell for name, cell in row.items() if name not in _FADED}
    counted = untested(facts)  # a story tells also what figures leave out
    actions = next_actions(state, Given(known, now, now, lead), zone) if at is None else []
    return {
        "lead": lead,
        "name": state.profile.get("person.name"),
        **row,
        "score": score_as_of(facts, known, lead, at),
        "score_now": score_as_of(facts, known, lead, now),
        "next": [
            {"words": each.words, "due": None if each.due is None else iso(each.due), "side": each.side}
            for each in actions
        ],
        "clocks": rows_of(CLOCKS, lead, unmerged(counted)),
        "routing": rows_of(ROUTING, lead, counted),
        "tasks": rows_of(TASKS, lead, counted),
        "conversions": rows_of(CONVERSIONS, lead, counted),
        "consents": rows_of(CONSENTS, lead, counted),
        "duplicates": rows_of(DUPLICATES, lead, counted),
        "counts_for": [] if state.person is None else sorted(state.person.parts),
        "facts": timeline(facts),
    }


def known_by(facts: list[Envelope], at: int | None) -> list[Envelope]:
    """Those of a lead's facts that were recorded up to an instant, microseconds; all where it is None."""
    if at is None:
        return facts
    return [fact for fact in facts if to_us(fact.recordedat or fact.time) <= at]


def timeline(facts: list[Envelope]) -> list[dict[str, Any]]:
    """One flat row a fact: both times, what happened, and how it came about."""
    return [
        {
            "sequence": int(str(envelope.sequence)),
            "occurred_at": iso(to_us(envelope.time)),
            "recorded_at": iso(to_us(envelope.recordedat)) if envelope.recordedat else None,
            "fact": WIRE_TYPE[type(envelope.data)].rpartition(".v")[0],
            "says": says(envelope),
            "source": envelope.source,
            "late": envelope.late is True,
        }
        for envelope in facts
    ]
