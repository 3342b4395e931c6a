"""A merged lead is in no figure until it is unmerged, and what was done for it counts for the older one."""

from typing import Any

import pytest

from events.envelope import Envelope
from events.identity import LeadHistoryShared, LeadHistoryTakenBack, LeadMatched, LeadMerged, LeadUnmerged, SharedTouch
from events.lead import LeadCaptured, LeadConverted, LeadQualified
from events.sla import SlaBreached, SlaStarted, TouchCount
from projections.views.breaches import BREACHES
from projections.views.clock_rows import CLOCKS
from projections.views.commitment import COMMITMENT
from projections.views.funnel import FUNNEL
from projections.views.leads import LEADS
from projections.views.prospects import PROSPECTS
from projections.views.response_times import RESPONSE_TIMES
from projections.views.sla import SLA
from projections.views.view import Cell, View
from tests.projections.given import clock, minutes, rows_of, text, told

HISTORY = (
    told(LeadCaptured(source="web", agreement="inbound")),
    told(LeadQualified(agreement="inbound", version=1, cycle=1, score=70), 1),
    told(clock(SlaStarted, target="30m"), 1),
    told(clock(SlaBreached), 30),
    told(LeadConverted(), 40),
)
MERGED = told(LeadMerged(into="bob", key="email:4c"), 50)
PARTED = told(LeadUnmerged(lead="anna", into="bob", by="Ines"), 60)


@pytest.mark.parametrize(
    "view", [BREACHES, CLOCKS, COMMITMENT, FUNNEL, RESPONSE_TIMES, SLA, PROSPECTS], ids=lambda v: v.name
)
def test_a_merged_lead_is_in_no_figure_until_it_is_unmerged(view: View[Any]) -> None:
    before = rows_of(view, *HISTORY)
    assert before
    assert rows_of(view, *HISTORY, MERGED) == []
    assert rows_of(view, *HISTORY, MERGED, PARTED) == before


def test_a_merged_lead_says_which_lead_counts_for_it() -> None:
    (row,) = rows_of(LEADS, *HISTORY, MERGED)
    assert (row["phase"], row["merged_into"]) == ("merged", "bob")
    (row,) = rows_of(LEADS, *HISTORY, MERGED, PARTED)
    assert (row["phase"], row["merged_into"]) == ("converted", None)


def test_a_lead_says_which_account_it_was_matched_to_and_how_sure_that_is() -> None:
    (row,) = rows_of(LEADS, *HISTORY, told(LeadMatched(account="acme", how="domain", confidence=60), 5))
    assert (row["account"], row["account_by"], row["account_confidence"]) == ("acme", "domain", 60)


def called(at: float, channel: str = "call") -> SharedTouch:
    return SharedTouch(id=f"t{at}", at=minutes(at), channel=channel, kind="dialled", direction="outbound")


def shared(*touches: SharedTouch, lead: str = "eve", begins: bool = True, through: tuple[str, ...] = ()) -> Envelope:
    return told(LeadHistoryShared(lead=lead, into="anna", through=through, begins=begins, touches=touches), 20)


def first_touch(*envelopes: Envelope) -> Cell:
    (row,) = rows_of(RESPONSE_TIMES, told(LeadCaptured(source="web")), *envelopes)
    return row["first_touch_at"]


def test_an_answer_to_a_merged_lead_answers_the_older_one() -> None:
    assert first_touch(shared(called(9)), shared(called(7), begins=False)) == text(7)
    assert first_touch(shared(called(7), begins=False)) is None, "a history that never began"


def test_a_lead_that_is_parted_takes_its_answer_along() -> None:
    parted = told(LeadUnmerged(lead="eve", into="anna", by="Ines"), 30)
    assert first_touch(shared(called(9)), parted) is None
    handed_on = shared(called(9), lead="dan", through=("eve",))
    assert first_touch(handed_on, told(LeadHistoryTakenBack(lead="dan", into="anna", through="eve"), 30)) is None
    assert first_touch(handed_on, parted) is None, "what came through it goes with it"


def needs(*envelopes: Envelope) -> Cell:
    wanted = (TouchCount(channel="call", count=2), TouchCount(channel="email", count=1))
    (row,) = rows_of(CLOCKS, told(clock(SlaStarted, "effort", target="14d", needs=wanted)), *envelopes)
    return row["needs"]


def test_touches_of_a_merged_lead_count_where_touches_are_counted_until_it_is_parted() -> None:
    assert needs(shared(called(5), called(6, "email"))) == "1 call"
    assert needs(shared(called(5)), shared(called(6, "email"), begins=False)) == "1 call"
    assert needs(shared(called(5)), shared(called(5))) == "1 call, 1 email", "told again from its beginning"
    assert needs(shared(called(5)), told(LeadUnmerged(lead="eve", into="anna", by="Ines"), 30)) == "2 call, 1 email"
