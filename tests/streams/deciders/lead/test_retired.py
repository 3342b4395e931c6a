"""A retired agreement starts nothing; what has started goes on by it to its end."""

from datetime import timedelta

from events.agreement import AgreementRetired
from events.lead import LeadCaptured, LeadConverted, LeadQualified, LeadScored
from events.sla import SlaAnswered, SlaBreached, SlaFact, SlaStarted, SlaWarned
from streams.agreement.known import Known
from tests.streams.deciders.lead.desk import DESK, QUALIFYING
from tests.support.given import Story, called, captured, dotted, inbound, learned, published, said, status

GOOD = dotted(company__name="Acme", company__employees=250)
OTHER = DESK.replace("agreement: desk", "agreement: other").replace("within: 30m", "within: 60m")


def retired(text: str, at: float, *others: str) -> Story:
    """A story in which an agreement is over so many minutes after Monday 09:00."""
    first = published(text)
    monday = first.effective_from.replace(year=2026, month=1, day=5, hour=9)
    end = AgreementRetired(name=first.name, version=first.version, retired_from=monday + timedelta(minutes=at))
    return Story(Known.of([first, *map(published, others), end]))


def test_no_new_lead_is_governed_by_it() -> None:
    retired(DESK, 10).when(captured(9)).then([said(SlaStarted, 9)], of=SlaFact)
    retired(DESK, 10).when(captured(10)).then([said(LeadCaptured, 10, agreement=None)])


def test_a_new_lead_goes_to_the_next_agreement_that_matches() -> None:
    story = retired(DESK, 10, OTHER).when(captured(10))
    story.then([said(SlaStarted, 10, agreement="other", target="60m")], of=SlaFact)


def test_a_lead_that_came_before_is_governed_by_it_however_late_it_becomes_known() -> None:
    retired(DESK, 10).when(captured(9, 200)).then([said(SlaStarted, 9)], of=SlaStarted)


def test_a_clock_that_runs_keeps_it_to_its_end() -> None:
    story = retired(DESK, 10).history(captured(0)).when(called(50), until=60)
    story.then([said(SlaWarned, 24), said(SlaBreached, 30), said(SlaAnswered, 50)], of=SlaFact)


def test_a_lead_that_came_before_is_scored_and_converted_by_it_and_qualifies_no_more() -> None:
    story = retired(QUALIFYING, 10).history(captured(0, profile=GOOD), inbound(5, asset="pricing"))
    story.when(learned(11, answers__contact_me=True), inbound(12, channel="webinar"), status("Won", 20))
    story.then([], of=LeadQualified)
    assert [type(told.data) for told in story.facts if isinstance(told.data, LeadScored | LeadConverted)] == [
        *[LeadScored] * 3,
        LeadConverted,
    ]


def test_a_qualification_before_its_end_starts_what_it_promises() -> None:
    story = retired(QUALIFYING, 10).history(captured(0, profile=GOOD)).when(learned(9, answers__contact_me=True))
    story.then([said(SlaStarted, 9, clause="hand_over"), said(SlaStarted, 9, clause="first_response")], of=SlaStarted)
