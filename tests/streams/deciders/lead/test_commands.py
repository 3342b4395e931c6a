"""Commands about a lead: accepted or refused with a reason, and the same answer however often they come."""

from typing import Any

from events.commands import HandOverLead
from events.lead import LeadHandedOver
from events.sla import SlaFact, SlaStarted
from tests.support.given import Arrival, captured, given, happened, learned, said, won

BY_HAND = """
agreement: by-hand
version: 1
effective_from: 2026-01-01T00:00:00Z
hand_over: manual
qualified_lead:
  required_fields: [person.email]
sales_clauses:
  first_response: {starts_on: handed_over, stopped_by: {touch: {direction: outbound}}, within: 1h}
"""
QUALIFIED = captured(0, profile={"person.email": "ada@example.com"})


def hand_over(at: float, **fields: Any) -> Arrival:
    return happened(HandOverLead(**{"by": "Lead Desk"} | fields), at, source="/crm")


def test_nobody_hands_over_by_himself_what_waits_for_a_command() -> None:
    given(BY_HAND).when(QUALIFIED, until=600).then([], of=LeadHandedOver)


def test_a_hand_over_by_command_starts_the_clocks_of_sales() -> None:
    story = given(BY_HAND).history(QUALIFIED).when(hand_over(5, owner="Ines"))
    story.then([said(LeadHandedOver, 5, cycle=1, owner="Ines")], of=LeadHandedOver)
    story.then([said(SlaStarted, 5, due=65)], of=SlaFact)
    story.answer(accepted=True)
    assert story.answers[-1].facts == tuple(told.id for told in story.facts[-3:])


def test_a_lead_that_is_not_qualified_is_refused_with_what_is_missing() -> None:
    story = given(BY_HAND).history(captured(0)).when(hand_over(5)).then([])
    story.answer(accepted=False, reason="not qualified")
    assert "person.email" in story.answers[-1].missing[0]


def test_what_was_handed_over_is_not_handed_over_again() -> None:
    story = given(BY_HAND).history(QUALIFIED, hand_over(5)).when(hand_over(6)).then([])
    story.answer(accepted=False, reason="already handed over")


def test_a_closed_lead_is_refused() -> None:
    given(BY_HAND).history(QUALIFIED, won(1)).when(hand_over(5)).then([]).answer(
        accepted=False, reason="lead is closed"
    )


def test_nobody_is_handed_over_of_whom_nothing_is_known() -> None:
    given(BY_HAND).when(hand_over(5)).then([]).answer(accepted=False, reason="unknown lead")


def test_a_command_that_comes_again_is_answered_again_and_decides_nothing_twice() -> None:
    story = given(BY_HAND).history(captured(0))
    story.when(hand_over(5), learned(6, person__email="ada@example.com"), hand_over(5)).then([], of=LeadHandedOver)
    assert story.answers[0] == story.answers[1]
    assert not story.answers[1].accepted, "what was refused once stays refused, though it would be accepted now"
