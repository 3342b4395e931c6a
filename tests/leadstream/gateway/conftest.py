from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from tests.leadstream.gateway.house import House, gateway


@pytest_asyncio.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with gateway(tmp_path) as made:
        yield made
