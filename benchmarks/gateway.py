"""`python -m benchmarks.gateway`: single posts, batches and forms through a real gateway, on either log.

The client is this process. Both share the machine's cores with all else that runs, so what the gateway could do with a
core of its own shows in its processor time. Whatever was acknowledged is looked for in the log afterwards: each once.
"""

import asyncio
import os
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import click
import orjson
import psutil
import uvloop
from rich.console import Console
from rich.table import Table

from benchmarks.gateway_load import BATCH, Answered, Forms, Load, Requests, drive
from events.topics import LEAD_INBOX, RAW
from leadstream import keys
from leadstream.deployment import opened
from leadstream.settings import Settings
from tests.support.kafka import KafkaCluster
from tests.support.ports import free_ports
from tests.support.process import Process, leadstream

SINGLE, BATCHED, P99 = 2_000, 40_000, 0.1
"""The aims: single posts a second, events a second in batches; seconds of all but one of a hundred at half of each."""
_WARM_SECONDS = 2.0
_WAYS_IN = """
[sources.contact]
connector = "web_form"
public_key = "bench"
rate = 1000000
"""


class Case(NamedTuple):
    """What is measured.

    Attributes:
        name: for the table.
        batch: events of a request.
        connections: at a time.
        rate: requests a second; None for as many as are answered.
        forms: forms of a page instead of events; each tells two facts.
    """

    name: str
    batch: int
    connections: int
    rate: float | None = None
    forms: bool = False

    def load(self, key: str, run: str) -> Requests:
        """What is sent."""
        return Forms(run) if self.forms else Load(key, run, self.batch)


CASES = (
    Case("single posts, as many as go", 1, 256),
    Case(f"batches of {BATCH}, as many as go", BATCH, 8),
    Case(f"single posts at {SINGLE // 2:,}/s", 1, 64, SINGLE / 2),
    Case(f"batches of {BATCH} at {BATCHED // 2:,} events/s", BATCH, 8, BATCHED / 2 / BATCH),
    Case("forms of two facts, as many as go", 2, 64, forms=True),
    Case(f"forms of two facts at {SINGLE // 2:,}/s", 2, 64, SINGLE / 2, forms=True),
)


class Row(NamedTuple):
    """What came of a case.

    Attributes:
        case: its name.
        requests_per_second: acknowledged, by the clock.
        events_per_second: the same in events, or facts of forms.
        p50_ms: milliseconds from when a request was sent, or due, to its answer: half of them took no more.
        p99_ms: the same for all but one of a hundred.
        cpu_us_per_request: processor time of the gateway, user and system, in microseconds.
        requests_per_cpu_second: what it could do with a core of its own.
        events_per_cpu_second: the same in events.
        cores: how much of a core it had.
        wrong: what does not hold; empty when all does.
    """

    case: str
    requests_per_second: float
    events_per_second: float
    p50_ms: float
    p99_ms: float
    cpu_us_per_request: float
    requests_per_cpu_second: float
    events_per_cpu_second: float
    cores: float
    wrong: str


@click.command()
@click.option("--seconds", default=8.0, show_default=True, help="How long each case is measured.")
@click.option("--kafka", is_flag=True, help="On a broker of our own instead of the embedded log.")
@click.option("--only", multiple=True, metavar="TEXT", help="Only cases with TEXT in their name; may be repeated.")
@click.option("--format", "style", type=click.Choice(["table", "json"]), default="table", show_default=True)
def main(seconds: float, kafka: bool, only: tuple[str, ...], style: str) -> None:
    """Measure the gateway; ends with 1 when what was acknowledged is not in the log, each once.

    \b
    Example: make bench-gateway
             make bench-gateway ARGS="--kafka --only single"
    """
    cases = [case for case in CASES if not only or any(text in case.name for text in only)]
    with tempfile.TemporaryDirectory(prefix="leadstream-gateway-") as name, asyncio.Runner(
        loop_factory=uvloop.new_event_loop
    ) as runner:  # fmt: skip
        if kafka:
            with KafkaCluster() as cluster:
                rows = runner.run(measured(Path(name), cases, seconds, cluster.url))
        else:
            rows = runner.run(measured(Path(name), cases, seconds, ""))
    if style == "json":
        click.echo(orjson.dumps([row._asdict() for row in rows], option=orjson.OPT_INDENT_2))
    else:
        _show(rows)
    raise SystemExit(any(row.wrong for row in rows))


