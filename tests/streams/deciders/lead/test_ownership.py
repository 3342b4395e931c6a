"""Who gets a lead, and when it is handed over: the lead's side of the talk with accounts and pools."""

from typing import Any

from events.account import AccountOwnerTold
from events.commands import HandOverLead, ReassignLead, RejectLead
from events.fact import Fact
from events.identity import AccountFound
from events.instants import from_us
from events.lead import LeadHandedOver
from events.routing import (
    LeadAccountAsked,
    LeadAssigned,
    LeadOwnerRequested,
    LeadRequestWithdrawn,
    PoolAssigned,
    PoolRefused,
)
from events.sla import SlaFact, SlaMet, SlaStarted
from streams.deciders.lead.ownership import account_of
from tests.support.given import Arrival, Story, called, captured, given, happened, learned, minute, said, status, won

ROUTED = """
agreement: b2b
version: 1
effective_from: 2026-01-01T00:00:00Z
statuses:
  Open: {means: open}
  Unqualified: {means: unqualified}
qualified_lead:
  required_fields: [person.email]
routing:
  territories:
    - {when: {field: company.employees, at_least: 1000}, owner: key-accounts}
    - {when: {field: company.country, equals: MD}, pool: chisinau}
  segments:
    - {when: {field: company.industry, in: [banking, insurance]}, pool: finance}
  fallback: {pool: bucharest}
  pools:
    bucharest: {members: [{name: ana}, {name: bo}]}
    chisinau: {members: [{name: ion}]}
    finance: {members: [{name: fin}]}
marketing_clauses:
  hand_over: {starts_on: qualified, stopped_by: handed_over, within: 1h}
sales_clauses:
  first_response: {starts_on: handed_over, stopped_by: {touch: {direction: outbound}}, within: 30m}
"""
MANUAL = ROUTED.replace("version: 1\n", "version: 1\nhand_over: manual\n")
MOVED = ROUTED.replace(
    "version: 1\neffective_from: 2026-01-01T00:00:00Z", "version: 2\neffective_from: 2026-01-05T10:00:00Z"
)
ROUTES = (LeadAccountAsked, LeadOwnerRequested, LeadRequestWithdrawn, LeadAssigned, LeadHandedOver)


def qualified(at: float = 0, **profile: Any) -> Arrival:
    named = {name.replace("__", "."): value for name, value in profile.items()}
    return captured(at, profile={"person.email": "ada@example.com", **named})


def assigned(at: float, owner: str, number: int = 1, *, pool: str = "b2b/bucharest", **fields: Any) -> Arrival:
    fact = PoolAssigned(lead="anna", number=number, owner=owner, version=1, why="next in turn", **fields)
    return happened(fact, at, source=f"/leadstream/{pool}")


def refused(at: float, reason: Any = "no_such_pool", number: int = 1) -> Arrival:
    return happened(PoolRefused(lead="anna", number=number, reason=reason), at, source="/leadstream/b2b/bucharest")


def told(at: float, owner: str | None = None, number: int = 1, **fields: Any) -> Arrival:
    fact = AccountOwnerTold(lead="anna", number=number, owner=owner, **fields)
    return happened(fact, at, source="/leadstream/acme")


def commanded(at: float, **fields: Any) -> Arrival:
    return happened(HandOverLead(**{"by": "Lead Desk"} | fields), at, source="/crm")


def reassigned(at: float, **fields: Any) -> Arrival:
    return happened(ReassignLead(**{"by": "Head of Sales"} | fields), at, source="/crm")


def routed(story: Story) -> list[Fact]:
    """What was asked and decided in the last step."""
    return [each.data for each in story.facts[story._seen_before :] if isinstance(each.data, ROUTES)]


def test_the_hand_over_waits_for_the_owner_and_meanwhile_only_marketings_clock_runs() -> None:
    story = given(ROUTED).when(qualified(), until=10)
    story.then([said(SlaStarted, 0, clause="hand_over", side="marketing")], of=SlaFact)
    assert routed(story) == [
        LeadOwnerRequested(pool="b2b/bucharest", number=1, rule="fallback", why="no territory and no segment")
    ]
    story.when(assigned(10, "bo"))
    story.then(
        [said(SlaMet, 10, clause="hand_over"), said(SlaStarted, 10, clause="first_response", due=40)], of=SlaFact
    )
    assert routed(story) == [
        LeadAssigned(
            owner="bo", rule="fallback", why="no territory and no segment; next in turn", agreement="b2b", version=1,
            cycle=1, pool="bucharest",
        ),
        LeadHandedOver(agreement="b2b", version=1, cycle=1, owner="bo"),
    ]  # fmt: skip
    assert (story.live.lead.owner, story.live.lead.pool, story.live.lead.asked) == ("bo", "bucharest", None)


