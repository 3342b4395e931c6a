import pytest

from events.commands import HandOverLead
from events.instants import DAY, MINUTE, to_us
from events.lead import LeadScored
from streams.deciders.lead.engagement import basis, explain
from streams.deciders.lead.given import Given
from tests.streams.deciders.lead.desk import QUALIFYING, SCORED
from tests.support.given import (
    DAYS,
    MONDAY,
    Story,
    called,
    captured,
    dotted,
    given,
    happened,
    inbound,
    learned,
    minute,
    said,
)

SECOND = (
    SCORED.replace("version: 1", "version: 2").replace("2025-01-01", "2026-01-06").replace("points: 20", "points: 35")
)
TUESDAY = 15 * 60
BIG = dotted(company__employees=100)


def scores(story: Story) -> list[tuple[int, str]]:
    return [(told.data.score, told.data.grade) for told in story.facts if isinstance(told.data, LeadScored)]


def test_a_score_is_told_when_it_changes_and_only_then() -> None:
    story = given(SCORED).when(
        captured(0, profile=BIG), inbound(1), called(2), inbound(3, asset="pricing"), inbound(4, asset="pricing")
    )
    story.then(
        [
            said(LeadScored, 0, score=20, fit=20, engagement=0, grade="C3", cause="captured", touch=None),
            said(LeadScored, 3, score=60, fit=20, engagement=40, grade="C2", cause="touch", rule=2, points=40),
        ],
        of=LeadScored,
    )


def test_a_profile_that_changes_the_fit_is_told() -> None:
    story = given(SCORED).history(captured(0)).when(learned(5, company__employees=100), learned(6, person__title="CEO"))
    story.then([said(LeadScored, 5, score=20, cause="profile")], of=LeadScored)


def test_touches_before_the_capture_count_from_the_capture_on() -> None:
    story = given(SCORED).history(inbound(-DAYS, asset="pricing")).when(captured(0))
    story.then([said(LeadScored, 0, score=39, engagement=39, cause="captured")], of=LeadScored)


def test_decay_is_told_at_the_instant_it_carries_the_score_over_a_threshold() -> None:
    story = given(SCORED).history(captured(0), inbound(0, channel="webinar")).when(until=99 * DAYS)
    # 40 points lose 20 in 30 days; 29.4995 is the least that still rounds to 29.500 and then to 30.
    story.then([said(LeadScored, 15.75075 * DAYS + 1 / 60_000_000, score=29, grade="C3", cause="decay")], of=LeadScored)


@pytest.mark.parametrize("forgetful", [False, True])
def test_a_touch_puts_the_crossing_off(forgetful: bool) -> None:
    story = given(SCORED, forgetful=forgetful).history(captured(0), inbound(0, channel="webinar"))
    story.when(inbound(10 * DAYS, channel="webinar"), until=20 * DAYS)
    story.then([said(LeadScored, 10 * DAYS, score=60, cause="touch")], of=LeadScored)


def crossing() -> float:
    story = given(SCORED).history(captured(0), inbound(0, channel="webinar")).when(until=99 * DAYS)
    first = next(told for told in story.facts if isinstance(told.data, LeadScored) and told.data.cause == "decay")
    return (to_us(first.time) - MONDAY) / MINUTE


@pytest.mark.parametrize("forgetful", [False, True])
def test_a_fact_at_the_instant_of_a_crossing_does_not_swallow_it(forgetful: bool) -> None:
    story = given(SCORED, forgetful=forgetful).history(captured(0), inbound(0, channel="webinar"))
    story.when(called(crossing()), until=99 * DAYS)
    story.then([said(LeadScored, crossing(), score=29, grade="C3", cause="decay")], of=LeadScored)


def test_a_lead_is_woken_too_early_but_never_too_late() -> None:
    touches = [inbound(0, channel="webinar"), inbound(5 * DAYS, channel="lead_magnet")]
    kept, forgotten = (given(SCORED, forgetful=each).history(captured(0), *touches) for each in (False, True))
    assert kept.due is not None
    assert forgotten.due is not None
    assert kept.due <= forgotten.due
    assert kept.when(until=99 * DAYS).facts == forgotten.when(until=99 * DAYS).facts


