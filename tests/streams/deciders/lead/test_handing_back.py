"""What sales says of a lead that was handed over: taken, rejected, given back; and how it comes again."""

import re

import pytest

from events.commands import AcceptLead, HandOverLead, RecycleLead, RejectLead
from events.fact import Fact
from events.lead import LeadArchived, LeadFact, LeadHandedOver, LeadQualified, LeadStatusChanged
from events.life import LeadAccepted, LeadRecycled, LeadRejected, LeadReopened, LifeFact, NurtureRequested
from events.sla import SlaCancelled, SlaFact, SlaMet, SlaStarted
from tests.streams.deciders.lead.desk import QUALIFYING
from tests.support.given import (
    Arrival,
    Story,
    asked,
    captured,
    dotted,
    given,
    inbound,
    learned,
    said,
    status,
    won,
)

WANTED = QUALIFYING.replace(
    "Unqualified: {means: unqualified}",
    "Unqualified: {means: unqualified, reasons: [no_need, no_budget, no_answer, not_in_profile]}",
)
GOOD = captured(0, profile=dotted(company__name="Acme", company__employees=250, answers__contact_me=True))
MANUAL = WANTED.replace("hand_over: {starts_on", "handing: {starts_on") + "hand_over: manual\n"


def accept(at: float) -> Arrival:
    return asked(AcceptLead(by="Ines"), at)


def reject(at: float, reason: str) -> Arrival:
    return asked(RejectLead(by="Ines", reason=reason, feedback="call them in May"), at)


def recycle(at: float, reason: str = "not now") -> Arrival:
    return asked(RecycleLead(by="Ines", reason=reason), at)


def with_sales(agreement: str = WANTED) -> Story:
    return given(agreement).history(GOOD)


def test_sales_takes_the_lead_that_was_handed_over() -> None:
    story = with_sales().when(accept(5)).then([said(LeadAccepted, 5, by="Ines", cycle=1)])
    story.answer(accepted=True)


def test_a_lead_is_accepted_once_in_a_cycle() -> None:
    story = with_sales().when(accept(5), accept(6)).then([said(LeadAccepted, 5)])
    story.answer(accepted=False, reason="already accepted")


@pytest.mark.parametrize("command", [AcceptLead(by="Ines"), RejectLead(by="Ines", reason="no_budget")])
def test_what_was_not_handed_over_is_neither_taken_nor_rejected(command: Fact) -> None:
    given(MANUAL).history(GOOD).when(asked(command, 5)).then([]).answer(accepted=False, reason="not with sales")
    given(MANUAL).history(captured(0)).when(asked(command, 5)).then([]).answer(accepted=False, reason="not with sales")


@pytest.mark.parametrize("ending", [won(1), status("Unqualified", 1), status("Won", 1)])
@pytest.mark.parametrize("command", [AcceptLead(by="Ines"), RejectLead(by="Ines", reason="no_budget")])
def test_a_closed_lead_is_neither_taken_nor_rejected(command: Fact, ending: Arrival) -> None:
    story = given(WANTED).history(GOOD, ending).when(asked(command, 5)).then([])
    story.answer(accepted=False, reason="lead is closed")
    assert story.answers[-1].missing[0].startswith(("it is ", "its status is "))


def test_a_rejected_lead_goes_back_to_marketing_and_its_clocks_end() -> None:
    with_sales().when(reject(5, "wrong number"), until=999).then(
        [
            said(LeadRejected, 5, by="Ines", reason="wrong number", feedback="call them in May", cycle=1),
            said(SlaCancelled, 5, clause="first_response", reason="rejected"),
            said(LeadRecycled, 5, by="Ines", reason="wrong number", cycle=1),
        ]
    )


def test_a_rejected_lead_enters_the_status_that_its_reason_belongs_to() -> None:
    story = with_sales().when(reject(5, "no_answer"))
    story.then(
        [
            said(LeadRejected, 5),
            said(SlaCancelled, 5, reason="rejected"),
            said(LeadStatusChanged, 5, status="Unqualified", reason="no_answer", by="Ines"),
        ]
    )
    assert story.live.lead.status == "Unqualified"


