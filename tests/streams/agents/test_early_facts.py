"""Facts that come before their opportunity is opened: kept in the state, decided later or given up, never lost."""

from collections.abc import Sequence

import pytest

from engine.drain import drain
from engine.ports import Headers, NewRecord, Record
from engine.recordtime import TIME_HEADER
from engine.state import unpack
from events.fact import Fact
from events.lead import LeadConverted
from events.opportunity import (
    OpportunityAmended,
    OpportunityClosedWon,
    OpportunityContactAdded,
    OpportunityOwnerTold,
    OpportunityProductAdded,
    OpportunityStageChanged,
)
from events.topics import OPPORTUNITY_EVENTS, OPPORTUNITY_INBOX, OPPORTUNITY_STATE
from leadstream.redeciding import redecide
from leadstream.repairing.states import repair_states
from leadstream.verification import verify_states
from streams.programs import speaking_programs
from tests.streams.agents.house import House, codec, sent, types
from tests.streams.deciders.opportunities.deals import OPENED, STAGED
from tests.support.given import DAYS, Arrival, happened, minute

EARLY: tuple[tuple[Fact, float], ...] = (
    (OpportunityClosedWon(), 40),
    (OpportunityStageChanged(stage="Proposal"), 20),
    (OpportunityProductAdded(line="1", product="p", amount_minor=40_000), 10),
    (OpportunityContactAdded(contact="ada"), 30),
)


async def told_of(house: House, facts: Sequence[tuple[Fact, float]], deal: str = "deal", *, recorded: float) -> None:
    """Send facts with the instants at which they happened, all recorded at one (minutes)."""
    for fact, at in facts:
        arrival = Arrival(fact, minute(at), minute(recorded), f"{type(fact).__name__}-{at}", "/crm")
        await house.send(sent(arrival, deal), inbox=OPPORTUNITY_INBOX)


async def waiting(house: House) -> House:
    """Four facts about an opportunity nobody has opened; a run has seen them."""
    await house.open(STAGED)
    await told_of(house, EARLY, recorded=50)
    await house.run()
    return house


async def kept(house: House) -> dict[bytes, bytes | None]:
    found = await house.per_lead(OPPORTUNITY_STATE)
    return {key: values[-1] for key, values in found.items() if key[:1] != b"\0"}


async def test_what_waits_is_in_no_log_and_no_dead_letter_but_in_the_state_and_a_restart_keeps_it() -> None:
    house = await waiting(House())
    assert (await house.told("deal", OPPORTUNITY_EVENTS), await house.dead()) == ([], [])
    assert list(await kept(house)) == [b"deal"]
    again = House(disk=house.log.disk)
    await told_of(again, [(OPENED, 0)], recorded=60)
    await again.run()
    told = [each for each in await again.told("deal", OPPORTUNITY_EVENTS) if each.source == "/crm"]
    assert types(told) == [
        "OpportunityOpened",
        "OpportunityProductAdded",
        "OpportunityStageChanged",
        "OpportunityContactAdded",
        "OpportunityClosedWon",
    ]
    assert await again.dead() == []


@pytest.mark.parametrize("first", range(5))
async def test_the_log_is_byte_for_byte_the_same_wherever_the_opening_comes(first: int) -> None:
    logs = []
    for place in (0, first):
        house = await House(partitions=2).open(STAGED)
        facts = [*EARLY]
        facts.sort(key=lambda each: each[1])
        facts.insert(place, (OPENED, 0))
        await told_of(house, facts, recorded=50)
        await house.run(until=minute(60))
        logs.append(await house.per_lead(OPPORTUNITY_EVENTS))
    assert logs[0] == logs[1]
    assert len(logs[0][b"deal"]) > len(EARLY)


async def test_what_is_never_opened_becomes_dead_letters_with_the_original_records_and_leaves_no_state() -> None:
    house = await waiting(House())
    await house.run(until=minute(7 * DAYS + 51))
    dead = await house.dead()
    assert {(why["dlq.reason"], why["dlq.field"], why["dlq.topic"]) for _, why in dead} == {
        ("not_opened", "subject", OPPORTUNITY_INBOX)
    }
    assert "waited for 7 days" in dead[0][1]["dlq.detail"]
    originals = {record.offset: record for record in await house.records(OPPORTUNITY_INBOX)}
    assert len(dead) == len(EARLY)
    for letter, why in dead:
        original = originals[int(why["dlq.offset"])]
        assert (letter.key, letter.value) == (original.key, original.value)
        assert dict(original.headers).items() <= dict(letter.headers).items()
        assert why["dlq.timestamp"] == str(original.timestamp)
    assert await kept(house) == {b"deal": None}
    assert (await verify_states(house.log, house.partitions, b"")).problems == []


