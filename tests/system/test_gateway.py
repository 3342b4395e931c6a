"""A real gateway, on both logs: what it has acknowledged is decided once, whoever is killed meanwhile."""

import asyncio
import re
import ssl
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from engine.reading import records_of
from events.topics import LEAD_EVENTS
from leadstream.deployment import opened
from tests.support.ports import free_ports
from tests.system.conftest import MakeHome
from tests.system.gate import Gate
from tests.system.homes import Home

pytestmark = pytest.mark.slow

LEADS, SENDERS, KILLS = 40, 8, 3
BATCH = "application/cloudevents-batch+json"
STRUCTURED = "application/cloudevents+json"


def event(number: int, sender: int) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "type": "lead.touched.v1",
        "id": f"{sender}-{number}",
        "source": "/web",
        "subject": f"lead-{number % LEADS}",
        "time": "2026-01-05T09:00:00Z",
        "data": {"channel": "website", "kind": "visited", "direction": "inbound"},
    }


async def sending(gate: Gate, sender: int, stop: asyncio.Event, acknowledged: list[str]) -> None:
    """Events one by one and in batches; each is sent until it was acknowledged, the last one as well."""
    number = 0
    async with httpx.AsyncClient(timeout=30) as client:
        while not stop.is_set():
            many = [event(number + each, sender) for each in range(1 if sender % 2 else 25)]
            number += len(many)
            said, media_type = (many[0], STRUCTURED) if len(many) == 1 else (many, BATCH)
            while True:
                told = await gate.post(client, said, media_type)
                if told is not None and told.status_code == 202:
                    break
                assert told is None or told.status_code == 503, told.text
                await asyncio.sleep(0.05)
            acknowledged += [one["id"] for one in many]


async def decided(home: Home) -> list[str]:
    """The ids of our facts in the canonical log."""
    async with opened(home.settings) as log:
        found = [
            orjson.loads(record.value or b"")
            for number in range(home.partitions)
            async for record in records_of(log, LEAD_EVENTS, number)
        ]
    return [fact["id"] for fact in found if fact["source"] == "/web"]


async def test_every_acknowledged_event_is_decided_exactly_once_whoever_is_killed(
    make_home: MakeHome, kind: str
) -> None:
    home = make_home(kind, session_timeout=6.0)
    if kind == "kafka":
        home.run("topics", "create")
    gate = await asyncio.to_thread(Gate, home)
    worker = home.start("worker")
    stop, acknowledged = asyncio.Event(), list[str]()
    senders = [asyncio.create_task(sending(gate, number, stop, acknowledged)) for number in range(SENDERS)]
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
    async with asyncio.timeout(180):
        while len(set(found := await decided(home)) & set(acknowledged)) < len(acknowledged):
            assert worker.alive, worker.tail()
            await asyncio.sleep(0.5)
    assert [name for name, count in Counter(found).items() if count > 1] == []
    assert await asyncio.to_thread(gate.process.stop) == 0, gate.process.tail()
    assert await asyncio.to_thread(worker.stop) == 0, worker.tail()
    secret = gate.headers["authorization"].rpartition("_")[2]
    assert not [process.log for process in home.processes if secret in process.output()], "a secret in a log"


async def test_commands_and_questions_are_answered_beside_a_worker(make_home: MakeHome, kind: str) -> None:
    home = make_home(kind)
    if kind == "kafka":
        home.run("topics", "create")
    gate = await asyncio.to_thread(Gate, home)
    for role in ("worker", "projector"):
        home.start(role)
    base = f"http://127.0.0.1:{gate.port}/v1"
    async with httpx.AsyncClient(timeout=90, headers=gate.headers) as client:
        assert (await client.get(f"{base}/leads/lead-1")).status_code == 404
        assert (await gate.post(client, event(1, 1), STRUCTURED)) is not None
        told = await client.post(
            f"{base}/commands/accept?wait=60",
            json={"subject": "lead-1", "data": {"by": "Ines"}},
            headers={"idempotency-key": "first"},
        )
        assert (told.status_code, told.json()["command"], told.json()["accepted"]) == (409, "first", False)
        assert (await client.get(f"{base}/answers/first")).json()["reason"] == told.json()["reason"]
        story = (await client.get(f"{base}/leads/lead-1")).json()
        assert [fact["fact"] for fact in story["facts"]] == ["lead.touched"]
        async with asyncio.timeout(120):
            while not (await client.get(f"{base}/views/leads?where=lead=lead-1")).json()["rows"]:  # noqa: ASYNC110 - over HTTP
                await asyncio.sleep(0.2)


async def test_a_gateway_speaks_tls_and_ends_orderly(make_home: MakeHome, tmp_path: Path) -> None:
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"]
    names = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)]
    await asyncio.to_thread(subprocess.run, [*made, *names], check=True, capture_output=True)
    gate = await asyncio.to_thread(Gate, make_home("embedded"), "--tls-cert", certificate, "--tls-key", key)
    async with httpx.AsyncClient(verify=ssl.create_default_context(cafile=str(certificate))) as client:
        said, asked = orjson.dumps(event(1, 1)), {**gate.headers, "content-type": STRUCTURED}
        told = await client.post(f"https://127.0.0.1:{gate.port}/v1/events", content=said, headers=asked)
        assert told.status_code == 202
        assert (await gate.post(client, event(2, 1), STRUCTURED)) is None, "plain HTTP was answered"
    assert await asyncio.to_thread(gate.process.stop) == 0, gate.process.tail()
    broken = gate.home.start("gateway", "--port", "0", "--tls-cert", key, "--tls-key", certificate)
    assert await asyncio.to_thread(broken.wait, 120) == 1
    assert "TLS: the certificate or its key cannot be used" in broken.output()


def test_up_runs_a_gateway_too(make_home: MakeHome, monkeypatch: pytest.MonkeyPatch) -> None:
    (port,) = free_ports(1)
    monkeypatch.setenv("LEADSTREAM_GATEWAY_PORT", str(port))
    up = make_home("embedded").start("up")
    up.wait_for("gateway on http", 120)
    assert httpx.get(f"http://127.0.0.1:{port}/v1/health", timeout=30).json() == {"status": "ok"}
    assert up.stop(60) == 0, up.tail()


async def test_a_port_that_is_taken_is_named(make_home: MakeHome) -> None:
    gate = await asyncio.to_thread(Gate, make_home("embedded"))
    second = gate.home.start("gateway", "--port", str(gate.port), name="second")
    assert await asyncio.to_thread(second.wait, 120) == 1
    assert f"cannot listen on 127.0.0.1 port {gate.port}" in second.output()


async def test_a_gateway_serves_its_metrics_and_says_where(make_home: MakeHome) -> None:
    gate = await asyncio.to_thread(Gate, make_home("embedded"), "--metrics-port", "0")
    await asyncio.to_thread(gate.process.wait_for, "metrics on http", 30)
    (address,) = re.findall(r"metrics on (http://\S+)", gate.process.output())
    async with httpx.AsyncClient(timeout=30) as client:
        assert (await gate.post(client, event(1, 1), STRUCTURED)) is not None
        text = (await client.get(address)).text
    assert 'leadstream_gateway_requests_total{route="/v1/events",status="202"} 1.0' in text
    taken = gate.home.start(
        "gateway", "--port", "0", "--metrics-port", address.split(":")[2].split("/")[0], name="other"
    )
    assert await asyncio.to_thread(taken.wait, 120) == 1
    assert "cannot serve metrics on 127.0.0.1 port" in taken.output()
