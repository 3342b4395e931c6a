"""Settings of a deployment: where the log lives, how it is cut, who we are."""

import os
import secrets
import socket
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import ConfigDict, Field, field_validator

from engine.decoded_states import DECODED_BYTES
from engine.kafka.session import servers_of
from engine.runner import Policy
from leadstream.kafka_access import KafkaAccess

_NONCE = secrets.token_hex(3)
"""Tells this process from an earlier one with the same number, as in a container that was started again."""
SCHEMES = ("sqlite", "kafka")
_STORES = ("postgresql", "postgres")
_SQLITE = "sqlite:///"


class Settings(KafkaAccess):
    """What every command needs to know; filled from options, LEADSTREAM_* variables and leadstream.toml.

    How Kafka's brokers let us in stands in `KafkaAccess`.

    Attributes:
        broker: `sqlite:///path` or `kafka://host:port,...`; empty for one file in the data directory.
        store: `postgresql://user@host/database` for the tables of the views; empty for a SQLite file in the data
            directory. It may hold a password, so it is never shown whole.
        data_dir: where views, the embedded log and caches live.
        partitions: partition count for topics this command creates.
        prefix: put before every topic and consumer group, so that deployments can share a cluster.
        replication: replicas per partition on Kafka.
        session_timeout: seconds after which a silent worker's partitions go to others.
        static_name: keeps a worker's place in its Kafka group while it is started again; empty for a place that ends
            with the process.
        secret: key of the fingerprints of sources and ids; empty for fingerprints without a key.
        state: where workers keep the states of leads while they run: in memory, or in RocksDB in the data directory,
            which holds more than memory does and is brought up to date, not read anew, when a worker starts again.
        decoded_mib: MiB of states, as they are stored, that each task of a worker or projector keeps decoded as well,
            so that whoever comes again is decided sooner; decoded they take about nine times as much.
        log_level: how much is logged.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    broker: str = ""
    store: str = Field(default="", repr=False)
    data_dir: Path = Path("leadstream-data")
    partitions: int = Field(default=4, ge=1, le=1024)
    prefix: str = Field(default="", pattern=r"^[A-Za-z0-9._-]*$", max_length=64)
    replication: int = Field(default=1, ge=1, le=9)
    session_timeout: float = Field(default=10.0, ge=1.0, le=300.0)
    static_name: str = Field(default="", pattern=r"^[A-Za-z0-9._-]*$", max_length=200)
    secret: str = Field(default="", max_length=64)
    state: Literal["memory", "rocksdb"] = "memory"
    decoded_mib: int = Field(default=DECODED_BYTES >> 20, ge=0, le=65_536)
    log_level: Literal["debug", "info", "warning", "error"] = "warning"

    @field_validator("broker")
    @classmethod
    def _usable(cls, broker: str) -> str:
        """Refuse here what no log can be made of, so that every command says so before it does anything."""
        scheme = urlsplit(broker).scheme
        if broker and scheme not in SCHEMES:
            raise ValueError(f"expected sqlite:///path or kafka://host:port, got {broker!r}")
        if scheme == "sqlite" and not (broker.startswith(_SQLITE) and broker.removeprefix(_SQLITE).strip("/")):
            raise ValueError(f"expected sqlite:///path, got {broker!r}")
        if scheme == "kafka":
            servers_of(broker)
        return broker

    @field_validator("store")
    @classmethod
    def _a_database(cls, store: str) -> str:
        """Refuse what is no address of a database, without repeating a password."""
        if store and not store.startswith(tuple(f"{scheme}://" for scheme in _STORES)):
            raise ValueError("expected postgresql://user@host/database")
        return store

    @property
    def url(self) -> str:
        """The broker's URL, the embedded default filled in."""
        return self.broker or f"sqlite:///{(self.data_dir / 'log.db').resolve()}"

    @property
    def policy(self) -> Policy:
        """How tasks are run."""
        return Policy(decoded_bytes=self.decoded_mib << 20)

    @property
    def embedded(self) -> bool:
        """Whether the log is one SQLite file."""
        return self.url.startswith("sqlite:")

    @property
    def log_path(self) -> Path:
        """Where the embedded log lies."""
        return Path(self.url.removeprefix(_SQLITE))

    @property
    def views_path(self) -> Path:
        """Where the SQL views lie, unless a database holds them."""
        return self.data_dir / "views.db"

    @property
    def state_path(self) -> Path:
        """Where states lie that are kept on disk."""
        return self.data_dir / "state"

    @property
    def tokens_path(self) -> Path:
        """Where refresh tokens lie that vendors have put in the place of configured ones."""
        return self.data_dir / "fetch-tokens"

    @property
    def owner(self) -> str:
        """A name for this process, for leases and client ids."""
        return f"{socket.gethostname()}-{os.getpid()}-{_NONCE}"
