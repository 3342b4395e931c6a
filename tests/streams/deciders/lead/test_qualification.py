import pytest

from events.lead import Condition, LeadCaptured, LeadFact, LeadHandedOver, LeadQualified, LeadScored
from events.sla import SlaFact, SlaMet, SlaStarted
from tests.streams.deciders.lead.desk import QUALIFYING
from tests.support.given import Arrival, captured, dotted, given, inbound, learned, said, status, won

GOOD = dotted(company__name="Acme", company__employees=250)


def test_the_fact_lists_each_condition_with_the_value_it_saw() -> None:
    story = given(QUALIFYING).history(captured(0, profile=GOOD), inbound(5, asset="pricing"))
    story.when(inbound(9, channel="webinar")).then(
        [
            said(
                LeadQualified,
                9,
                agreement="qualifying",
                version=1,
                cycle=1,
                score=80,
                conditions=(
                    Condition(part="required", test="company.name present", saw="Acme"),
                    Condition(part="demographic", test="company.employees at least 100", saw=250),
                    Condition(part="behavioural", test="engagement score at least 50", saw=60),
                ),
                signals=("Saw prices",),
            )
        ],
        of=LeadQualified,
    )


def test_an_answer_that_says_call_me_is_enough() -> None:
    story = given(QUALIFYING).history(captured(0, profile=GOOD)).when(learned(5, answers__contact_me=True))
    held = Condition(part="behavioural", test="answers.contact_me is true", saw=True)
    qualified = next(told.data for told in story.facts if isinstance(told.data, LeadQualified))
    assert held in qualified.conditions


@pytest.mark.parametrize("name", ["company.name", "company.employees", "answers.contact_me"])
def test_without_any_one_part_a_lead_is_not_qualified(name: str) -> None:
    whole = {**GOOD, "answers.contact_me": True}
    without = {key: value for key, value in whole.items() if key != name}
    given(QUALIFYING).when(captured(0, profile=without)).then([], of=LeadQualified)
    given(QUALIFYING).when(captured(0, profile=whole)).then([said(LeadQualified, 0)], of=LeadQualified)


def test_hand_over_follows_at_once_in_the_order_of_what_follows_from_what() -> None:
    story = given(QUALIFYING).when(captured(0, profile={**GOOD, "answers.contact_me": True}))
    story.then(
        [
            said(LeadCaptured, 0, agreement="qualifying"),
            said(LeadScored, 0, score=20, fit=20, engagement=0, grade="C3", cause="captured"),
            said(LeadQualified, 0),
            said(SlaStarted, 0, clause="hand_over"),
            said(LeadHandedOver, 0, agreement="qualifying", version=1, cycle=1, owner=None),
            said(SlaMet, 0, clause="hand_over"),
            said(SlaStarted, 0, clause="first_response"),
        ]
    )


def test_a_lead_is_qualified_once() -> None:
    whole = {**GOOD, "answers.contact_me": True}
    story = given(QUALIFYING).history(captured(0, profile=whole))
    story.when(inbound(5, asset="pricing"), learned(6, company__employees=5), learned(7, company__employees=500))
    story.then([], of=LeadQualified)


def test_a_manual_hand_over_does_not_happen_by_itself() -> None:
    by_hand = QUALIFYING + "\nhand_over: manual\n"
    story = given(by_hand).when(captured(0, profile={**GOOD, "answers.contact_me": True}))
    story.then([said(LeadQualified, 0)], of=LeadQualified | LeadHandedOver)  # type: ignore[arg-type]
    story.then([said(SlaStarted, 0, clause="hand_over", due=60)], of=SlaFact)


def test_a_stub_is_not_qualified_before_its_capture() -> None:
    story = given(QUALIFYING).when(learned(0, answers__contact_me=True, company__name="A", company__employees=100))
    story.then([], of=LeadQualified)
    story.when(captured(5)).then([said(LeadQualified, 5)], of=LeadQualified)


@pytest.mark.parametrize("ending", [status("Unqualified", 1), status("Won", 1), won(1)])
def test_a_closed_lead_is_not_qualified(ending: Arrival) -> None:
    story = given(QUALIFYING).history(captured(0, profile=GOOD), ending)
    story.when(learned(5, answers__contact_me=True)).then([], of=LeadQualified)


def test_what_arrives_late_qualifies_now_at_the_greatest_time_it_rests_on() -> None:
    story = given(QUALIFYING).history(captured(0, profile=GOOD), inbound(20))
    story.when(learned(10, recorded=30, answers__contact_me=True))
    story.then([said(LeadQualified, 20), said(LeadHandedOver, 20)], of=LeadQualified | LeadHandedOver)  # type: ignore[arg-type]


def test_without_scoring_profile_alone_qualifies_and_the_score_is_nothing() -> None:
    plain = """
agreement: plain
version: 1
effective_from: 2025-01-01T00:00:00+00:00
qualified_lead: {required_fields: [company.name]}
"""
    story = given(plain).when(captured(0, profile=GOOD))
    told = [said(LeadCaptured, 0), said(LeadQualified, 0, score=0, signals=()), said(LeadHandedOver, 0)]
    story.then(told, of=LeadFact)  # type: ignore[arg-type]
