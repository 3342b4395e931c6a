from events.instants import from_us
from events.lead import LeadCaptured, LeadHandedOver, LeadStatusChanged, LeadTouched
from events.sla import SlaStarted
from tests.streams.deciders.lead.desk import DESK, QUALIFYING, SCORED
from tests.support.given import (
    DAYS,
    called,
    captured,
    dotted,
    given,
    happened,
    inbound,
    learned,
    minute,
    said,
    status,
)

ROMANIA = (
    DESK.replace("agreement: desk", "agreement: romania")
    .replace("within: 30m", "within: 10m")
    .replace("statuses:", "applies_to: {field: company.country, equals: RO}\nstatuses:")
)
MOLDOVA = ROMANIA.replace("romania", "moldova").replace("equals: RO", "in: [RO, MD]") + "priority: 5\n"
SECOND = (
    DESK.replace("version: 1", "version: 2").replace("2025-01-01", "2026-01-06").replace("within: 30m", "within: 60m")
)
"""Version 2, in force from Tuesday midnight on: 15 hours after Monday 09:00."""
TUESDAY = 15 * 60


def test_without_a_matching_agreement_there_is_no_score_no_clock_and_no_qualification() -> None:
    story = given(ROMANIA).when(captured(0), inbound(1, asset="pricing"), status("Won", 2), until=400 * DAYS)
    story.then([said(LeadCaptured, 0, agreement=None), said(LeadTouched, 1), said(LeadStatusChanged, 2)])


def test_a_lead_before_any_agreement_was_in_force_has_none() -> None:
    story = given(SECOND.replace("version: 2", "version: 1")).when(captured(TUESDAY - 1), until=9 * DAYS)
    story.then([said(LeadCaptured, TUESDAY - 1, agreement=None)])


def test_the_agreement_is_chosen_at_capture_by_profile_and_priority() -> None:
    def chosen(*agreements: str, **profile: str) -> object:
        story = given(*agreements).when(captured(0, profile=dotted(**profile)))
        return story.live.lead.agreement

    assert chosen(DESK, ROMANIA, company__country="RO") == "romania"
    assert chosen(DESK, ROMANIA, company__country="FR") == "desk"
    assert chosen(DESK, ROMANIA, MOLDOVA, company__country="RO") == "moldova"
    assert chosen(MOLDOVA, ROMANIA, DESK, company__country="RO") == "moldova"


def test_what_was_known_before_the_capture_chooses_the_agreement_as_well() -> None:
    story = given(DESK, ROMANIA).history(learned(-5, company__country="RO")).when(captured(0))
    story.then([said(LeadCaptured, 0, agreement="romania"), said(SlaStarted, 0, due=10)])


def test_upstream_does_not_choose_the_agreement() -> None:
    given(DESK).when(captured(0, agreement="mine")).then([said(LeadCaptured, 0, agreement="desk"), said(SlaStarted, 0)])


def test_a_later_capture_keeps_the_agreement() -> None:
    story = given(DESK, ROMANIA).history(captured(0))
    story.when(captured(5, profile=dotted(company__country="RO"))).then([said(LeadCaptured, 5, agreement="desk")])


def test_an_earlier_capture_that_arrives_later_gives_the_lead_its_source_and_time() -> None:
    story = given(DESK).history(captured(0, source="fair")).when(captured(-60, recorded=5, source="web"))
    story.then([said(LeadCaptured, -60, agreement="desk", source="web")])
    assert (story.live.lead.captured_at, story.live.lead.source) == (minute(-60), "web")
    story.when(captured(20, source="call"))
    assert (story.live.lead.captured_at, story.live.lead.source) == (minute(-60), "web")


def test_what_was_told_last_of_a_field_holds_whenever_it_arrives() -> None:
    story = given(DESK).when(learned(5, company__size=2, company__name="A"), learned(3, recorded=9, company__size=1))
    story.when(learned(7, recorded=9, company__name="B"))
    assert story.live.lead.profile == dotted(company__size=2, company__name="B")


def test_the_hand_over_takes_the_agreement_that_matches_by_then() -> None:
    good = dotted(company__name="Acme", company__employees=100)
    story = given(QUALIFYING, ROMANIA).history(captured(0, profile=good))
    story.when(learned(5, company__country="RO", answers__contact_me=True))
    story.then([said(LeadHandedOver, 5, agreement="romania", version=1)], of=LeadHandedOver)
    assert story.live.lead.agreement == "romania"


def test_a_clock_keeps_the_version_in_force_when_its_starting_fact_happened() -> None:
    story = given(DESK, SECOND).when(captured(TUESDAY - 1, recorded=TUESDAY + 5))
    story.then([said(SlaStarted, TUESDAY - 1, version=1, due=TUESDAY + 29)], of=SlaStarted)
    given(DESK, SECOND).when(captured(TUESDAY)).then(
        [said(SlaStarted, TUESDAY, version=2, due=TUESDAY + 60)], of=SlaStarted
    )


def test_a_clock_keeps_its_version_when_a_new_one_takes_effect() -> None:
    story = given(DESK, SECOND).history(captured(TUESDAY - 10)).when(called(TUESDAY + 25))
    clock = story.clock("first_response")
    assert (clock.version, clock.due, clock.verdict) == (1, minute(TUESDAY + 20), "breached")


def test_the_same_source_and_id_count_once() -> None:
    twice = [inbound(5, channel="webinar"), inbound(5, channel="webinar")]
    once = given(SCORED).history(captured(0)).when(twice[0])
    again = given(SCORED).history(captured(0)).when(*twice)
    assert once.facts == again.facts


def test_one_id_of_two_sources_is_two_facts() -> None:
    touch = LeadTouched(direction="inbound", channel="lead_magnet", kind="downloaded")
    story = given(SCORED).history(captured(0))
    story.when(happened(touch, 5, fact_id="1", source="/a"), happened(touch, 5, fact_id="1", source="/b"))
    assert story.live.lead.score == (20, 0, 20)


def test_the_same_facts_give_the_same_ids() -> None:
    story = [captured(0), inbound(1, channel="webinar"), status("Won", 10), called(60)]
    one, other = given(DESK, SCORED).when(*story, until=99), given(DESK, SCORED).when(*story, until=99)
    assert [told.id for told in one.facts] == [told.id for told in other.facts]
    assert len({told.id for told in one.facts}) == len(one.facts)


def test_history_is_numbered_without_gaps_and_what_was_known_when_never_goes_back() -> None:
    story = given(DESK).when(captured(0), inbound(10), inbound(-500, recorded=5), called(3, recorded=20), until=99)
    assert [told.sequence for told in story.facts] == [f"{n:010d}" for n in range(1, len(story.facts) + 1)]
    known = [told.recordedat for told in story.facts]
    assert known == sorted(known, key=str)
    assert known[3] == known[2] == from_us(minute(10))


def test_a_fact_names_its_cause() -> None:
    capture = captured(0)
    story = given(DESK).when(capture)
    assert [told.causationid for told in story.facts[1:]] == [capture.id]