@pytest.mark.parametrize("decided", [False, True])
async def test_given_up_facts_are_taken_when_they_are_tried_again_with_the_opening_or_after_it(decided: bool) -> None:
    house = await waiting(House())
    await house.run(until=minute(7 * DAYS + 51))
    await told_of(house, [(OPENED, 0)], recorded=8 * DAYS)
    if decided:
        await house.run()
    for letter, _ in await house.dead():
        await house.send(NewRecord(letter.key, letter.value, _own(letter)), inbox=OPPORTUNITY_INBOX)
    await house.run(until=minute(9 * DAYS))
    told = await house.told("deal", OPPORTUNITY_EVENTS)
    assert {"OpportunityClosedWon", "OpportunityProductAdded", "OpportunityStageChanged"} <= set(types(told))
    assert len(await house.dead()) == len(EARLY)


def _own(letter: Record) -> Headers:
    return [(name, value) for name, value in letter.headers if name == TIME_HEADER]


async def test_states_with_something_that_waits_are_verified_and_a_repair_keeps_it() -> None:
    house = await waiting(House())
    await told_of(house, [(OPENED, 0)], "other", recorded=55)
    await house.run()
    verified = await verify_states(house.log, house.partitions, b"")
    assert (verified.problems, verified.counts["deal states"], verified.counts["deal deadlines"][1]) == ([], [2, 0], 0)
    assert await repair_states(house.log, house.partitions, b"", dry=False) == []
    before = await kept(house)
    wrong = await _without_deadline(house, b"deal")
    assert (await verify_states(house.log, house.partitions, b"")).counts["deal deadlines"] == [2, 1]
    (repair,) = await repair_states(house.log, house.partitions, b"", dry=False)
    assert (repair.found, wrong == before) == ("1 other than the facts say", False)
    assert await kept(house) == before


async def _without_deadline(house: House, key: bytes) -> dict[bytes, bytes | None]:
    """Damage a state: nobody would wake it."""
    value = (await kept(house))[key]
    assert value is not None
    assert unpack(value)[0] == minute(50 + 7 * DAYS)
    for place, partition in house.log.disk.partitions.items():
        if place[0] == OPPORTUNITY_STATE:
            partition.records[:] = [
                record._replace(value=bytes(8) + value[8:]) if record.key == key else record
                for record in partition.records
            ]
    return await kept(house)


async def test_what_waited_is_decided_anew_alike_whether_a_run_or_workers_have_decided_it() -> None:
    for live in (False, True):
        house = await House().open(STAGED)
        await told_of(house, EARLY, recorded=50)
        await told_of(house, [(OpportunityAmended(region="north"), 45)], "never", recorded=50)
        await told_of(house, [(OPENED, 0)], recorded=60)
        if live:
            for program in speaking_programs(house.log, house.partitions, house.wall).all:
                await drain(house.log, program)
        else:
            await house.run()
        anew = await redecide(house.log, house.partitions, b"")
        assert (anew.problems, anew.counts["deals decided anew"]) == ([], [1, 0])
        assert (await verify_states(house.log, house.partitions, b"")).problems == []


async def test_a_system_that_tells_more_at_once_may_rely_on_the_conversion_to_open_it() -> None:
    house = await House().open(STAGED)
    converted = LeadConverted(account="acme", opportunity="crm-9", amount_minor=70_000, currency="EUR")
    await house.send(sent(happened(converted, 5), "anna"))
    await told_of(house, [(OpportunityClosedWon(), 5)], "crm-9", recorded=5)
    await house.run(until=minute(20))
    told = await house.told("crm-9", OPPORTUNITY_EVENTS)
    assert types(told)[-2:] == ["OpportunityClosedWon", "OpportunityOwnerTold"]
    assert isinstance(told[-1].data, OpportunityOwnerTold)
    assert not told[-1].data.is_open
    assert await house.dead() == []


async def test_what_waits_is_kept_as_it_came() -> None:
    house = await waiting(House())
    value = (await kept(house))[b"deal"]
    assert value is not None
    for record in await house.records(OPPORTUNITY_INBOX):
        assert record.value is not None
        assert record.value in value
        assert codec.decode(record.value).subject == "deal"
