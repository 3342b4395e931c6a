"""A deployment under test on either log: its settings, its command line as a process, and what came out of it."""

import hashlib
import json
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from engine.ports import EventLog
from engine.reading import records_of
from events.topics import LEAD_EVENTS, SLA_BREACHES
from leadstream.agreements import request_publication
from leadstream.deployment import opened
from leadstream.importing import load_mapping, match_files, translate
from leadstream.importing.loading import Loaded, load
from leadstream.importing.translation import Translation
from leadstream.running import run_until_idle
from leadstream.settings import Settings
from leadstream.verification import verify_states, verify_tables
from leadstream.views_store import open_store
from projections.catalogue import BY_NAME
from projections.read import read_view
from projections.sink import sink_once
from projections.verify import verify_views
from projections.views.completeness import PARTITIONS
from streams.agreement.load import load as load_agreement
from tests.support.process import REPOSITORY, Process, leadstream

EXAMPLES = REPOSITORY / "examples"
LOAN_AGREEMENT = EXAMPLES / "agreements/bpi2012.yaml"
LOAN_MAPPING = EXAMPLES / "imports/bpi2012.yaml"


class Outcome(NamedTuple):
    """What two runs over the same facts must agree on, byte for byte.

    Attributes:
        leads: digest of all record values in `lead-events` and `sla-breaches`, by topic and lead.
        facts: records in `lead-events`.
        views: every row of every view, `complete_to` included.
    """

    leads: dict[tuple[str, bytes], str]
    facts: int
    views: dict[str, list[str]]


@dataclass(frozen=True)
class Home:
    """A deployment of its own: data directory, broker and prefix on Kafka, and a database where the tables are not in
    the data directory. Its processes look for leadstream.toml in `cwd`."""

    folder: Path
    partitions: int = 4
    broker: str = ""
    prefix: str = ""
    session_timeout: float = 10.0
    store: str = ""
    cwd: Path = REPOSITORY
    processes: list[Process] = field(default_factory=list)

    @property
    def settings(self) -> Settings:
        return Settings(
            broker=self.broker,
            data_dir=self.folder / "data",
            partitions=self.partitions,
            prefix=self.prefix,
            session_timeout=self.session_timeout,
            store=self.store,
        )

    @property
    def environment(self) -> dict[str, str]:
        """The same settings for a process."""
        named = {
            f"LEADSTREAM_{name.upper()}": str(value) for name, value in self.settings.model_dump().items() if value
        }
        return {**named, "COLUMNS": "200"}

    def start(self, *arguments: str | Path, name: str = "") -> Process:
        """A command of ours as a process, which the fixture ends with the test."""
        log = self.folder / f"{name or arguments[0]}-{len(self.processes)}.log"
        self.processes.append(leadstream(*arguments, log=log, env=self.environment, cwd=self.cwd))
        return self.processes[-1]

    def run(self, *arguments: str | Path, code: int = 0, seconds: float = 120.0) -> str:
        """Run a command to its end; all it printed."""
        process = self.start(*arguments)
        assert process.wait(seconds) == code, process.tail()
        return process.output()

    def rows(self, *arguments: str | Path) -> list[dict[str, Any]]:
        """The rows a command gives in JSON."""
        found: list[dict[str, Any]] = json.loads(self.run(*arguments, "--format", "json"))
        return found

    def close(self) -> None:
        for process in self.processes:
            process.kill()


def translated(mapping: Path, *files: Path) -> Translation:
    rules = load_mapping(mapping)
    return translate(rules, match_files(rules, files))


async def loaded(home: Home, translation: Translation, agreement: str | None, digest: str = "once") -> Loaded:
    """Publish an agreement and import a history."""
    async with opened(home.settings, create=True) as log:
        if agreement is not None:
            answer = await request_publication(log, load_agreement(agreement), "head of sales")
            assert answer.accepted, answer
        return await load(log, home.partitions, translation, digest, lambda _: None)


async def decided(home: Home, until: int | None = None) -> Outcome:
    """Run to the end and collect what came out."""
    async with opened(home.settings) as log:
        await run_until_idle(log, home.settings, home.partitions, until=until)
    return await outcome(home)


async def loan_run(home: Home, loans: Translation) -> Outcome:
    """The whole loan funnel under its agreement."""
    await loaded(home, loans, LOAN_AGREEMENT.read_text())
    return await decided(home)


async def outcome(home: Home) -> Outcome:
    async with opened(home.settings) as log:
        digests: defaultdict[tuple[str, bytes], Any] = defaultdict(hashlib.sha256)
        facts = 0
        for topic in (LEAD_EVENTS, SLA_BREACHES):
            for partition in range(home.partitions):
                async for record in records_of(log, topic, partition):
                    assert record.key is not None
                    assert record.value is not None
                    digests[topic, record.key].update(len(record.value).to_bytes(4, "big") + record.value)
                    facts += topic == LEAD_EVENTS
        views = await _views(home, log)
    return Outcome({key: made.hexdigest() for key, made in digests.items()}, facts, views)


async def _views(home: Home, log: EventLog) -> dict[str, list[str]]:
    store = open_store(home.settings)
    try:
        await sink_once(log, store)
        names = [name for name in BY_NAME if name != PARTITIONS.name]  # that one is about how the log is cut
        return {name: sorted(json.dumps(row) for row in read_view(store, name)) for name in names}
    finally:
        store.close()


async def differences(home: Home) -> list[str]:
    """What `verify` finds wrong, for a deployment that has decided something."""
    store = open_store(home.settings)
    try:
        async with opened(home.settings) as log:
            states = await verify_states(log, home.partitions, b"")
            views = await verify_views(log, home.partitions)
            await sink_once(log, store)  # as `leadstream verify` does: a projector that was stopped may be behind
            tables = await verify_tables(log, home.partitions, store)
    finally:
        store.close()
    kept = sum(compared for what, (compared, _) in states.counts.items() if what.endswith(" states"))
    assert kept > 0, "nothing was compared"
    assert tables.counts["table rows"][0] > 0, "nothing was compared"
    return [*states.problems, *map(str, views.differences), *tables.problems, *["behind"] * views.behind]


def rows(found: Outcome, view: str) -> list[dict[str, Any]]:
    return [json.loads(row) for row in found.views[view]]
