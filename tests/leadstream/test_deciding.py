"""Leads and all they speak to say the same whatever the partition count, and what they say holds."""

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.together import drain_together
from events.account import AccountOpened
from events.topics import ACCOUNT_INBOX, LEAD_EVENTS
from leadstream.redeciding import redecide
from leadstream.verification import verify_states
from streams.programs import SUBJECTS, speaking_programs
from tests.streams.agents.house import House, sent
from tests.streams.deciders.lead.test_ownership import ROUTED
from tests.support.given import DAYS, Arrival, called, captured, happened, inbound, minute
from tests.support.laws import examples

SPEAKING = ROUTED + "identity: {merge_on: [email], company_on: [name]}\n"
ALONE = (
    SPEAKING[: SPEAKING.index("routing:")] + SPEAKING[SPEAKING.index("marketing_clauses:") : SPEAKING.index("ident")]
)
LOGS = (LEAD_EVENTS, *(each.log for each in SUBJECTS))
profiles = st.fixed_dictionaries(
    {},
    optional={
        "person.email": st.sampled_from(["ada@example.com", "bo@example.com", "cy@example.com"]),
        "company.name": st.sampled_from(["Acme SRL", "Acme", "Globex"]),
        "company.account": st.just("acme"),
    },
)
facts = st.one_of(
    st.builds(lambda at, profile: captured(at, profile=profile), st.integers(0, 90), profiles),
    st.builds(inbound, st.integers(0, 90)),
    st.builds(called, st.integers(0, 90)),
)
stories = st.lists(st.tuples(st.sampled_from(["lead-0", "lead-1", "lead-2", "lead-3"]), facts), max_size=12)
Story = list[tuple[str, Arrival]]


async def filled(story: Story, partitions: int, agreement: str) -> House:
    house = await House(partitions).open(agreement)
    await house.send(sent(happened(AccountOpened(name="Acme", owner="rep-9"), -5), "acme"), inbox=ACCOUNT_INBOX)
    for lead, arrival in sorted(story, key=lambda each: each[1].at):
        await house.send(sent(arrival, lead))
    return house


async def said(house: House) -> list[dict[bytes, list[bytes | None]]]:
    return [await house.per_lead(topic) for topic in LOGS]


@settings(max_examples=examples(40))
@given(stories, st.integers(2, 5))
async def test_the_partition_count_changes_nothing(story: Story, partitions: int) -> None:
    one, many = await filled(story, 1, SPEAKING), await filled(story, partitions, SPEAKING)
    for house in (one, many):
        await house.run(until=minute(2 * DAYS))
    assert await said(one) == await said(many)
    assert await one.dead() == []


@settings(max_examples=examples(40))
@given(stories, st.integers(1, 4))
async def test_what_was_decided_holds(story: Story, partitions: int) -> None:
    house = await filled(story, partitions, SPEAKING)
    await house.run(until=minute(2 * DAYS))
    assert (await verify_states(house.log, partitions, b"")).problems == []
    assert (await redecide(house.log, partitions, b"")).problems == []


@settings(max_examples=examples(40))
@given(stories, st.integers(1, 4))
async def test_leads_that_have_nobody_to_speak_to_say_the_same_by_themselves(story: Story, partitions: int) -> None:
    alone, together = [await House(partitions).open(ALONE) for _ in range(2)]
    for house in (alone, together):
        for lead, arrival in sorted(story, key=lambda each: each[1].at):
            await house.send(sent(arrival, lead))
    await alone.run(until=minute(2 * DAYS))
    programs = speaking_programs(together.log, partitions, together.wall).all
    await drain_together(together.log, programs, until=minute(2 * DAYS))
    assert await said(alone) == await said(together)
