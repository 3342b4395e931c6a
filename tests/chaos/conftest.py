"""Scenes under fire, on either log."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.chaos.driver import Scene, scene_on
from tests.chaos.plan import plan


@pytest.fixture(params=["embedded", pytest.param("kafka", marks=pytest.mark.kafka)])
def kind(request: pytest.FixtureRequest) -> str:
    """Which log."""
    return str(request.param)


@pytest.fixture
async def scene(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Scene]:
    """A log with topics and nobody at work yet."""
    scene = await scene_on(kind, request, tmp_path, plan())
    yield scene
    await scene.close()
