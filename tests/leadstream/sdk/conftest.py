import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.leadstream.gateway.house import House, gateway


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What a developer has exported, or keeps in leadstream.toml, is not what is tested."""
    for name in [name for name in os.environ if name.startswith("LEADSTREAM_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest_asyncio.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """A gateway over a log in memory."""
    async with gateway(tmp_path) as made:
        yield made
