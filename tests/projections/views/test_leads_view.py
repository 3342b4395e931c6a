import pytest
from msgspec.structs import replace

from events.envelope import Envelope
from events.lead import (
    Condition,
    LeadArchived,
    LeadCaptured,
    LeadConverted,
    LeadHandedOver,
    LeadProfileUpdated,
    LeadQualified,
    LeadScored,
    LeadStatusChanged,
    LeadTouched,
)
from events.life import (
    LeadAccepted,
    LeadFeedbackGiven,
    LeadRecycled,
    LeadRejected,
    LeadReopened,
    LeadUnconverted,
    NurtureRequested,
    NurtureWithheld,
)
from events.registry import UPSTREAM
from events.routing import LeadAssigned
from events.sla import SlaBreached, SlaBreachRetracted, SlaCancelled, SlaMet, SlaRevised, SlaStarted
from projections.views.leads import LEADS
from projections.views.view import Cell
from tests.projections.given import clock, rows_of, text, told

CAPTURED = told(LeadCaptured(source="web", agreement="inbound"), 0)
QUALIFIED = told(LeadQualified(agreement="inbound", version=1, cycle=1, score=70), 5)
HANDED_OVER = told(LeadHandedOver(agreement="sales", version=2, cycle=1, owner="Radu"), 6)


def lead(*envelopes: Envelope) -> dict[str, Cell]:
    (row,) = rows_of(LEADS, *envelopes)
    return row


def test_a_lead_shows_what_its_facts_said() -> None:
    row = lead(
        CAPTURED,
        told(LeadTouched(channel="website", kind="visited", direction="inbound"), 3),
        told(LeadScored(score=70, fit=30, engagement=40, grade="B2", agreement="inbound", version=1, cause="touch"), 3),
        told(LeadStatusChanged(status="Contacted"), 4),
        QUALIFIED,
        HANDED_OVER,
        told(LeadProfileUpdated(profile={"company.name": "Acme"}), 7, recorded=9),
    )
    assert row == {
        "lead": "anna",
        "phase": "handed_over",
        "status": "Contacted",
        "score": 70,
        "grade": "B2",
        "scored_at": text(3),
        "owner": "Radu",
        "next_due": None,
        "next_clause": None,
        "source": "web",
        "agreement": "sales",
        "is_test": False,
        "captured_at": text(0),
        "qualified_at": text(5),
        "handed_over_at": text(6),
        "converted_at": None,
        "archived_at": None,
        "last_touch_at": text(3),
        "updated_at": text(9),
        "company": "Acme",
        "why_passed": None,
        "accepted_at": None,
        "status_at": text(4),
        "reopened_at": None,
        "back_because": None,
        "program": None,
        "first_owner": "Radu",
        "why_owner": None,
        "account": None,
        "account_by": None,
        "account_confidence": None,
        "merged_into": None,
        "ratings": 0,
        "rating": None,
        "program_withheld": None,
    }


def test_a_lead_says_why_it_was_passed_by_its_signals_or_else_by_the_conditions_it_met() -> None:
    met = (Condition(part="required", test="person.email is known"),)
    plain = LeadQualified(agreement="inbound", version=1, cycle=1, score=70, conditions=met)
    assert lead(CAPTURED, told(plain, 5))["why_passed"] == "person.email is known"
    signalled = replace(plain, signals=("Looked at prices", "Attended a webinar"))
    assert lead(CAPTURED, told(signalled, 5))["why_passed"] == "Looked at prices; Attended a webinar"


def test_the_company_is_the_one_told_last_by_when_it_happened() -> None:
    later = told(LeadProfileUpdated(profile={"company.name": "Acme"}), 7)
    late = told(LeadProfileUpdated(profile={"company.name": "Acne"}), 3, recorded=9)
    assert lead(CAPTURED, later, late)["company"] == "Acme"


def test_the_phase_is_how_far_a_lead_has_come() -> None:
    steps = [
        told(LeadTouched(channel="call", kind="dialled", direction="outbound"), 0),
        CAPTURED,
        QUALIFIED,
        HANDED_OVER,
        told(LeadConverted(), 8),
        told(LeadArchived(reason="untouched"), 9),
    ]
    phases = [lead(*steps[: n + 1])["phase"] for n in range(len(steps))]
    assert phases == ["stub", "captured", "qualified", "handed_over", "converted", "archived"]


def test_a_late_status_does_not_overwrite_a_later_one() -> None:
    later, earlier = told(LeadStatusChanged(status="Won"), 9), told(LeadStatusChanged(status="Open"), 4, recorded=10)
    assert lead(later, earlier)["status"] == lead(earlier, later)["status"] == "Won"


