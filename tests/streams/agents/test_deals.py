"""Leads, opportunities and accounts over the log: a conversion opens one, its owner gets the account's next lead."""

from datetime import date
from typing import Any

from events.account import AccountOpened
from events.commands import ConvertLead
from events.fact import Fact
from events.instants import from_us, to_us
from events.lead import LeadCaptured, LeadConverted, LeadOriginTold
from events.opportunity import (
    HygieneFlagged,
    OpportunityAmended,
    OpportunityClosedWon,
    OpportunityContactAdded,
    OpportunityOpened,
    OpportunityOwnerTold,
    OpportunityStageChanged,
    TargetSet,
)
from events.routing import LeadAssigned
from events.topics import (
    ACCOUNT_EVENTS,
    ACCOUNT_INBOX,
    COUNCIL_EVENTS,
    COUNCIL_INBOX,
    LEAD_EVENTS,
    LEAD_INBOX,
    OPPORTUNITY_EVENTS,
    OPPORTUNITY_INBOX,
)
from tests.streams.agents.house import House, codec, sent, types
from tests.streams.deciders.lead.test_ownership import ROUTED, qualified
from tests.streams.deciders.opportunities.deals import OPENED, STAGED
from tests.support.given import DAYS, Arrival, happened, inbound, minute

CAPTURED = LeadCaptured(source="webinar", profile={"company.name": "Acme Tools"})
CONVERT = ConvertLead(
    by="sdr-7", role="SDR", account="acme", amount_minor=50_000, currency="EUR", close_date=date(2026, 2, 28)
)


TARGET = TargetSet(quarter="2026Q1", amount_minor=1_000, currency="EUR")


async def said(house: House, subject: str, topic: str, kind: type[Fact]) -> list[Any]:
    """Envelopes of a subject that carry a fact of this type."""
    return [each for each in await house.told(subject, topic) if isinstance(each.data, kind)]


async def the_opportunity(house: House, lead: str = "anna") -> str:
    (name,) = [each.data.opportunity for each in await house.told(lead) if isinstance(each.data, LeadConverted)]
    assert name is not None
    return name


async def test_a_command_to_convert_opens_the_opportunity_with_what_lead_and_command_say() -> None:
    house = await House().open(STAGED)
    await house.send(sent(happened(CAPTURED, 0)), sent(inbound(2)), sent(inbound(3, campaign="spring-2026")))
    await house.send(sent(inbound(4, campaign="later")), sent(happened(CONVERT, 5)), sent(happened(CONVERT, 10)))
    await house.run(until=minute(20))
    name = await the_opportunity(house)
    told = await house.told(name, OPPORTUNITY_EVENTS)
    assert types(told) == ["LeadConverted", "OpportunityOpened", "OpportunityOwnerTold"]
    assert told[1].data == OpportunityOpened(
        account="acme",
        name="Acme Tools",
        stage="Discovery",
        forecast="pipeline",
        amount_minor=50_000,
        currency="EUR",
        close_date=date(2026, 2, 28),
        opener="sdr-7",
        opener_role="SDR",
        source="webinar",
        campaign="spring-2026",
        lead="anna",
    )
    assert (to_us(told[1].time), told[0].source) == (minute(5), "/leadstream/anna")
    assert await house.dead() == []


async def test_a_conversion_that_another_system_reports_takes_what_it_does_not_say_from_the_lead() -> None:
    house = await House().open(STAGED)
    reported = LeadConverted(account="acme", opportunity="crm-9", amount_minor=70_000, currency="USD", owner="rep-4")
    await house.send(sent(happened(CAPTURED, 0)), sent(happened(reported, 5)))
    await house.send(sent(happened(LeadConverted(account="acme", opportunity="x" * 300), 6)))
    await house.run(until=minute(20))
    (opened,) = [
        each for each in await house.told("crm-9", OPPORTUNITY_EVENTS) if isinstance(each.data, OpportunityOpened)
    ]
    assert (opened.data.source, opened.data.name, opened.data.owner) == ("webinar", "Acme Tools", "rep-4")
    assert (opened.data.amount_minor, opened.data.currency) == (70_000, "USD")
    assert await house.dead() == []


async def test_a_conversion_that_comes_before_the_capture_tells_its_source_when_that_is_known() -> None:
    house = await House().open(STAGED)
    for opportunity, at in (("crm-9", 5), (None, 6), ("crm-10", 7)):
        await house.send(sent(happened(LeadConverted(account="acme", opportunity=opportunity), at)))
    await house.send(sent(happened(CAPTURED, 20)), sent(happened(LeadCaptured(source="later"), 30)))
    await house.run(until=minute(40))
    told = [each for each in await house.told("anna") if isinstance(each.data, LeadOriginTold)]
    assert [each.data for each in told] == [
        LeadOriginTold(opportunity=name, source="webinar") for name in ("crm-9", "crm-10")
    ]
    for name in ("crm-9", "crm-10"):
        (amended,) = await said(house, name, OPPORTUNITY_EVENTS, OpportunityAmended)
        assert (amended.data, to_us(amended.time)) == (OpportunityAmended(source="webinar"), minute(20))
    assert await house.dead() == []