def test_a_new_version_moves_the_score_when_it_takes_effect() -> None:
    story = given(SCORED, SECOND).history(captured(0, profile=BIG)).when(until=TUESDAY + 1)
    story.then([said(LeadScored, TUESDAY, score=35, version=2, cause="agreement")])


def test_a_new_version_that_changes_nothing_says_nothing() -> None:
    given(SCORED, SECOND).history(captured(0)).when(until=TUESDAY + 1).then([])


def test_a_stub_is_not_scored_by_a_new_version() -> None:
    given(SCORED, SECOND).history(inbound(0, asset="pricing")).when(until=TUESDAY + 1).then([])


def test_after_a_new_version_facts_are_scored_by_it() -> None:
    story = given(SCORED, SECOND).history(captured(0)).when(learned(TUESDAY, company__employees=100))
    story.then([said(LeadScored, TUESDAY, score=35, version=2, cause="profile")], of=LeadScored)


def test_a_late_touch_scores_as_if_it_had_come_in_time() -> None:
    story = given(SCORED).history(captured(0)).when(inbound(0, recorded=30 * DAYS, channel="webinar"))
    story.then([said(LeadScored, 0, score=20)], of=LeadScored)


def test_a_score_happened_when_the_last_fact_that_it_rests_on_did() -> None:
    story = given(SCORED).history(captured(0), called(20)).when(inbound(10, recorded=30, channel="webinar"))
    story.then([said(LeadScored, 20, score=40)], of=LeadScored)


def reasons(story: Story, at: int) -> tuple[int, int]:
    found = explain(basis(story.live, "qualifying", 1, Given(story.known, at, at, story.subject)))
    return found["score"], sum(reason["points"] for reason in found["reasons"])


def test_the_reasons_sum_to_the_score_at_every_instant() -> None:
    story = given(QUALIFYING).when(
        captured(0, profile=BIG),
        *(inbound(n * 60 + 7, channel="lead_magnet") for n in range(9)),
        inbound(3 * DAYS, asset="pricing"),
        inbound(5 * DAYS, channel="webinar"),
    )
    for day in range(5, 80):
        shown, summed = reasons(story, MONDAY + day * DAY + 12_345_678)
        assert shown == summed


def test_a_touch_with_the_longest_id_is_scored() -> None:
    touch = inbound(5, channel="webinar").fact
    story = given(SCORED).history(captured(0)).when(happened(touch, 5, fact_id="x" * 512))
    story.then([said(LeadScored, 5, score=40, touch="x" * 512)], of=LeadScored)


def test_the_score_at_the_threshold_is_the_better_grade() -> None:
    story = given(SCORED).when(captured(0), *(inbound(n, channel="lead_magnet") for n in (1, 2, 3)))
    assert scores(story) == [(0, "C3"), (10, "C3"), (20, "C3"), (30, "C2")]
    assert minute(0) == MONDAY


ELSEWHERE = (
    QUALIFYING.replace("agreement: qualifying", "agreement: elsewhere\npriority: 9")
    .replace("scoring:", "applies_to: {field: company.country, equals: RO}\nscoring:")
    .replace("points: 20", "points: 35")
)
NEARLY = dotted(company__employees=100, company__name="Acme")


def test_a_hand_over_under_another_agreement_moves_the_score_to_its_rules() -> None:
    story = given(QUALIFYING, ELSEWHERE).history(captured(0, profile=NEARLY), inbound(1, asset="pricing"))
    story.when(learned(2, company__country="RO"), inbound(3, channel="lead_magnet"))
    told = [said(LeadScored, 3, score=70, cause="touch"), said(LeadScored, 3, score=85, fit=35, cause="agreement")]
    story.then(told, of=LeadScored)
    assert [fact.data.agreement for fact in story.facts if isinstance(fact.data, LeadScored)][-1] == "elsewhere"


def test_a_hand_over_under_the_same_agreement_says_nothing_of_decay() -> None:
    manual = QUALIFYING.replace("qualified_lead:", "hand_over: manual\nqualified_lead:")
    story = given(manual).history(
        captured(0, profile=NEARLY),
        *(inbound(0, kind=kind, channel="lead_magnet") for kind in ("a", "b", "c")),
        inbound(0, asset="pricing"),
    )
    story.when(happened(HandOverLead(by="head of marketing"), DAYS)).answer(accepted=True).then([], of=LeadScored)
