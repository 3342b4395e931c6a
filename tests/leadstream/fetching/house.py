"""A fetcher in this process: a log in memory, a clock that moves when somebody waits, and deaths where wanted."""

import asyncio
import shutil
import ssl
import tempfile
import weakref
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, Literal

from typing_extensions import override

from engine.memory.disk import MemoryDisk
from engine.memory.log import MemoryLog
from engine.ports import GroupSpec, Intake, Mark, Opened, TaskLog, Writes
from engine.reading import records_of
from events.codec import Codec
from events.identity import LeadIdentityLinked
from events.topics import DEAD_LETTERS, LEAD_INBOX, RAW
from leadstream.connectors.port import Raw
from leadstream.deployment import topic_specs
from leadstream.fetching.around import Surroundings
from leadstream.fetching.client import Patience
from leadstream.fetching.fetcher import Fetcher
from leadstream.fetching.kept_tokens import KeptTokens, Place
from leadstream.fetching.port import Credentials
from leadstream.fetching.worker import Worker
from leadstream.intake.sources import Source, sources_of
from leadstream.intake.taking import batches, read, taken
from tests.leadstream.fetching.scenarios import NOW, SECRETS
from tests.support.vendors.house import VendorServer

PARTITIONS = 2
_CODEC = Codec()
_TLS = ssl.create_default_context()
Death = Literal["before", "after"]
"""Where a process dies: before a transaction is written, or after, when nobody has heard of it yet."""


class Died(BaseException):
    """The process is gone."""


