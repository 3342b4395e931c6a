"""What became of a lead is not lost when it is merged: its conversion, its status, and who has it in sales."""

import pytest

from events.commands import AcceptLead, ConvertLead, RecycleLead, RejectLead, UnconvertLead
from events.identity import LeadHistoryShared, LeadMerged
from events.instants import from_us
from events.lead import LeadArchived, LeadConverted, LeadHandedOver, LeadQualified
from events.life import LeadRecycled, LeadReopened, NurtureRequested
from events.sla import SlaStarted
from streams.deciders.lead.closed import is_open
from tests.streams.deciders.lead.desk import QUALIFYING
from tests.support.given import DAYS, Arrival, asked, called, captured, dotted, happened, learned, minute, status
from tests.support.town import Town

MAIL = "x@acme.example"
LIVES = (
    QUALIFYING.replace("agreement: qualifying", "agreement: lives")
    .replace(
        "Unqualified: {means: unqualified}",
        "Unqualified: {means: unqualified, reasons: [no_budget, not_in_profile]}, Later: {means: nurturing}",
    )
    .replace("within: 30m}", "within: 30m, paused_in: [Later]}")
    + "identity: {merge_on: [email]}\narchive: {or_untouched_for: 365d}\n"
)


def good(at: float, **profile: object) -> Arrival:
    """Who is qualified, and handed over, at once."""
    return captured(
        at, profile=dotted(company__name="Acme", company__employees=250, answers__contact_me=True, **profile)
    )


def converts(at: float, group: str | None = None, name: str = "") -> Arrival:
    return asked(ConvertLead(by="Ines", group=group), at, command_id=name or f"convert-{at}")


def two(*of_bob: Arrival, of_ana: Arrival | None = None) -> Town:
    """`ana` and the younger `bob`, of whom all that is told; nobody knows yet that they are one."""
    town = Town(LIVES).tell("ana", of_ana or captured(0)).tell("bob", good(1, person__email=MAIL), *of_bob)
    return town.settle()


def meet(town: Town, at: float = 60) -> Town:
    """`ana` turns out to have the address of `bob`, who is merged."""
    return town.tell("ana", learned(at, person__email=MAIL)).settle()


def facts(town: Town, kind: type, lead: str = "ana") -> list:  # type: ignore[type-arg]
    return [each.data for each in town.lead(lead).facts if isinstance(each.data, kind)]


def opened(town: Town, lead: str = "ana", agreement: str = LIVES) -> bool:
    story = town.lead(lead)
    found = story.known.in_force("lives", minute(500))
    assert found is not None
    return is_open(story.live.lead, found)


def converted() -> Town:
    return meet(two(converts(5)))


def test_who_was_converted_is_not_handed_over_again_as_the_older_lead() -> None:
    town = converted()
    assert town.root("bob") == "ana"
    assert not facts(town, LeadQualified)
    assert not facts(town, LeadHandedOver)
    assert (town.lead("ana").live.lead.converted, opened(town)) == (True, False)


def test_open_clocks_of_the_older_lead_end_as_those_of_a_converted_one_do() -> None:
    town = two(converts(5), of_ana=good(0))
    assert town.lead("ana").clock("first_response").verdict == "open"
    clock = meet(town, 20).lead("ana").clock("first_response")
    assert (clock.verdict, clock.escalates_at) == ("cancelled", None)


def test_a_converted_person_is_not_put_aside_by_silence() -> None:
    town = converted()
    town.lead("ana").passes(minute(800 * DAYS))
    assert not facts(town, LeadArchived)


def test_the_older_lead_answers_with_the_conversion_of_the_younger_one() -> None:
    town = converted()
    first = town.lead("bob").answers[-1]
    town.tell("ana", converts(70)).settle()
    answer = town.lead("ana").answers[-1]
    assert (answer.accepted, answer.facts) == (True, first.facts[:1])
    assert not facts(town, LeadConverted)


def test_another_group_joins_account_and_contact_of_the_first_conversion() -> None:
    town = converted().tell("ana", converts(70, "services")).settle()
    ((mine,), (theirs,)) = facts(town, LeadConverted), facts(town, LeadConverted, "bob")
    assert (mine.account, mine.contact, mine.made) == (theirs.account, theirs.contact, ("opportunity",))


