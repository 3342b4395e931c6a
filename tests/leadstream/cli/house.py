"""A deployment on the embedded log, driven through the command line as people and scripts do."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from engine.partitioning import partition_of
from engine.ports import NewRecord, Record
from engine.reading import records_of
from engine.recordtime import TIME_HEADER
from events.instants import to_us
from events.registry import CATALOGUE
from events.topics import INBOX_OF
from leadstream.cli import main
from leadstream.deployment import opened
from leadstream.settings import Settings

AGREEMENT = """\
agreement: desk
version: 1
effective_from: 2011-01-01T00:00:00Z
statuses:
  Offer: {means: working}
  Won: {means: converted}
scoring:
  engagement:
    groups: {interest: {cap: 30}}
    rules:
      - {points: 20, group: interest, touch: {channel: website, asset: pricing}}
  cap: 100
  grades: {A: 10, C: 0}
sales_clauses:
  first_response: {starts_on: captured, stopped_by: {touch: {direction: outbound}}, within: 24h}
"""

MAPPING = """\
name: desk
zone: UTC
files:
  - role: log
    match: "*.csv"
    subject: lead
    time: at
    rules:
      - when: {what: asked}
        fact: lead.captured
        data: {source: {column: source}}
      - when: {what: called}
        fact: lead.touched
        data: {channel: call, kind: dialled, direction: outbound}
      - when: {what: priced}
        fact: lead.touched
        data: {channel: website, kind: visited, direction: inbound, asset: pricing}
      - when: {what: heartbeat}
        skip: says nothing about the lead
"""

HISTORY = """\
lead,at,what,source
ann,2012-01-01 00:00:00,asked,web
bob,2012-01-01 01:00:00,asked,fair
bob,2012-01-01 02:00:00,called,
ann,2012-01-01 03:00:00,priced,
ann,2012-01-01 04:00:00,heartbeat,
ann,2012-01-01 05:00:00,unheard of,
cid,yesterday,asked,web
"""


@dataclass(frozen=True)
class House:
    """A folder with a deployment in it; every command runs as a person would type it there.

    Attributes:
        folder: holds the data directory and the files a test writes.
        partitions: partition count of the deployment.
    """

    folder: Path
    partitions: int = 2

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def settings(self) -> Settings:
        return Settings(data_dir=self.data, partitions=self.partitions)

    def write(self, name: str, content: str | bytes) -> str:
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(path)

    def ask(self, *arguments: str, given: bytes = b"", env: Mapping[str, str] | None = None) -> Result:
        """Run a command to its end, whatever that is; an exception that gets out of it fails the test."""
        own = {"LEADSTREAM_DATA_DIR": str(self.data), "LEADSTREAM_PARTITIONS": str(self.partitions)}
        runner = CliRunner(catch_exceptions=False)
        return runner.invoke(main, list(arguments), input=given, env={**own, **(env or {})})

    def run(self, *arguments: str, given: bytes = b"") -> Result:
        """Run a command that must succeed."""
        result = self.ask(*arguments, given=given)
        assert result.exit_code == 0, result.output
        return result

    def refused(self, *arguments: str, given: bytes = b"") -> str:
        """What a command that must be refused says; its last line on stderr is ours and names the reason."""
        result = self.ask(*arguments, given=given)
        assert result.exit_code == 1, result.output
        *_, last = result.stderr.splitlines()
        assert last.startswith("leadstream: ")
        return result.stderr

    def misused(self, *arguments: str) -> str:
        """What is said to a command that was used wrongly."""
        result = self.ask(*arguments)
        assert result.exit_code == 2, result.output
        assert result.stdout == ""
        return result.stderr

    def rows(self, *arguments: str) -> list[dict[str, Any]]:
        """The flat rows of a command in JSON; of the story of a lead, its facts."""
        found: Any = json.loads(self.run(*arguments, "--format", "json").stdout)
        rows: list[dict[str, Any]] = found["facts"] if isinstance(found, dict) else found
        return rows

    def story(self, lead: str, *arguments: str) -> dict[str, Any]:
        """All that is told of a lead in JSON."""
        found: dict[str, Any] = json.loads(self.run("lead", lead, *arguments, "--format", "json").stdout)
        return found

    def publish_agreement(self, text: str = AGREEMENT) -> None:
        self.run("agreement", "publish", self.write("agreement.yaml", text), "--as", "the office")

    def import_history(self, rows: str = HISTORY, name: str = "log.csv") -> Result:
        return self.ask("import", self.write("mapping.yaml", MAPPING), self.write(name, rows), "--format", "json")

    def decide(self, *arguments: str) -> None:
        self.run("run", "--until-idle", *arguments)

    def history(self, *facts: bytes) -> None:
        """Facts from outside as an import leaves them: each of them known as soon as it happened, or at `recorded`."""

        async def appended() -> None:
            async with opened(self.settings) as log:
                for line in facts:
                    told = json.loads(line)
                    recorded = told.pop("recorded", told["time"])
                    key, at = told["subject"].encode(), to_us(datetime.fromisoformat(recorded))
                    record = NewRecord(key, json.dumps(told).encode(), ((TIME_HEADER, str(at).encode()),))
                    inbox = INBOX_OF[CATALOGUE[told["type"]]]
                    await log.append({(inbox, partition_of(key, self.partitions)): [record]})

        asyncio.run(appended())

    def append(self, topic: str, partition: int, key: bytes, value: bytes | None) -> None:
        """A record straight into the log, past every check."""

        async def appended() -> None:
            async with opened(self.settings) as log:
                await log.append({(topic, partition): [NewRecord(key, value)]})

        asyncio.run(appended())

    def records(self, topic: str) -> list[list[Record]]:
        """Every record of a topic, the engine's own left out, partition by partition."""

        async def read() -> list[list[Record]]:
            async with opened(self.settings) as log:
                found = [
                    [record async for record in records_of(log, topic, partition)]
                    for partition in range(len(await log.ends(topic)))
                ]
            return [[record for record in records if (record.key or b"")[:1] != b"\0"] for records in found]

        return asyncio.run(read())


def fact(kind: str, subject: str, number: int, time: str, /, **data: Any) -> bytes:
    """A CloudEvents line as an upstream system writes it."""
    envelope = {
        "specversion": "1.0",
        "type": f"{kind}.v1",
        "id": f"{number}",
        "source": "/forms",
        "subject": subject,
        "time": time,
        "data": data,
    }
    return json.dumps(envelope).encode()


def lines(facts: Sequence[bytes]) -> bytes:
    return b"".join(line + b"\n" for line in facts)
