"""Real data of the pipeline: the files by `csv` alone, and what views say of them."""

import csv
import gzip
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from events.topics import DEAD_LETTERS
from leadstream.deployment import opened
from leadstream.running import run_until_idle
from leadstream.views_store import open_store
from projections.read import read_view
from tests.system.homes import Home

Row = dict[str, str]


def rows_of(path: Path) -> Iterator[Row]:
    with gzip.open(path, "rt", newline="") if path.suffix == ".gz" else path.open(newline="") as file:
        yield from csv.DictReader(file)


def month_of(text: str, zone: ZoneInfo) -> str:
    """The month that an instant of a view lies in, where it is counted."""
    return f"{datetime.fromisoformat(text).astimezone(zone):%Y-%m}"


def quarter_of(month: str) -> str:
    return f"{month[:4]}Q{(int(month[5:]) + 2) // 3}"


def asked(home: Home, view: str, **question: Any) -> list[dict[str, Any]]:
    store = open_store(home.settings)
    try:
        return read_view(store, view, **question)
    finally:
        store.close()


async def ran(home: Home) -> None:
    async with opened(home.settings) as log:
        await run_until_idle(log, home.settings, home.partitions)


async def dead_letters(home: Home) -> int:
    async with opened(home.settings) as log:
        return sum(await log.ends(DEAD_LETTERS))