def _show(rows: list[Row]) -> None:
    table = Table("case", "requests/s", "events/s", "p50", "p99", "CPU µs/request", "events/core", "cores", "results")
    for row in rows:
        table.add_row(
            row.case, f"{row.requests_per_second:,.0f}", f"{row.events_per_second:,.0f}", f"{row.p50_ms:.1f} ms",
            f"{row.p99_ms:.1f} ms", f"{row.cpu_us_per_request:,.0f}", f"{row.events_per_cpu_second:,.0f}",
            f"{row.cores:.2f}", row.wrong or "right",
        )  # fmt: skip
    Console(width=130).print(table)
    click.echo(
        f"aims: {SINGLE:,} single posts/s, {BATCHED:,} events/s in batches, p99 under {P99 * 1000:.0f} ms at half of "
        f"each; {os.cpu_count()} cores, load average {os.getloadavg()[0]:.1f}"
    )


async def measured(folder: Path, cases: list[Case], seconds: float, broker: str) -> list[Row]:
    """The cases, one after the other, against one gateway."""
    settings = Settings(broker=broker, data_dir=folder)
    new = keys.made("bench", ("publish",), ("/bench",), 1_000_000, datetime(2026, 1, 1, tzinfo=UTC))
    keys.add(folder / "keys.json", new.key)
    (port,) = free_ports(1)
    env = {"LEADSTREAM_DATA_DIR": str(folder), **({"LEADSTREAM_BROKER": broker} if broker else {})}
    async with opened(settings, create=True):
        pass
    (folder / "leadstream.toml").write_text(_WAYS_IN)
    with leadstream("gateway", "--port", str(port), log=folder / "gateway.out", env=env, cwd=folder) as gateway:
        await asyncio.to_thread(gateway.wait_for, "gateway on http", 120)
        rows = []
        for number, case in enumerate(cases):
            load = case.load(new.text, f"warm{number}")
            await drive(port, load, connections=case.connections, seconds=_WARM_SECONDS, rate=case.rate)
            rows.append(await _one(case, number, port, new.text, gateway, settings, seconds))
    return rows


async def _one(
    case: Case, number: int, port: int, key: str, gateway: Process, settings: Settings, seconds: float
) -> Row:
    process, load = psutil.Process(gateway.pid), case.load(key, f"case{number}")
    before = {topic: await _ends(settings, topic) for topic in (LEAD_INBOX, RAW)}
    spent, began = sum(process.cpu_times()[:2]), time.perf_counter()
    told = await drive(port, load, connections=case.connections, seconds=seconds, rate=case.rate)
    used, took = sum(process.cpu_times()[:2]) - spent, time.perf_counter() - began
    done, events = max(1, told.requests), told.requests * load.events
    return Row(
        case.name, told.requests / told.took, events / told.took, told.percentile(50) * 1e3, told.percentile(99) * 1e3,
        used / done * 1e6, done / used, events / used, used / took, await _wrong(settings, load, told, before),
    )  # fmt: skip


async def _wrong(settings: Settings, load: Requests, told: Answered, before: dict[str, list[int]]) -> str:
    """What does not hold: everything was acknowledged, and what was is in the log, each once."""
    if told.refused:
        return f"refused: {told.refused[0].decode(errors='replace')[:80]}"
    facts = sum(await _ends(settings, LEAD_INBOX)) - sum(before[LEAD_INBOX])
    if facts != told.requests * load.events:
        return f"{told.requests * load.events} facts were acknowledged, {facts} are in the log"
    found = Counter(load.named(value) for value in await _values(settings, load.topic, before[load.topic]))
    if found != Counter(told.acknowledged):
        lost = len(set(told.acknowledged) - set(found))
        return f"{lost} of {len(told.acknowledged)} are not in the log, {found.total() - len(found)} are doubled"
    return ""


async def _ends(settings: Settings, topic: str) -> list[int]:
    async with opened(settings) as log:
        return list(await log.ends(topic))


async def _values(settings: Settings, topic: str, offsets: list[int]) -> list[bytes]:
    """All that was appended to a topic after these offsets."""
    found: list[bytes] = []
    async with opened(settings) as log:
        ends = await log.ends(topic)
        for partition, (offset, end) in enumerate(zip(offsets, ends, strict=True)):
            while offset < end:
                records, offset = await log.read(topic, partition, offset)  # noqa: PLW2901 - read on from there
                found += [record.value or b"" for record in records]
    return found


if __name__ == "__main__":
    main()