def test_statuses_of_one_instant_go_by_source_and_id_whatever_came_first() -> None:
    one = told(LeadStatusChanged(status="One"), 4, source="/crm", id="1")
    two = told(LeadStatusChanged(status="Two"), 4, source="/crm", id="2")
    assert lead(one, two)["status"] == lead(two, one)["status"] == "Two"


def test_the_status_of_an_archived_lead_stays() -> None:
    archived = [told(LeadStatusChanged(status="Junk"), 4), told(LeadArchived(reason="Junk"), 4)]
    assert lead(CAPTURED, *archived, told(LeadStatusChanged(status="Open"), 8))["status"] == "Junk"


def test_a_status_entered_before_the_archive_and_told_after_it_counts() -> None:
    row = lead(CAPTURED, told(LeadArchived(reason="untouched"), 8), told(LeadStatusChanged(status="Open"), 4))
    assert (row["phase"], row["status"]) == ("archived", "Open")


def test_the_earliest_capture_says_where_a_lead_came_from() -> None:
    first, second = told(LeadCaptured(source="fair"), 1), told(LeadCaptured(source="web"), 2)
    for order in ((first, second), (second, first)):
        row = lead(*order)
        assert (row["source"], row["captured_at"]) == ("fair", text(1))


def test_one_test_capture_makes_a_test_lead() -> None:
    assert lead(CAPTURED, told(LeadCaptured(source="web", is_test=True), 2))["is_test"] is True


def test_a_new_qualification_begins_a_cycle_without_hand_over() -> None:
    row = lead(CAPTURED, QUALIFIED, HANDED_OVER, told(LeadQualified(agreement="x", version=1, cycle=2, score=1), 9))
    assert (row["phase"], row["handed_over_at"], row["qualified_at"]) == ("qualified", None, text(9))


@pytest.mark.parametrize(
    "back",
    [
        LeadRejected(by="Radu", reason="no", cycle=1),
        LeadRecycled(reason="no", cycle=1),
        LeadReopened(reason="x", cycle=1),
    ],
)
def test_a_lead_given_back_or_opened_again_is_in_no_cycle(back: LeadRejected | LeadRecycled | LeadReopened) -> None:
    row = lead(CAPTURED, QUALIFIED, HANDED_OVER, told(back, 9))
    assert (row["qualified_at"], row["handed_over_at"], row["accepted_at"]) == (None, None, None)


def test_a_lead_opened_again_is_no_longer_put_aside() -> None:
    row = lead(CAPTURED, told(LeadArchived(reason="untouched"), 8), told(LeadReopened(reason="a budget", cycle=0), 9))
    assert (row["phase"], row["archived_at"]) == ("reopened", None)


def test_a_conversion_taken_back_is_none_unless_the_lead_was_converted_anew_since() -> None:
    back = told(LeadUnconverted(), 9)
    assert lead(CAPTURED, told(LeadConverted(), 8), back)["converted_at"] is None
    assert lead(CAPTURED, told(LeadConverted(), 10), back)["converted_at"] == text(10)


def test_the_next_due_is_the_earliest_of_the_open_clocks() -> None:
    row = lead(
        told(clock(SlaStarted, "effort", due=90, target="1h")),
        told(clock(SlaStarted, "first_response", due=30, target="30m")),
        told(clock(SlaStarted, "paused", due=None, target="30m")),
    )
    assert (row["next_due"], row["next_clause"]) == (text(30), "first_response")


def test_a_clock_with_a_verdict_is_due_no_more() -> None:
    started = told(clock(SlaStarted, target="30m"))
    for end in (
        told(clock(SlaMet, answered_at=told(LeadConverted(), 5).time), 5),
        told(clock(SlaBreached), 30),
        told(clock(SlaCancelled, reason="Unqualified"), 5),
    ):
        assert lead(started, end)["next_due"] is None


def test_the_end_of_one_clock_leaves_the_others_running() -> None:
    row = lead(
        told(clock(SlaStarted, "first_response", due=30, target="30m")),
        told(clock(SlaStarted, "effort", due=90, target="1h")),
        told(clock(SlaBreached, "first_response"), 30),
    )
    assert (row["next_due"], row["next_clause"]) == (text(90), "effort")


def test_a_verdict_that_falls_to_open_is_due_again() -> None:
    started, breached = told(clock(SlaStarted, target="30m")), told(clock(SlaBreached), 30)
    retracted = told(clock(SlaBreachRetracted, due=50, revision=1, now="open"), 40)
    revised = told(clock(SlaRevised, due=60, revision=2, was="open", now="open"), 41)
    met = told(clock(SlaRevised, due=60, revision=3, was="open", now="met"), 42)
    assert lead(started, breached, retracted)["next_due"] == text(50)
    assert lead(started, breached, retracted, revised)["next_due"] == text(60)
    assert lead(started, breached, retracted, revised, met)["next_due"] is None