async def test_whoever_has_an_open_opportunity_of_the_account_gets_its_next_lead_until_it_closes() -> None:
    house = await House().open(ROUTED, STAGED)
    await house.send(sent(happened(AccountOpened(name="Acme", owner="rep-9"), -5), "acme"), inbox=ACCOUNT_INBOX)
    await house.send(sent(happened(OPENED, 0), "deal"), inbox=OPPORTUNITY_INBOX)
    await house.send(sent(happened(OpportunityClosedWon(), 20), "deal"), inbox=OPPORTUNITY_INBOX)
    await house.send(sent(qualified(10, company__account="acme"), "anna"))
    await house.send(sent(qualified(30, company__account="acme"), "bert"))
    await house.run(until=minute(60))
    for lead, owner, rule in (("anna", "rep-1", "opportunity"), ("bert", "rep-9", "account")):
        (assigned,) = await said(house, lead, LEAD_EVENTS, LeadAssigned)
        assert (assigned.data.owner, assigned.data.rule) == (owner, rule)
    heard = await said(house, "acme", ACCOUNT_EVENTS, OpportunityOwnerTold)
    assert [each.data.is_open for each in heard] == [True, False]
    assert {each.source for each in heard} == {"/leadstream/deal"}


async def test_what_is_refused_is_a_dead_letter_with_reason_and_field_and_leaves_no_trace() -> None:
    house = await House().open(STAGED)
    await house.send(sent(happened(OPENED, 0), "deal"), inbox=OPPORTUNITY_INBOX)
    await house.send(sent(happened(OpportunityStageChanged(stage="Nowhere"), 5), "deal"), inbox=OPPORTUNITY_INBOX)
    await house.send(
        sent(happened(TargetSet(quarter="2026Q1", amount_minor=1, currency="XXX"), 5), "p"), inbox=COUNCIL_INBOX
    )
    await house.run(until=minute(60))
    dead = [(each["dlq.reason"], each["dlq.field"], each["dlq.topic"]) for _, each in await house.dead()]
    assert sorted(dead) == [
        ("unknown_currency", "data.currency", COUNCIL_INBOX),
        ("unknown_stage", "data.stage", OPPORTUNITY_INBOX),
    ]


async def test_nobody_outside_speaks_for_a_lead_or_says_what_is_untidy() -> None:
    house = await House().open()
    for fact in (LeadConverted(account="acme", opportunity="deal"), HygieneFlagged(kind="no_contact")):
        await house.send(sent(happened(fact, 0), "deal"), inbox=OPPORTUNITY_INBOX)
    told = OpportunityOwnerTold(account="acme", is_open=True, opened_at=from_us(minute(0)))
    await house.send(sent(happened(told, 0), "acme"), inbox=ACCOUNT_INBOX)
    await house.run()
    assert [each["dlq.reason"] for _, each in await house.dead()] == ["not_upstream"] * 3


async def test_a_target_is_kept_in_a_log_of_its_own() -> None:
    house = await House().open()
    await house.send(sent(happened(TARGET, 0), "emea"), inbox=COUNCIL_INBOX)
    await house.run()
    assert [each.data for each in await house.told("emea", COUNCIL_EVENTS)] == [TARGET]


async def flagged(*steps: tuple[float, int]) -> list[bytes | None]:
    """What is said of one opportunity, run up to each of these instants (minutes), so many records at a time."""
    house = await House(partitions=3).open(STAGED)
    facts = ((OPENED, 0), (OpportunityContactAdded(contact="ada"), 3 * DAYS), (OpportunityClosedWon(), 9 * DAYS))
    for number, (fact, at) in enumerate(facts):
        arrival = Arrival(fact, minute(at), minute(at), f"{number}", "/crm")
        await house.send(sent(arrival, "deal"), inbox=OPPORTUNITY_INBOX)
    for until, limit in steps:
        await house.run(until=minute(until), limit=limit)
    return (await house.per_lead(OPPORTUNITY_EVENTS))[b"deal"]


async def test_a_worker_that_was_down_says_the_same_of_what_is_untidy_byte_for_byte() -> None:
    at_once = await flagged((40 * DAYS, 5000))
    assert await flagged((40 * DAYS, 1)) == at_once
    kinds = [type(codec.decode(value).data).__name__ for value in at_once if value is not None]
    assert (kinds.count("HygieneFlagged"), kinds.count("HygieneCleared")) == (2, 2)


async def test_a_version_that_takes_effect_later_is_minded_without_any_record() -> None:
    house = await House().open(STAGED)
    later = STAGED.replace("version: 1", "version: 2").replace("2025-01-01T00", "2026-02-01T00")
    await house.publish(
        later.replace("untouched_for: 30d", "untouched_for: 10d"), before_first_lead=True, signed_as="t"
    )
    await house.send(sent(happened(OPENED, 0), "deal"), inbox=OPPORTUNITY_INBOX)
    await house.run(until=minute(60 * DAYS))
    flags = await said(house, "deal", OPPORTUNITY_EVENTS, HygieneFlagged)
    (untouched,) = [each for each in flags if each.data.kind == "untouched"]
    assert (untouched.time.isoformat(), untouched.data.days) == ("2026-02-01T00:00:00+00:00", 10)


async def test_conversions_are_decided_alone_where_leads_have_nobody_to_ask_and_opportunities_after_them() -> None:
    house = await House().open(STAGED)
    for number in range(8):
        reported = LeadConverted(account=f"a{number}", opportunity=f"o{number}")
        await house.send(sent(happened(reported, number), f"lead-{number}"))
    await house.run()
    logs = await house.per_lead(OPPORTUNITY_EVENTS)
    assert sorted(logs) == [f"o{number}".encode() for number in range(8)]
    assert len(await house.records(LEAD_INBOX)) == 8
