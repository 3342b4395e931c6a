"""A real gateway that is killed while forms and vendors send: what it accepted is kept, and decided exactly once."""

import asyncio
import dataclasses
import fcntl
import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx
import orjson
import pytest

from engine.reading import records_of
from events.codec import Codec
from events.topics import LEAD_EVENTS, RAW
from leadstream.connectors.port import Raw
from leadstream.deployment import opened
from leadstream.intake.sources import Source, sources_of
from leadstream.intake.taking import read, taken
from tests.leadstream.connectors import signing
from tests.leadstream.connectors.signing import SECRET
from tests.support.kafka import KafkaCluster
from tests.support.ports import free_ports
from tests.support.process import Process
from tests.system.conftest import MakeHome
from tests.system.homes import Home

pytestmark = pytest.mark.slow

LEADS, SENDERS, KILLS = 40, 8, 3
CONFIG = """
[sources.contact]
connector = "web_form"
public_key = "a-public-key"

[sources.webinars]
connector = "zoom"
secret = "file:{secret}"
"""
Made = Callable[[str], Raw]
"""Makes the request of a submission, at the present time."""


def form(name: str) -> Raw:
    body = f"email=lead{hash_of(name)}%40example.com&submission_id={name}&company=Example".encode()
    return Raw(
        connector="web_form",
        endpoint="contact",
        received_at=time.time_ns() // 1000,
        path="/v1/hooks/contact",
        query="key=a-public-key",
        headers=(("content-type", "application/x-www-form-urlencoded"),),
        body=body,
    )


def webinar(name: str) -> Raw:
    """Somebody registers; signed as Zoom does."""
    registrant = {"id": name, "email": f"lead{hash_of(name)}@example.com", "create_time": "2026-03-02T09:00:00Z"}
    about = {"id": "91234567890", "uuid": "u-1", "topic": "Scoring", "registrant": registrant}
    said = {"event": "webinar.registration_created", "event_ts": 1772442600123, "payload": {"object": about}}
    at = time.time_ns() // 1000
    raw = Raw(
        connector="zoom", endpoint="webinars", received_at=at, path="/v1/hooks/webinars",
        headers=(("content-type", "application/json"),), body=orjson.dumps(said),
    )  # fmt: skip
    return signing.zoom(SECRET, raw, at)


def hash_of(name: str) -> int:
    """One of a few people, so that their leads have histories."""
    return sum(name.encode()) % LEADS


class Gate:
    """A gateway that is started again at the same port whenever it was killed."""

    def __init__(self, home: Home) -> None:
        self.home = home
        (self.port,) = free_ports(1)
        self.process = self._start()

    def _start(self) -> Process:
        process = self.home.start("gateway", "--port", str(self.port))
        process.wait_for("2 ways in", 120)
        return process

    def kill(self) -> None:
        """kill -9, and another one."""
        self.process.kill()
        self.process = self._start()

    async def send(self, client: httpx.AsyncClient, raw: Raw) -> int | None:
        """Send, once; the status, or None when nobody answered."""
        url = f"http://127.0.0.1:{self.port}{raw.path}{'?' if raw.query else ''}{raw.query}"
        try:
            return (await client.post(url, content=raw.body, headers=dict(raw.headers))).status_code
        except httpx.TransportError:
            return None


async def sending(gate: Gate, sender: int, made: Made, stop: asyncio.Event, acknowledged: dict[str, Raw]) -> None:
    """Requests one by one; each is sent until it was acknowledged, the last one as well."""
    number = 0
    async with httpx.AsyncClient(timeout=30) as client:
        while not stop.is_set():
            name = f"{sender}-{number}"
            while (told := await gate.send(client, raw := made(name))) != 200:
                assert told in (None, 503), told
                await asyncio.sleep(0.05)
            acknowledged[name] = raw
            number += 1


async def kept(home: Home) -> set[bytes]:
    """The bodies in the topic `raw`."""
    async with opened(home.settings) as log:
        return {
            read(record.value).body
            for partition in range(home.partitions)
            async for record in records_of(log, RAW, partition)
        }


async def decided(home: Home) -> Counter[tuple[str, str, str]]:
    """Subject, source and id of the facts of connectors in the canonical log, with how often each is there."""
    async with opened(home.settings) as log:
        found = [
            json.loads(record.value or b"")
            for partition in range(home.partitions)
            async for record in records_of(log, LEAD_EVENTS, partition)
        ]
    return Counter(
        (fact["subject"], fact["source"], fact["id"]) for fact in found if fact["source"].startswith("/connectors/")
    )


