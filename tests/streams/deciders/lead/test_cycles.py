"""Clocks of a lead that is handed over, answered for by sales, given back and handed over again."""

from events.lead import LeadHandedOver
from events.sla import SlaAnswered, SlaBreached, SlaCancelled, SlaEscalated, SlaFact, SlaMet, SlaStarted
from tests.streams.deciders.lead.desk import QUALIFYING
from tests.streams.deciders.lead.test_handing_back import accept, recycle, reject
from tests.support.given import DAYS, Story, called, captured, dotted, given, learned, said

WORD = QUALIFYING.replace(
    "stopped_by: {touch: {channel: call}}, within: 30m",
    "stopped_by: accepted, within: 30m, escalate: [{after: 1h, to: manager}]",
)
EFFORT = QUALIFYING.replace("stopped_by: {touch: {channel: call}}", "needs: [{channel: call, count: 2}]")
GOOD = captured(0, profile=dotted(company__name="Acme", company__employees=100, answers__contact_me=True))


def with_sales(agreement: str) -> Story:
    return given(agreement).history(GOOD)


def told(story: Story, cycle: int) -> list[str]:
    facts = [each.data for each in story.facts]
    return [type(fact).__name__ for fact in facts if isinstance(fact, SlaFact)
            and (fact.clause, fact.cycle) == ("first_response", cycle)]  # fmt: skip


def test_a_clause_that_asks_for_the_word_of_sales_is_met_by_taking_the_lead() -> None:
    with_sales(WORD).when(called(5), accept(10), until=9 * DAYS).then([said(SlaMet, 10, answered_at=10)], of=SlaFact)


def test_a_rejection_is_a_word_too_and_answers_before_it_cancels() -> None:
    story = with_sales(WORD).when(reject(10, "too small"), until=9 * DAYS)
    story.then([said(SlaMet, 10, clause="first_response")], of=SlaFact)


def test_a_word_that_comes_late_ends_the_escalation() -> None:
    story = with_sales(WORD).when(accept(100), until=9 * DAYS)
    story.then([said(SlaBreached, 30), said(SlaEscalated, 90), said(SlaAnswered, 100)], of=SlaFact)


def test_a_lead_given_back_without_a_word_cancels_the_clock() -> None:
    with_sales(WORD).when(recycle(10), until=9 * DAYS).then([said(SlaCancelled, 10, reason="recycled")], of=SlaFact)


def test_nobody_hears_of_a_lead_that_was_given_back_after_the_breach() -> None:
    story = with_sales(WORD).when(recycle(40), until=9 * DAYS)
    story.then([said(SlaBreached, 30)], of=SlaFact)


def handed_over_again(agreement: str) -> Story:
    story = with_sales(agreement).history(accept(3), called(5), called(6), recycle(10))
    return story.when(learned(20, answers__contact_me=True))


def test_the_word_of_a_former_cycle_answers_no_clock_of_the_next() -> None:
    story = handed_over_again(WORD)
    story.then([said(LeadHandedOver, 20, cycle=2)], of=LeadHandedOver)
    assert (told(story, 1), told(story, 2)) == (["SlaStarted", "SlaMet"], ["SlaStarted"])
    story.when(accept(25)).then([said(SlaMet, 25, cycle=2)], of=SlaFact)


def test_touches_of_a_former_cycle_answer_no_clock_of_the_next() -> None:
    story = handed_over_again(QUALIFYING)
    assert (told(story, 1), told(story, 2)) == (["SlaStarted", "SlaMet"], ["SlaStarted"])
    story.when(called(8, recorded=30)).then([], of=SlaFact)
    story.when(called(15, recorded=31)).then([said(SlaMet, 20, cycle=2, answered_at=20)], of=SlaFact)


def test_touches_of_a_former_cycle_count_for_no_effort_of_the_next() -> None:
    story = handed_over_again(EFFORT)
    assert told(story, 1) == ["SlaStarted", "SlaMet"]
    second = next(each.data for each in story.facts if isinstance(each.data, SlaStarted) and each.data.cycle == 2
                  and each.data.clause == "first_response")  # fmt: skip
    assert [(need.channel, need.count) for need in second.needs] == [("call", 2)]
    story.when(called(8, recorded=30), called(25), called(26)).then([said(SlaMet, 26, cycle=2)], of=SlaFact)
