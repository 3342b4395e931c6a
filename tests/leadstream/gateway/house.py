"""A gateway in this process over an in-memory log: requests go to its application as a server would hand them over."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import orjson
from starlette.types import ASGIApp

from engine.memory.log import MemoryLog
from engine.ports import EventLog, Record
from engine.reading import records_of
from events.agreement import PublishAgreement
from events.codec import Codec
from events.instants import from_us
from events.registry import wrap
from events.topics import LEAD_INBOX
from leadstream import keys
from leadstream.deployment import topic_specs
from leadstream.gateway.app import build_app
from leadstream.gateway.committing import Bounds
from leadstream.gateway.measures import Measures
from leadstream.gateway.parts import parts_of
from leadstream.gateway.reading import Sources
from leadstream.intake.sources import Source
from leadstream.publishing import publish
from leadstream.running import run_until_idle
from leadstream.settings import Settings
from leadstream.views_store import open_store
from streams.agreement.load import document
from streams.agreement.load import load as load_agreement
from tests.leadstream.cli.house import AGREEMENT

QUALIFYING = AGREEMENT + "qualified_lead: {required_fields: [company.name]}\n"
PARTITIONS = 4
MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
STRUCTURED = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"


@dataclass
class Clock:
    """Says the time it is told."""

    at: int = 1_772_445_600_000_000

    def __call__(self) -> int:
        return self.at


@dataclass
class House:
    """A gateway and who calls it.

    Attributes:
        app: the application.
        log: where accepted events go.
        keys_file: the keys that are taken.
        clock: the gateway's.
        measures: what it counts.
        key: shown by default: may do everything in the name of `/forms`.
    """

    app: ASGIApp
    log: EventLog
    keys_file: Path
    clock: Clock
    key: str
    settings: Settings
    measures: Measures
    client: httpx.AsyncClient = field(repr=False)

    async def post(self, body: bytes, media_type: str = STRUCTURED, **headers: str) -> httpx.Response:
        """Send events; names of headers with `_` for `-`."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        asked = {"content-type": media_type, "authorization": f"Bearer {self.key}", **named}
        return await self.client.post("/v1/events", content=body, headers=asked)

    async def kept(self, topic: str = LEAD_INBOX) -> list[Record]:
        """All records of the inbox, or of another topic."""
        return [each for number in range(PARTITIONS) async for each in records_of(self.log, topic, number)]

    async def values(self) -> list[dict[str, Any]]:
        """What they say."""
        return [orjson.loads(record.value or b"") for record in await self.kept()]

    async def publish_agreement(self) -> None:
        """Have an agreement published, and decided."""
        command = PublishAgreement(
            document=document(load_agreement(QUALIFYING)), before_first_lead=True, signed_as="us"
        )
        asked = wrap(command, id="agreement", source="/office", subject="desk", time=from_us(self.clock()))
        await publish(self.log, PARTITIONS, [(asked, Codec().encode(asked), ())])
        await self.decide()

    async def decide(self) -> None:
        """Decide and project all that is there."""
        await run_until_idle(self.log, self.settings, PARTITIONS)

    async def get(self, path: str, **headers: str) -> httpx.Response:
        """Ask something."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.client.get(path, headers={"authorization": f"Bearer {self.key}", **named})

    async def command(self, name: str, said: object, **headers: str) -> httpx.Response:
        """Ask a lead for something; it is decided as soon as it is in the log."""
        asked = {"authorization": f"Bearer {self.key}", "content-type": "application/json"}
        named = {header.replace("_", "-"): value for header, value in headers.items()}
        return await self.client.post(f"/v1/commands/{name}", content=orjson.dumps(said), headers={**asked, **named})

    def new_key(self, *scopes: keys.Scope, sources: Iterable[str] = ("/forms",), rate: int = 1_000_000) -> str:
        """A key that is taken."""
        new = keys.made("somebody", scopes, tuple(sources), rate, MONDAY)
        keys.add(self.keys_file, new.key)
        return new.text


@asynccontextmanager
async def gateway(
    folder: Path,
    log: EventLog | None = None,
    bounds: Bounds | None = None,
    ways_in: Mapping[str, Source] | None = None,
) -> AsyncIterator[House]:
    """A gateway with one key."""
    clock = Clock()
    log = log or MemoryLog(clock=clock)
    await log.start()
    await log.create_topics(topic_specs(PARTITIONS))
    keys_file = folder / "keys.json"
    settings = Settings(data_dir=folder / "views", partitions=PARTITIONS)

    @asynccontextmanager
    async def sources() -> AsyncIterator[Sources]:
        store = open_store(settings)
        try:
            yield Sources(log, store, PARTITIONS)
        finally:
            store.close()

    parts = parts_of(log, PARTITIONS, keys_file, sources, clock, bounds=bounds, ways_in=ways_in)
    app = build_app(parts)
    following = asyncio.create_task(parts.answers.follow())
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
        house = House(app, log, keys_file, clock, "", settings, parts.measures, client)
        house.key = house.new_key(*keys.SCOPES)
        yield house
    following.cancel()
    parts.reading.close()
    await log.stop()


def event(number: int = 1, kind: str = "lead.touched", /, **fields: Any) -> dict[str, Any]:
    """A CloudEvent as upstream writes it; `data` and attributes can be given."""
    data = {"channel": "website", "kind": "visited", "direction": "inbound"}
    return {
        "specversion": "1.0",
        "type": f"{kind}.v1",
        "id": f"{number}",
        "source": "/forms/contact",
        "subject": f"lead-{number % 7}",
        "time": "2026-03-02T09:00:00Z",
        "data": data if kind == "lead.touched" else {"source": "web"},
        **fields,
    }


def body(said: Mapping[str, Any] | list[dict[str, Any]]) -> bytes:
    return orjson.dumps(said)
