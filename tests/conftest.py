"""Fixtures for every room: a real broker started when first asked for, and the real data beside the repository."""

import contextlib
import itertools
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.kafka import KafkaCluster
from tests.support.laws import register_profiles
from tests.support.missing import MissingError, skip_or_fail
from tests.support.postgresql import PostgresServer

# Here, before any test file imports them for something small: a contract's asserts explain themselves only then.
pytest.register_assert_rewrite("tests.engine.log_contract", "tests.engine.log_house", "tests.engine.embedded_contract")
register_profiles()

_REPOSITORY = Path(__file__).resolve().parents[1]
_counter = itertools.count(1)


@pytest.fixture(scope="session")
def kafka() -> Iterator[KafkaCluster]:
    """A running cluster of one broker, shared by the whole run. Who kills brokers starts a cluster of their own."""
    with contextlib.ExitStack() as stack:
        try:
            cluster = stack.enter_context(KafkaCluster())
        except MissingError as error:
            skip_or_fail(str(error))
        yield cluster


@pytest.fixture
def kafka_url(kafka: KafkaCluster) -> str:
    """Our URL of the shared broker, "kafka://127.0.0.1:port"."""
    return kafka.url


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgresServer]:
    """A running database server, shared by the whole run. Who stops servers starts one of their own."""
    with contextlib.ExitStack() as stack:
        try:
            server = stack.enter_context(PostgresServer())
        except MissingError as error:
            skip_or_fail(str(error))
        yield server


@pytest.fixture
def postgresql_url(postgresql: PostgresServer) -> str:
    """The address of an empty schema on the shared server, password and all."""
    return postgresql.empty(f"t{next(_counter)}")


@pytest.fixture
def topic_prefix() -> str:
    """A prefix no other test has, such as "t12345x3-": the broker is shared, topics are not."""
    return f"t{os.getpid()}x{next(_counter)}-"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of the real data sets: LEADSTREAM_SHARED/data, or ../shared/data beside the repository."""
    shared = Path(os.environ.get("LEADSTREAM_SHARED") or _REPOSITORY.parent / "shared")
    if not (shared / "data").is_dir():
        skip_or_fail("the real data sets are not there: set LEADSTREAM_SHARED to the folder that holds data/")
    return shared / "data"
