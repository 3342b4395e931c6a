"""Conversion: once for each opportunity group, whoever asks, however often."""

from itertools import combinations
from typing import Any

import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from events.agreement import CommandAnswered
from events.commands import ConvertLead, RecycleLead, UnconvertLead
from events.fact import Fact
from events.ids import derived_id
from events.lead import LeadArchived, LeadConverted, LeadFact, LeadQualified, LeadStatusChanged
from events.life import LeadUnconverted
from events.sla import SlaCancelled, SlaFact
from tests.streams.deciders.lead.desk import DESK
from tests.support.given import Arrival, asked, captured, given, happened, inbound, learned, minute, said, status
from tests.support.laws import examples

ASKING = DESK + "conversion: {required_fields: [company.name], criteria: {field: answers.budget, at_least: 1000}}\n"
READY = captured(0, profile={"company.name": "Acme", "answers.budget": 5000})
ACCOUNT, CONTACT = derived_id("anna", "account"), derived_id("anna", "contact")


def convert(at: float, command_id: str = "", **fields: Any) -> Arrival:
    return asked(ConvertLead(**{"by": "Ines"} | fields), at, command_id=command_id)


def unconvert(at: float) -> Arrival:
    return asked(UnconvertLead(by="Ines", reason="mistake"), at)


def reported(at: float, recorded: float | None = None, **fields: Any) -> Arrival:
    return happened(LeadConverted(**{"account": "A-1", "contact": "C-1"} | fields), at, recorded, source="/erp")


def opportunity(group: str = "") -> str:
    return derived_id("anna", "opportunity", group)


def test_a_lead_becomes_a_contact_of_an_account_with_an_opportunity() -> None:
    story = given(DESK).history(captured(0)).when(convert(5, amount_minor=100_000, currency="EUR"))
    fact = said(LeadConverted, 5, account=ACCOUNT, contact=CONTACT, opportunity=opportunity(), amount_minor=100_000,
                currency="EUR", by="Ines", made=("account", "contact", "opportunity"))  # fmt: skip
    story.then([fact, said(SlaCancelled, 5, reason="converted")])
    story.answer(accepted=True)


def test_it_can_join_what_is_there() -> None:
    story = given(DESK).history(captured(0)).when(convert(5, account="A-7", contact="C-7", opportunity="O-7"))
    story.then([said(LeadConverted, 5, account="A-7", contact="C-7", opportunity="O-7", made=())], of=LeadConverted)


def test_it_joins_the_account_that_the_lead_is_known_to_belong_to() -> None:
    story = given(DESK).history(captured(0, profile={"company.account": "A-5"})).when(convert(5))
    story.then([said(LeadConverted, 5, account="A-5", made=("contact", "opportunity"))], of=LeadConverted)


def test_it_can_do_without_an_opportunity() -> None:
    story = given(DESK).history(captured(0)).when(convert(5, account="A-7", without_opportunity=True))
    story.then([said(LeadConverted, 5, contact=CONTACT, opportunity=None, made=("contact",))], of=LeadConverted)


def test_a_second_call_gets_the_first_answer_and_makes_nothing() -> None:
    story = given(DESK).history(captured(0)).when(convert(5, "one"), convert(9, "two", account="A-7"))
    story.then([said(LeadConverted, 5)], of=LeadConverted)
    first, second = story.answers
    assert (first.command, second.command) == ("one", "two")
    assert (first.accepted, first.facts) == (second.accepted, second.facts)


def test_a_second_call_that_comes_again_after_the_conversion_was_taken_back_converts_nothing() -> None:
    story = given(DESK).history(captured(0), convert(5, "one"), convert(6, "two"), unconvert(7))
    story.when(convert(6, "two")).then([])
    assert story.answers[-1] == story.answers[1]


def test_a_conversion_asked_for_before_another_was_taken_back_and_heard_after_it_holds() -> None:
    late = Arrival(ConvertLead(by="Ines"), minute(5), minute(12), "late", "/crm")
    story = given(DESK).history(captured(0), convert(1), unconvert(10)).when(late, convert(20, "after"))
    assert [each.accepted for each in story.answers[-2:]] == [True, True]
    assert story.answers[-2].facts == story.answers[-1].facts
    assert story.live.lead.converted


def test_the_answer_is_kept_however_many_commands_come_between() -> None:
    refused = [asked(RecycleLead(by="Ines", reason="x"), n) for n in range(6, 400)]
    story = given(DESK).history(captured(0), convert(5, "one"), *refused).when(convert(500, "one"), convert(501, "two"))
    story.then([])
    assert story.answers[-1].facts == story.answers[-2].facts == story.answers[0].facts


