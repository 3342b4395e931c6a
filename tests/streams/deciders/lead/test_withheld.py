"""A program leaves alone whom it may not warm, and what the lead waits for opens it all the same."""

from typing import Any

import pytest

from events.life import LeadBounced, LeadConsentChanged, LeadReopened, LifeFact, NurtureRequested, NurtureWithheld
from streams.deciders.lead.reaching import is_undeliverable
from tests.streams.deciders.lead.test_nurture import GOOD, PATH, unqualified
from tests.support.given import Arrival, Story, captured, dotted, given, happened, learned, minute, said, status

NEEDS = PATH + "nurture: {programs: {nurture: {purpose: marketing_email, channel: email}, drip: {channel: email}}}\n"
ASKED = (NurtureRequested, NurtureWithheld, LeadReopened)


def consent(at: float, *, granted: bool, purpose: str = "marketing_email") -> Arrival:
    return happened(LeadConsentChanged(purpose=purpose, basis="consent", granted=granted), at)


def bounced(at: float, address: str | None = None, *, hard: bool = True, channel: str = "email") -> Arrival:
    return happened(LeadBounced(channel=channel, hard=hard, address=address), at)


def told(story: Story) -> list[tuple[str, Any]]:
    """What was asked of programs in the last step, and what came of it."""
    facts = [each.data for each in story.facts[story._seen_before :] if isinstance(each.data, ASKED)]
    return [(type(each).__name__, getattr(each, "why", None)) for each in facts]


NO_CONSENT = "marketing_email is not allowed any more"
NO_MAIL = "email does not reach them"


def test_who_took_back_the_consent_that_a_program_needs_is_not_warmed_by_it() -> None:
    story = given(NEEDS).history(GOOD, consent(1, granted=False)).when(unqualified(5, "no_budget"))
    withheld = said(
        NurtureWithheld, 5, program="nurture", why=NO_CONSENT, reason="no_budget", status="Unqualified",
        awaits=("answers.budget",), since=None,
    )  # fmt: skip
    story.then([withheld], of=LifeFact)  # type: ignore[arg-type]


@pytest.mark.parametrize("before", [[], [consent(1, granted=True)], [consent(1, granted=False, purpose="profiling")]])
def test_who_did_not_is_warmed(before: list[Arrival]) -> None:
    story = given(NEEDS).history(GOOD, *before).when(unqualified(5, "no_budget"))
    assert told(story) == [("NurtureRequested", None)]


def test_a_program_of_which_nothing_is_said_needs_nothing() -> None:
    story = given(PATH).history(GOOD, consent(1, granted=False), bounced(2)).when(unqualified(5, "no_budget"))
    assert told(story) == [("NurtureRequested", None)]
    drip = given(NEEDS).history(GOOD, consent(1, granted=False)).when(status("Later", 5))
    assert told(drip) == [("NurtureRequested", None)]
    unheard = given(NEEDS).history(GOOD, bounced(1)).when(status("Later", 5))
    assert told(unheard) == [("NurtureWithheld", NO_MAIL)]


def test_a_program_is_told_when_it_may_not_any_more_and_when_it_may_again() -> None:
    story = given(NEEDS).history(GOOD, unqualified(5, "no_budget"))
    assert told(story.when(consent(10, granted=False))) == [("NurtureWithheld", NO_CONSENT)]
    assert told(story.when(consent(11, granted=False))) == []
    assert told(story.when(bounced(12))) == [], "it is withheld already"
    assert told(story.when(consent(13, granted=True))) == [], "no e-mail reaches them"
    story.when(learned(14, person__email="ann@new.example"))
    story.then([said(NurtureRequested, 14, reason="no_budget", status="Unqualified")], of=NurtureRequested)
    assert story.live.lead.waiting is not None
    assert (story.live.lead.waiting.at, story.live.lead.waiting.withheld) == (minute(5), "")


def test_what_it_waits_for_opens_a_lead_that_no_program_may_warm() -> None:
    story = given(NEEDS).history(GOOD, consent(1, granted=False), unqualified(5, "no_budget"))
    story.when(learned(90, answers__budget=50_000))
    story.then([said(LeadReopened, 90, reason="answers.budget is known now")], of=LeadReopened)


def test_a_change_of_consent_says_nothing_of_a_lead_that_waits_for_nothing() -> None:
    story = given(NEEDS).history(GOOD)
    assert told(story.when(consent(5, granted=False))) == []
    opened = given(NEEDS).history(GOOD, unqualified(5, "no_budget"), learned(6, answers__budget=1))
    assert told(opened.when(consent(7, granted=False))) == []


def test_what_did_not_arrive_this_once_stops_nothing() -> None:
    story = given(NEEDS).history(GOOD, bounced(1, hard=False)).when(unqualified(5, "no_budget"))
    assert told(story) == [("NurtureRequested", None)]


@pytest.mark.parametrize(
    ("facts", "undeliverable"),
    [
        ([bounced(5)], True),
        ([bounced(5, "ANN@acme.example")], True),
        ([bounced(5, "other@acme.example")], False),
        ([bounced(5), learned(6, person__email="new@acme.example")], False),
        ([bounced(5, "new@acme.example"), learned(6, person__email="new@acme.example")], True),
        ([bounced(5, channel="sms")], False),
    ],
)
def test_an_address_is_undeliverable_until_another_one_is_known_whatever_became_known_first(
    facts: list[Arrival], undeliverable: bool
) -> None:
    lead = captured(0, profile=dotted(person__email="ann@acme.example"))
    for order in (facts, facts[::-1]):
        late = [Arrival(each.fact, each.at, minute(20), each.id, each.source) for each in order]
        story = given(NEEDS).history(lead, *late)
        assert is_undeliverable(story.live.lead, "email") is undeliverable
