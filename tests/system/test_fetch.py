"""A real fetcher that is killed while it reads: nothing is skipped, nothing doubled, and a second one is kept away."""

import asyncio
import dataclasses
import json
import random
import time
from collections import Counter

import pytest
from msgspec import structs

from engine.reading import records_of
from events.codec import Codec
from events.topics import LEAD_EVENTS, RAW
from leadstream.deployment import opened
from leadstream.intake.taking import batches, read, taken
from tests.leadstream.fetching.house import House
from tests.support import requests
from tests.support.process import Process
from tests.support.vendors.house import CLIENT, REFRESH, SECRET
from tests.support.vendors.hubspot import HubSpot
from tests.system.conftest import MakeHome
from tests.system.homes import Home

pytestmark = pytest.mark.slow

CONTACTS, SIZE = 150, 3
KILLS = {"embedded": 4, "kafka": 2}
CONFIG = """
[sources.there]
connector = "hubspot"
secret = "file:{folder}/secret"

[sources.there.fetch]
base = "{base}"
token_url = "{base}/oauth/v1/token"
account = "4737818"
client_id = "{client}"
client_secret = "file:{folder}/secret"
refresh_token = "file:{folder}/refresh"
feeds = ["contacts:all"]
size = {size}
every = 10
"""


def deployed(make_home: MakeHome, kind: str, base: str) -> Home:
    home = make_home(kind, session_timeout=6.0)
    home = dataclasses.replace(home, cwd=home.folder)
    (home.folder / "secret").write_text(SECRET)
    (home.folder / "refresh").write_text(REFRESH)
    said = CONFIG.format(folder=home.folder, base=base, client=CLIENT, size=SIZE)
    (home.folder / "leadstream.toml").write_text(said)
    home.run("topics", "create")
    return home


async def announce(home: Home, house: House, contacts: list[int]) -> None:
    """HubSpot says that contacts were created, three at a time."""
    events = [
        {"portalId": 4737818, "occurredAt": 1772442600000, "subscriptionType": "contact.creation", "objectId": each}
        for each in contacts
    ]
    async with opened(home.settings) as log:
        for start in range(0, len(events), 3):
            body = json.dumps(events[start : start + 3]).encode()
            hook = structs.replace(requests.request("hubspot", body), endpoint="there")
            await log.append(batches(taken(house.source, hook, Codec()), home.partitions))


async def pages(home: Home) -> Counter[bytes]:
    async with opened(home.settings) as log:
        found = [
            read(record.value)
            for partition in range(home.partitions)
            async for record in records_of(log, RAW, partition)
        ]
    return Counter(raw.body for raw in found if raw.connector == "hubspot_objects")


async def decided(home: Home) -> Counter[tuple[str, str]]:
    async with opened(home.settings) as log:
        found = [
            json.loads(record.value or b"")
            for partition in range(home.partitions)
            async for record in records_of(log, LEAD_EVENTS, partition)
        ]
    return Counter((fact["subject"], fact["id"]) for fact in found if fact["source"] == "/connectors/there")


async def killed_after(home: Home, server: HubSpot, count: int) -> Process:
    """A fetcher that dies while, or right after, the server answers its request number `count`."""
    reached, seen = asyncio.Event(), 0

    def asked() -> None:
        nonlocal seen
        seen += 1
        if seen == count:
            reached.set()

    server.on_request = asked
    process = home.start("fetch")
    async with asyncio.timeout(120):
        await reached.wait()
    await asyncio.to_thread(process.kill)
    server.on_request = lambda: None
    return process


async def test_a_fetcher_that_is_killed_anywhere_skips_nothing_and_keeps_no_page_twice(
    make_home: MakeHome, kind: str
) -> None:
    now, chance = time.time_ns() // 1000, random.Random(7)
    server = HubSpot(now, CONTACTS)
    server.rotates = "grace"
    async with server.serving() as base:
        home = await asyncio.to_thread(deployed, make_home, kind, base)
        table = {
            "connector": "hubspot", "secret": "env:SECRET", "fetch": {
                "base": base, "token_url": f"{base}/oauth/v1/token", "account": "4737818", "client_id": CLIENT,
                "client_secret": "env:SECRET", "refresh_token": "env:REFRESH", "feeds": ["contacts:all"], "size": SIZE,
            },
        }  # fmt: skip
        plain = House(server, table, key=home.settings.secret.encode())
        plain.time.now = now
        await announce(home, plain, [101, 102, 103, 150, 999])
        await plain.until_done()
        for _ in range(KILLS[kind]):
            await killed_after(home, server, chance.randint(3, 14))
        told = await asyncio.to_thread(home.run, "fetch", "--once", "--format", "json")
        assert json.loads(told[told.index("[") :])[0]["failed"] == ""
        kept = await pages(home)
        assert max(kept.values()) == 1
        await asyncio.to_thread(home.run, "run", "--until-idle")
        found = await decided(home)
        assert set(await plain.facts()) <= found.keys()
        assert max(found.values()) == 1
        said = [process.output() for process in home.processes]
        assert not any(secret in each for each in said for secret in (SECRET, REFRESH)), "a secret in a log"
        (token,) = (home.settings.data_dir / "fetch-tokens").glob("*.json")
        assert (token.stat().st_mode & 0o777, server.refresh[-1] in token.read_text()) == (0o600, True)
        await asyncio.to_thread(home.run, "fetch", "--once")
        assert await pages(home) == kept, "nothing has changed"
        following = home.start("fetch")
        await asyncio.to_thread(following.wait_for, "fetching for there", 120)
        assert await asyncio.to_thread(following.stop) == 0, following.tail()
