"""Opportunities, accounts and plans are folded and decided anew as leads are, whoever has decided them."""

import pytest

from engine.drain import drain
from events.lead import LeadCaptured, LeadConverted
from events.opportunity import (
    OpportunityAmended,
    OpportunityClosedWon,
    OpportunityContactAdded,
    OpportunityProductAdded,
    OpportunityReopened,
    TargetSet,
)
from events.topics import COUNCIL_INBOX, OPPORTUNITY_EVENTS, OPPORTUNITY_INBOX
from leadstream.redeciding import redecide
from leadstream.verification import verify_states
from streams.programs import speaking_programs
from tests.streams.agents.house import House, sent
from tests.streams.deciders.lead.test_ownership import ROUTED, qualified
from tests.streams.deciders.opportunities.deals import OPENED, STAGED
from tests.support.given import DAYS, happened, minute


async def selling(*agreements: str) -> House:
    """Conversions, what systems tell of opportunities (some of it refused), a target, a lead that asks for an owner."""
    house = await House().open(*agreements)
    for number in range(5):
        lead, deal = f"lead-{number}", f"deal-{number}"
        converted = LeadConverted(
            account="acme", opportunity=deal, amount_minor=number * 100, currency="EUR", owner="rep-1"
        )
        await house.send(sent(happened(LeadCaptured(source="web"), number), lead))
        await house.send(sent(happened(converted, 10 + number), lead))
    await house.send(sent(qualified(60, company__account="acme"), "anna"))
    told = (
        (OPENED, 5),
        (OpportunityProductAdded(line="1", product="p", amount_minor=40_000), 20),
        (OpportunityAmended(amount_minor=1), 25),
        (OpportunityContactAdded(contact="ada"), 3 * DAYS),
        (OpportunityClosedWon(), 4 * DAYS),
        (OpportunityAmended(next_step="too late"), 5 * DAYS),
        (OpportunityReopened(), 6 * DAYS),
    )
    for fact, at in told:
        await house.send(sent(happened(fact, at), "deal-3"), inbox=OPPORTUNITY_INBOX)
    target = TargetSet(quarter="2026Q1", amount_minor=5, currency="EUR")
    await house.send(sent(happened(target, 30), "emea"), inbox=COUNCIL_INBOX)
    return house


@pytest.mark.parametrize("agreements", [(STAGED,), (STAGED, ROUTED)], ids=["alone", "asking"])
async def test_what_a_run_has_decided_is_folded_and_decided_anew_alike(agreements: tuple[str, ...]) -> None:
    house = await selling(*agreements)
    await house.run(until=minute(50 * DAYS))
    folded = await verify_states(house.log, house.partitions, b"")
    anew = await redecide(house.log, house.partitions, b"")
    assert folded.problems == anew.problems == []
    assert (folded.counts["deal states"][0], folded.counts["council states"][0]) == (5, 1)
    assert (anew.counts["deals decided anew"][0], anew.counts["councils decided anew"][0]) == (5, 1)
    assert len(await house.dead()) == 2


async def test_what_workers_have_decided_in_order_of_arrival_is_decided_anew_alike() -> None:
    house = await selling(STAGED, ROUTED)
    for _ in range(4):
        for program in speaking_programs(house.log, house.partitions, house.wall).all:
            await drain(house.log, program)
    assert (await verify_states(house.log, house.partitions, b"")).problems == []
    assert (await redecide(house.log, house.partitions, b"")).problems == []


async def test_opportunities_come_to_the_same_when_leads_are_decided_alone_first() -> None:
    house = await House().open(STAGED)
    for number in range(6):
        converted = LeadConverted(account="acme", opportunity=f"deal-{number % 2}", owner=f"rep-{number}")
        await house.send(sent(happened(converted, number), f"lead-{number}"))
    await house.run(until=minute(50 * DAYS))
    assert len(await house.per_lead(OPPORTUNITY_EVENTS)) == 2
    assert (await redecide(house.log, house.partitions, b"")).problems == []
