"""Where the brokers are and how patient we are with them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

SCHEME = "kafka://"
DEFAULT_PORT = 9092


@dataclass(frozen=True, slots=True)
class Session:
    """How to talk to the brokers. Durations in seconds.

    Attributes:
        connect: how long a first connection may take.
        request: how long one request may take.
        patience: how long a request is repeated while leaders move.
        transaction: how long a transaction may stay open; the broker aborts it then, and no reader passes it before.
        opening: how long fencing the former owner of a task may take; its open transaction ends in that time.
        settle: how long to wait for an acknowledged commit to come in sight, when asked where the log ends.
        refetch: pause before an unanswered request is repeated.
        security: aiokafka's own settings for TLS and SASL (`security_protocol`, `ssl_context`, `sasl_…`).
    """

    connect: float = 10.0
    request: float = 15.0
    patience: float = 10.0
    transaction: float = 30.0
    opening: float = 30.0
    settle: float = 0.1
    refetch: float = 0.1
    security: Mapping[str, Any] = field(default_factory=dict)

    def client(self, servers: list[str], name: str, *, backoff_ms: int = 100) -> dict[str, Any]:
        """The keyword arguments every aiokafka client takes.

        Args:
            servers: the brokers' addresses.
            name: what brokers call this client in their logs.
            backoff_ms: pause before a request is repeated, in milliseconds.
        """
        return {
            "bootstrap_servers": servers,
            "client_id": name,
            "request_timeout_ms": int(self.request * 1000),
            "retry_backoff_ms": backoff_ms,
            **self.security,
        }


def servers_of(url: str) -> list[str]:
    """The brokers' addresses in "kafka://host:port,host:port"; the port is 9092 unless said otherwise.

    Raises:
        ValueError: it is not such a URL.
    """
    hosts = [host.strip() for host in url.removeprefix(SCHEME).strip("/").split(",")]
    if not url.startswith(SCHEME) or not all(hosts):
        raise ValueError(f"not a Kafka URL: {url!r}; write kafka://host:port, more brokers after commas")
    return [host if _has_port(host) else f"{host}:{DEFAULT_PORT}" for host in hosts]


def _has_port(host: str) -> bool:
    name, _, port = host.rpartition(":")
    if not name or host.endswith("]") or (":" in name and not name.endswith("]")):
        return False
    if not port.isdigit():
        raise ValueError(f"the port in {host!r} is not a number")
    return True
