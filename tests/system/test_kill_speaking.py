"""Leads, pools and accounts speak to one another while their worker, or a run, is killed at random."""

import asyncio
import random
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from time import monotonic
from typing import Any

import orjson
import pytest

from engine.partitioning import partition_of
from engine.ports import EventLog, NewRecord
from engine.reading import records_of
from engine.recordtime import TIME_HEADER
from events.account import AccountOpened
from events.codec import Codec
from events.fact import Fact
from events.instants import DAY, MINUTE, from_us
from events.lead import LeadCaptured, LeadTouched
from events.registry import wrap
from events.topics import (
    ACCOUNT_EVENTS,
    ACCOUNT_INBOX,
    DEAD_LETTERS,
    LEAD_EVENTS,
    LEAD_INBOX,
    POOL_EVENTS,
    POOL_INBOX,
)
from leadstream.agreements import request_publication
from leadstream.clock import now_us
from leadstream.deployment import opened
from streams.agreement.load import load as load_agreement
from tests.support.given import MONDAY
from tests.support.process import Process
from tests.system.conftest import MakeHome
from tests.system.homes import Home, differences

pytestmark = pytest.mark.slow

PARTITIONS, EACH, PATIENCE = 3, 30, 60.0
KILLS = {"embedded": 20, "kafka": 5}
LEADS, RUN_KILLS = 500, 6
TEAM = ("ana", "bo", "cy")
AGREEMENT = """
agreement: b2b
version: 1
effective_from: 2025-01-01T00:00:00Z
statuses: {Open: {means: open}}
qualified_lead:
  required_fields: [person.email]
routing:
  fallback: {pool: all}
  pools:
    all: {members: [{name: ana}, {name: bo}, {name: cy}]}
marketing_clauses:
  hand_over: {starts_on: qualified, stopped_by: handed_over, within: 1h}
sales_clauses:
  first_response: {starts_on: handed_over, stopped_by: {touch: {direction: outbound}}, within: 30m}
"""
Said = dict[str, list[dict[str, Any]]]


class Upstream:
    """Publishes facts; those of leads remember who is to have them: the pool, or whoever looks after the account."""

    def __init__(self, log: EventLog, partitions: int) -> None:
        self.log, self._partitions, self._codec = log, partitions, Codec()
        self.by_account: dict[str, bool] = {}

    async def publish(self, inbox: str, subject: str, *facts: Fact, at: int | None = None, twice: bool = False) -> None:
        headers = () if at is None else [(TIME_HEADER, b"%d" % at)]
        time = from_us(now_us() if at is None else at)
        records = [
            NewRecord(
                subject.encode(),
                self._codec.encode(
                    wrap(fact, id=f"{subject}-{type(fact).__name__}", source="/crm", subject=subject, time=time)
                ),
                headers,
            )
            for fact in facts
        ]
        place = inbox, partition_of(subject.encode(), self._partitions)
        await self.log.append({place: [*records, *(records if twice else [])]})

    async def account(self, at: int | None = None) -> None:
        await self.publish(ACCOUNT_INBOX, "acme", AccountOpened(name="Acme", owner="rep-9"), at=at)

    async def lead(self, chance: random.Random, at: int | None = None) -> None:
        """One more lead, sent twice now and then; one in four is of a company that somebody looks after."""
        name, known = f"lead-{len(self.by_account):04}", chance.random() < 0.25
        profile = {"person.email": f"{name}@example.com", **({"company.account": "acme"} if known else {})}
        self.by_account[name] = known
        touched = LeadTouched(channel="website", kind="visited", direction="inbound")
        twice = chance.random() < 0.2
        await self.publish(LEAD_INBOX, name, LeadCaptured(source="web", profile=profile), touched, at=at, twice=twice)


async def said(log: EventLog, topic: str) -> Said:
    """The canonical facts by subject, read as plain JSON."""
    found: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for partition in range(len(await log.ends(topic))):
        async for record in records_of(log, topic, partition):
            found[(record.key or b"").decode()].append(orjson.loads(record.value or b""))
    return dict(found)


def types(facts: Sequence[Mapping[str, Any]]) -> Counter[str]:
    return Counter(fact["type"] for fact in facts)


def faults(leads: Said, pools: Said, accounts: Said, by_account: Mapping[str, bool]) -> Iterator[str]:
    """What is wrong with what was said: questions or answers that are lost, doubled or given to somebody else."""
    if leads.keys() != by_account.keys():
        yield f"leads {leads.keys() ^ by_account.keys()}"
    for name, facts in leads.items():
        asked = "lead.account_asked.v1" if by_account[name] else "lead.owner_requested.v1"
        answer = "account.owner_told.v1" if by_account[name] else "pool.assigned.v1"
        once = ("lead.captured.v1", "lead.touched.v1", "lead.qualified.v1", asked, answer, "lead.assigned.v1",
                "lead.handed_over.v1")  # fmt: skip
        if wrong := {kind: types(facts)[kind] for kind in once if types(facts)[kind] != 1}:
            yield f"{name}: {wrong}"
    (pool,) = pools.values()
    for kind, key in (("lead.owner_requested.v1", None), ("pool.assigned.v1", "lead")):
        who = Counter(
            fact["data"][key] if key else fact["source"].rpartition("/")[2] for fact in pool if fact["type"] == kind
        )
        if who != Counter(name for name, known in by_account.items() if not known):
            yield f"the pool has {kind} of {who}"
    turns = Counter(fact["data"]["owner"] for fact in pool if fact["type"] == "pool.assigned.v1")
    if turns.keys() != set(TEAM) or max(turns.values()) - min(turns.values()) > 1:
        yield f"turns {turns}"
    if types(accounts["acme"])["account.owner_told.v1"] != sum(by_account.values()):
        yield f"the account has told {types(accounts['acme'])}"
    for name, facts in (*leads.items(), *pools.items(), *accounts.items()):
        if [int(fact["sequence"]) for fact in facts] != list(range(1, len(facts) + 1)):
            yield f"{name}: sequence"
        if len({(fact["source"], fact["id"]) for fact in facts}) != len(facts):
            yield f"{name}: told twice"


