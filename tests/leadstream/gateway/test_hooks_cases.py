"""Every kept request of every connector, sent over HTTP as its vendor signs it, leaves what its golden file says."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import pytest_asyncio

from engine.ports import Record
from events.codec import Codec
from events.instants import iso, to_us
from events.topics import DEAD_LETTERS, RAW
from leadstream.connectors.registry import CONNECTORS
from leadstream.intake.taking import read
from tests.leadstream.gateway.house import House, gateway
from tests.leadstream.gateway.ways import SENDING, deliver, every_source, signed
from tests.support import requests

CASES = [path for path in requests.CASES if path.parent.name in SENDING]
UNPROVED = {"microsoft_graph-empty", "microsoft_graph-no_list"}
"""Cases that cannot prove who sends them: what is signed, or carries the secret, is not there."""

EVERY = every_source()
each_case = pytest.mark.parametrize("path", CASES, ids=lambda path: f"{path.parent.name}-{path.stem}")


def golden_of(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(
        (requests.FOLDER / "golden" / path.parent.name / f"{path.stem}.json").read_text(encoding="utf-8")
    )
    return found


def shown(record: Record) -> dict[str, Any]:
    """A fact as golden files have it."""
    told = Codec().decode(record.value)
    return {
        "subject": told.subject,
        "time": iso(to_us(told.time)),
        "source": told.source,
        "id": told.id,
        "data": msgspec.to_builtins(told.data),
    }


async def left(house: House) -> tuple[list[Record], list[Record], list[Record]]:
    """Kept requests, letters and facts."""
    return await house.kept(RAW), await house.kept(DEAD_LETTERS), await house.kept()


def told_in(golden: dict[str, Any]) -> list[dict[str, Any]]:
    facts = [
        {name: fact[name] for name in ("subject", "time", "source", "id", "data")} for fact in golden.get("facts", ())
    ]
    return sorted(facts, key=str)


def reasons_in(golden: dict[str, Any]) -> set[str]:
    rejected = golden.get("rejected", [])
    return {each["reason"] for each in (rejected if isinstance(rejected, list) else [rejected])}


async def delivered(house: House, path: Path) -> int:
    """Send a case as its vendor does; the status of the answer."""
    raw = signed(requests.case(path))
    house.clock.at = raw.received_at
    return (await deliver(house.app, raw)).status


@pytest_asyncio.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with gateway(tmp_path, ways_in=EVERY) as made:
        yield made


@each_case
async def test_a_request_leaves_its_facts_itself_and_a_letter_of_each_fault_once(path: Path, house: House) -> None:
    golden, connector = golden_of(path), CONNECTORS[path.parent.name]
    status = await delivered(house, path)
    if f"{path.parent.name}-{path.stem}" in UNPROVED:
        assert (status, await left(house)) == (401, ([], [], []))
        return
    whole = isinstance(golden.get("rejected"), dict)
    mendable = connector.tells and whole and reasons_in(golden) != {"automatic"}
    assert status == (400 if mendable else connector.reply.status)
    records, letters, facts = first = await left(house)
    assert sorted(map(shown, facts), key=str) == told_in(golden)
    (record,) = records
    kept = read(record.value)
    assert b"s3cret-of-the-tests" not in (record.value or b"") + kept.body, "a secret is kept"
    assert requests.translate(kept) == requests.translate(requests.case(path)), "what is kept says the same"
    assert record.key == f"{connector.name}:{connector.natural_key(kept)}".encode()
    assert {dict(letter.headers)["dlq.reason"].decode() for letter in letters} == reasons_in(golden)
    for letter in letters:
        assert (letter.key, letter.value) == (record.key, record.value), "the request is whole in it"
    assert (await delivered(house, path), await left(house)) == (status, first), "what comes again adds nothing"
