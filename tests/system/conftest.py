"""Deployments under test, on the embedded log and on the shared broker."""

import itertools
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from leadstream.importing.translation import Translation
from tests.support.kafka import KafkaCluster
from tests.system.disks import disk
from tests.system.homes import LOAN_MAPPING, Home, Outcome, loan_run, translated

__all__ = ["disk"]
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


@pytest.fixture(scope="session")
def loans(loan_file: Path) -> Translation:
    """The facts of the loan funnel."""
    return translated(LOAN_MAPPING, loan_file)


@pytest.fixture(scope="session")
def reference_home(make_home: MakeHome) -> Home:
    """Where the reference was made."""
    return make_home("embedded", partitions=4)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def reference(reference_home: Home, loans: Translation) -> Outcome:
    """The loan funnel on the embedded log, cut into four: what every other run of it must end as."""
    return await loan_run(reference_home, loans)
