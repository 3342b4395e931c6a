"""`python -m benchmarks.gateway`: single posts, batches and forms through a real gateway, on either log.

The client is this process; both share the machine's cores, so what the gateway could do alone shows in its processor
time. Whatever was acknowledged is counted in the log afterwards.
"""

import asyncio
import os
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import click
import psutil
from rich.console import Console
from rich.table import Table

from benchmarks.gateway_load import BATCH, Answered, Forms, Load, Requests, drive
from events.topics import LEAD_INBOX
from leadstream import keys
from leadstream.deployment import opened
from leadstream.settings import Settings
from tests.support.kafka import KafkaCluster
from tests.support.ports import free_ports
from tests.support.process import Process, leadstream

SINGLE, BATCHED = 2_000, 40_000
"""The aims: single posts a second, events a second in batches. Latency is measured at half of each."""
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
    Case("single posts, as many as go", 1, 64),
    Case(f"batches of {BATCH}, as many as go", BATCH, 8),
    Case(f"single posts at {SINGLE // 2:,}/s", 1, 64, SINGLE / 2),
    Case(f"batches of {BATCH} at {BATCHED // 2:,} events/s", BATCH, 8, BATCHED / 2 / BATCH),
    Case("forms of two facts, as many as go", 2, 64, forms=True),
)


class Row(NamedTuple):
    """What came of a case; times in seconds, processor time per event in microseconds."""

    name: str
    events: float
    p50: float
    p99: float
    cpu_us: float
    cores: float
    wrong: str


@click.command()
@click.option("--seconds", default=8.0, show_default=True, help="How long each case is measured.")
@click.option("--kafka", is_flag=True, help="On a broker of our own instead of the embedded log.")
def main(seconds: float, kafka: bool) -> None:
    """Measure the gateway; ends with 1 when something acknowledged is not in the log."""
    with tempfile.TemporaryDirectory(prefix="leadstream-gateway-") as name:
        if kafka:
            with KafkaCluster() as cluster:
                rows = asyncio.run(measured(Path(name), seconds, cluster.url))
        else:
            rows = asyncio.run(measured(Path(name), seconds, ""))
    table = Table("case", "events/s", "p50", "p99", "CPU µs/event", "gateway cores", "results")
    for row in rows:
        table.add_row(
            row.name, f"{row.events:,.0f}", f"{row.p50 * 1000:.1f} ms", f"{row.p99 * 1000:.1f} ms",
            f"{row.cpu_us:.1f}", f"{row.cores:.2f}", row.wrong or "right",
        )  # fmt: skip
    Console(width=120).print(table)
    click.echo(f"{os.cpu_count()} cores, load average {os.getloadavg()[0]:.1f}")
    raise SystemExit(any(row.wrong for row in rows))


async def measured(folder: Path, seconds: float, broker: str) -> list[Row]:
    """All cases, one after the other, against one gateway."""
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
        for number, case in enumerate(CASES):
            load = case.load(new.text, f"warm{number}")
            await drive(port, load, connections=case.connections, seconds=_WARM_SECONDS, rate=case.rate)
            rows.append(await _one(case, number, port, new.text, gateway, settings, seconds))
    return rows


async def _one(
    case: Case, number: int, port: int, key: str, gateway: Process, settings: Settings, seconds: float
) -> Row:
    process = psutil.Process(gateway.pid)
    kept, before, began = await _kept(settings), sum(process.cpu_times()[:2]), time.perf_counter()
    load = case.load(key, f"case{number}")
    told = await drive(port, load, connections=case.connections, seconds=seconds, rate=case.rate)
    used, took = sum(process.cpu_times()[:2]) - before, time.perf_counter() - began
    return Row(
        case.name, told.events / told.took, told.percentile(50), told.percentile(99),
        used / max(1, told.events) * 1e6, used / took, _wrong(told, await _kept(settings) - kept),
    )  # fmt: skip


def _wrong(told: Answered, kept: int) -> str:
    if told.refused:
        return f"refused: {told.refused[0].decode(errors='replace')[:80]}"
    return "" if kept == told.events else f"{told.events} acknowledged, {kept} in the log"


async def _kept(settings: Settings) -> int:
    async with opened(settings) as log:
        return sum(await log.ends(LEAD_INBOX))


if __name__ == "__main__":
    main()
