"""What a merge answered is answered no more once it is taken away."""

from events.commands import MergeLead, UnmergeLead
from events.fact import Fact
from events.identity import LeadUnmerged
from events.instants import MINUTE, from_us
from events.lead import LeadCaptured, LeadTouched
from events.sla import SlaAnswered, SlaEscalated, SlaFact, SlaRevised
from tests.streams.agents.house import House, sent
from tests.support.given import MONDAY, Arrival

PEOPLE = """
agreement: people
version: 1
effective_from: 2025-12-01T00:00:00+00:00
identity: {merge_on: [email]}
sales_clauses:
  first_response:
    {starts_on: captured, stopped_by: {touch: {channel: call}}, within: 30m, escalate: [{after: 3h, to: boss}]}
late_facts_accepted: 7d
"""
CALL = LeadTouched(channel="call", kind="dialled", direction="outbound")


async def test_a_breach_answered_by_a_merge_is_open_again_after_it_and_escalates() -> None:
    house = await House(2).open(PEOPLE)
    story: list[tuple[Fact, int, str]] = [
        (LeadCaptured(), 0, "anna"),
        (LeadCaptured(), 1, "bob"),
        (CALL, 60, "bob"),
        (MergeLead(by="Data desk", into="bob"), 70, "anna"),
        (UnmergeLead(by="Data desk"), 90, "bob"),
        (CALL, 1000, "anna"),
    ]
    for number, (fact, at, who) in enumerate(story):
        instant = MONDAY + at * MINUTE
        await house.send(sent(Arrival(fact, instant, instant, str(number), "/crm"), who))
    await house.run(until=MONDAY + 3000 * MINUTE)
    told = [each for each in await house.told("anna") if isinstance(each.data, SlaFact | LeadUnmerged)]
    after = told[next(n for n, each in enumerate(told) if isinstance(each.data, LeadUnmerged)) + 1 :]
    revised, escalated, answered = (each.data for each in after)
    assert isinstance(revised, SlaRevised)
    assert (revised.was, revised.now, revised.answered_at) == ("breached", "breached", None)
    assert revised.escalates_at == from_us(MONDAY + 210 * MINUTE)
    assert isinstance(escalated, SlaEscalated)
    assert isinstance(answered, SlaAnswered)
    assert answered.answered_at == from_us(MONDAY + 1000 * MINUTE)
