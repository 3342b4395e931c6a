"""Leads that are one person: what each of them tells, case by case. The laws stand in test_merging_laws."""

from events.commands import MergeLead
from events.consent import LeadEnrichmentWithdrawn
from events.identity import (
    IdentityShared,
    LeadHistoryShared,
    LeadIdentityClaimed,
    LeadIdentityLinked,
    LeadMerged,
    LeadSuspected,
)
from events.instants import from_us
from events.lead import LeadProfileUpdated
from events.registry import wrap
from events.sla import SlaCancelled, SlaFact, SlaStarted
from events.sources import OWN_SOURCE
from events.work import TaskCreated, TaskReminderDue
from streams.deciders.lead.sharing import PIECE_BYTES, whole
from streams.deciders.lead.state import Lead
from streams.deciders.lead.union import put
from streams.matching.keys import kind_of
from tests.streams.deciders.lead.persons import APART, ONE
from tests.support.given import (
    DAYS,
    Arrival,
    asked,
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
from tests.support.town import Town

MAIL = "x@acme.example"


def known(at: float, **profile: object) -> Arrival:
    return captured(at, profile=dotted(**{"person__email": MAIL} | profile))


def told(at: float, provider: str, **profile: object) -> Arrival:
    return happened(LeadProfileUpdated(profile=dotted(**profile), provider=provider), at)


def merged() -> Town:
    """`bob` was merged into `ana`, who is a minute older."""
    return Town(ONE).tell("ana", known(0)).tell("bob", known(1)).settle()


def test_without_an_identity_section_nobody_claims_anything() -> None:
    story = given(APART).history(known(0), happened(LeadIdentityLinked(kind="email", value=MAIL), 1), inbound(2))
    assert not [each for each in story.facts if isinstance(each.data, LeadIdentityClaimed)]
    assert story.live.lead.person is None


def test_each_key_is_claimed_once() -> None:
    story = given(ONE).history(known(0), learned(1, person__email=MAIL.upper()), learned(2, person__title="CEO"))
    claims = [each.data for each in story.facts if isinstance(each.data, LeadIdentityClaimed)]
    assert [kind_of(each.key) for each in claims] == ["email", "company_domain"]


def test_the_younger_lead_is_merged_and_its_clocks_end() -> None:
    town = merged()
    assert town.root("bob") == "ana"
    story = town.lead("bob")
    story._seen_before = 0
    story.then([said(SlaStarted, 1), said(SlaCancelled, 1, reason="merged")], of=SlaFact)
    assert [type(each.data) for each in story.facts].count(LeadMerged) == 1


def test_what_we_do_to_the_younger_one_answers_the_clock_of_the_older_one() -> None:
    town = merged().tell("bob", called(30)).settle()
    assert town.lead("ana").clock("first_response").verdict == "met"


def test_a_clock_that_still_has_time_begins_anew_after_an_unmerge_and_another_one_does_not() -> None:
    early = merged().unmerge("bob", 60).settle().lead("bob")
    assert [(each.cycle, each.verdict, each.start) for each in early.live.lead.clocks] == [
        (1, "cancelled", minute(1)),
        (2, "open", minute(60)),
    ]
    late = merged().unmerge("bob", 3 * DAYS).settle().lead("bob")
    assert [each.verdict for each in late.live.lead.clocks] == ["cancelled"]


def test_two_that_were_taken_apart_are_not_merged_again_but_by_hand() -> None:
    town = merged().unmerge("bob", 60).settle()
    town.tell("bob", learned(70, person__phone="+40214075000")).tell("ana", learned(71, person__phone="+40214075000"))
    assert town.settle().root("bob") == "bob"
    town.tell("bob", asked(MergeLead(by="Desk", into="ana"), 80, command_id="m")).settle()
    assert town.root("bob") == "ana"


def test_a_merge_by_hand_goes_by_age_whoever_is_asked() -> None:
    town = Town(ONE).tell("ana", captured(0)).tell("bob", captured(1))
    town.tell("ana", asked(MergeLead(by="Desk", into="bob"), 5, command_id="m")).settle()
    assert (town.root("bob"), town.root("ana")) == ("ana", "ana")


def test_a_task_of_a_lead_that_was_merged_is_still_reminded_of() -> None:
    task = TaskCreated(task="t", title="Call back", owner="Ines", remind_at=from_us(minute(90)))
    story = Town(ONE).tell("ana", known(0)).tell("bob", happened(task, 1), known(2)).settle().lead("bob")
    story.when(until=99).then([said(TaskReminderDue, 90, task="t", owner="Ines")], of=TaskReminderDue)


def test_two_are_merged_by_hand_as_often_as_they_are_taken_apart() -> None:
    town = Town(ONE).tell("ana", captured(0)).tell("bob", captured(1))
    for time in (5, 15, 25):
        town.tell("ana", asked(MergeLead(by="Desk", into="bob"), time, command_id=f"m{time}")).settle()
        assert town.root("bob") == "ana"
        town.unmerge("bob", time + 5).settle()
        assert town.root("bob") == "bob"


def test_a_merge_with_nobody_can_be_asked_again_when_the_other_one_is_known() -> None:
    town = Town(ONE).tell("ana", captured(0))
    town.tell("ana", asked(MergeLead(by="Desk", into="bob"), 5, command_id="m")).settle()
    town.tell("bob", captured(6)).tell("ana", asked(MergeLead(by="Desk", into="bob"), 7, command_id="n")).settle()
    assert town.root("bob") == "ana"


def test_a_merge_that_is_asked_twice_before_the_other_one_hears_of_it_happens_once() -> None:
    town = Town(ONE).tell("ana", captured(0)).tell("bob", captured(1))
    for name in ("m", "n"):
        town.tell("ana", asked(MergeLead(by="Desk", into="bob"), 5, command_id=name))
        town.lead("ana").answer(accepted=True)
    merges = [each for each in town.settle().lead("bob").facts if isinstance(each.data, LeadMerged)]
    assert len(merges) == 1


def test_what_cannot_be_merged_or_taken_apart_is_refused() -> None:
    town = merged()
    for name, into, reason in (("bob", "ana", "merged already"), ("ana", "bob", "merged already"),
                               ("ana", "ana", "same lead")):  # fmt: skip
        town.tell(name, asked(MergeLead(by="Desk", into=into), 9, command_id=f"{name}-{into}"))
        town.lead(name).answer(accepted=False, reason=reason)
    town.unmerge("ana", 10)
    town.lead("ana").answer(accepted=False, reason="not merged")


def test_a_merge_with_nobody_makes_nobody_up() -> None:
    town = Town(ONE).tell("ana", captured(0))
    town.tell("ana", asked(MergeLead(by="Desk", into="nobody"), 5, command_id="m")).settle()
    assert town.root("ana") == "ana"
    assert town.lead("nobody").live.lead.person is None


def test_leads_to_try_the_way_with_are_merged_with_such_leads_only() -> None:
    test = captured(1, profile=dotted(person__email=MAIL), is_test=True)
    other = captured(2, profile=dotted(person__email=MAIL), is_test=True)
    town = Town(ONE).tell("ana", known(0)).tell("try", test).tell("try-again", other).settle()
    assert (town.root("try"), town.root("try-again")) == ("try", "try")


def test_the_same_name_at_the_same_company_is_only_suspected() -> None:
    same = dotted(person__name="Ana Pop", company__name="Acme SRL")
    town = Town(ONE).tell("ana", captured(0, profile=same)).tell("bob", captured(1, profile=same)).settle()
    suspected = [each.data for each in town.lead("bob").facts if isinstance(each.data, LeadSuspected)]
    assert [each.other for each in suspected] == ["ana"]
    assert town.root("bob") == "bob"


def test_a_click_and_the_form_that_knows_it_are_one_person() -> None:
    town = Town(ONE).tell("click", inbound(0, click_id="gclid-1"))
    town.tell("ana", known(5), happened(LeadIdentityLinked(kind="anonymous_id", value="gclid-1"), 5)).settle()
    assert town.root("click") == "ana"
    assert [each.id for each in town.lead("ana").live.lead.touches] == [
        each.id for each in town.lead("click").live.lead.touches
    ]


def test_a_chain_is_told_to_its_end_and_the_middle_can_leave() -> None:
    town = Town(ONE).tell("bob", captured(1, profile=dotted(person__email=MAIL, person__phone="+40214075000")))
    town.tell("cid", captured(2, profile=dotted(person__phone="+40214075000")), inbound(3)).settle()
    assert town.root("cid") == "bob"
    town.tell("ana", known(0)).settle()
    assert (town.root("cid"), town.root("bob")) == ("ana", "ana")
    assert len(town.lead("ana").live.lead.touches) == 1
    town.unmerge("bob", 10).settle()
    assert (town.root("cid"), town.root("bob")) == ("bob", "bob")
    assert town.lead("ana").live.lead.touches == []
    assert len(town.lead("bob").live.lead.touches) == 1


def test_a_touch_of_another_source_with_the_same_id_is_another_touch() -> None:
    town = merged()
    one, other = inbound(5, fact_id="1"), inbound(5, fact_id="1")._replace(source="/ads")
    town.tell("ana", one).tell("bob", other).settle()
    assert len(town.lead("ana").live.lead.touches) == 2


def test_a_long_history_is_told_in_pieces_that_begin_once() -> None:
    lead = Lead(captured_at=minute(0), profile=dict.fromkeys(map(str, range(60)), "x" * 4000))
    lead.profile_at = dict.fromkeys(lead.profile, minute(0))
    story = given(ONE).history(*(inbound(number, asset="a" * 3000) for number in range(40)))
    for touch in story.live.lead.touches:
        put(lead, touch)
    pieces = list(whole(lead, lead, "bob", "ana", lead.captured_at))
    assert [each.begins for each in pieces] == [True] + [False] * (len(pieces) - 1)
    assert sum(len(each.touches) for each in pieces) == 40
    assert {name for each in pieces for one in each.profiles for name in one.profile} == lead.profile.keys()
    assert len(pieces) > (60 * 4000 + 40 * 3000) // PIECE_BYTES


def test_the_provider_that_the_agreement_names_first_wins_and_the_later_one_among_equals() -> None:
    story = given(ONE).history(captured(0, profile=dotted(person__title="CEO")))
    story.history(told(5, "registry", person__title="CTO"), told(4, "crm", person__title="CIO"))
    assert story.live.lead.profile["person.title"] == "CIO"
    story.history(told(6, "web", person__title="COO"))
    assert story.live.lead.profile["person.title"] == "CIO"
    story.history(told(7, "crm", company__employees=5), told(3, "registry", company__employees=9))
    assert story.live.lead.profile["company.employees"] == 9


def test_what_a_provider_told_can_be_taken_away_and_the_next_best_value_holds() -> None:
    story = given(ONE).history(captured(0, profile=dotted(person__title="CEO")))
    story.history(
        told(1, "crm", person__title="CIO", person__phone="+40214075000"), told(2, "web", person__title="COO")
    )
    story.history(happened(LeadEnrichmentWithdrawn(provider="crm"), 3))
    assert story.live.lead.profile == {"person.title": "COO"}
    story.history(happened(LeadEnrichmentWithdrawn(provider="web"), 4), told(2.5, "crm", person__title="late"))
    assert story.live.lead.profile == {"person.title": "CEO"}
    assert story.live.lead.sourced == {}


def test_without_an_enrichment_section_the_later_value_wins_whoever_tells_it() -> None:
    equal = ONE[: ONE.index("enrichment:")] + ONE[ONE.index("scoring:") :]
    story = given(equal).history(told(5, "web", person__title="CTO"), told(4, "crm", person__title="CIO"))
    assert story.live.lead.profile["person.title"] == "CTO"
    story.history(learned(6, person__title="CEO"))
    assert story.live.lead.profile["person.title"] == "CEO"


def test_a_report_about_somebody_younger_is_handed_back() -> None:
    story = given(ONE).history(known(0))
    report = IdentityShared(lead="anna", other="zoe", key="email:00")
    story.hears(wrap(report, id="r", source=OWN_SOURCE, subject="email:00", time=from_us(minute(2))), minute(2))
    (handed,) = [each.data for each in story.facts if isinstance(each.data, IdentityShared)][1:]
    assert (handed.lead, handed.other) == ("zoe", "anna")
    assert not [each for each in story.facts if isinstance(each.data, LeadHistoryShared)]
