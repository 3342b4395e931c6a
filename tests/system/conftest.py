"""Deployments under test, on the embedded log and on the shared broker."""

import itertools
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.kafka import KafkaCluster
from tests.system.homes import Home

MakeHome = Callable[..., Home]
_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def make_home(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[MakeHome]:
    """Makes a fresh deployment: `make_home("kafka", partitions=8)`; the broker is started when first asked for."""
    made: list[Home] = []

    def make(kind: str, *, partitions: int = 4, session_timeout: float = 10.0) -> Home:
        folder = tmp_path_factory.mktemp(f"home-{kind}-")
        broker = prefix = ""
        if kind == "kafka":
            cluster: KafkaCluster = request.getfixturevalue("kafka")
            broker, prefix = cluster.url, f"s{os.getpid()}x{next(_numbers)}-"
        made.append(Home(folder, partitions, broker, prefix, session_timeout))
        return made[-1]

    yield make
    for home in made:
        home.close()


@pytest.fixture(params=["embedded", pytest.param("kafka", marks=pytest.mark.kafka)])
def kind(request: pytest.FixtureRequest) -> str:
    """Which log."""
    return str(request.param)


@pytest.fixture(scope="session")
def loan_file(shared_data: Path) -> Path:
    """The loan funnel's event log."""
    return shared_data / "bpi2012_loan_funnel.csv.gz"
