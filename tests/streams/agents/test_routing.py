"""Leads, accounts and pools over the log: each speaks through the inboxes of the others."""

from engine.recordtime import record_time
from events.account import AccountOpened
from events.commands import HandOverLead
from events.instants import from_us
from events.lead import LeadHandedOver
from events.routing import LeadAssigned, MemberAway
from events.sources import OWN_SOURCE
from events.topics import ACCOUNT_INBOX, POOL_EVENTS, POOL_INBOX, POOL_STATE
from tests.streams.agents.house import House, codec, sent, types
from tests.streams.deciders.lead.test_ownership import ROUTED, qualified
from tests.support.given import DAYS, happened, minute

CAPPED = ROUTED.replace("[{name: ana}, {name: bo}]", "[{name: ana, cap_30d: 30}]")


async def owners(house: House, *leads: str) -> list[str | None]:
    found: list[str | None] = []
    for lead in leads:
        last = [each.data for each in await house.told(lead) if isinstance(each.data, LeadAssigned)]
        found.append(last[-1].owner if last else None)
    return found


async def test_leads_of_all_partitions_take_turns_in_one_pool() -> None:
    house = await House().open(ROUTED)
    names = [f"lead-{number}" for number in range(6)]
    for number, name in enumerate(names):
        await house.send(sent(qualified(number), name))
    await house.run()
    assert sorted(str(owner) for owner in await owners(house, *names)) == ["ana"] * 3 + ["bo"] * 3
    assert await house.dead() == []


async def test_the_whole_talk_can_be_read_from_either_side() -> None:
    house = await House().open(ROUTED)
    await house.send(sent(qualified()))
    await house.run()
    lead, pool = await house.told(), await house.told("b2b/bucharest", POOL_EVENTS)
    assert types(lead) == [
        "LeadCaptured", "LeadQualified", "SlaStarted", "LeadOwnerRequested",
        "PoolAssigned", "LeadAssigned", "LeadHandedOver", "SlaMet", "SlaStarted",
    ]  # fmt: skip
    assert types(pool) == ["LeadOwnerRequested", "PoolStaffed", "PoolAssigned"]
    assert [each.source for each in pool] == ["/leadstream/anna", OWN_SOURCE, OWN_SOURCE]
    assert lead[4].source == "/leadstream/b2b/bucharest"
    assert lead[4].causationid == pool[2].id


async def test_who_looks_after_the_account_gets_its_lead() -> None:
    house = await House().open(ROUTED)
    await house.send(sent(happened(AccountOpened(name="Acme", owner="rep-9"), -5), "acme"), inbox=ACCOUNT_INBOX)
    await house.send(sent(qualified(company__account="acme")))
    await house.run()
    assert await owners(house, "anna") == ["rep-9"]


async def test_a_lead_that_qualifies_as_it_becomes_known_goes_to_who_looks_after_its_company_and_costs_no_turn() -> (
    None
):
    house = await House().open(CAPPED + "identity: {merge_on: [], company_on: [name]}\n")
    opened = AccountOpened(name="Acme Tools SRL", domain="acme.example", owner="rep-9")
    await house.send(sent(happened(opened, -5), "acme"), inbox=ACCOUNT_INBOX)
    await house.send(sent(qualified(company__name="ACME Tools"), "anna"), sent(qualified(1), "bert"))
    await house.run()
    assert await owners(house, "anna", "bert") == ["rep-9", "ana"]
    (handed,) = [each for each in await house.told("bert") if isinstance(each.data, LeadHandedOver)]
    assert handed.time == from_us(minute(1)), "the only turn of the day was not spent on a lead that needed none"


async def test_who_is_away_is_told_to_the_pool_and_comes_back_by_himself() -> None:
    house = await House().open(CAPPED)
    away = MemberAway(member="ana", until=from_us(minute(3 * DAYS)))
    await house.send(sent(happened(away, 0), "b2b/bucharest"), inbox=POOL_INBOX)
    await house.send(sent(qualified(5)))
    await house.run(until=minute(4 * DAYS))
    assert await owners(house, "anna") == ["ana"]
    (handed,) = [each for each in await house.told() if isinstance(each.data, LeadHandedOver)]
    assert handed.time == from_us(minute(3 * DAYS))


