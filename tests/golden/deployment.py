"""A whole deployment as a released version left it: its log, changelog and views, packed small beside this file.

`python -m tests.golden.deployment 0.1.0` writes one with the code as it is: two days of the demo's simulated company,
always of the same seed. What lies in a folder of an old version is never written again: it is what users have on disk.
"""

import asyncio
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import zstandard

from leadstream.demo.company import Week
from leadstream.demo.week import run_week
from leadstream.deployment import opened
from leadstream.settings import Settings
from leadstream.views_store import open_store
from projections.catalogue import BY_NAME
from projections.read import read_view
from projections.sink import sink_once

FOLDER = Path(__file__).parent
FILES = ("log.db", "views.db")
PARTITIONS = 2
WEEK = Week(seed=11, days=2, leads_per_day=8)


def versions() -> list[str]:
    """Every version a deployment was kept of."""
    return sorted(path.name for path in FOLDER.iterdir() if (path / "log.db.zst").exists())


def unpacked(version: str, folder: Path) -> Settings:
    """Put the deployment of a version into a folder; its settings."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in FILES:
        packed = (FOLDER / version / f"{name}.zst").read_bytes()
        (folder / name).write_bytes(zstandard.ZstdDecompressor().decompress(packed))
    return Settings(data_dir=folder, partitions=PARTITIONS)


def expected(version: str) -> dict[str, Any]:
    """What the deployment showed when it was packed: every row of every view."""
    found: dict[str, Any] = json.loads((FOLDER / version / "expected.json").read_text())
    return found


async def shown(settings: Settings) -> dict[str, list[Any]]:
    """Every row of every view."""
    store = open_store(settings)
    try:
        async with opened(settings) as log:
            await sink_once(log, store)
        return {name: sorted((list(row.values()) for row in read_view(store, name)), key=str) for name in BY_NAME}
    finally:
        store.close()


async def _make(version: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data_dir=Path(folder), partitions=PARTITIONS)
        async with opened(settings, create=True) as log:
            await run_week(log, settings, PARTITIONS, WEEK)
        views = await shown(settings)
        (FOLDER / version).mkdir()
        for name in FILES:
            packed = zstandard.ZstdCompressor(level=19).compress((Path(folder) / name).read_bytes())
            (FOLDER / version / f"{name}.zst").write_bytes(packed)
        (FOLDER / version / "expected.json").write_text(json.dumps({"views": views}, indent=1) + "\n")


if __name__ == "__main__":
    asyncio.run(_make(sys.argv[1]))