def test_a_territory_may_name_one_person_and_then_nobody_is_asked() -> None:
    story = given(ROUTED).when(qualified(company__employees=2000))
    first, second = routed(story)
    assert isinstance(first, LeadAssigned)
    assert (first.owner, first.rule, first.pool) == ("key-accounts", "territory", None)
    assert "company.employees" in first.why
    assert isinstance(second, LeadHandedOver)


def test_territory_comes_before_segment_and_segment_before_fallback() -> None:
    def asked(**profile: Any) -> tuple[str, str]:
        (request,) = routed(given(ROUTED).when(qualified(**profile)))
        assert isinstance(request, LeadOwnerRequested)
        return request.pool, request.rule

    assert asked(company__country="MD", company__industry="banking") == ("b2b/chisinau", "territory")
    assert asked(company__country="RO", company__industry="banking") == ("b2b/finance", "segment")
    assert asked(company__country="RO") == ("b2b/bucharest", "fallback")


def test_the_owner_of_an_open_opportunity_comes_before_that_of_the_account_and_both_before_all_rules() -> None:
    def owner(**fields: Any) -> LeadAssigned:
        story = given(ROUTED).when(qualified(company__account="acme", company__employees=2000))
        assert routed(story) == [LeadAccountAsked(account="acme", number=1)]
        first, _ = routed(story.when(told(1, **fields)))
        assert isinstance(first, LeadAssigned)
        return first

    both = owner(owner="rep-1", opportunity_owner="rep-2")
    assert (both.owner, both.rule, both.why) == ("rep-2", "opportunity", "owner of an open opportunity of account acme")
    account = owner(owner="rep-1")
    assert (account.owner, account.rule, account.why) == ("rep-1", "account", "owner of account acme")
    assert owner().rule == "territory"


def test_an_answer_to_a_request_that_was_not_made_or_is_withdrawn_changes_nothing() -> None:
    story = given(ROUTED).history(qualified())
    assert routed(story.when(assigned(1, "bo", number=2), told(2, "rep-1", number=3))) == []
    assert len(routed(story.when(assigned(3, "bo"), assigned(4, "ana")))) == 2
    assert story.live.lead.owner == "bo"


def test_a_lead_that_is_archived_or_converted_while_it_waits_withdraws_and_is_never_handed_over() -> None:
    story = given(ROUTED).history(qualified()).when(won(5), assigned(6, "bo"))
    assert routed(story) == [LeadRequestWithdrawn(number=1, reason="nobody has to act on it", pool="b2b/bucharest")]


def test_a_lead_found_unqualified_while_it_waits_withdraws_and_asks_anew_when_it_is_open_again() -> None:
    story = given(ROUTED).history(qualified()).when(status("Unqualified", 5), status("Open", 9))
    withdrawn, asked = routed(story)
    assert isinstance(withdrawn, LeadRequestWithdrawn)
    assert isinstance(asked, LeadOwnerRequested)
    assert asked.number == 2
    assert routed(story.when(assigned(10, "bo"))) == [], "that was the answer to the request withdrawn"
    assert len(routed(story.when(assigned(11, "bo", number=2)))) == 2


def test_a_request_to_an_account_is_withdrawn_from_no_pool() -> None:
    story = given(ROUTED).history(qualified(company__account="acme")).when(won(5))
    assert routed(story) == [LeadRequestWithdrawn(number=1, reason="nobody has to act on it")]


def test_a_pool_that_is_gone_is_replaced_by_the_way_of_the_version_in_force() -> None:
    without = MOVED.replace("    bucharest: {members: [{name: ana}, {name: bo}]}\n", "").replace(
        "fallback: {pool: bucharest}", "fallback: {pool: finance}"
    )
    story = given(ROUTED, without).history(qualified()).when(refused(60))
    (asked,) = routed(story)
    assert isinstance(asked, LeadOwnerRequested)
    assert (asked.pool, asked.number) == ("b2b/finance", 2)


def test_where_a_pool_takes_no_more_the_lead_is_handed_over_to_nobody_yet() -> None:
    story = given(ROUTED).history(qualified()).when(refused(1, "too_many_waiting"))
    assert routed(story) == [LeadHandedOver(agreement="b2b", version=1, cycle=1)]


