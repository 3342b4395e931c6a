"""Leads that may be one person, and leads that are one."""

from events.envelope import Envelope
from events.identity import LeadMerged, LeadSuspected, LeadUnmerged
from events.lead import LeadCaptured
from projections.views.duplicates import DUPLICATES
from projections.views.view import Cell
from tests.projections.given import rows_of, text, told
from tests.projections.house import house

SUSPECTED = told(LeadSuspected(other="bob", key="name_at_company:9f"), 5)
MERGED = told(LeadMerged(into="bob", key="email:4c"), 7)


def pair(*envelopes: Envelope) -> dict[str, Cell]:
    (row,) = rows_of(DUPLICATES, *envelopes)
    return row


def test_a_suspected_pair_says_why_and_that_the_sign_is_weak() -> None:
    assert pair(SUSPECTED) == {
        "lead": "anna",
        "other": "bob",
        "state": "suspected",
        "key": "name_at_company",
        "why": "the same name at the same company",
        "confidence": "weak",
        "since": text(5),
        "merged_by": None,
        "unmerged_at": None,
        "unmerged_by": None,
        "reason": None,
    }


def test_a_pair_that_was_merged_says_by_which_key_and_is_suspected_no_more() -> None:
    row = pair(SUSPECTED, MERGED)
    assert (row["state"], row["why"], row["confidence"]) == ("merged", "the same e-mail address", "exact")
    by_command = pair(told(LeadMerged(into="bob", key="command", by="Radu"), 7))
    assert (by_command["why"], by_command["merged_by"]) == ("a person says so", "Radu")


def test_a_pair_that_was_parted_says_who_did_so_and_is_not_suspected_again() -> None:
    parted = told(LeadUnmerged(lead="anna", into="bob", by="Ines", reason="father and son"), 9)
    row = pair(MERGED, parted, SUSPECTED)
    assert (row["state"], row["unmerged_by"], row["reason"]) == ("unmerged", "Ines", "father and son")
    other = told(LeadUnmerged(lead="anna", into="bob", by="Ines"), 9, lead="bob")
    assert rows_of(DUPLICATES, other) == [], "the pair is the merged lead's"


def test_test_leads_are_left_out() -> None:
    assert rows_of(DUPLICATES, SUSPECTED, told(LeadCaptured(is_test=True), 6)) == []


async def test_what_has_to_be_reviewed_stands_at_the_top() -> None:
    built = await house(partitions=2)
    await built.write(
        told(LeadMerged(into="bob", key="email:4c"), 1),
        told(LeadSuspected(other="bob", key="name_at_company:9f"), 9, lead="cleo"),
    )
    await built.show()
    assert [row["lead"] for row in built.view("duplicates")] == ["cleo", "anna"]
