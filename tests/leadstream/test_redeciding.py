"""Deciding the inboxes anew gives the facts that are there, whether a run or workers have decided them."""

import pytest
from msgspec.structs import replace

from engine.drain import drain
from engine.ports import NewRecord
from engine.state import unpack
from events.account import AccountOpened
from events.commands import HandOverLead
from events.lead import LeadArchived
from events.topics import ACCOUNT_INBOX, LEAD_EVENTS, LEAD_INBOX, LEAD_STATE, POOL_EVENTS, POOL_STATE
from leadstream.compared import Compared
from leadstream.redeciding import Incomplete, redecide
from leadstream.repairing.states import repair_states
from leadstream.verification import verify_states
from streams.agents.lead_bytes import dump_lead, load_lead
from streams.programs import speaking_programs
from tests.streams.agents.house import House, codec, sent
from tests.streams.deciders.lead.test_ownership import ROUTED, qualified
from tests.support.given import happened, inbound, minute


async def talking() -> House:
    """Leads that ask an account and a pool for an owner."""
    house = await House().open(ROUTED)
    await house.send(sent(happened(AccountOpened(name="Acme", owner="rep-9"), -5), "acme"), inbox=ACCOUNT_INBOX)
    await house.send(sent(qualified(company__account="acme")))
    for number in range(6):
        await house.send(sent(qualified(number), f"lead-{number}"), sent(inbound(number + 9), f"lead-{number}"))
    return house


async def decided(house: House) -> House:
    await house.run(until=minute(90))
    return house


async def live(house: House) -> House:
    """Each group to its end, time and again: as workers would read."""
    programs = speaking_programs(house.log, house.partitions, house.wall).all
    for _ in range(4):
        for program in programs:
            await drain(house.log, program)
    return house


def counts(found: Compared) -> dict[str, tuple[int, int]]:
    return {what: (compared, differ) for what, (compared, differ) in found.counts.items()}


async def test_what_a_run_has_decided_is_decided_anew_alike() -> None:
    found = await redecide((await decided(await talking())).log, 4, b"")
    assert found.problems == []
    assert counts(found) == {
        "leads decided anew": (7, 0),
        "accounts decided anew": (1, 0),
        "pools decided anew": (1, 0),
        "keys decided anew": (1, 0),
    }


async def test_what_was_decided_in_order_of_arrival_is_decided_anew_alike() -> None:
    assert (await redecide((await live(await talking())).log, 4, b"")).problems == []


async def test_what_has_not_been_decided_yet_and_what_is_not_due_yet_is_left_out() -> None:
    house = await decided(await talking())
    await house.send(sent(qualified(200), "late"))
    assert (await redecide(house.log, 4, b"")).problems == []


async def test_a_fact_that_nothing_has_brought_about_is_found() -> None:
    house = await decided(await talking())
    told = await house.told("lead-3")
    forged = type(told[-1])(
        id="forged", source="/leadstream", subject="lead-3", time=told[-1].time, data=LeadArchived(reason="forged")
    )
    await house.send(NewRecord(b"lead-3", codec.encode(forged)), inbox=LEAD_EVENTS)
    (problem,) = (await redecide(house.log, 4, b"")).problems
    assert problem.startswith("lead lead-3 (partition ")


async def test_an_inbox_that_does_not_reach_back_is_named() -> None:
    house = await decided(await talking())
    house.log.disk.partition(LEAD_INBOX, 0).start = 1
    with pytest.raises(Incomplete, match=r"lead-inbox-0 begins at offset 1: what came before is removed"):
        await redecide(house.log, 4, b"")


async def test_all_subjects_are_the_fold_of_their_facts() -> None:
    house = await decided(await talking())
    found = await verify_states(house.log, 4, b"")
    assert found.problems == []
    assert counts(found)["account states"] == counts(found)["pool states"] == counts(found)["pool deadlines"] == (1, 0)


async def test_a_forged_state_of_a_pool_is_found() -> None:
    house = await decided(await talking())
    (key,) = await house.per_lead(POOL_EVENTS)
    await house.send(NewRecord(key, b"\0" * 8 + b"\x90"), inbox=POOL_STATE)
    problems = (await verify_states(house.log, 4, b"")).problems
    assert any(problem.startswith("pool b2b/bucharest") for problem in problems)


async def commanded() -> House:
    """A command about a lead, twice, and one about nobody."""
    house = await talking()
    command = happened(HandOverLead(by="x", owner="ines"), 30, source="/crm")
    await house.send(sent(command, "lead-1"), sent(command, "lead-1"), sent(command, "nobody"))
    return await decided(house)


async def test_answers_that_leads_keep_are_those_that_were_given() -> None:
    found = await verify_states((await commanded()).log, 4, b"")
    assert found.problems == []
    assert counts(found)["answers"] == (2, 0)


async def test_an_answer_that_a_lead_does_not_keep_is_found() -> None:
    house = await commanded()
    raw = (await house.states())[b"lead-1"] or b""
    lead = load_lead(unpack(raw)[1])
    lead.answers = [replace(each, reason="forged") for each in lead.answers]
    await house.send(NewRecord(b"lead-1", raw[:8] + dump_lead(lead)), inbox=LEAD_STATE)
    problems = (await verify_states(house.log, 4, b"")).problems
    assert problems
    assert all("keeps another answer to command" in problem for problem in problems)


async def test_states_of_other_subjects_are_folded_anew_as_well() -> None:
    house = await decided(await talking())
    (key,) = await house.per_lead(POOL_EVENTS)
    await house.send(NewRecord(key, None), inbox=POOL_STATE)
    found = await repair_states(house.log, 4, b"", dry=False)
    assert [(each.what, each.found) for each in found] == [("states of 1 pools", "1 other than the facts say")]
    assert (await verify_states(house.log, 4, b"")).problems == []