def test_a_hand_over_by_command_goes_to_whom_it_names() -> None:
    story = given(MANUAL).history(qualified()).when(commanded(5, owner="ines", reason="knows them"))
    first, second = routed(story)
    assert isinstance(first, LeadAssigned)
    assert (first.owner, first.rule, first.why) == ("ines", "command", "knows them")
    assert isinstance(second, LeadHandedOver)
    assert second.owner == "ines"


def test_a_hand_over_by_command_without_a_name_is_routed() -> None:
    story = given(MANUAL).history(qualified()).when(commanded(5))
    (asked,) = routed(story)
    assert isinstance(asked, LeadOwnerRequested)
    story.answer(accepted=True)
    story.when(commanded(6)).answer(accepted=False, reason="already asked for")
    assert len(routed(story.when(assigned(7, "bo")))) == 2


def test_whoever_is_named_while_a_pool_is_asked_gets_the_lead_and_the_pool_is_asked_no_more() -> None:
    story = given(ROUTED).history(qualified()).when(commanded(5, owner="ines"), assigned(6, "bo"))
    assert [type(each) for each in routed(story)] == [LeadRequestWithdrawn, LeadAssigned, LeadHandedOver]
    assert story.live.lead.owner == "ines"


def test_a_lead_goes_from_one_to_another_by_command_and_keeps_its_first_owner_on_record() -> None:
    story = given(ROUTED).history(qualified(), assigned(1, "bo"))
    first, second = routed(story.when(reassigned(5, owner="ines"), reassigned(6, owner="kim")))
    assert isinstance(first, LeadAssigned)
    assert (first.owner, first.former, first.first_owner, first.rule) == ("ines", "bo", "bo", "command")
    assert isinstance(second, LeadAssigned)
    assert (second.owner, second.former, second.first_owner) == ("kim", "ines", "bo")


def test_a_lead_is_taken_back_to_a_pool_which_must_not_give_it_to_the_same_person() -> None:
    story = given(ROUTED).history(qualified(), assigned(1, "bo")).when(reassigned(5, pool="finance"))
    assert routed(story) == [
        LeadOwnerRequested(pool="b2b/finance", number=2, rule="command", why="by command", not_to="bo")
    ]
    (moved,) = routed(story.when(assigned(6, "fin", number=2, pool="b2b/finance")))
    assert isinstance(moved, LeadAssigned)
    assert (moved.owner, moved.former, moved.pool) == ("fin", "bo", "finance")


def test_a_pool_that_refuses_a_lead_leaves_it_where_it_is() -> None:
    story = given(ROUTED).history(qualified(), assigned(1, "bo"), reassigned(5, pool="finance"))
    (withdrawn,) = routed(story.when(refused(6, number=2)))
    assert isinstance(withdrawn, LeadRequestWithdrawn)
    assert (story.live.lead.owner, story.live.lead.asked) == ("bo", None)


def test_what_cannot_be_given_to_another_is_refused_with_the_reason() -> None:
    story = given(ROUTED).history(qualified())
    story.when(reassigned(1, owner="ines")).answer(accepted=False, reason="not handed over")
    story.history(assigned(2, "bo"))
    story.when(reassigned(3)).answer(accepted=False, reason="owner or pool")
    story.when(reassigned(4, owner="ines", pool="finance")).answer(accepted=False, reason="owner or pool")
    story.when(reassigned(5, owner="bo")).answer(accepted=False, reason="already the owner")
    story.when(reassigned(6, pool="nowhere")).answer(accepted=False, reason="no such pool")
    assert story.answers[-1].missing == ("the lead's agreement has bucharest, chisinau, finance",)
    story.history(won(7))
    story.when(reassigned(8, owner="ines")).answer(accepted=False, reason="lead is closed")


ESCALATED = ROUTED.replace("within: 30m}", "within: 30m, escalate: [{after: 30m, do: reassign}]}")


def test_a_lead_nobody_acts_on_goes_to_another_one_of_its_pool_and_keeps_its_first_owner_on_record() -> None:
    story = given(ESCALATED).history(qualified(), assigned(1, "bo")).when(until=62)
    assert routed(story) == [
        LeadOwnerRequested(
            pool="b2b/bucharest", number=2, rule="escalation", not_to="bo", clause="first_response",
            why="first_response was still broken 30m after its due",
        )
    ]  # fmt: skip
    (moved,) = routed(story.when(assigned(62, "ana", number=2)))
    assert isinstance(moved, LeadAssigned)
    assert (moved.owner, moved.former, moved.first_owner, moved.rule) == ("ana", "bo", "bo", "escalation")
    assert story.live.lead.handed_over_at == minute(1), "it was handed over once"


