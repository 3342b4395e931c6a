"""A lead that is sent to try the way goes all the way, and takes nothing that is somebody's."""

from events.account import AccountOwnerTold
from events.commands import ReassignLead
from events.lead import LeadHandedOver
from events.routing import LeadAccountAsked, LeadAssigned, LeadOwnerRequested, LeadRequestWithdrawn
from events.sla import SlaEscalated
from tests.streams.agents.house import House, sent
from tests.streams.agents.test_routing import CAPPED, owners
from tests.streams.deciders.lead.test_ownership import ROUTED, assigned, qualified, routed, told
from tests.support.given import DAYS, Arrival, asked, captured, given, said

ESCALATED = ROUTED.replace("within: 30m", "within: 30m, escalate: [{after: 1h, do: reassign}]")


def tried(at: float = 0, **profile: object) -> Arrival:
    return captured(at, is_test=True, profile={"person.email": "ada@example.com", **profile})


def test_a_test_lead_is_handed_over_to_nobody_and_asks_no_pool() -> None:
    story = given(ROUTED).when(tried(), until=10)
    assert routed(story) == [LeadHandedOver(agreement="b2b", version=1, cycle=1)]


def test_a_test_lead_goes_to_whom_a_rule_or_an_account_names_for_that_is_no_turn() -> None:
    (first, second) = routed(given(ROUTED).when(tried(0, **{"company.employees": 2000})))
    assert isinstance(first, LeadAssigned)
    assert (first.owner, type(second)) == ("key-accounts", LeadHandedOver)
    story = given(ROUTED).when(tried(0, **{"company.account": "acme"}))
    assert routed(story) == [LeadAccountAsked(account="acme", number=1)]
    assert [type(each) for each in routed(story.when(told(1, "rep-9")))] == [LeadAssigned, LeadHandedOver]
    nobody = given(ROUTED).history(tried(0, **{"company.account": "acme"})).when(told(1))
    assert routed(nobody) == [LeadHandedOver(agreement="b2b", version=1, cycle=1)]
    assert isinstance(told(1).fact, AccountOwnerTold)


def test_a_lead_that_turns_out_to_be_a_test_while_it_waits_takes_its_request_back() -> None:
    story = given(ROUTED).history(qualified()).when(tried(5))
    assert routed(story) == [
        LeadRequestWithdrawn(number=1, reason="it is a test", pool="b2b/bucharest"),
        LeadHandedOver(agreement="b2b", version=1, cycle=1),
    ]
    story.when(assigned(6, "bo"))
    assert routed(story) == []


def test_a_test_lead_that_nobody_answers_escalates_and_takes_no_turn_of_another_one() -> None:
    story = given(ESCALATED).when(tried(0, **{"company.employees": 2000}), until=DAYS)
    story.then([said(SlaEscalated, 90)], of=SlaEscalated)
    story.then([], of=LeadOwnerRequested)


def test_a_test_lead_is_given_to_somebody_by_command_and_to_no_pool() -> None:
    story = given(ROUTED).history(tried())
    story.when(asked(ReassignLead(by="Head of Sales", pool="chisinau"), 5))
    assert (story.answers[-1].reason, story.answers[-1].missing) == (
        "test lead",
        ("it takes nobody's turn; name an owner",),
    )
    story.when(asked(ReassignLead(by="Head of Sales", owner="kim"), 6))
    assert story.answers[-1].accepted
    assert story.live.lead.owner == "kim"


async def test_a_test_lead_spends_no_quota() -> None:
    house = await House().open(CAPPED)
    await house.send(sent(tried(0), "trial"), sent(qualified(1), "anna"))
    await house.run(until=None)
    assert await owners(house, "trial", "anna") == [None, "ana"]
