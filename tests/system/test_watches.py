"""A real gateway and a real fetcher: a subscription is made at the gateway's address, and what it announces is read."""

import asyncio
import dataclasses
import json
import re
import time
from collections.abc import Callable
from datetime import datetime

import httpx
import pytest

from engine.reading import records_of
from events.topics import RAW
from leadstream.deployment import opened
from leadstream.intake.taking import read
from tests.support.ports import free_ports
from tests.support.vendors.graph import FOLDER, TENANT, Graph
from tests.support.vendors.house import CLIENT, SECRET
from tests.system.conftest import MakeHome
from tests.system.homes import Home

pytestmark = pytest.mark.slow

CONFIG = """
[sources.outlook]
connector = "microsoft_graph"
secret = "file:{folder}/secret"

[sources.outlook.fetch]
base = "{base}"
token_url = "{base}/{tenant}/oauth2/v2.0/token"
account = "{tenant}"
client_id = "{client}"
client_secret = "file:{folder}/secret"
feeds = ["graph_changes:{list}"]
every = 86400
address = "http://127.0.0.1:{port}/v1/hooks/outlook"
"""


async def pages(home: Home) -> list[bytes]:
    """What was fetched and kept."""
    async with opened(home.settings) as log:
        found = [
            read(record.value)
            for partition in range(home.partitions)
            async for record in records_of(log, RAW, partition)
        ]
    return [raw.body for raw in found if raw.connector == "graph_items"]


async def until(what: Callable[[], bool], seconds: float = 90.0) -> None:
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.1)


async def until_kept(home: Home, word: bytes) -> None:
    deadline = time.monotonic() + 90
    while not any(word in page for page in await pages(home)):
        assert time.monotonic() < deadline
        await asyncio.sleep(0.3)


async def test_what_a_subscription_announces_to_the_gateway_is_fetched_and_one_that_was_removed_is_made_anew(
    make_home: MakeHome, kind: str
) -> None:
    server, (port,) = Graph(time.time_ns() // 1000, 3), free_ports(1)
    async with server.serving() as base:
        home = await asyncio.to_thread(make_home, kind, session_timeout=6.0)
        (home.folder / "secret").write_text(SECRET)
        said = CONFIG.format(folder=home.folder, base=base, tenant=TENANT, client=CLIENT, list=FOLDER, port=port)
        home = dataclasses.replace(home, cwd=home.folder)
        (home.folder / "leadstream.toml").write_text(said)
        await asyncio.to_thread(home.run, "topics", "create")
        gateway = home.start("gateway", "--port", str(port))
        await asyncio.to_thread(gateway.wait_for, "1 way in", 120)
        fetcher = home.start("fetch", "--metrics-port", "0")
        await until(lambda: bool(server.watches.living(FOLDER)))
        (first,) = server.watches.living(FOLDER)
        await until_kept(home, b"AAMk0002")

        server.put("AAMk0000", server.now, jobTitle="Chief of Scoring")
        resource = "Users/0aa1/Contacts/AAMk0000"
        assert await server.watches.announce(first, changeType="updated", resource=resource) == 202
        await until_kept(home, b"Chief of Scoring")

        found = await asyncio.to_thread(fetcher.wait_for, r"metrics on (http://\S+)", 30)
        async with httpx.AsyncClient() as client:
            shown = (await client.get(found[1])).text
        ends = re.search(r'leadstream_fetch_watch_ends_seconds\{kind="graph_changes",source="outlook"\} (\S+)', shown)
        assert ends is not None
        assert 2.9 < (float(ends[1]) - time.time()) / 86_400 < 3
        assert 'leadstream_fetch_unwatched{source="outlook"} 0.0' in shown

        await asyncio.to_thread(fetcher.kill)
        fetcher = home.start("fetch")
        await asyncio.to_thread(fetcher.wait_for, "fetching for outlook", 120)
        server.put("AAMk0001", server.now, jobTitle="Chief of Routing")
        await until_kept(home, b"Chief of Routing")
        assert server.watches.living(FOLDER) == [first], "the one that there was goes on"

        server.watches.remove(first)
        server.put("AAMk0002", server.now, jobTitle="Chief of Pipeline")
        assert await server.watches.announce(first, lifecycleEvent="subscriptionRemoved") == 202
        await until(lambda: bool(server.watches.living(FOLDER)))
        await until_kept(home, b"Chief of Pipeline")
        assert SECRET not in fetcher.output() + gateway.output()
        assert await asyncio.to_thread(fetcher.stop) == 0, fetcher.tail()
        told = await asyncio.to_thread(home.run, "fetch", "--once", "--format", "json")
        (row,) = json.loads(told[told.index("[") :])
        assert row["failed"] == ""
        assert 2.9 < (datetime.fromisoformat(row["watched_until"]).timestamp() - time.time()) / 86_400 < 3