def test_a_lead_rejected_for_what_it_lacks_is_warmed() -> None:
    with_sales().when(reject(5, "no_budget")).then(
        [
            said(LeadRejected, 5),
            said(NurtureRequested, 5, program="nurture", reason="no_budget", awaits=("answers.budget",)),
        ],
        of=LifeFact,  # type: ignore[arg-type]
    )


def test_a_lead_rejected_as_none_of_ours_is_put_aside() -> None:
    told = [said(LeadStatusChanged, 5, status="Unqualified"), said(LeadArchived, 5, reason="not_in_profile")]
    with_sales().when(reject(5, "not_in_profile")).then(told, of=LeadFact)  # type: ignore[arg-type]


def test_without_a_status_for_the_reason_a_lead_is_warmed_and_put_aside_all_the_same() -> None:
    plain = re.sub("statuses: .*", "statuses: {Contacted: {means: working}}", WANTED)
    with_sales(plain).when(reject(5, "no_need")).then(
        [said(LeadRejected, 5), said(LeadRecycled, 5), said(NurtureRequested, 5, status=None)],
        of=LifeFact,  # type: ignore[arg-type]
    )
    with_sales(plain).when(reject(5, "not_in_profile")).then([said(LeadArchived, 5)], of=LeadFact)  # type: ignore[arg-type]


def test_a_recycled_lead_qualifies_again_with_a_new_hand_over_and_new_clocks() -> None:
    story = with_sales().when(recycle(5), inbound(9))
    story.then([said(LeadRecycled, 5, reason="not now", by="Ines", cycle=1)], of=LifeFact)  # type: ignore[arg-type]
    story.then([said(LeadQualified, 9, cycle=2), said(LeadHandedOver, 9, cycle=2)], of=LeadQualified | LeadHandedOver)  # type: ignore[arg-type]
    story.then(
        [
            said(SlaCancelled, 5, clause="first_response", cycle=1, reason="recycled"),
            said(SlaStarted, 9, clause="hand_over", cycle=2),
            said(SlaMet, 9, clause="hand_over", cycle=2),
            said(SlaStarted, 9, clause="first_response", cycle=2, due=39),
        ],
        of=SlaFact,
    )


def test_giving_a_lead_back_qualifies_it_for_nothing_by_itself() -> None:
    with_sales().when(recycle(5), until=99999).then([], of=LeadQualified)


def test_what_was_accepted_in_one_cycle_is_to_be_accepted_in_the_next() -> None:
    story = with_sales().history(accept(1), recycle(5), inbound(9)).when(accept(10))
    story.then([said(LeadAccepted, 10, cycle=2)])


def test_marketing_gives_nothing_back_to_itself() -> None:
    given(MANUAL).history(GOOD).when(recycle(5)).then([]).answer(accepted=False, reason="not with sales")
    with_sales().history(recycle(4)).when(recycle(5)).then([]).answer(accepted=False, reason="not with sales")


def test_a_converted_lead_is_not_given_back() -> None:
    story = with_sales().history(won(3)).when(recycle(5)).then([]).answer(accepted=False, reason="lead is closed")
    assert "unconvert" in story.answers[-1].missing[0]


@pytest.mark.parametrize("ending", [status("Unqualified", 3), status("Unqualified", 3, reason="not_in_profile")])
def test_what_is_unqualified_or_put_aside_is_opened_again_by_command(ending: Arrival) -> None:
    story = with_sales().history(ending).when(recycle(5, "they called us"), inbound(9))
    story.then([said(LeadReopened, 5, reason="they called us", by="Ines", cycle=1)], of=LifeFact)  # type: ignore[arg-type]
    story.then([said(LeadQualified, 9, cycle=2)], of=LeadQualified)


def test_a_command_that_comes_again_ends_no_second_cycle() -> None:
    story = with_sales().when(recycle(5), inbound(9), recycle(5)).then([said(LeadRecycled, 5)], of=LeadRecycled)
    assert story.answers[0] == story.answers[1]


