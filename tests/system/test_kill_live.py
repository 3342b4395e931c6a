"""Workers and a projector that are killed at random while facts come in: every fact once, in order, in every view."""

import asyncio
import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

import orjson
import pytest

from engine.partitioning import partition_of
from engine.ports import EventLog, NewRecord
from events.codec import Codec
from events.fact import Fact
from events.lead import LeadCaptured, LeadStatusChanged, LeadTouched
from events.registry import wrap
from events.topics import DEAD_LETTERS, LEAD_EVENTS, LEAD_INBOX
from leadstream.agreements import request_publication
from leadstream.deployment import opened
from leadstream.reading import records_of
from streams.agreement.load import load as load_agreement
from tests.support.process import Process
from tests.system.conftest import MakeHome
from tests.system.homes import Home, differences, outcome, rows

pytestmark = pytest.mark.slow

LEADS, FACTS_EACH, PARTITIONS, KILLS = 400, 50, 4, 7
SOURCE, OWN_SOURCE = "/crm", "/leadstream"
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
sales_clauses:
  call: {starts_on: captured, stopped_by: {touch: {direction: outbound}}, within: 3s}
  follow_up: {starts_on: handed_over, stopped_by: {touch: {direction: outbound}}, within: 2s, warn_at: 50%}
"""


@dataclass
class Upstream:
    """Publishes facts of all leads in turn, some twice, and remembers what was accepted, in order per lead."""

    log: EventLog
    accepted: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    done: bool = False

    async def publish(self) -> None:
        codec, chance = Codec(), random.Random(7)
        for number in range(FACTS_EACH):
            now = datetime.now(UTC)
            values = [
                (name, f"f{number:02}", codec.encode(wrap(made, id=f"f{number:02}", source=SOURCE, subject=name, time=now)))
                for name in names()
                for made in (fact(number, chance),)
            ]
            for begin in range(0, len(values), 100):
                await self._append(values[begin : begin + 100], twice=chance.random() < 0.2)
        self.done = True

    async def _append(self, values: list[tuple[str, str, bytes]], *, twice: bool) -> None:
        batches = defaultdict[tuple[str, int], list[NewRecord]](list)
        for name, _, value in values:
            key = name.encode()
            batches[LEAD_INBOX, partition_of(key, PARTITIONS)].append(NewRecord(key, value))
        for _ in range(1 + twice):
            await self.log.append(batches)
        for name, fact_id, _ in values:
            self.accepted[name].append(fact_id)

    @property
    def count(self) -> int:
        return sum(map(len, self.accepted.values()))


def names() -> Iterator[str]:
    return (f"lead-{number:03}" for number in range(LEADS))


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
        for _, process in self._members:
            assert process.alive, process.tail()

    async def stop(self) -> None:
        for _, process in self._members:
            assert await asyncio.to_thread(process.stop) == 0, process.tail()


async def end_of(log: EventLog, topic: str) -> int:
    return sum(await log.ends(topic))


async def grown(log: EventLog, crowd: Crowd, until: int, seconds: float = 90.0) -> None:
    async with asyncio.timeout(seconds):
        while await end_of(log, LEAD_EVENTS) < until:
            crowd.assert_alive()
            await asyncio.sleep(0.05)


async def told(log: EventLog) -> dict[str, list[dict[str, object]]]:
    """The canonical facts by lead, read as plain JSON."""
    found: defaultdict[str, list[dict[str, object]]] = defaultdict(list)
    for partition in range(PARTITIONS):
        async for record in records_of(log, LEAD_EVENTS, partition):
            envelope = orjson.loads(record.value or b"")
            assert envelope["subject"].encode() == record.key
            found[envelope["subject"]].append(envelope)
    return dict(found)


async def caught_up(log: EventLog, home: Home, upstream: Upstream, crowd: Crowd, seconds: float = 180.0) -> None:
    """Wait until all accepted facts are decided, every clock has run out, and the views have them all."""
    async with asyncio.timeout(seconds):
        while True:
            crowd.assert_alive()
            histories = await told(log)
            upstream_facts = sum(fact["source"] == SOURCE for history in histories.values() for fact in history)
            if upstream_facts >= upstream.count:
                found = await outcome(home)
                if not any(row["open"] for row in rows(found, "sla")) and projected(found) == upstream.count:
                    return
            await asyncio.sleep(0.5)


def projected(found: object) -> int:
    raise NotImplementedError
