"""Brokers that let in by TLS and SASL alone: commands, workers and publishers come in, others are told why not."""

import asyncio
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.errors import Forbidden, Unavailable
from engine.reading import records_of
from events.lead import LeadCaptured
from events.topics import LEAD_EVENTS
from leadstream import Publisher, SyncPublisher
from leadstream.deployment import create_topics, make_log, opened
from leadstream.sdk.errors import NotAllowed
from leadstream.settings import Settings
from tests.support.kafka_secured import PASSWORD, USER, Secured, secured_broker
from tests.support.missing import MissingError, skip_or_fail
from tests.support.process import leadstream

pytestmark = [pytest.mark.kafka, pytest.mark.slow]
WAYS = [
    ("SSL", ""), ("SASL_PLAINTEXT", "PLAIN"), ("SASL_PLAINTEXT", "SCRAM-SHA-256"), ("SASL_SSL", "PLAIN"),
    ("SASL_SSL", "SCRAM-SHA-256"), ("SASL_SSL", "SCRAM-SHA-512"),
]  # fmt: skip


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    try:
        with secured_broker(tmp_path_factory.mktemp("certificates")) as broker:
            yield broker
    except MissingError as error:
        skip_or_fail(str(error))


def said(secured: Secured, protocol: str, mechanism: str = "", **more: str) -> dict[str, Any]:
    """Settings that are let in, but for what is said otherwise."""
    found = {"broker": secured.url(protocol), "security_protocol": protocol}
    if "SSL" in protocol:
        found["ssl_cafile"] = str(secured.authority)
    if protocol == "SSL":
        found["ssl_certfile"] = str(secured.certificate)
    if mechanism:
        found |= {"sasl_mechanism": mechanism, "sasl_username": USER, "sasl_password": PASSWORD}
    return {**found, **more}


async def decided(settings: Settings) -> list[str]:
    """Subjects of what was decided."""
    async with opened(settings) as log:
        return [
            json.loads(record.value or b"")["subject"]
            for partition in range(2)
            async for record in records_of(log, LEAD_EVENTS, partition)
        ]


@pytest.mark.parametrize(("protocol", "mechanism"), WAYS, ids=lambda part: part or "certificate")
async def test_topics_are_made_facts_are_published_and_a_worker_decides_them(
    secured: Secured, topic_prefix: str, tmp_path: Path, protocol: str, mechanism: str
) -> None:
    await secured.grant(topic_prefix)
    table = said(secured, protocol, mechanism, prefix=topic_prefix)
    settings = Settings(**table, partitions=2, data_dir=tmp_path)
    log = make_log(settings)
    await log.start()
    await create_topics(log, settings)
    await log.stop()
    async with Publisher(settings=settings, source="/test") as publisher:
        receipt = await publisher.publish(LeadCaptured(source="web"), subject="lead-1", natural_key="1")
    assert receipt.outcome == "accepted"
    env = {f"LEADSTREAM_{name.upper()}": str(value) for name, value in table.items()}
    worker = leadstream("worker", "--session-timeout", "6", log=tmp_path / "worker.log", env=env, cwd=tmp_path)
    try:
        deadline = time.monotonic() + 90
        while "lead-1" not in (found := await decided(settings)):
            assert worker.alive, worker.tail()
            assert time.monotonic() < deadline, worker.tail()
            await asyncio.sleep(0.3)
    finally:
        await asyncio.to_thread(worker.stop)
    assert found.count("lead-1") >= 1
    assert PASSWORD not in worker.output()


async def test_a_context_of_the_programs_own_is_taken_for_the_brokers(secured: Secured, topic_prefix: str) -> None:
    await secured.grant(topic_prefix)
    table = said(secured, "SASL_SSL", "SCRAM-SHA-256", prefix=topic_prefix, ssl_cafile="")
    settings = Settings(**table, partitions=2)
    log = make_log(settings, secured.trusting())
    await log.start()
    await create_topics(log, settings)
    await log.stop()
    with SyncPublisher(settings=settings, source="/test", tls=secured.trusting()) as publisher:
        assert publisher.publish(LeadCaptured(source="web"), subject="lead-1").outcome == "accepted"


async def test_who_is_let_in_and_has_no_rights_is_told_so(secured: Secured) -> None:
    settings = Settings(**said(secured, "SASL_PLAINTEXT", "PLAIN", prefix="nobodys-"), partitions=2)
    log = make_log(settings)
    await log.start()
    try:
        with pytest.raises(Forbidden, match="lack of rights"):
            await create_topics(log, settings)
    finally:
        await log.stop()


@pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"])
async def test_a_wrong_password_is_told_at_once_and_not_waited_out(secured: Secured, mechanism: str) -> None:
    settings = Settings(**said(secured, "SASL_PLAINTEXT", mechanism, sasl_password="wrong-one"))
    log = make_log(settings)
    try:
        with pytest.raises(Forbidden) as told:
            await log.start()
    finally:
        await log.stop()
    assert "sasl_username" in str(told.value)
    assert "wrong-one" not in str(told.value)
    async with Publisher(settings=settings, source="/test") as publisher:
        with pytest.raises(NotAllowed, match="sasl_username"):
            await publisher.publish(LeadCaptured(source="web"), subject="lead-1")


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"ssl_cafile": "other"}, "certificate"),
        ({"broker": "localhost"}, "certificate"),
    ],
    ids=["another authority", "another name"],
)
async def test_a_broker_that_cannot_prove_who_it_is_gets_no_password(
    secured: Secured, changed: dict[str, str], reason: str
) -> None:
    table = said(secured, "SASL_SSL", "PLAIN")
    if "ssl_cafile" in changed:
        table["ssl_cafile"] = str(secured.other_authority)
    if "broker" in changed:
        table["broker"] = secured.url("SASL_SSL", "localhost")
    log = make_log(Settings(**table))
    try:
        with pytest.raises(Forbidden, match=reason):
            await log.start()
    finally:
        await log.stop()


async def test_who_speaks_plainly_to_a_port_for_tls_finds_no_broker(secured: Secured) -> None:
    log = make_log(Settings(broker=secured.url("SASL_SSL")))
    try:
        with pytest.raises(Unavailable, match="access settings"):
            await log.start()
    finally:
        await log.stop()