def test_a_merged_lead_answers_with_its_own_conversion_and_sends_the_rest_to_the_older_one() -> None:
    town = meet(two(happened(LeadConverted(account="A", contact="C"), 5, source="/erp"))).tell("bob", converts(70))
    reported = next(each.id for each in town.lead("bob").facts if isinstance(each.data, LeadConverted))
    assert town.lead("bob").answers[-1].facts == (reported,)
    town.tell("bob", converts(71, "services"))
    answer = town.lead("bob").answers[-1]
    assert (answer.reason, answer.missing) == ("lead is closed", ("it is merged into 'ana', which counts for it",))


def test_a_conversion_that_reaches_a_merged_lead_counts_for_the_older_one() -> None:
    town = meet(two()).tell("bob", happened(LeadConverted(account="A", contact="C"), 70, source="/erp")).settle()
    assert (town.lead("ana").live.lead.converted, opened(town)) == (True, False)
    answered = town.tell("ana", converts(80)).lead("ana").answers[-1]
    assert answered.facts == tuple(e.id for e in town.lead("bob").facts if isinstance(e.data, LeadConverted))


def test_the_conversion_is_taken_back_of_the_lead_that_was_converted() -> None:
    town = converted()
    town.tell("ana", asked(UnconvertLead(by="Ines"), 70))
    assert town.lead("ana").answers[-1].missing == ("lead 'bob' is: take it back of that one",)
    town.tell("bob", asked(UnconvertLead(by="Ines"), 71)).settle()
    assert (town.lead("ana").live.lead.converted, opened(town)) == (False, True)


def test_a_conversion_of_each_stands_until_both_are_taken_back() -> None:
    town = two(converts(5), of_ana=good(0)).tell("ana", converts(6))
    meet(town).tell("ana", asked(UnconvertLead(by="Ines"), 70)).settle()
    assert town.lead("ana").live.lead.converted
    town.tell("bob", asked(UnconvertLead(by="Ines"), 71)).settle()
    assert not town.lead("ana").live.lead.converted


def test_the_older_lead_is_open_again_and_can_be_converted_once_it_stands_alone() -> None:
    town = converted().tell("ana", converts(70)).settle().unmerge("bob", 80).settle()
    assert (town.lead("ana").live.lead.converted, opened(town)) == (False, True)
    town.tell("ana", converts(90))
    (mine,), (theirs,) = facts(town, LeadConverted), facts(town, LeadConverted, "bob")
    assert mine.contact != theirs.contact
    assert town.lead("bob").live.lead.converted


@pytest.mark.parametrize(("at", "verdict"), [(25, "open"), (50, "cancelled")])
def test_a_clock_that_the_conversion_had_ended_goes_on_after_an_unmerge_if_it_has_time(at: float, verdict: str) -> None:
    town = meet(two(converts(5), of_ana=good(0)), 20).unmerge("bob", at).settle()
    assert town.lead("ana").clock("first_response").verdict == verdict


def test_a_conversion_is_known_through_a_chain_and_leaves_with_its_middle() -> None:
    town = (
        Town(LIVES)
        .tell("ana", captured(0))
        .tell("bob", captured(1))
        .tell("cid", good(2, person__email="c@acme.example"))
    )
    town.tell("cid", converts(5)).tell("bob", learned(10, person__email="c@acme.example")).settle()
    assert town.root("cid") == "bob"
    town.tell("ana", learned(20, person__email="b@acme.example")).tell(
        "bob", learned(21, person__email="b@acme.example")
    )
    assert town.settle().root("cid") == "ana"
    assert town.lead("ana").live.lead.converted
    town.unmerge("bob", 30).settle()
    assert (town.lead("ana").live.lead.converted, town.lead("bob").live.lead.converted) == (False, True)


def test_the_status_of_a_merged_lead_holds_where_the_older_one_has_none() -> None:
    town = meet(two(status("Contacted", 5)))
    assert town.lead("ana").live.lead.status == "Contacted"
    assert town.tell("bob", status("Unqualified", 70)).settle().lead("ana").live.lead.status == "Unqualified"
    assert not opened(town)
    town.unmerge("bob", 80).settle()
    assert (town.lead("ana").live.lead.status, opened(town)) == (None, True)


def test_of_two_statuses_the_later_one_holds_whichever_lead_entered_it() -> None:
    town = two(status("Contacted", 5)).tell("ana", status("Unqualified", 3))
    assert (meet(town).lead("ana").live.lead.status, opened(town)) == ("Contacted", True)
    town.tell("ana", status("Unqualified", 70)).settle()
    assert not opened(town)


