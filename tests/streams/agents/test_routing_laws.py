"""Whatever leads, pools and people do: nothing depends on partitions, states are folds, nobody is forgotten."""

import asyncio
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events.commands import HandOverLead, ReassignLead
from events.fact import Fact
from events.instants import from_us
from events.lead import LeadCaptured, LeadConverted, LeadProfileUpdated, LeadStatusChanged
from events.routing import LeadAssigned, LeadOwnerRequested, LeadRequestWithdrawn, MemberAway, MemberBack, PoolAssigned
from events.topics import ACCOUNT_EVENTS, LEAD_EVENTS, LEAD_INBOX, POOL_EVENTS, POOL_INBOX
from leadstream.verification import verify_states
from tests.streams.agents.house import House, codec, sent
from tests.streams.deciders.lead.test_ownership import ESCALATED
from tests.support.given import DAYS, happened, minute
from tests.support.laws import examples

AGREEMENT = ESCALATED.replace(
    "[{name: ana}, {name: bo}]", "[{name: ana, cap_30d: 30}, {name: bo, weight: 2, cap_30d: 60}]"
)
LEADS = st.sampled_from([f"lead-{number}" for number in range(8)])
PEOPLE = st.sampled_from(["ana", "bo", "fin", "ion"])
NAMED = {"person.email": "a@b.c"}


class Step(NamedTuple):
    gap: int
    fact: Fact
    to: str
    inbox: str = LEAD_INBOX


def about_leads(facts: st.SearchStrategy[Fact]) -> st.SearchStrategy[Step]:
    return st.builds(Step, st.integers(0, 300), facts, LEADS, st.just(LEAD_INBOX))


def about_pools(facts: st.SearchStrategy[Fact]) -> st.SearchStrategy[Step]:
    pools = st.sampled_from(["b2b/bucharest", "b2b/chisinau", "b2b/finance"])
    return st.builds(Step, st.integers(0, 300), facts, pools, st.just(POOL_INBOX))


CAPTURES = st.sampled_from(
    [
        LeadCaptured(profile=NAMED),
        LeadCaptured(profile=NAMED | {"company.country": "MD"}),
        LeadCaptured(profile=NAMED | {"company.industry": "banking"}),
        LeadCaptured(profile=NAMED | {"company.account": "acme"}),
    ]
)
LATER = st.sampled_from(
    [
        LeadStatusChanged(status="Unqualified"),
        LeadStatusChanged(status="Open"),
        LeadConverted(),
        LeadProfileUpdated(profile={"company.account": "acme"}),
        HandOverLead(by="desk", owner="ines"),
        ReassignLead(by="head", pool="finance"),
        ReassignLead(by="head", owner="kim"),
    ]
)
ABSENCES = st.builds(
    MemberAway,
    member=PEOPLE,
    until=st.none() | st.builds(lambda days: from_us(minute(days * DAYS)), st.integers(0, 4)),
    replacement=st.none() | PEOPLE,
)
STEPS = st.lists(
    st.one_of(
        about_leads(CAPTURES),
        about_leads(CAPTURES),
        about_leads(LATER),
        about_pools(st.one_of(ABSENCES, st.builds(MemberBack, member=PEOPLE))),
    ),
    max_size=25,
)


async def lived(steps: list[Step], partitions: int) -> House:
    house, time = await House(partitions).open(AGREEMENT), 0
    for number, step in enumerate(steps):
        time += step.gap
        await house.send(sent(happened(step.fact, time, fact_id=f"step-{number}"), step.to), inbox=step.inbox)
    await house.run(until=minute(time + 9 * DAYS))
    for record, words in await house.dead():
        assert (type(codec.decode(record.value).data), words["dlq.reason"]) == (MemberAway, "invalid")
    return house


async def logs(house: House) -> list[dict[bytes, list[bytes | None]]]:
    return [await house.per_lead(topic) for topic in (LEAD_EVENTS, POOL_EVENTS, ACCOUNT_EVENTS)]


@settings(max_examples=examples(40), deadline=None)
@given(STEPS)
def test_the_same_facts_give_the_same_logs_whatever_the_partition_count(steps: list[Step]) -> None:
    async def both() -> None:
        assert await logs(await lived(steps, 1)) == await logs(await lived(steps, 5))

    asyncio.run(both())


@pytest.mark.slow
@settings(max_examples=examples(40), deadline=None)
@given(STEPS)
def test_states_and_deadlines_are_what_the_logs_say(steps: list[Step]) -> None:
    async def checked() -> None:
        house = await lived(steps, 3)
        assert (await verify_states(house.log, 3, b"")).problems == []

    asyncio.run(checked())


@settings(max_examples=examples(40), deadline=None)
@given(STEPS)
def test_every_request_is_answered_withdrawn_or_still_waits_and_no_answer_is_taken_twice(steps: list[Step]) -> None:
    async def checked() -> None:
        house = await lived(steps, 2)
        for lead in {step.to for step in steps if step.inbox == LEAD_INBOX}:
            told = [each.data for each in await house.told(lead)]
            asked = [fact.number for fact in told if isinstance(fact, LeadOwnerRequested)]
            withdrawn = {fact.number for fact in told if isinstance(fact, LeadRequestWithdrawn)}
            answered = {fact.number for fact in told if isinstance(fact, PoolAssigned)}
            by_pool = [fact for fact in told if isinstance(fact, LeadAssigned) and fact.pool is not None]
            assert len(asked) == len(set(asked))
            assert len(by_pool) == len(answered - withdrawn)
            waiting = [
                envelope
                for pool in ("b2b/bucharest", "b2b/chisinau", "b2b/finance")
                for envelope in await house.told(pool, POOL_EVENTS)
                if envelope.source == f"/leadstream/{lead}" and isinstance(envelope.data, LeadOwnerRequested)
            ]
            assert len(waiting) == len(asked), "every request reached its pool"
            assert set(asked[:-1]) <= withdrawn | answered, "only the last one may still wait"

    asyncio.run(checked())