async def all_faults(log: EventLog, upstream: Upstream) -> list[str]:
    logs = [await said(log, topic) for topic in (LEAD_EVENTS, POOL_EVENTS, ACCOUNT_EVENTS)]
    found = list(faults(*logs, upstream.by_account))
    if any(await log.ends(DEAD_LETTERS)):
        found.append("dead letters")
    return found


async def grown(log: EventLog, process: Process, more: int) -> None:
    """Wait until so many facts more are told."""
    wanted = await told(log) + more
    async with asyncio.timeout(PATIENCE):
        while await told(log) < wanted:
            assert process.alive, process.tail()
            await asyncio.sleep(0.01)


RUN = ("run", "--until-idle", "--until", str(from_us(MONDAY + DAY)))


async def killed_at_work(home: Home, seconds: float) -> bool:
    """A run, killed after that many seconds; false: it came to its end before."""
    run = home.start(*RUN)
    await asyncio.sleep(seconds)
    if not run.alive:
        assert run.returncode == 0, run.tail()
        return False
    run.kill()
    return True


async def told(log: EventLog) -> int:
    return sum([sum(await log.ends(topic)) for topic in (LEAD_EVENTS, POOL_EVENTS, ACCOUNT_EVENTS)])


async def begun(home: Home, log: EventLog, at: int | None = None) -> Upstream:
    assert (await request_publication(log, load_agreement(AGREEMENT), "head of sales")).accepted
    upstream = Upstream(log, home.partitions)
    await upstream.account(at)
    return upstream


@pytest.mark.timeout(900)
async def test_a_worker_that_is_killed_while_groups_speak_loses_no_question_and_answers_none_twice(
    make_home: MakeHome, kind: str
) -> None:
    home, chance = (
        make_home(kind, partitions=PARTITIONS, session_timeout=1.0 if kind == "embedded" else 6.0),
        random.Random(7),
    )
    async with opened(home.settings, create=True) as log:
        upstream = await begun(home, log)
        worker = home.start("worker")
        for _ in range(KILLS[kind]):
            for _ in range(EACH):
                await upstream.lead(chance)
            await grown(log, worker, chance.randint(1, 8 * EACH))
            worker.kill()
            worker = home.start("worker")
        async with asyncio.timeout(2 * PATIENCE):
            while await all_faults(log, upstream):
                assert worker.alive, worker.tail()
                await asyncio.sleep(0.5)
        assert await asyncio.to_thread(worker.stop) == 0, worker.tail()
        assert await all_faults(log, upstream) == []
        for inbox, count in ((POOL_INBOX, sum(not known for known in upstream.by_account.values())),
                             (ACCOUNT_INBOX, 1 + sum(upstream.by_account.values()))):  # fmt: skip
            assert sum([1 for number in range(PARTITIONS) async for _ in records_of(log, inbox, number)]) == count
    await asyncio.to_thread(home.run, "run", "--until-idle")
    assert await differences(home) == []


@pytest.mark.timeout(600)
async def test_a_run_that_is_killed_again_and_again_ends_as_one_that_was_not_whatever_the_partition_count(
    make_home: MakeHome,
) -> None:
    ended: list[dict[str, Said]] = []
    undisturbed = 0.0
    for partitions, kills in ((PARTITIONS + 2, 0), (PARTITIONS, RUN_KILLS)):
        home, chance = make_home("embedded", partitions=partitions, session_timeout=1.0), random.Random(11)
        async with opened(home.settings, create=True) as log:
            upstream = await begun(home, log, MONDAY)
            for number in range(LEADS):
                await upstream.lead(chance, MONDAY + number // 2 * MINUTE)
            done = [await killed_at_work(home, undisturbed * (0.1 + 0.4 * chance.random())) for _ in range(kills)]
            assert sum(done) >= min(2, kills), done
            began = monotonic()
            await asyncio.to_thread(home.run, *RUN)
            undisturbed = monotonic() - began
            assert await all_faults(log, upstream) == []
            ended.append({topic: await said(log, topic) for topic in (LEAD_EVENTS, POOL_EVENTS, ACCOUNT_EVENTS)})
        assert await differences(home) == []
        assert "differ" in await asyncio.to_thread(home.run, "verify", "--redecide")
    assert ended[0] == ended[1]
