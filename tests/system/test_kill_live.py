"""Workers and a projector that are killed at random while facts come in: every fact once, in order, in every view."""

import asyncio
import random
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

import orjson
import pytest

from engine.partitioning import partition_of
from engine.ports import EventLog, NewRecord
from engine.position import decode_position
from engine.reading import records_of
from engine.state import POSITION
from events.codec import Codec
from events.fact import Fact
from events.instants import from_us
from events.lead import LeadCaptured, LeadStatusChanged, LeadTouched
from events.registry import wrap
from events.topics import DEAD_LETTERS, LEAD_EVENTS, LEAD_INBOX, VIEW_STATE
from leadstream.agreements import request_publication
from leadstream.clock import now_us
from leadstream.deployment import opened
from streams.agreement.load import load as load_agreement
from tests.chaos.soak.evidence import last_verdicts
from tests.support.process import Process
from tests.system.conftest import MakeHome
from tests.system.homes import Home, Outcome, differences, outcome, rows

pytestmark = pytest.mark.slow

LEADS, FACTS_EACH, PARTITIONS, KILLS = 400, 50, 4, 7
BACKLOG = 2_000
SOURCE = "/crm"
SECOND = 1_000_000
WORKERS, PROJECTOR = (0, 1), 2
VERDICTS = ("met", "breached", "cancelled", "open")
AGREEMENT = """
agreement: desk
version: 1
effective_from: 2025-01-01T00:00:00+00:00
statuses: {Contacted: {means: working}, Lost: {means: unqualified}}
scoring:
  engagement:
    rules: [{points: 3, touch: {channel: website}}]
    decay: {linear: 50%, per: 30d}
  cap: 100
  grades: {A: 60, B: 30, C: 0}
hand_over: automatic
qualified_lead:
  behavioural: {any: [{score: engagement, at_least: 30}]}
late_facts_accepted: 7d
sales_clauses:
  call: {starts_on: captured, stopped_by: {touch: {direction: outbound}}, within: 3s}
  follow_up: {starts_on: handed_over, stopped_by: {touch: {direction: outbound}}, within: 2s, warn_at: 50%}
"""


NAMES = [f"lead-{number:03}" for number in range(LEADS)]


class Told(NamedTuple):
    """A fact as upstream told it; `at` in microseconds."""

    id: str
    at: int
    fact: Fact


@dataclass
class Upstream:
    """Publishes facts of all leads in turn, some twice, and remembers what was accepted, in order per lead."""

    log: EventLog
    accepted: defaultdict[str, list[Told]] = field(default_factory=lambda: defaultdict(list))

    async def publish(self) -> None:
        """Goes on as the workers do, never far ahead of them."""
        codec, chance = Codec(), random.Random(7)
        for number in range(FACTS_EACH):
            while sum(await self.log.ends(LEAD_EVENTS)) < self.count - BACKLOG:  # noqa: ASYNC110 - other processes bring it about
                await asyncio.sleep(0.05)
            for begin in range(0, LEADS, 100):
                some = NAMES[begin : begin + 100]
                made = {name: Told(f"f{number:02}", now_us(), fact(number, chance)) for name in some}
                await self._append(codec, made, twice=chance.random() < 0.2)

    async def _append(self, codec: Codec, made: Mapping[str, Told], *, twice: bool) -> None:
        batches = defaultdict[tuple[str, int], list[NewRecord]](list)
        for name, said in made.items():
            envelope = wrap(said.fact, id=said.id, source=SOURCE, subject=name, time=from_us(said.at))
            record = NewRecord(name.encode(), codec.encode(envelope))
            batches[LEAD_INBOX, partition_of(name.encode(), PARTITIONS)].append(record)
        for _ in range(1 + twice):
            await self.log.append(batches)
        for name, said in made.items():
            self.accepted[name].append(said)

    @property
    def count(self) -> int:
        return sum(map(len, self.accepted.values()))


def fact(number: int, chance: random.Random) -> Fact:
    if number == 0:
        return LeadCaptured(source=chance.choice(["web", "fair"]))
    if chance.random() < 0.1:
        return LeadTouched(channel="call", kind="dialled", direction="outbound")
    if chance.random() < 0.05:
        return LeadStatusChanged(status=chance.choice(["Contacted", "Contacted", "Lost"]))
    return LeadTouched(channel="website", kind="visited", direction="inbound")


