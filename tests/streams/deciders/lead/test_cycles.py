"""Clocks of a lead that is handed over, answered for by sales, given back and handed over again."""

from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from events.commands import HandOverLead
from events.lead import LeadHandedOver
from events.sla import SlaAnswered, SlaBreached, SlaCancelled, SlaEscalated, SlaFact, SlaMet, SlaRevised, SlaStarted
from tests.streams.deciders.lead.desk import QUALIFYING
from tests.streams.deciders.lead.test_handing_back import accept, recycle, reject
from tests.streams.deciders.lead.test_lead_laws import holds
from tests.support.given import DAYS, Story, asked, called, captured, dotted, given, inbound, learned, said, status
from tests.support.laws import examples

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


def test_a_closing_before_the_word_that_becomes_known_after_it_cancels_the_clock() -> None:
    story = with_sales(WORD).history(accept(10)).when(status("Unqualified", 9, recorded=20))
    story.then([said(SlaRevised, 9, was="met", now="cancelled")], of=SlaFact)


def test_a_closing_before_a_hand_over_by_command_that_becomes_known_after_it_cancels_the_clock() -> None:
    by_hand = QUALIFYING + "hand_over: manual\n"
    story = given(by_hand).history(GOOD, asked(HandOverLead(by="Ines"), 10))
    assert story.clock("hand_over").verdict == "met"
    story.when(status("Unqualified", 9, recorded=20))
    assert story.clock("hand_over").verdict == "cancelled"


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


PATIENT = (WORD + "late_facts_accepted: 400d\n").replace(
    "sales_clauses:",
    """sales_clauses:
  effort: {starts_on: handed_over, needs: [{channel: call, count: 2}], within: 90m, escalate: [{after: 1h, to: boss}]}
  answer: {starts_on: handed_over, stopped_by: {touch: {}}, within: 20m, paused_in: [Contacted]}
  status: {starts_on: handed_over, stopped_by: {status_changed: true}, within: 40m}""",
)
steps = st.lists(
    st.tuples(
        st.sampled_from(
            ["accept", "reject", "recycle", "call", "call", "inbound", "learn", "Contacted", "Unqualified"]
        ),
        st.integers(0, 40),
        st.sampled_from([0, 0, 0, 15, 90]),
    ),
    max_size=14,
)


def lived(drawn: list[tuple[str, int, int]]) -> Story:
    """A lead of which something is told after so many minutes each, some of it late."""
    story, now = with_sales(PATIENT), 0
    for number, (what, after, late) in enumerate(drawn):
        now += after
        match what:
            case "accept":
                story.when(accept(now))
            case "reject":
                story.when(reject(now, "too small"))
            case "recycle":
                story.when(recycle(now))
            case "call":
                story.when(called(now - late, recorded=now, by=str(number)))
            case "inbound":
                story.when(inbound(now - late, recorded=now, channel="webinar"))
            case "learn":
                story.when(learned(now - late, recorded=now, answers__contact_me=number % 3 > 0))
            case _:
                story.when(status(what, now - late, recorded=now))
    return story.when(until=now + 9 * DAYS)


@for_all(steps)
@settings(max_examples=examples(100), deadline=None)
def test_however_often_a_lead_goes_back_every_verdict_is_that_of_the_whole_history(
    drawn: list[tuple[str, int, int]],
) -> None:
    story = lived(drawn)
    assert all(holds(story, clock) for clock in story.live.lead.clocks)
    names = [(clock.clause, clock.cycle) for clock in story.live.lead.clocks]
    assert len(names) == len(set(names))


@for_all(steps)
@settings(max_examples=examples(50), deadline=None)
def test_no_clock_of_a_former_cycle_runs_on(drawn: list[tuple[str, int, int]]) -> None:
    story = lived(drawn)
    lead = story.live.lead
    running = [clock for clock in lead.clocks if clock.verdict == "open"]
    assert all(clock.cycle == lead.cycle and lead.qualified_at is not None for clock in running)