class Time:
    """Ours and the vendor's clock; it moves when somebody waits.

    Attributes:
        now: the time, microseconds.
        waits: seconds that were waited, each time.
        until: when whoever waits dies; None for never.
        on_pause: called at each wait, when it is over.
    """

    def __init__(self, server: VendorServer) -> None:
        self.now, self.waits, self._server = NOW, list[float](), server
        self.until: int | None = None
        self.on_pause: Callable[[], None] = lambda: None

    async def pause(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += int(seconds * 1_000_000)
        self._server.now = self.now
        self.on_pause()
        if self.until is not None and self.now >= self.until:
            raise Died
        await asyncio.sleep(0)


class _MortalTask:
    """A handle whose process dies at some commits."""

    def __init__(self, task: TaskLog, deaths: deque[Death | None]) -> None:
        self._task, self._deaths = task, deaths

    async def open(self, into: Intake | None = None, *, anywhere: bool = False) -> Opened:
        return await self._task.open(into, anywhere=anywhere)

    async def commit(self, writes: Writes) -> Mark | None:
        death = self._deaths.popleft() if self._deaths else None
        if death == "before":
            raise Died
        mark = await self._task.commit(writes)
        if death == "after":
            raise Died
        return mark

    async def ends(self) -> dict[str, int]:
        return await self._task.ends()

    async def close(self) -> None:
        await self._task.close()


class MortalLog(MemoryLog):
    """The log of a process that dies at some commits."""

    deaths: deque[Death | None]

    def task(self, group: GroupSpec, partition: int) -> Any:
        return _MortalTask(super().task(group, partition), self.deaths)


class _MortalPlace(Place):
    """A place whose process dies around some writes."""

    def __init__(self, place: Place, deaths: deque[Death | None]) -> None:
        self.current, self.replaced = place.current, place.replaced
        self._place, self._deaths = place, deaths

    @override
    def keep(self, token: str) -> None:
        death = self._deaths.popleft() if self._deaths else None
        if death == "before":
            raise Died
        self._place.keep(token)
        if death == "after":
            raise Died


class _MortalTokens(KeptTokens):
    """The refresh tokens of a process that dies around some writes."""

    def __init__(self, folder: Path, deaths: deque[Death | None]) -> None:
        super().__init__(folder)
        self._deaths = deaths

    @contextmanager
    @override
    def renewing(self, credentials: Credentials) -> Iterator[Place]:
        with super().renewing(credentials) as place:
            yield _MortalPlace(place, self._deaths)


@dataclass
class House:
    """A deployment that fetches from one vendor.

    Attributes:
        server: the vendor.
        table: the way in, named `there`.
        deaths: what happens to the next transactions.
        token_deaths: what happens to the next refresh tokens that are kept.
        secrets: what references in the table stand for.
        told: what a person was told.
    """

    server: VendorServer
    table: Mapping[str, Any]
    deaths: deque[Death | None] = field(default_factory=deque)
    token_deaths: deque[Death | None] = field(default_factory=deque)
    secrets: dict[str, str] = field(default_factory=SECRETS.copy)
    told: list[str] = field(default_factory=list)
    patience: Patience = field(default_factory=Patience)
    key: bytes = b"key"

    def __post_init__(self) -> None:
        self.disk, self.time = MemoryDisk(), Time(self.server)
        self.folder = Path(tempfile.mkdtemp(prefix="fetching-"))
        weakref.finalize(self, shutil.rmtree, self.folder, ignore_errors=True)

    @property
    def source(self) -> Source:
        found, faults = sources_of({"there": self.table}, self.secrets.__getitem__, self.key)
        assert faults == (), faults
        return found["there"]

    async def log(self) -> MortalLog:
        log = MortalLog(clock=lambda: self.time.now, disk=self.disk)
        log.deaths = self.deaths
        await log.create_topics(topic_specs(PARTITIONS))
        return log

    async def announced(self, raws: list[Raw]) -> None:
        """The vendor has sent these, and they were taken."""
        log = await self.log()
        for raw in raws:
            await log.append(batches(taken(self.source, raw, _CODEC), PARTITIONS))

    async def once(self) -> Worker:
        """A process that reads all there is."""
        (worker,) = await (await self._fetcher(1.0)).once()
        return worker

    async def follow(self, look: float) -> None:
        """A process that follows until it dies, with so many seconds between two looks."""
        await (await self._fetcher(look)).follow()

    async def _fetcher(self, look: float) -> Fetcher:
        tokens = _MortalTokens(self.folder / "fetch-tokens", self.token_deaths)
        around = Surroundings(lambda: self.time.now, tokens, self.time.pause, Random(1), self.patience, _TLS, look=look)
        return Fetcher(
            await self.log(), PARTITIONS, {"there": self.source}, around, lambda _, text: self.told.append(text)
        )

    async def until_done(self, rounds: int = 60) -> Worker:
        """Processes one after the other, each until it dies or is done, until one has read everything."""
        for _ in range(rounds):
            try:
                worker = await self.once()
            except* Died:
                worker = None
            if worker is None:
                continue
            if not worker.failed:
                return worker
            await self.time.pause(600)
        raise AssertionError(f"not done after {rounds} processes: {worker.failed}")

    async def pages(self) -> Counter[bytes]:
        """What was fetched and kept, byte for byte."""
        log = await self.log()
        found = [
            read(record.value) for partition in range(PARTITIONS) async for record in records_of(log, RAW, partition)
        ]
        return Counter(raw.body for raw in found if raw.connector != self.source.connector.name)

    async def everything_written(self) -> list[bytes]:
        """Keys, values and headers of all that is in the log."""
        log, found = await self.log(), list[bytes]()
        for spec in topic_specs(PARTITIONS):
            for partition in range(spec.partitions):
                async for record in records_of(log, spec.name, partition):
                    found += [record.key or b"", record.value or b"", *(value for _, value in record.headers)]
        return found

    async def facts(self) -> dict[tuple[str, str], set[bytes]]:
        """Facts in the inbox: subject and id -> what is said under it; of a link only that it is there."""
        log, found = await self.log(), defaultdict[tuple[str, str], set[bytes]](set)
        for partition in range(PARTITIONS):
            async for record in records_of(log, LEAD_INBOX, partition):
                fact = _CODEC.decode(record.value or b"")
                said = found[fact.subject, fact.id]
                if not isinstance(fact.data, LeadIdentityLinked):
                    said.add(record.value or b"")
        return found

    async def letters(self) -> list[dict[str, str]]:
        """Headers of dead letters."""
        log = await self.log()
        return [
            {name: value.decode() for name, value in record.headers}
            for partition in range(PARTITIONS)
            async for record in records_of(log, DEAD_LETTERS, partition)
        ]