def test_every_fact_from_upstream_shows_that_the_lead_was_heard_of() -> None:
    assert LEADS.handles >= UPSTREAM


ACCEPTED = told(LeadAccepted(by="Radu", cycle=1), 7)
REJECTED = told(LeadRejected(by="Radu", reason="no_budget", cycle=1), 8)
RECYCLED = told(LeadRecycled(reason="no time", cycle=1), 8)
REOPENED = told(LeadReopened(reason="budget is known now", cycle=1), 20)


def test_the_side_roads_are_phases_and_say_why() -> None:
    passed = (CAPTURED, QUALIFIED, HANDED_OVER, ACCEPTED)
    assert (lead(*passed)["phase"], lead(*passed)["accepted_at"]) == ("accepted", text(7))
    for back, how, why in ((REJECTED, "rejected", "no_budget"), (RECYCLED, "recycled", "no time")):
        row = lead(*passed, back)
        assert (row["phase"], row["back_because"], row["accepted_at"]) == (how, why, None)
    again = lead(*passed, RECYCLED, told(LeadQualified(agreement="x", version=1, cycle=2, score=1), 9))
    assert (again["phase"], again["back_because"], again["first_owner"]) == ("qualified", None, None)


def test_a_lead_that_is_warmed_names_the_program_until_it_is_open_again() -> None:
    unqualified = told(LeadStatusChanged(status="Unqualified", reason="no_budget"), 8)
    warmed = told(NurtureRequested(program="drip-warm", reason="no_budget", status="Unqualified"), 8)
    steps = (CAPTURED, QUALIFIED, HANDED_OVER, unqualified, warmed)
    assert (lead(*steps)["phase"], lead(*steps)["program"]) == ("nurturing", "drip-warm")
    told_again = told(LeadStatusChanged(status="Unqualified", reason="no_budget"), 10)
    assert lead(*steps, told_again)["phase"] == "nurturing"
    assert lead(*steps, told(LeadStatusChanged(status="Contacted"), 10))["phase"] == "handed_over"
    row = lead(*steps, REOPENED)
    assert (row["phase"], row["program"], row["reopened_at"]) == ("reopened", None, text(20))


def test_a_conversion_that_stands_beside_one_taken_back_keeps_the_lead_converted() -> None:
    first, second, back = told(LeadConverted(), 5), told(LeadConverted(), 9), told(LeadUnconverted(), 7)
    for order in ((first, back, second), (first, second, back)):
        row = lead(CAPTURED, *order)
        assert (row["phase"], row["converted_at"]) == ("converted", text(9))


def test_the_owner_says_by_which_rule_and_who_had_the_lead_first() -> None:
    def assigned(owner: str, at: float, **more: str) -> Envelope:
        fact = LeadAssigned(owner=owner, rule="segment", why="a bank", agreement="x", version=1, cycle=1, **more)
        return told(fact, at)

    row = lead(CAPTURED, QUALIFIED, assigned("Radu", 5), HANDED_OVER)
    assert (row["owner"], row["first_owner"], row["why_owner"]) == ("Radu", "Radu", "segment: a bank")
    row = lead(CAPTURED, QUALIFIED, assigned("Radu", 5), HANDED_OVER, assigned("Ines", 9, first_owner="Radu"))
    assert (row["owner"], row["first_owner"]) == ("Ines", "Radu")


def test_the_rating_is_the_mean_of_those_that_were_given_and_words_alone_are_none() -> None:
    given = [told(LeadFeedbackGiven(by="Radu", rating=rating), at) for at, rating in enumerate((5, 2, None, 4), 5)]
    row = lead(CAPTURED, *given)
    assert (row["ratings"], row["rating"]) == (3, 11 / 3)


def test_a_program_that_must_leave_a_lead_alone_is_shown_with_the_reason_until_it_may_warm_it_again() -> None:
    alone = told(NurtureWithheld(program="drip-warm", why="email does not reach them"), 8)
    row = lead(CAPTURED, alone)
    assert (row["program"], row["program_withheld"]) == ("drip-warm", "email does not reach them")
    again = lead(CAPTURED, alone, told(NurtureRequested(program="drip-warm"), 9))
    assert (again["program"], again["program_withheld"]) == ("drip-warm", None)
    opened = lead(CAPTURED, alone, told(LeadReopened(reason="budget is known now", cycle=1), 9))
    assert (opened["program"], opened["program_withheld"]) == (None, None)
