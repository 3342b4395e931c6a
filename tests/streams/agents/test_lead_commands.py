"""Commands in the inbox of leads: each gets its answer in `answers`, in the transaction of what it led to."""

from events.agreement import CommandAnswered
from events.commands import HandOverLead
from events.envelope import Envelope
from events.topics import ANSWERS
from tests.streams.agents.house import House, codec, sent, types
from tests.streams.deciders.lead.test_commands import BY_HAND, QUALIFIED
from tests.support.given import happened, learned

COMMAND = happened(HandOverLead(by="Lead Desk"), 5, fact_id="please", source="/crm")


async def answers(house: House) -> list[Envelope]:
    """All answers but that of the publication."""
    return [codec.decode(record.value) for record in (await house.records(ANSWERS))[1:]]


async def test_a_command_is_answered_with_the_ids_of_the_facts_it_led_to() -> None:
    house = await House().open(BY_HAND)
    await house.send(sent(QUALIFIED), sent(COMMAND))
    await house.run()
    (answer,) = await answers(house)
    told = await house.told()
    assert types(told) == ["LeadCaptured", "LeadQualified", "LeadHandedOver", "SlaStarted"]
    assert answer.data == CommandAnswered(command="please", accepted=True, facts=tuple(each.id for each in told[2:]))
    assert answer.causationid == "please"


async def test_a_command_about_nobody_is_refused_and_leaves_nothing_behind() -> None:
    house = await House().open(BY_HAND)
    await house.send(sent(COMMAND))
    await house.run()
    (answer,) = await answers(house)
    assert answer.data.reason == "unknown lead"  # type: ignore[attr-defined]
    assert await house.states() == {}
    assert await house.dead() == []


async def test_a_command_about_a_lead_that_is_too_large_is_answered() -> None:
    house = await House(partitions=1).open(BY_HAND)
    many = [learned(1 + n / 100, None, **{f"k{n}": "x" * 4096}) for n in range(240)]
    asked = happened(HandOverLead(by="ș" * 4096), 5, fact_id="please", source="/crm")
    await house.send(sent(QUALIFIED), *map(sent, many))
    await house.run()
    full = len(await house.dead())
    await house.send(sent(asked))
    await house.run()
    (answer,) = await answers(house)
    assert isinstance(answer.data, CommandAnswered)
    assert (answer.data.accepted, answer.data.reason) == (False, "lead too large")
    assert 0 < len(await house.dead()) == full