def test_a_second_opportunity_group_joins_account_and_contact_of_the_first() -> None:
    story = given(DESK).history(captured(0), convert(5)).when(convert(9, group="services"))
    story.then([said(LeadConverted, 9, account=ACCOUNT, contact=CONTACT, opportunity=opportunity("services"),
                     made=("opportunity",))], of=LeadConverted)  # fmt: skip


def test_what_the_agreement_asks_for_is_listed_when_it_is_missing() -> None:
    story = given(ASKING).history(captured(0)).when(convert(5)).then([])
    story.answer(accepted=False, reason="not ready to be converted")
    assert story.answers[-1].missing == ("company.name present", "answers.budget at least 1000")
    given(ASKING).history(READY).when(convert(5)).then([said(LeadConverted, 5)], of=LeadConverted)


def test_a_refused_command_can_be_asked_anew_once_nothing_is_missing() -> None:
    story = (
        given(ASKING)
        .history(captured(0), convert(5))
        .when(learned(6, company__name="Acme", answers__budget=5000), convert(7))
    )
    story.then([said(LeadConverted, 7)], of=LeadConverted)


@pytest.mark.parametrize("nobody", [None, "", " "])
def test_a_person_has_to_confirm_it_unless_the_agreement_asks_for_nobody(nobody: str | None) -> None:
    story = given(DESK).history(captured(0)).when(convert(5, by=nobody)).then([])
    assert story.answers[-1].missing == ("by: a person has to confirm it",)
    free = DESK + "conversion: {confirm: false}\n"
    story = given(free).history(captured(0)).when(convert(5, by=nobody))
    story.then([said(LeadConverted, 5, by=nobody)], of=LeadConverted)


@pytest.mark.parametrize(
    "fields",
    [
        {"amount_minor": 5},
        {"currency": "EUR"},
        {"without_opportunity": True, "opportunity": "O-7"},
        {"without_opportunity": True, "amount_minor": 5, "currency": "EUR"},
    ],
)
def test_half_an_amount_and_an_opportunity_that_is_not_wanted_are_refused(fields: dict[str, Any]) -> None:
    story = given(DESK).history(captured(0)).when(convert(5, **fields)).then([])
    story.answer(accepted=False, reason="not ready to be converted")


def test_what_another_system_converted_needs_nobody_and_counts_the_same() -> None:
    story = given(ASKING).history(captured(0)).when(reported(5))
    story.then([said(LeadConverted, 5, by=None), said(SlaCancelled, 5, reason="converted")])
    story.when(convert(9)).then([]).answer(accepted=True)
    assert story.answers[-1].facts == (next(told.id for told in story.facts if isinstance(told.data, LeadConverted)),)


def test_a_reported_conversion_of_another_group_is_joined() -> None:
    story = given(DESK).history(captured(0), reported(5, group="licences")).when(convert(9))
    story.then([said(LeadConverted, 9, account="A-1", contact="C-1", made=("opportunity",))], of=LeadConverted)


def test_a_status_that_says_converted_leaves_account_and_contact_to_be_named() -> None:
    story = given(DESK).history(captured(0), status("Won", 5)).when(convert(9))
    story.then([said(LeadConverted, 9, account=ACCOUNT, contact=CONTACT)])


def test_a_conversion_before_the_capture_is_answered_by_the_first_one_after_it_too() -> None:
    story = given(DESK).history(reported(-5)).when(captured(0, source="fair"), convert(9))
    story.then([], of=LeadConverted)
    assert (story.live.lead.converted, story.live.lead.source) == (True, "fair")


def test_history_and_clocks_stay_with_the_converted_lead() -> None:
    story = given(DESK).history(inbound(-1), captured(0), convert(5)).when(inbound(9))
    assert len(story.live.lead.touches) == 2
    assert [clock.verdict for clock in story.live.lead.clocks] == ["cancelled"]


def test_what_was_put_aside_is_opened_before_it_is_converted() -> None:
    story = given(DESK).history(captured(0), status("Shelved", 1)).when(convert(5)).then([])
    story.answer(accepted=False, reason="lead is closed")
    assert "recycle" in story.answers[-1].missing[0]
    story.when(asked(RecycleLead(by="Ines", reason="back"), 6), convert(7))
    story.then([said(LeadConverted, 7)], of=LeadConverted)


# Taking it back


def test_a_conversion_is_taken_back_and_the_lead_is_open_again() -> None:
    story = given(DESK).history(captured(0), convert(5)).when(unconvert(9))
    story.then([said(LeadUnconverted, 9, by="Ines", reason="mistake")])
    assert (story.live.lead.converted, story.live.lead.closed) == (False, False)


