"""No subject can be filled until its task stops, and nothing told to one reaches what tasks keep beside it."""

import pytest

from engine.drain import drain
from engine.partitioning import partition_of
from engine.ports import NewRecord
from engine.recordtime import TASK_HEADER, TIME_HEADER
from events.account import AccountOpened, AccountRelated
from events.commands import MergeLead
from events.fact import Fact
from events.routing import LeadAccountAsked, MemberAway
from events.topics import ACCOUNT_EVENTS, ACCOUNT_INBOX, ACCOUNT_STATE, ANSWERS, INBOX_RECORD_BYTES, POOL_INBOX
from streams.agents.room import OUTSIDE_BYTES, TASK_BYTES, Room
from streams.programs import speaking_programs
from tests.streams.agents.house import NOW, House, codec, sent, types
from tests.streams.deciders.lead.test_ownership import ROUTED, qualified
from tests.support.given import happened

WIDE = "\N{OLD PERSIAN SIGN A}"
"""A letter of four bytes."""


def of_account(fact: Fact, number: int, account: str = "acme") -> NewRecord:
    return sent(happened(fact, number, fact_id=f"r{number}"), account)


def related(number: int) -> NewRecord:
    return of_account(AccountRelated(other=f"{number:04d}{WIDE * 500}", kind="group"), number)


def asked(number: int) -> NewRecord:
    record = sent(happened(LeadAccountAsked(account="acme", number=number), number, fact_id=f"q{number}"), "anna")
    return NewRecord(b"acme", record.value, [*record.headers, (TASK_HEADER, b"leads")])


async def test_an_account_that_a_sender_fills_does_not_stop_the_others_and_still_answers_leads() -> None:
    house = await House(partitions=1).open()
    await house.send(*(related(number) for number in range(400)), asked(500), inbox=ACCOUNT_INBOX)
    await house.send(of_account(AccountOpened(name="Bolt"), 501, "bolt"), inbox=ACCOUNT_INBOX)
    await house.run()
    dead = await house.dead()
    assert {words["dlq.reason"] for _, words in dead} == {"subject_too_large"}
    assert types(await house.told("acme", ACCOUNT_EVENTS))[-1] == "AccountOwnerTold"
    assert "AccountOpened" in types(await house.told("bolt", ACCOUNT_EVENTS))
    assert len((await house.per_lead(ACCOUNT_STATE))[b"acme"][-1] or b"") <= OUTSIDE_BYTES


async def test_what_is_too_much_for_a_subject_does_not_depend_on_what_is_decided_at_once() -> None:
    told = []
    for limit in (5000, 7):
        house = await House(partitions=1).open()
        await house.send(*(related(number) for number in range(400)), asked(500), inbox=ACCOUNT_INBOX)
        accounts = next(
            each for each in speaking_programs(house.log, 1, house.wall).others if each.group.name == "accounts"
        )
        await drain(house.log, accounts, limit=limit)
        told.append((await house.per_lead(ACCOUNT_EVENTS), [record.value for record, _ in await house.dead()]))
    assert told[0] == told[1]
    assert told[0][1] != []


async def test_a_pool_remembers_nobody_by_a_name_that_no_agreement_can_have() -> None:
    house = await House(partitions=1).open(ROUTED)
    for number in range(260):
        fact = MemberAway(member=f"{number}{WIDE * 4000}", replacement="bo")
        await house.send(of_account(fact, number, "b2b/bucharest"), inbox=POOL_INBOX)
    await house.send(sent(qualified(300)))
    await house.run()
    assert await house.dead() == []
    assert "LeadAssigned" in types(await house.told())


@pytest.mark.parametrize("account", ["\0position", "", "a" * 257])
async def test_what_cannot_be_the_id_of_an_account_is_not_asked_for_an_owner(account: str) -> None:
    house = await House(partitions=1).open(ROUTED)
    await house.send(sent(qualified(company__account=account)))
    await house.run()
    assert "LeadAssigned" in types(await house.told())
    assert await house.records(ACCOUNT_EVENTS) == []


async def test_a_lead_is_not_merged_into_what_tasks_keep_for_themselves() -> None:
    house = await House(partitions=1).open(ROUTED)
    await house.send(sent(qualified()), sent(happened(MergeLead(by="Desk", into="\0position"), 5, fact_id="m")))
    await house.run()
    (answer,) = [codec.decode(record.value).data for record in await house.records(ANSWERS)][-1:]
    assert getattr(answer, "accepted", None) is False
    assert await house.told("\0position") == []


@pytest.mark.parametrize("key", [b"\0position", b"", b"\xff", b"a" * 257])
async def test_what_a_task_tells_to_no_possible_subject_becomes_a_dead_letter(key: bytes) -> None:
    house = await House(partitions=1).open()
    record = asked(1)
    await house.send(NewRecord(key, record.value, record.headers), inbox=ACCOUNT_INBOX)
    await house.run()
    assert len(await house.dead()) == 1
    assert await house.records(ACCOUNT_EVENTS) == []


@pytest.mark.parametrize(("over", "reasons"), [(0, []), (1, ["too_large"])])
async def test_a_stray_that_its_headers_make_too_large_becomes_a_dead_letter(over: int, reasons: list[str]) -> None:
    house = await House().open()
    home = partition_of(b"acme", house.partitions)
    headers = [(TIME_HEADER, b"%d" % NOW), (TASK_HEADER, b"forwarded")]
    room = INBOX_RECORD_BYTES - len(b"acme") - sum(len(name) + len(value) for name, value in headers)
    small = of_account(AccountOpened(name="Acme"), 0).value or b""
    value = small[:-1] + b" " * (room + over - len(small)) + small[-1:]
    stray = NewRecord(b"acme", value, headers[:1])
    await house.send(stray, partition=(home + 1) % house.partitions, inbox=ACCOUNT_INBOX)
    await house.run()
    assert [words["dlq.reason"] for _, words in await house.dead()] == reasons
    assert bool(await house.told("acme", ACCOUNT_EVENTS)) is not bool(reasons)


@pytest.mark.parametrize(("before", "fits"), [(TASK_BYTES - 10_000, True), (TASK_BYTES - 9_999, False)])
def test_a_fact_is_refused_by_the_exact_size_alone(before: int, fits: bool) -> None:
    fresh, used = Room(), Room()
    for _ in range(TASK_BYTES // 10_000):  # the bound is full, while the state stays small
        assert used.is_left(b"k", 0, TASK_BYTES, lambda: 0)
    assert fresh.is_left(b"k", 0, TASK_BYTES, lambda: before) is fits
    assert used.is_left(b"k", 0, TASK_BYTES, lambda: before) is fits
