"""Scenes under fire, on either log; and the account of what was done in them."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.chaos.accounts import Account, Book
from tests.chaos.driver import Scene, scene_at, scene_on
from tests.chaos.plan import plan
from tests.support.kafka import KafkaCluster
from tests.support.missing import MissingError, skip_or_fail

_DOORS = 2


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


@pytest.fixture(scope="session")
def running_three() -> Iterator[KafkaCluster]:
    """Three brokers, shared by those who put them into order again."""
    cluster = KafkaCluster(3, heap_mb=512, doors=_DOORS, settings={"leader.imbalance.check.interval.seconds": "10"})
    try:
        cluster.start()
        yield cluster
    except MissingError as error:
        skip_or_fail(str(error))
    finally:
        cluster.close()


@pytest.fixture
def three(running_three: KafkaCluster) -> Iterator[KafkaCluster]:
    """Three brokers and the network between them and to them, whole; whatever a test does to them is undone."""
    yield running_three
    assert running_three.network is not None
    running_three.network.mend()
    for broker in range(running_three.brokers):
        if running_three.alive(broker):
            running_three.process(broker).thaw()
    running_three.start()


@pytest.fixture
async def wide_scene(three: KafkaCluster, topic_prefix: str, tmp_path: Path, account: Account) -> AsyncIterator[Scene]:
    """A scene on three brokers: every partition has three replicas, and two of them have to be in sync."""
    scene = await scene_at(three.url, f"{topic_prefix}chaos", tmp_path, plan(), account, replication=3)
    yield scene
    await scene.close()
