from collections.abc import Sequence

from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from leadstream.companies import Standing, standing
from leadstream.scores import lead_as_of, score_as_of
from streams.agreement.known import Known
from tests.leadstream.test_scores import in_time
from tests.streams.deciders.lead.desk import SCORED
from tests.streams.deciders.lead.lead_strategies import LARGE, NEXT, RICH, histories, offsets
from tests.streams.deciders.lead.test_lead_laws import told
from tests.support.given import DAYS, MONDAY, Arrival, Story, captured, inbound, minute, published, status
from tests.support.laws import examples

KNOWN = Known.of(map(published, (RICH, NEXT, LARGE)))
CAPPED = Known.of([published(SCORED + "accounts: {score_cap: 70}\n")])


def stories(known: Known, *people: Sequence[Arrival]) -> dict[str, Story]:
    found = {f"lead-{n}": Story(known, subject=f"lead-{n}") for n in range(len(people))}
    for story, arrivals in zip(found.values(), people, strict=True):
        story.when(*arrivals)
    return found


def at(found: dict[str, Story], minutes: float) -> Standing:
    return standing({lead: story.facts for lead, story in found.items()}, CAPPED, minute(minutes))


def test_the_score_of_a_company_is_that_of_its_people_each_faded_to_the_instant() -> None:
    found = stories(CAPPED, [captured(0), inbound(0, channel="webinar")], [captured(1), inbound(1, channel="webinar")])
    assert at(found, 0) == Standing(1, 1, 40)
    assert at(found, 1) == Standing(2, 2, 70)  # 40 + 40, capped
    assert at(found, 15 * DAYS) == Standing(2, 2, 60)
    assert at(found, 60 * DAYS + 1) == Standing(2, 2, 0)


def test_rounding_happens_once_a_person_as_their_own_scores_are_shown() -> None:
    found = stories(CAPPED, *([captured(0), inbound(0, channel="lead_magnet")] for _ in range(3)))
    assert at(found, 3 * DAYS).score == 30  # 9.5 points each are shown as 10


def test_nobody_is_there_before_the_capture_and_nothing_is_scored_without_an_agreement() -> None:
    assert at(stories(CAPPED, [captured(5)]), 4) == Standing(0, 0, None)
    found = stories(Known(), [captured(5)])
    assert standing({lead: story.facts for lead, story in found.items()}, Known(), minute(5)) == Standing(1, 1, None)


def test_an_open_lead_is_one_that_was_open_at_the_instant() -> None:
    found = stories(
        CAPPED, [captured(0), status("Unqualified", 5), status("Contacted", 9)], [captured(0), status("Won", 6)]
    )
    assert [at(found, minutes).open_leads for minutes in (4, 5, 6, 9)] == [2, 1, 0, 1]


@for_all(st.lists(histories(most=8), min_size=1, max_size=4), offsets)
@settings(max_examples=examples(40), deadline=None)
def test_the_sum_is_that_of_the_scores_as_of_the_instant_whoever_comes_first(
    people: list[list[Arrival]], offset: int
) -> None:
    instant = MONDAY + offset
    facts = {f"lead-{n}": told(KNOWN, in_time(history)).facts for n, history in enumerate(people)}
    scores = [score_as_of(each, KNOWN, lead, instant).get("score", 0) for lead, each in facts.items()]
    found = standing(facts, KNOWN, instant)
    assert found == standing(dict(reversed(facts.items())), KNOWN, instant)
    assert found.score == min(sum(scores), 100)
    assert found.people == sum(lead_as_of(each, instant).captured_at is not None for each in facts.values())