async def test_an_absence_that_makes_no_sense_is_no_absence_and_is_said_to_whoever_sent_it() -> None:
    house = await House().open(ROUTED)
    for number, away in enumerate(
        (
            MemberAway(member="ana", since=from_us(minute(60)), until=from_us(minute(60))),
            MemberAway(member="ana", until=from_us(minute(0))),
            MemberAway(member="ana", replacement="ana"),
        )
    ):
        await house.send(sent(happened(away, 5, fact_id=f"away-{number}"), "b2b/bucharest"), inbox=POOL_INBOX)
    await house.send(sent(qualified(10)))
    await house.run()
    assert await owners(house, "anna") == ["ana"]
    assert types(await house.told("b2b/bucharest", POOL_EVENTS)) == [
        "LeadOwnerRequested",
        "PoolStaffed",
        "PoolAssigned",
    ]
    assert [(words["dlq.reason"], words["dlq.field"], words["dlq.detail"]) for _, words in await house.dead()] == [
        ("invalid", "until", "ends at 2026-01-05T10:00:00Z, not after it begins at 2026-01-05T10:00:00Z (until)"),
        ("invalid", "until", "ends at 2026-01-05T09:00:00Z, not after it begins at 2026-01-05T09:05:00Z (until)"),
        (
            "invalid",
            "replacement",
            "who is away cannot stand in for themself; leave it out if nobody does (replacement)",
        ),
    ]


async def test_a_pools_deadline_serves_the_next_lead() -> None:
    house = await House().open(CAPPED)
    await house.send(sent(qualified(0), "anna"), sent(qualified(10), "bert"))
    await house.run(until=minute(2 * DAYS))
    assert await owners(house, "anna", "bert") == ["ana", "ana"]
    times = [each.time for each in await house.told("bert") if isinstance(each.data, LeadHandedOver)]
    assert times == [from_us(minute(DAYS))]


async def test_two_houses_write_the_same_bytes_whatever_comes_in_a_batch() -> None:
    async def lived(limit: int) -> tuple[dict[bytes, list[bytes | None]], dict[bytes, list[bytes | None]]]:
        house = await House().open(CAPPED)
        for number in range(5):
            await house.send(sent(qualified(10 * number), f"lead-{number}"))
        await house.send(sent(happened(HandOverLead(by="x", owner="ines"), 300, source="/crm"), "lead-4"))
        await house.run(until=minute(9 * DAYS), limit=limit)
        return await house.per_lead(), await house.per_lead(POOL_EVENTS)

    assert await lived(1) == await lived(5000)


async def test_a_pools_state_and_log_are_kept_under_its_name() -> None:
    house = await House().open(ROUTED)
    await house.send(sent(qualified()))
    await house.run()
    keys = {record.key for record in await house.records(POOL_STATE) if record.key and record.key[:1] != b"\0"}
    assert keys == {b"b2b/bucharest"} == {record.key for record in await house.records(POOL_EVENTS)}
    assert codec.decode((await house.records(POOL_EVENTS))[0].value).subject == "b2b/bucharest"


async def test_what_is_told_by_a_deadline_that_is_over_when_it_becomes_known_is_not_told_for_a_past_instant() -> None:
    escalated = ROUTED.replace("within: 30m}", "within: 30m, escalate: [{after: 30m, do: reassign}]}")
    house = await House().open(
        escalated.replace("first_response: {starts_on: handed_over", "first_response: {starts_on: captured")
    )
    await house.send(sent(qualified(), at=minute(2 * DAYS)))
    await house.run(until=minute(3 * DAYS))
    told = [(codec.decode(each.value), record_time(each)) for each in await house.records(POOL_INBOX)]
    assert [envelope.time for envelope, _ in told][1:] == [from_us(minute(60))], "the lead was given to somebody else"
    assert [at for _, at in told] == [minute(2 * DAYS)] * 2