class Crowd:
    """Two workers and a projector; whoever is killed is started again."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._members: list[tuple[str, Process]] = [
            (role, home.start(role)) for role in ("worker", "worker", "projector")
        ]

    def kill(self, number: int) -> None:
        role, process = self._members[number]
        assert process.alive, process.tail()
        process.kill()
        self._members[number] = role, self._home.start(role)

    def assert_alive(self) -> None:
        for role, process in self._members:
            assert process.alive, f"{role} ended with {process.returncode}:\n{process.tail()}"

    async def stop(self) -> None:
        for _, process in self._members:
            assert await asyncio.to_thread(process.stop) == 0, process.tail()


async def killed_at_random(upstream: Upstream, crowd: Crowd, publishing: asyncio.Task[None]) -> int:
    """Kill a member whenever a further random number of facts was published; how many were killed."""
    chance, kills = random.Random(41), 0
    for moment in sorted(chance.sample(range(1_000, LEADS * FACTS_EACH * 9 // 10), KILLS)):
        while upstream.count < moment and not publishing.done():
            crowd.assert_alive()
            await asyncio.sleep(0.02)
        crowd.kill(PROJECTOR if kills == 3 else chance.choice(WORKERS))
        kills += 1
    return kills


async def told(log: EventLog) -> dict[str, list[dict[str, Any]]]:
    """The canonical facts by lead, read as plain JSON."""
    found: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for partition in range(PARTITIONS):
        async for record in records_of(log, LEAD_EVENTS, partition):
            envelope = orjson.loads(record.value or b"")
            assert envelope["subject"].encode() == record.key
            found[envelope["subject"]].append(envelope)
    return dict(found)


async def settled(log: EventLog, upstream: Upstream, crowd: Crowd) -> dict[str, list[dict[str, Any]]]:
    """Wait until all that was accepted is decided, every clock has run out, and the views have read it all."""
    while True:
        crowd.assert_alive()
        end, histories = await log.ends(LEAD_EVENTS), await told(log)
        facts = [fact for history in histories.values() for fact in history]
        decided = sum(fact["source"] == SOURCE for fact in facts)
        still_open = sum(counts["open"] for counts in last_verdicts(histories).values())
        if decided >= upstream.count and not still_open and await projected(log) == end == await log.ends(LEAD_EVENTS):
            return histories
        await asyncio.sleep(0.5)


async def projected(log: EventLog) -> list[int]:
    positions = [await log.latest(VIEW_STATE, partition, POSITION) for partition in range(PARTITIONS)]
    return [0 if raw is None else decode_position(raw).offsets[LEAD_EVENTS] for raw in positions]


def verdicts_due(upstream: Upstream) -> Counter[str]:
    """What the clause `call` has to say of every lead, by when things happened alone."""
    found: Counter[str] = Counter()
    for facts in upstream.accepted.values():
        due = facts[0].at + 3 * SECOND
        ends = (_ends_call(told.fact) for told in facts if told.at <= due)
        found[next((end for end in ends if end), "breached")] += 1
    return found


def _ends_call(fact: Fact) -> str:
    match fact:
        case LeadTouched(direction="outbound"):
            return "met"
        case LeadStatusChanged(status="Lost"):
            return "cancelled"
        case _:
            return ""


def assert_each_once_in_order(upstream: Upstream, histories: Mapping[str, list[dict[str, Any]]]) -> None:
    assert histories.keys() == upstream.accepted.keys()
    for name, history in histories.items():
        assert [fact["id"] for fact in history if fact["source"] == SOURCE] == [
            told.id for told in upstream.accepted[name]
        ]
        identities = [(fact["source"], fact["id"]) for fact in history]
        assert len(set(identities)) == len(identities)
        assert [int(fact["sequence"]) for fact in history] == list(range(1, len(history) + 1))
        recorded = [datetime.fromisoformat(fact["recordedat"]) for fact in history]
        assert recorded == sorted(recorded)


def assert_views_say_the_same(found: Outcome, upstream: Upstream, verdicts: Mapping[str, Counter[str]]) -> None:
    first = [facts[0].fact for facts in upstream.accepted.values()]
    sources = Counter(fact.source for fact in first if isinstance(fact, LeadCaptured))
    captured = {row["source"]: row["leads"] for row in rows(found, "funnel") if row["stage"] == "captured"}
    assert captured == sources
    assert {row["lead"] for row in rows(found, "leads")} == set(NAMES)
    shown = {row["clause"]: {name: row[name] for name in VERDICTS} for row in rows(found, "sla")}
    assert shown == {clause: {name: counts[name] for name in VERDICTS} for clause, counts in verdicts.items()}
    (row,) = rows(found, "response-times")
    assert row["answered"] == sum(
        any(_ends_call(told.fact) == "met" for told in facts) for facts in upstream.accepted.values()
    )


@pytest.mark.timeout(420)
async def test_killed_workers_and_a_killed_projector_lose_nothing_and_double_nothing(
    make_home: MakeHome, kind: str
) -> None:
    home = make_home(kind, partitions=PARTITIONS, session_timeout=2.0)
    async with opened(home.settings, create=True) as log, asyncio.timeout(360):
        assert (await request_publication(log, load_agreement(AGREEMENT), "head of sales")).accepted
        crowd, upstream = Crowd(home), Upstream(log)
        publishing = asyncio.create_task(upstream.publish())
        assert await killed_at_random(upstream, crowd, publishing) == KILLS
        await publishing
        assert upstream.count == LEADS * FACTS_EACH
        await settled(log, upstream, crowd)
        await crowd.stop()
        histories = await told(log)
        assert sum(await log.ends(DEAD_LETTERS)) == 0
    assert_each_once_in_order(upstream, histories)
    verdicts = last_verdicts(histories)
    assert verdicts["call"] == verdicts_due(upstream)
    assert min(verdicts["call"][name] for name in ("met", "breached")) > 0
    assert verdicts["follow_up"].total() > 0
    assert await differences(home) == []
    assert_views_say_the_same(await outcome(home), upstream, verdicts)