def test_every_entry_of_a_stage_keeps_its_date() -> None:
    story = with_sales().history(recycle(5), inbound(9)).when(recycle(12), inbound(20))
    dates = [(told.data.cycle, told.time) for told in story.facts if isinstance(told.data, LeadQualified)]
    assert [cycle for cycle, _ in dates] == [1, 2, 3]
    assert dates == sorted(set(dates))
    assert list(story.live.lead.former_hand_overs) == [1, 2]


# Losing what qualified it


def losing(*arrivals: Arrival) -> Story:
    return given(MANUAL).history(GOOD).when(*arrivals)


def test_a_lead_that_loses_a_condition_before_the_hand_over_is_given_back() -> None:
    story = losing(learned(7, company__employees=5))
    story.then(
        [
            said(LeadRecycled, 7, by=None, cycle=1, reason="no longer: company.employees at least 100"),
            said(SlaCancelled, 7, clause="handing", reason="recycled"),
        ],
        of=LeadRecycled | SlaCancelled,  # type: ignore[arg-type]
    )


def test_after_the_hand_over_only_sales_moves_it() -> None:
    with_sales().when(learned(7, company__employees=5)).then([], of=LeadRecycled)


def test_what_was_lost_and_comes_back_is_a_new_cycle() -> None:
    story = losing(learned(7, company__employees=5), learned(8, company__employees=500))
    story.then([said(LeadQualified, 8, cycle=2)], of=LeadQualified)


def test_decay_alone_can_lose_a_condition_at_the_exact_instant() -> None:
    warm = captured(0, profile=dotted(company__name="Acme", company__employees=250))
    story = given(MANUAL).history(warm, inbound(1, asset="pricing"), inbound(2, channel="webinar"))
    story.when(until=99 * 24 * 60)
    (lost,) = [told for told in story.facts if isinstance(told.data, LeadRecycled)]
    assert isinstance(lost.data, LeadRecycled)
    assert lost.data.reason == "no longer: (engagement score at least 50 or answers.contact_me is true)"
    (qualified,) = [told for told in story.facts if isinstance(told.data, LeadQualified)]
    # 80 points fade by half in 30 days: below 49.5 after 30.5 * 30 / 40 days, less what the minute between them makes.
    assert (lost.time - qualified.time).days == 22


def test_a_new_version_that_asks_for_more_gives_back_what_waits() -> None:
    stricter = MANUAL.replace("version: 1", "version: 2").replace("2025-01-01", "2026-01-06")
    stricter = stricter.replace(
        "[{field: company.employees, at_least: 100}]", "[{field: company.employees, at_least: 900}]"
    )
    story = given(MANUAL, stricter).history(GOOD).when(until=3 * 24 * 60)
    story.then([said(LeadRecycled, 15 * 60, reason="no longer: company.employees at least 900")], of=LeadRecycled)


def test_a_new_version_that_asks_for_less_qualifies_with_the_next_sign_of_life() -> None:
    looser = MANUAL.replace("version: 1", "version: 2").replace("2025-01-01", "2026-01-06")
    looser = looser.replace("[{field: company.employees, at_least: 100}]", "[{field: company.employees, at_least: 1}]")
    small = captured(0, profile=dotted(company__name="Acme", company__employees=5, answers__contact_me=True))
    story = given(MANUAL, looser).history(small)
    story.when(until=3 * 24 * 60).then([], of=LeadQualified)
    story.when(inbound(3 * 24 * 60)).then([said(LeadQualified, 3 * 24 * 60, version=2)], of=LeadQualified)


def test_a_closed_lead_loses_nothing() -> None:
    story = given(MANUAL).history(GOOD, status("Unqualified", 3)).when(learned(7, company__employees=5))
    story.then([], of=LeadRecycled)


def test_a_hand_over_by_command_after_the_loss_is_refused_with_what_is_missing() -> None:
    story = losing(learned(7, company__employees=5), asked(HandOverLead(by="Desk"), 8))
    story.answer(accepted=False, reason="not qualified")
    assert story.answers[-1].missing == ("company.employees at least 100",)