def test_what_is_not_converted_is_not_taken_back() -> None:
    story = given(DESK).history(captured(0)).when(unconvert(9)).then([])
    story.answer(accepted=False, reason="not converted")
    story.when(convert(10), unconvert(11), unconvert(12)).answer(accepted=False, reason="not converted")


def test_another_system_may_take_a_conversion_back() -> None:
    story = given(DESK).history(captured(0), reported(5)).when(happened(LeadUnconverted(), 9, source="/erp"))
    assert not story.live.lead.converted
    late = (
        given(DESK).history(captured(0), happened(LeadUnconverted(), 9, source="/erp")).when(reported(5, recorded=12))
    )
    assert not late.live.lead.converted


def test_after_it_was_taken_back_it_is_converted_anew_to_the_same_contact() -> None:
    story = given(DESK).history(captured(0), convert(5, "one"), unconvert(9)).when(convert(10, "two"))
    story.then([said(LeadConverted, 10, account=ACCOUNT, contact=CONTACT, opportunity=opportunity(), made=())],
               of=LeadConverted)  # fmt: skip
    story.when(convert(5, "one")).then([])
    assert story.answers[-1].facts == story.answers[0].facts


def test_what_another_system_converted_and_took_back_is_converted_to_its_contact_again() -> None:
    story = given(DESK).history(captured(0), reported(5), unconvert(9)).when(convert(10))
    story.then([said(LeadConverted, 10, account="A-1", contact="C-1", made=("opportunity",))], of=LeadConverted)


def test_a_lead_taken_back_can_be_archived_and_qualified_as_any_other() -> None:
    plain = DESK + "qualified_lead: {required_fields: [company.name]}\narchive: {or_untouched_for: 9d}\n"
    story = given(plain).history(captured(0), convert(5), unconvert(6))
    story.when(learned(7, company__name="Acme"), until=99_999)
    wanted = [said(LeadQualified, 7), said(LeadArchived, 7 + 9 * 24 * 60)]
    story.then(wanted, of=LeadQualified | LeadArchived)  # type: ignore[arg-type]


def test_a_conversion_told_by_command_is_no_different_to_clocks_from_one_reported() -> None:
    commanded = given(DESK).history(captured(0)).when(convert(5, account="A-1", contact="C-1"), until=99)
    told = given(DESK).history(captured(0)).when(reported(5), until=99)
    verdicts = [[each.data for each in story.facts if isinstance(each.data, SlaFact)] for story in (commanded, told)]
    assert verdicts[0] == verdicts[1]
    assert [type(each.data) for each in commanded.facts if isinstance(each.data, LeadFact)] == [
        type(each.data) for each in told.facts if isinstance(each.data, LeadFact)
    ]


GROUPS = st.sampled_from([None, "g"])
happenings = st.lists(
    st.one_of(
        st.builds(ConvertLead, by=st.just("Ines"), group=GROUPS, account=st.sampled_from([None, None, "A-7"])),
        st.builds(LeadConverted, group=GROUPS, account=st.sampled_from([None, "A-1"]), contact=st.just("C-1")),
        st.builds(UnconvertLead, by=st.just("Ines")),
        st.just(LeadUnconverted()),
        st.just(LeadStatusChanged(status="Won")),
    ),
    max_size=10,
)


@for_all(happenings)
@settings(max_examples=examples(100), deadline=None)
def test_whoever_converts_however_often_one_person_is_one_contact_and_a_group_one_opportunity(
    happened_so: list[Fact],
) -> None:
    story = given(DESK).history(captured(0))
    answered: dict[tuple[str | None, int], CommandAnswered] = {}
    for n, fact in enumerate(happened_so, 1):
        story.when(happened(fact, n, fact_id=str(n), source="/crm"))
        if isinstance(fact, ConvertLead):
            taken_back = sum(isinstance(told.data, LeadUnconverted) for told in story.facts)
            first = answered.setdefault((fact.group, taken_back), story.answers[-1])
            assert story.answers[-1].facts == first.facts, "the first answer holds until the conversion is taken back"
    told = [each.data for each in story.facts if isinstance(each.data, LeadConverted)]
    for name in ("account", "contact", "opportunity"):
        made = [getattr(each, name) for each in told if name in each.made]
        assert len(made) == len(set(made)), "what is there is not made again"
    assert not any("contact" in later.made for first, later in combinations(told, 2) if first.contact is not None)
    kept = {each.group: each.opportunity for each in told if each.opportunity is not None}
    assert all(kept[each.group] == each.opportunity for each in told if each.opportunity is not None)
