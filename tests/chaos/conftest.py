"""Scenes under fire, on either log; and the account of what was done in them."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.chaos.accounts import Account, Book
from tests.chaos.driver import Scene, scene_on
from tests.chaos.plan import plan


def pytest_configure(config: pytest.Config) -> None:
    """Keep the book of this run."""
    config.pluginmanager.register(Book(), "chaos-book")


@pytest.fixture(params=["embedded", pytest.param("kafka", marks=pytest.mark.kafka)])
def kind(request: pytest.FixtureRequest) -> str:
    """Which log."""
    return str(request.param)


@pytest.fixture
def account(request: pytest.FixtureRequest) -> Account:
    """Takes what a test has to tell."""
    return Account(request.node)


@pytest.fixture
async def scene(kind: str, request: pytest.FixtureRequest, tmp_path: Path, account: Account) -> AsyncIterator[Scene]:
    """A log with topics and nobody at work yet."""
    scene = await scene_on(kind, request, tmp_path, plan(), account)
    yield scene
    await scene.close()