def test_what_was_said_of_a_merged_lead_before_the_older_one_went_to_sales_is_overtaken() -> None:
    town = Town(LIVES).tell("bob", captured(1, profile=dotted(person__email=MAIL)), status("Unqualified", 5))
    town.tell("ana", captured(0), learned(30, **good(0).fact.profile)).settle()  # type: ignore[attr-defined]
    assert town.lead("ana").live.lead.handed_over_at == minute(30)
    assert opened(meet(town))


def test_who_lacks_budget_is_warmed_as_the_older_lead_and_opens_again_as_it() -> None:
    town = meet(two(status("Unqualified", 5, reason="no_budget")))
    (asked_for,) = facts(town, NurtureRequested)
    assert (asked_for.reason, asked_for.of) == ("no_budget", "bob")
    assert not facts(town, LeadQualified)
    town.tell("bob", learned(70, answers__budget=5000)).settle()
    assert [each.reason for each in facts(town, LeadReopened)] == ["answers.budget is known now"]
    assert opened(town)


def test_who_has_a_merged_lead_in_sales_has_the_older_one_and_nobody_is_asked_anew() -> None:
    town = two(asked(AcceptLead(by="Ines"), 5), called(10))
    meet(town, 20)
    lead = town.lead("ana").live.lead
    (handed,) = facts(town, LeadHandedOver)
    assert (handed.of, lead.handed_over_at, lead.accepted_at) == ("bob", minute(1), minute(5))
    assert not facts(town, LeadQualified)
    assert (town.lead("ana").clock("first_response").verdict, town.lead("ana").clock("first_response").start) == (
        "met",
        minute(1),
    )


def test_a_promise_to_a_merged_lead_is_owed_to_the_older_one_with_the_due_it_had() -> None:
    town = meet(two(), 20)
    clock = town.lead("ana").clock("first_response")
    assert (clock.verdict, clock.due) == ("open", minute(31))


def test_the_hand_over_of_a_merged_lead_falls_when_it_leaves() -> None:
    town = meet(two(called(10)), 20).unmerge("bob", 40).settle()
    lead = town.lead("ana").live.lead
    assert (lead.handed_over_at, lead.qualified_at, lead.accepted_at) == (None, None, None)
    assert town.lead("ana").clock("first_response").verdict == "cancelled"
    assert len(facts(town, LeadRecycled)) == 1
    assert town.lead("bob").live.lead.handed_over_at == minute(1)


def test_sales_gives_the_older_lead_back_as_any_other() -> None:
    town = meet(two(), 20).tell("ana", asked(RecycleLead(by="Ines", reason="not now"), 30))
    assert town.lead("ana").answers[-1].accepted
    town.unmerge("bob", 40).settle()
    assert len(facts(town, LeadRecycled)) == 1


def test_who_is_with_sales_itself_keeps_its_own_hand_over() -> None:
    town = meet(two(of_ana=good(0)), 20)
    assert [each.of for each in facts(town, LeadHandedOver)] == [None]


def test_whom_sales_put_aside_is_put_aside_as_the_older_lead_and_whom_silence_did_is_not() -> None:
    rejected = two(asked(RejectLead(by="Ines", reason="not_in_profile"), 5))
    assert [each.data for each in rejected.lead("bob").facts if isinstance(each.data, LeadArchived)]
    assert not opened(meet(rejected))
    silent = Town(LIVES).tell("bob", captured(1, profile=dotted(person__email=MAIL)))
    silent.tell("ana", captured(0), called(300 * DAYS)).settle()
    silent.lead("bob").passes(minute(370 * DAYS))
    assert silent.lead("bob").live.lead.archived
    assert opened(meet(silent, 370 * DAYS))


def test_a_history_of_before_lives_were_told_is_heard_as_it_was() -> None:
    town = Town(LIVES).tell("ana", good(0)).settle()
    piece = LeadHistoryShared(lead="bob", into="ana", begins=True, captured_at=from_us(minute(1)))
    town.tell("ana", happened(piece, 5))
    lead = town.lead("ana").live.lead
    assert lead.person is not None
    assert list(lead.person.parts) == ["bob"]
    assert opened(town)


def test_a_merge_begins_with_the_life() -> None:
    (first,) = [each.data for each in converted().lead("bob").facts if isinstance(each.data, LeadHistoryShared)]
    assert [each.how for each in first.turns] == ["converted"]
    merged = [type(each.data) for each in converted().lead("bob").facts]
    assert merged.index(LeadMerged) < merged.index(LeadHistoryShared)
    assert len(facts(two(), SlaStarted, "bob")) >= 1
