"""Whatever texts are sent, at their greatest length and in letters that grow: each fact that follows can be read."""

import asyncio
from collections.abc import Mapping

from hypothesis import given, settings
from hypothesis import strategies as st

from events.account import AccountOpened
from events.fact import PROFILE_FIELDS, Fact
from events.identity import AccountClaimed, LeadHistoryShared, LeadIdentityClaimed
from events.instants import DAY
from events.lead import LeadCaptured, LeadProfileUpdated, LeadTouched
from events.life import LeadConsentChanged
from events.routing import MemberAway
from events.topics import (
    ACCOUNT_EVENTS,
    ACCOUNT_INBOX,
    IDENTITY_EVENTS,
    LEAD_EVENTS,
    LEAD_INBOX,
    POOL_EVENTS,
    POOL_INBOX,
)
from tests.streams.agents.house import House, codec, sent
from tests.support.given import MONDAY, Arrival, minute
from tests.support.laws import examples

LONGEST = 4096
AGREEMENT = """
agreement: people
version: 1
effective_from: 2025-12-01T00:00:00+00:00
identity: {merge_on: [email], company_on: [name, domain]}
qualified_lead: {required_fields: [person.email]}
routing:
  fallback: {pool: desk}
  pools: {desk: {members: [{name: ana}, {name: bo}]}}
"""
EVENTS = (LEAD_EVENTS, IDENTITY_EVENTS, ACCOUNT_EVENTS, POOL_EVENTS)
SAME_PERSON: Mapping[str, str] = {"person.email": "ana@acme.example"}

letters = st.sampled_from(["a", "\ufdfa", "\u0149", "\u0130", "\u00df", "\u3392", "\0", "\U0001f600", "\u0301"])
texts = st.builds(lambda letter, count: letter * count, letters, st.sampled_from([1, 28, 29, 256, LONGEST]))
names = texts.map(lambda text: text[:256])
wide = st.builds(
    lambda prefix, count, value: {f"{prefix}{number}": value for number in range(count)},
    st.sampled_from("xyz"),
    st.sampled_from([1, PROFILE_FIELDS // 2 + 1, PROFILE_FIELDS]),
    st.one_of(st.just(1), texts.map(lambda text: text[:40])),
)
facts: st.SearchStrategy[Fact] = st.one_of(
    st.builds(LeadProfileUpdated, profile=wide, provider=st.none() | texts, confidence=st.none() | st.just(0.5)),
    st.builds(lambda name: LeadProfileUpdated(profile={"company.name": name}), texts),
    st.builds(LeadTouched, channel=names, kind=names, direction=st.sampled_from(["inbound", "outbound"]), asset=texts),
    st.builds(LeadConsentChanged, purpose=names, granted=st.booleans(), basis=texts, text_version=texts),
)
steps = st.lists(st.tuples(st.sampled_from(["ana", "bob"]), facts), max_size=8)


def at(minutes: int, fact: Fact) -> Arrival:
    when = minute(minutes)
    return Arrival(fact, when, when, f"f{minutes}", "/crm")


async def unreadable(house: House) -> list[Exception]:
    """What is wrong with what was told."""
    found: list[Exception] = []
    for topic in EVENTS:
        for record in await house.records(topic):
            try:
                codec.decode(record.value)
            except Exception as error:  # noqa: BLE001 - whatever it is, it has to be shown
                found.append(error)
    return found


async def two_leads(name: str, found: list[tuple[str, Fact]], account: str) -> House:
    """Two leads that turn out to be one person of one company, which is an account; a member of their pool is away."""
    house = await House(partitions=1).open(AGREEMENT)
    await house.send(sent(at(0, AccountOpened(name=account, domain="acme.example")), "acme"), inbox=ACCOUNT_INBOX)
    await house.send(sent(at(0, MemberAway(member="ana", replacement=account)), "people/desk"), inbox=POOL_INBOX)
    await house.send(
        sent(
            at(0, LeadCaptured(profile={**SAME_PERSON, "company.name": name, "company.domain": "acme.example"})), "ana"
        ),
        sent(at(1, LeadCaptured(profile={"company.name": name})), "bob"),
    )
    await house.send(*(sent(at(number, fact), lead) for number, (lead, fact) in enumerate(found, 2)), inbox=LEAD_INBOX)
    await house.send(sent(at(20, LeadProfileUpdated(profile=SAME_PERSON)), "bob"))
    await house.run(until=MONDAY + DAY)
    return house


@given(texts, steps, texts)
@settings(max_examples=examples(20))
def test_every_fact_that_is_told_can_be_read_again(name: str, found: list[tuple[str, Fact]], account: str) -> None:
    async def run() -> list[Exception]:
        return await unreadable(await two_leads(name, found, account))

    assert asyncio.run(run()) == []


async def test_a_name_that_grows_when_folded_is_claimed_by_leads_and_accounts() -> None:
    house = await two_leads("\ufdfa" * LONGEST, [], "\ufdfa" * LONGEST)
    claims = [envelope.data for envelope in await house.told("ana")]
    assert any(isinstance(fact, LeadIdentityClaimed) and fact.company for fact in claims)
    assert any(isinstance(each.data, AccountClaimed) for each in await house.told("acme", ACCOUNT_EVENTS))


async def test_a_history_of_more_fields_than_a_fact_holds_is_handed_on_whole() -> None:
    updates = [LeadProfileUpdated(profile={f"{part}{n}": 1 for n in range(400)}) for part in "ab"]
    house = await two_leads("Acme", [("bob", each) for each in updates], "Acme")
    pieces = [each.data for each in await house.told("bob") if isinstance(each.data, LeadHistoryShared)]
    told = {name for piece in pieces for each in piece.profiles for name in each.profile}
    assert told >= {name for each in updates for name in each.profile}
