"""A merged lead is in no figure until it is unmerged, and what was done for it counts for the older one."""

from typing import Any

import pytest

from events.envelope import Envelope
from events.identity import LeadHistoryShared, LeadHistoryTakenBack, LeadMatched, LeadMerged, LeadUnmerged, SharedTouch
from events.lead import (
    LeadCaptured,
    LeadConverted,
    LeadHandedOver,
    LeadProfileUpdated,
    LeadQualified,
    LeadStatusChanged,
)
from events.life import LeadRecycled, LeadReopened, NurtureRequested, NurtureWithheld
from events.shared_life import SharedHandOver, SharedStatus, SharedTurn, Turn
from events.sla import SlaBreached, SlaStarted, TouchCount
from projections.views.breaches import BREACHES
from projections.views.clock_rows import CLOCKS
from projections.views.commitment import COMMITMENT
from projections.views.companies import COMPANIES
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


CAPTURED = told(LeadCaptured(source="web", agreement="inbound"))
EVE_PARTED = told(LeadUnmerged(lead="eve", into="anna", by="Ines"), 60)


def turn(how: Turn, at: float, **fields: str) -> SharedTurn:
    return SharedTurn(how=how, at=minutes(at), **fields)


def entered(status: str, at: float) -> SharedStatus:
    return SharedStatus(id=f"s{at}", source="/crm", at=minutes(at), status=status)


def lived(
    *life: SharedTurn | SharedStatus | SharedHandOver, lead: str = "eve", begins: bool = True, at: float = 20
) -> Envelope:
    fields: dict[str, Any] = {
        "turns": tuple(each for each in life if isinstance(each, SharedTurn)),
        "statuses": tuple(each for each in life if isinstance(each, SharedStatus)),
        "handed_over": tuple(each for each in life if isinstance(each, SharedHandOver)),
    }
    return told(LeadHistoryShared(lead=lead, into="anna", begins=begins, **fields), at)


CONVERTED = lived(turn("converted", 10, account="A-1", contact="C-1"), entered("Contacted", 5), entered("Won", 9))


def stages(*envelopes: Envelope) -> set[Cell]:
    return {row["stage"] for row in rows_of(FUNNEL, *envelopes)}


def test_a_person_counts_once_in_each_stage_that_any_of_their_leads_reached() -> None:
    assert stages(CAPTURED, CONVERTED) == {"captured", "Contacted", "Won", "converted"}
    own = told(LeadStatusChanged(status="Contacted"), 1)
    assert [row["leads"] for row in rows_of(FUNNEL, CAPTURED, own, told(LeadConverted(), 2), CONVERTED)] == [1, 1, 1, 1]
    assert stages(CAPTURED, CONVERTED, EVE_PARTED) == {"captured"}
    assert "converted" not in stages(CAPTURED, CONVERTED, lived(turn("unconverted", 11), begins=False))


def lead_row(*envelopes: Envelope) -> dict[str, Cell]:
    (row,) = rows_of(LEADS, CAPTURED, *envelopes)
    return row


def test_a_lead_is_converted_as_one_merged_into_it_was_until_that_one_leaves() -> None:
    row = lead_row(CONVERTED)
    assert (row["phase"], row["converted_at"], row["status"], row["status_at"]) == (
        "converted",
        text(10),
        "Won",
        text(9),
    )
    row = lead_row(CONVERTED, EVE_PARTED)
    assert (row["phase"], row["converted_at"], row["status"]) == ("captured", None, None)


def test_of_all_statuses_the_later_one_holds_unless_it_is_older_than_the_hand_over() -> None:
    handed = told(LeadHandedOver(agreement="inbound", version=1, cycle=1, owner="Radu"), 7)
    assert lead_row(told(LeadStatusChanged(status="Open"), 6), lived(entered("Lost", 5)))["status"] == "Open"
    assert lead_row(told(LeadStatusChanged(status="Open"), 6), lived(entered("Lost", 8)))["status"] == "Lost"
    assert lead_row(handed, lived(entered("Lost", 5)))["status"] is None