def expected(ways_in: dict[str, Source], raws: list[Raw]) -> set[tuple[str, str, str]]:
    """What requests tell."""
    codec = Codec()
    facts = [fact for raw in raws for fact, _ in taken(ways_in[raw.endpoint], raw, codec).facts]
    return {(fact.subject, fact.source, fact.id) for fact in facts}


def deployed(make_home: MakeHome, kind: str) -> tuple[Home, dict[str, Source]]:
    """A deployment with two ways in."""
    home = make_home(kind, session_timeout=6.0)
    home = dataclasses.replace(home, cwd=home.folder)
    (home.folder / "secret").write_text(SECRET)
    (home.folder / "leadstream.toml").write_text(CONFIG.format(secret=home.folder / "secret"))
    tables = {
        "contact": {"connector": "web_form", "public_key": "a-public-key"},
        "webinars": {"connector": "zoom", "secret": "file:here"},
    }
    ways_in, faults = sources_of(tables, lambda _: SECRET, home.settings.secret.encode())
    assert faults == ()
    home.run("topics", "create")
    return home, ways_in


async def test_every_accepted_request_is_kept_and_its_facts_are_decided_exactly_once_whoever_is_killed(
    make_home: MakeHome, kind: str
) -> None:
    home, ways_in = await asyncio.to_thread(deployed, make_home, kind)
    gate, worker = await asyncio.to_thread(Gate, home), home.start("worker")
    stop, acknowledged = asyncio.Event(), dict[str, Raw]()
    senders = [
        asyncio.create_task(sending(gate, number, webinar if number % 2 else form, stop, acknowledged))
        for number in range(SENDERS)
    ]
    for _ in range(KILLS):
        seen = len(acknowledged)
        async with asyncio.timeout(120):
            while len(acknowledged) < seen + 200:  # noqa: ASYNC110 - another process brings it about
                await asyncio.sleep(0.02)
        await asyncio.to_thread(gate.kill)
        worker.kill()
        worker = home.start("worker")
    stop.set()
    await asyncio.gather(*senders)
    raws = list(acknowledged.values())
    wanted = expected(ways_in, raws)
    async with asyncio.timeout(240):
        while wanted - set(found := await decided(home)):
            assert worker.alive, worker.tail()
            await asyncio.sleep(0.5)
    assert [about for about, count in found.items() if count > 1] == []
    assert {raw.body for raw in raws} <= await kept(home)
    home.run("raw", "replay", "--all")
    assert await asyncio.to_thread(gate.process.stop) == 0, gate.process.tail()
    assert await asyncio.to_thread(worker.stop) == 0, worker.tail()
    home.run("run", "--until-idle")
    assert await decided(home) == found, "what is translated again is known already"
    assert not [process.log for process in home.processes if SECRET in process.output()], "a secret in a log"


@contextmanager
def slow_log(home: Home, cluster: KafkaCluster | None) -> Iterator[None]:
    """The log takes nothing while this lasts: its broker is frozen, or another process is in the middle of a write."""
    if cluster is not None:
        cluster.process().freeze()
        try:
            yield
        finally:
            cluster.process().thaw()
        return
    with home.settings.log_path.with_name("log.db.lock").open("r+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


async def test_a_vendor_is_answered_in_time_by_a_slow_log_and_its_request_is_taken_when_it_comes_again(
    make_home: MakeHome, kind: str, request: pytest.FixtureRequest
) -> None:
    home, ways_in = await asyncio.to_thread(deployed, make_home, kind)
    cluster = request.getfixturevalue("kafka") if kind == "kafka" else None
    gate = await asyncio.to_thread(Gate, home)
    waits = ways_in["webinars"].connector.seconds
    async with httpx.AsyncClient(timeout=30) as client:
        assert await gate.send(client, webinar("before")) == 200
        with slow_log(home, cluster):
            began = time.monotonic()
            assert await gate.send(client, webinar("during")) == 503
            took = time.monotonic() - began
        assert 0.5 * waits < took < waits, "later than Zoom waits, or without having tried"
        async with asyncio.timeout(60):
            while await gate.send(client, webinar("during")) != 200:  # noqa: ASYNC110 - over HTTP
                await asyncio.sleep(0.1)
    registrants = {json.loads(body)["payload"]["object"]["registrant"]["id"] for body in await kept(home)}
    assert registrants == {"before", "during"}
    home.run("run", "--until-idle")
    assert set((await decided(home)).values()) == {1}
    assert await asyncio.to_thread(gate.process.stop) == 0, gate.process.tail()