def test_whoever_acts_before_another_one_is_found_keeps_the_lead() -> None:
    story = given(ESCALATED).history(qualified(), assigned(1, "bo")).when(until=62).when(called(70))
    (withdrawn,) = routed(story)
    assert withdrawn == LeadRequestWithdrawn(number=2, reason="first_response is answered", pool="b2b/bucharest")


def test_a_call_that_was_made_in_time_and_becomes_known_late_leaves_the_lead_where_it_is() -> None:
    story = given(ESCALATED).history(qualified(), assigned(1, "bo")).when(until=62).when(called(20, 70))
    assert [type(each) for each in routed(story)] == [LeadRequestWithdrawn]


def test_where_its_owner_came_from_no_pool_the_lead_goes_to_the_pool_of_its_kind() -> None:
    story = given(ESCALATED).when(qualified(company__employees=2000, company__industry="banking"), until=62)
    (asked,) = [each for each in routed(story) if isinstance(each, LeadOwnerRequested)]
    assert (asked.pool, asked.not_to) == ("b2b/finance", "key-accounts")


def test_a_lead_that_is_no_longer_qualified_while_it_waits_withdraws() -> None:
    wanted = ROUTED.replace("[person.email]", "[person.email]\n  demographic: {field: company.employees, at_least: 10}")
    story = given(wanted).history(qualified(company__employees=20)).when(learned(5, company__employees=2))
    assert [type(each) for each in routed(story)] == [LeadRequestWithdrawn]
    (asked,) = routed(story.when(learned(9, company__employees=30)))
    assert isinstance(asked, LeadOwnerRequested)
    assert routed(story.when(assigned(10, "bo", number=2)))[1] == LeadHandedOver(
        agreement="b2b", version=1, cycle=2, owner="bo"
    )


def test_a_lead_that_sales_rejects_while_another_owner_is_sought_withdraws_and_begins_anew_in_its_next_cycle() -> None:
    story = given(ESCALATED).history(qualified(), assigned(1, "bo")).when(until=62)
    story.when(happened(RejectLead(by="bo", reason="no_need"), 65, source="/crm"), assigned(66, "ana", number=2))
    assert [type(each) for each in routed(story)] == [LeadRequestWithdrawn]
    assert story.live.lead.owner == "bo"


def test_a_lead_that_turns_out_to_belong_to_an_account_while_it_waits_asks_that_first_and_once() -> None:
    story = given(ROUTED).history(qualified()).when(learned(5, company__account="acme"), learned(6, company__size=3))
    assert routed(story) == [
        LeadRequestWithdrawn(number=1, reason="it belongs to account acme", pool="b2b/bucharest"),
        LeadAccountAsked(account="acme", number=2),
    ]
    (asked,) = routed(story.when(told(7, number=2), learned(8, company__size=4)))
    assert isinstance(asked, LeadOwnerRequested), "nobody looks after the account, so it is a pool's turn again"
    assert len(routed(story.when(assigned(9, "bo", number=3)))) == 2


def test_a_lead_that_is_matched_to_an_account_while_it_waits_asks_that_one() -> None:
    found = AccountFound(lead="anna", account="acme", how="name", confidence=90, opened_at=from_us(minute(-99)))
    story = given(ROUTED).history(qualified()).when(happened(found, 0, source="/leadstream/name"))
    assert [type(each) for each in routed(story)] == [LeadRequestWithdrawn, LeadAccountAsked]
    first, _ = routed(story.when(told(0, "rep-9", number=2)))
    assert isinstance(first, LeadAssigned)
    assert (first.owner, first.rule) == ("rep-9", "account")
    assert account_of(story.live.lead) == "acme"


def test_the_account_that_somebody_has_named_comes_before_the_one_that_was_matched() -> None:
    found = AccountFound(lead="anna", account="acme", how="name", confidence=90, opened_at=from_us(minute(-99)))
    story = given(ROUTED).when(
        captured(0), happened(found, 0, source="/leadstream/name"), qualified(1, company__account="other")
    )
    assert routed(story) == [LeadAccountAsked(account="other", number=1)]


def test_without_routing_a_lead_is_handed_over_at_once() -> None:
    plain = ROUTED.partition("routing:")[0]
    story = given(plain).when(qualified())
    assert routed(story) == [LeadHandedOver(agreement="b2b", version=1, cycle=1)]