def test_a_lead_that_is_with_sales_as_one_merged_into_it_says_since_when_and_who_has_it() -> None:
    fact = LeadHandedOver(agreement="inbound", version=1, cycle=1, owner="Ines", of="eve", accepted_at=minutes(6))
    row = lead_row(told(LeadStatusChanged(status="Lost"), 1), lived(), told(fact, 5))
    assert (row["phase"], row["owner"], row["first_owner"]) == ("accepted", "Ines", "Ines")
    assert (row["qualified_at"], row["accepted_at"], row["reopened_at"]) == (text(5), text(6), text(5))
    back = told(LeadRecycled(reason="sales had it as eve", cycle=1), 5)
    row = lead_row(told(LeadStatusChanged(status="Lost"), 1), lived(), told(fact, 5), EVE_PARTED, back)
    assert (row["phase"], row["handed_over_at"], row["reopened_at"]) == ("recycled", None, None)


def test_whom_sales_put_aside_is_archived_as_the_older_lead_until_that_is_opened() -> None:
    aside = lived(turn("archived", 10))
    assert lead_row(aside)["phase"] == "archived"
    assert lead_row(aside, told(LeadReopened(reason="wants it now", cycle=0), 30))["phase"] == "reopened"
    assert lead_row(aside, EVE_PARTED)["phase"] == "captured"


def test_a_program_that_warms_a_lead_because_of_one_merged_into_it_leaves_with_that_one() -> None:
    asked = told(NurtureRequested(program="drip", reason="no_budget", status="Lost", of="eve"), 21)
    assert lead_row(lived(entered("Lost", 5)), asked)["program"] == "drip"
    assert lead_row(lived(entered("Lost", 5)), asked, EVE_PARTED)["program"] is None
    assert (
        lead_row(lived(entered("Lost", 5)), asked, lived(entered("Open", 22), begins=False, at=22))["program"] is None
    )


def test_a_program_that_must_leave_alone_whom_a_merged_lead_brought_to_it_leaves_with_that_one() -> None:
    alone = told(NurtureWithheld(program="drip", why="email does not reach them", status="Lost", of="eve"), 21)
    assert lead_row(lived(entered("Lost", 5)), alone)["program_withheld"] == "email does not reach them"
    parted = lead_row(lived(entered("Lost", 5)), alone, EVE_PARTED)
    assert (parted["program"], parted["program_withheld"]) == (None, None)


def test_a_lead_learns_from_the_conversion_of_one_merged_into_it_with_what_was_known_before() -> None:
    company = told(LeadProfileUpdated(profile={"company.country": "RO"}), 3)
    later = told(LeadProfileUpdated(profile={"company.country": "MD"}), 15)
    (row,) = rows_of(PROSPECTS, CAPTURED, company, later, CONVERTED)
    assert (row["decision"], row["decided_at"], row["team"]) == ("converted", text(10), "inbound")
    assert '"company.country":"ro"' in str(row["features_before"])
    (row,) = rows_of(PROSPECTS, CAPTURED, company, later, CONVERTED, EVE_PARTED)
    assert (row["decision"], row["decided_at"]) == ("", None)
    (row,) = rows_of(PROSPECTS, CAPTURED, lived(entered("Lost", 5)))
    assert (row["decision"], row["status"]) == ("status", "Lost")


def test_a_person_belongs_to_the_account_that_any_of_their_leads_was_converted_into() -> None:
    matched = told(LeadMatched(account="acme", how="domain", confidence=60), 5)
    (row,) = rows_of(COMPANIES, CAPTURED, matched, CONVERTED)
    assert row["account"] == "A-1"
    (row,) = rows_of(COMPANIES, CAPTURED, matched, CONVERTED, EVE_PARTED)
    assert row["account"] == "acme"


def test_a_breach_lapses_with_the_conversion_of_a_merged_lead_and_stands_again_without_it() -> None:
    breached = (told(clock(SlaStarted, target="30m"), 1), told(clock(SlaBreached), 30))
    assert [row["state"] for row in rows_of(CLOCKS, CAPTURED, *breached, CONVERTED)] == ["lapsed"]
    assert [row["state"] for row in rows_of(CLOCKS, CAPTURED, *breached, CONVERTED, EVE_PARTED)] == ["breached"]


def test_who_was_delivered_as_a_lead_that_was_merged_is_delivered_once() -> None:
    handed = SharedHandOver(agreement="inbound", at=minutes(2), qualified_at=minutes(1), is_over=True)
    own = told(LeadQualified(agreement="inbound", version=1, cycle=1, score=70), 60)
    assert [row["delivered"] for row in rows_of(COMMITMENT, CAPTURED, lived(handed))] == [1]
    assert [row["delivered"] for row in rows_of(COMMITMENT, CAPTURED, lived(handed), own)] == [1]
    assert rows_of(COMMITMENT, CAPTURED, lived(handed), EVE_PARTED) == []
