"""Whom a program must leave alone is left alone as the older lead too, whichever of the merged leads said so."""

from typing import Any

from events.life import LeadReopened, NurtureRequested, NurtureWithheld
from tests.streams.deciders.lead.test_merged_lives import LIVES, MAIL, converts, good, meet
from tests.streams.deciders.lead.test_withheld import NO_CONSENT, consent
from tests.support.given import Arrival, captured, learned, minute, status
from tests.support.town import Town

NEEDS = LIVES + "nurture: {programs: {nurture: {purpose: marketing_email}}}\n"
ASKED = (NurtureRequested, NurtureWithheld, LeadReopened)


def two(*of_bob: Arrival, of_ana: tuple[Arrival, ...] = ()) -> Town:
    """`ana` and the younger `bob`; nobody knows yet that they are one."""
    return Town(NEEDS).tell("ana", captured(0), *of_ana).tell("bob", good(1, person__email=MAIL), *of_bob).settle()


def told(town: Town, lead: str = "ana") -> list[tuple[str, Any, Any]]:
    """What was asked of programs about a lead, of whom, and since when it waits."""
    return [
        (type(each.data).__name__, getattr(each.data, "of", None), getattr(each.data, "since", None) is not None)
        for each in town.lead(lead).facts
        if isinstance(each.data, ASKED)
    ]


def test_a_program_is_told_of_the_older_lead_what_a_merged_one_takes_back_and_gives_again() -> None:
    town = meet(two(status("Unqualified", 5, reason="no_budget")))
    assert told(town) == [("NurtureRequested", "bob", False)]
    waits = town.lead("ana").live.lead.warmed_for
    assert waits is not None
    town.tell("bob", consent(70, granted=False)).settle()
    assert told(town)[1:] == [("NurtureWithheld", "bob", True)]
    alone = town.lead("ana").live.lead.warmed_for
    assert alone is not None
    assert (alone.at, alone.held, alone.withheld) == (waits.at, waits.held, NO_CONSENT)
    assert town.lead("ana").live.lead.waiting is None
    town.tell("bob", consent(80, granted=True)).settle()
    assert told(town)[2:] == [("NurtureRequested", "bob", True)]
    assert town.lead("ana").live.lead.warmed_for == waits


def test_a_merged_lead_that_took_consent_back_is_not_warmed_as_the_older_one_and_still_opens_it() -> None:
    town = meet(two(consent(3, granted=False), status("Unqualified", 5, reason="no_budget")))
    assert told(town)[-1][:2] == ("NurtureWithheld", "bob")
    town.tell("bob", learned(70, answers__budget=5000)).settle()
    assert told(town)[-1][0] == "LeadReopened"


def test_what_a_merged_lead_took_back_counts_for_the_older_one_until_it_leaves() -> None:
    town = two(consent(3, granted=False), of_ana=(status("Unqualified", 5, reason="no_budget"),))
    assert told(town) == [("NurtureRequested", None, False)]
    assert told(meet(town))[1:] == [("NurtureWithheld", None, True)]
    town.unmerge("bob", 90).settle()
    assert told(town)[2:] == [("NurtureRequested", None, True)]
    waiting = town.lead("ana").live.lead.waiting
    assert waiting is not None
    assert (waiting.at, waiting.withheld) == (minute(5), "")


def test_who_is_converted_as_a_merged_lead_is_left_alone_and_not_warmed_again() -> None:
    town = meet(two(converts(6), of_ana=(status("Unqualified", 5, reason="no_budget"),)))
    town.tell("ana", consent(70, granted=False)).settle()
    assert told(town) == [("NurtureRequested", None, False), ("NurtureWithheld", None, True)]
    town.tell("ana", consent(80, granted=True)).settle()
    assert told(town)[2:] == []
