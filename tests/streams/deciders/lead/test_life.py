import pytest

from events.lead import (
    LeadArchived,
    LeadCaptured,
    LeadConverted,
    LeadFact,
    LeadQualified,
    LeadScored,
    LeadStatusChanged,
    LeadTouched,
)
from events.sla import SlaCancelled, SlaFact, SlaStarted
from tests.streams.deciders.lead.desk import DESK, SCORED
from tests.support.given import DAYS, captured, dotted, given, inbound, learned, minute, said, status, won

SILENT = DESK + "archive: {or_untouched_for: 10d}\n"
CHOOSY = SCORED + "archive: {when: {fit: below, value: 0}}\n"
FREE_MAIL = dotted(person__email="ana@gmail.com")


def test_entering_a_status_that_means_converted_is_a_conversion_once() -> None:
    story = given(DESK).history(captured(0)).when(status("Won", 5), status("Contacted", 6), status("Won", 7))
    story.then([said(LeadConverted, 5, status="Won")], of=LeadConverted)


def test_after_a_reported_conversion_the_status_converts_nothing_more() -> None:
    given(DESK).history(captured(0), won(4)).when(status("Won", 5)).then([said(LeadStatusChanged, 5)])


def test_entering_a_status_that_means_archived_puts_the_lead_aside_once() -> None:
    story = given(DESK).history(captured(0)).when(status("Shelved", 5), status("Shelved", 6))
    story.then([said(LeadArchived, 5, reason="Shelved")], of=LeadArchived)


def test_a_conversion_before_the_capture_is_kept_and_takes_its_source() -> None:
    story = given(DESK).when(won(-10), captured(0, source="fair"), until=99)
    story.then([said(LeadConverted, -10), said(LeadCaptured, 0, source="fair")])
    assert (story.live.lead.converted, story.live.lead.source) == (True, "fair")


def test_a_status_before_the_capture_converts_once_the_agreement_is_known() -> None:
    story = given(DESK).history(status("Won", -10), status("Won", -5)).when(captured(0), until=99)
    story.then([said(LeadCaptured, 0), said(LeadConverted, -10, status="Won")])


def test_a_conversion_after_a_capture_that_arrives_late_cancels_its_clock() -> None:
    story = given(DESK).history(won(10)).when(captured(0, recorded=12), until=99)
    story.then([said(LeadCaptured, 0), said(SlaStarted, 0), said(SlaCancelled, 10, reason="converted")])


def test_a_lead_without_a_capture_is_a_stub_that_only_remembers() -> None:
    story = given(SILENT).when(inbound(0, asset="pricing"), status("Won", 1), until=400 * DAYS)
    story.then([said(LeadTouched, 0), said(LeadStatusChanged, 1)])
    assert (story.live.lead.captured_at, story.live.lead.source) == (None, "")


def test_a_lead_nobody_touches_is_archived_when_the_patience_is_over() -> None:
    story = given(SILENT).history(captured(0)).when(inbound(5), until=20 * DAYS)
    story.then([said(LeadArchived, 5 + 10 * DAYS, reason="untouched")], of=LeadArchived)


def test_every_sign_of_life_puts_the_archiving_off() -> None:
    story = given(SILENT).history(captured(0)).when(*(inbound(n * 9 * DAYS) for n in range(1, 5)))
    story.then([], of=LeadArchived)


def test_an_archiving_by_silence_cancels_what_is_open() -> None:
    slow = SILENT.replace("within: 30m, warn_at: 80%", "within: 30d")
    story = given(slow).history(captured(0)).when(until=99 * DAYS)
    story.then([said(LeadArchived, 10 * DAYS), said(SlaCancelled, 10 * DAYS, reason="archived")])


@pytest.mark.parametrize("ending", [status("Won", 1), won(1), status("Shelved", 1)])
def test_a_settled_lead_is_not_archived_by_silence(ending: object) -> None:
    story = given(SILENT).history(captured(0), ending).when(until=99 * DAYS)  # type: ignore[arg-type]
    story.then([], of=LeadArchived)


def test_a_lead_that_is_not_wanted_is_archived_by_its_profile() -> None:
    given(CHOOSY).when(captured(0, profile=FREE_MAIL)).then(
        [said(LeadArchived, 0, reason="not_in_profile")], of=LeadArchived
    )
    story = given(CHOOSY).history(captured(0)).when(learned(7, person__email="ana@gmail.com"))
    story.then([said(LeadArchived, 7, reason="not_in_profile")], of=LeadArchived)


def test_a_fact_for_an_archived_lead_is_accepted_and_scored_and_nothing_starts() -> None:
    story = given(CHOOSY).history(captured(0), status("Contacted", 1), learned(2, person__email="a@gmail.com"))
    story.when(inbound(10, asset="pricing"), captured(11, source="again"))
    story.then([said(LeadTouched, 10), said(LeadScored, 10, score=40), said(LeadCaptured, 11)], of=LeadFact)  # type: ignore[arg-type]
    assert story.live.lead.archived
    assert story.live.lead.status == "Contacted"


def test_no_clock_starts_for_a_lead_that_was_archived_before_its_capture() -> None:
    story = given(DESK).history(captured(0), status("Shelved", 1)).when(status("Contacted", 2), captured(5), until=99)
    story.then([], of=SlaFact)
    stub = given(DESK).history(status("Shelved", -5)).when(captured(0), until=99)
    stub.then([said(LeadCaptured, 0), said(LeadArchived, -5, reason="Shelved")])


def test_status_is_the_one_entered_last_by_its_own_time() -> None:
    story = given(DESK).when(status("Contacted", 5), status("Nurturing", 3, recorded=9))
    assert story.live.lead.status == "Contacted"
    assert [entry.at for entry in story.live.lead.statuses] == [minute(3), minute(5)]


def test_a_lead_put_aside_by_its_capture_is_not_handed_over() -> None:
    story = given(CHOOSY + "qualified_lead: {required_fields: [person.email]}\n").when(captured(0, profile=FREE_MAIL))
    story.then([said(LeadCaptured, 0), said(LeadScored, 0), said(LeadArchived, 0)], of=LeadFact)  # type: ignore[arg-type]


def test_a_clock_is_cancelled_once_when_the_lead_is_put_aside_while_it_qualifies() -> None:
    first = "sales_clauses: {first_response: {starts_on: captured, stopped_by: {touch: {}}, within: 30m}}\n"
    both = CHOOSY + first + "qualified_lead: {required_fields: [person.email]}\n"
    story = given(both).when(captured(0, profile=FREE_MAIL))
    story.then([said(SlaCancelled, 0, clause="first_response")], of=SlaCancelled)


def test_a_lead_converted_before_its_capture_is_not_handed_over() -> None:
    good = SCORED + "qualified_lead: {required_fields: [company.name]}\n"
    story = given(good).history(status("Won", -10), status("Contacted", -5))
    story.when(captured(0, profile=dotted(company__name="Acme"))).then([], of=LeadQualified)


def test_an_archiving_at_the_due_instant_cancels_the_clock_without_a_breach() -> None:
    story = given(SILENT.replace("within: 30m, warn_at: 80%", "within: 10d")).history(captured(0)).when(until=99 * DAYS)
    story.then([said(LeadArchived, 10 * DAYS), said(SlaCancelled, 10 * DAYS, reason="archived")])
