"""Companies as of an instant: each of their people scored for it by the decider's own rules, then added up."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from engine.ports import EventLog
from events.codec import Codec
from events.envelope import Envelope
from events.instants import to_us
from leadstream.reading import histories_of
from leadstream.scores import lead_as_of, score_of
from projections.past import Then
from projections.read import Where, people_of, read_view
from projections.stores.port import ViewStore
from projections.views.companies import COMPANIES
from projections.views.times import instant_text
from projections.views.view import Cell
from streams.agreement.known import Known
from streams.deciders.lead.closed import is_open
from streams.deciders.lead.closings import lasting

_NAMES = ("company", "account", "name")


class Standing(NamedTuple):
    """What a company comes to at an instant.

    Attributes:
        people: how many of its leads were captured by then.
        open_leads: how many of them somebody had to act on.
        score: the sum of their scores, capped; None where no agreement scores any of them.
    """

    people: int
    open_leads: int
    score: int | None


def standing(histories: Mapping[str, Sequence[Envelope]], known: Known, at: int) -> Standing:
    """A company at an instant, from its people's facts, with all that is known of that instant today.

    Args:
        histories: lead id -> its canonical facts.
        known: the published agreements; the cap is the highest of those that score the people at the instant.
        at: microseconds.
    """
    people = open_leads = 0
    scores: list[int] = []
    caps: list[int] = []
    for lead_id, facts in histories.items():
        lead = lead_as_of(facts, at)
        if lead.captured_at is None or "merged" in lasting(lead.closings):
            continue  # whoever is one with another counts as that one
        people += 1
        agreement = None if lead.agreement is None else known.in_force(lead.agreement, at)
        open_leads += not lead.closed if agreement is None else is_open(lead, agreement)
        score = score_of(lead, known, lead_id, at)
        if score and agreement is not None:
            scores.append(score["score"])
            caps.append(agreement.account_score_cap)
    return Standing(people, open_leads, min(sum(scores), max(caps)) if scores else None)


def equal_names(conditions: Iterable[Where]) -> dict[str, str]:
    """Those of some conditions that say which company it is, whatever the instant."""
    return {column: text for column, sign, text in conditions if sign == "=" and column in _NAMES}


async def companies(
    log: EventLog,
    store: ViewStore,
    known: Known,
    at: int | None = None,
    only: Mapping[str, str] | None = None,
    *,
    heard: int | None = None,
) -> list[dict[str, Cell]]:
    """The rows of the view `companies`, computed for one instant.

    Args:
        log: where the people's facts are.
        store: who the people are, or were at the instant; brought up to date before.
        known: the published agreements.
        at: microseconds; by default what the store is complete to. Companies without people by then are left out.
        only: conditions on `company`, `account` and `name`, which do not depend on the instant.
        heard: microseconds; of the people's facts only those count that had become known by then.

    Raises:
        BadQuery: no such column.
    """
    rows = read_view(store, COMPANIES.name, only)
    at = _complete_to(rows) if at is None else at
    if at is None:
        return rows
    people = people_of(store, [(row["company"], row["account"]) for row in rows])
    histories = await histories_of(log, {lead for leads in people.values() for lead in leads}, Codec())
    then, found = Then(at, heard), list[dict[str, Cell]]()
    for row in rows:
        leads = people[row["company"], row["account"]]
        facts = {lead: [fact for fact in histories.get(lead, ()) if then.counts(fact)] for lead in leads}
        now = standing(facts, known, at)
        if now.people:
            scored_at = None if now.score is None else instant_text(at)
            found.append({**row, **now._asdict(), "scored_at": scored_at})
    return found


def _complete_to(rows: Sequence[Mapping[str, Cell]]) -> int | None:
    told = rows[0]["complete_to"] if rows else None
    return None if told is None else to_us(datetime.fromisoformat(str(told)))
