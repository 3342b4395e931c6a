"""The settings of a test broker: Kafka's defaults, except where a test would wait or the machine is small."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

_PROTOCOLS = ("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL")


class Address(NamedTuple):
    """The loopback ports of one node, which is broker and controller in one."""

    clients: int
    controller: int


def server_properties(
    index: int,
    addresses: Sequence[Address],
    data: Path,
    settings: Mapping[str, str] | None = None,
    listeners: Mapping[str, int] | None = None,
) -> str:
    """Write the properties file of node `index` (from 0) of a cluster of `len(addresses)` nodes.

    Args:
        index: which node; its id is `index + 1`.
        addresses: the ports of all nodes, this one among them.
        data: the folder of its logs.
        settings: added, or put in place of what stands here.
        listeners: further ones for clients: security protocol and port.
    """
    replicas = min(3, len(addresses))
    in_sync = max(1, replicas - 1)
    voters = ",".join(f"{i}@127.0.0.1:{address.controller}" for i, address in enumerate(addresses, start=1))
    own = addresses[index]
    doors = [
        f"{protocol}://127.0.0.1:{port}" for protocol, port in {"PLAINTEXT": own.clients, **(listeners or {})}.items()
    ]
    properties = {
        "process.roles": "broker,controller",
        "node.id": str(index + 1),
        "controller.quorum.voters": voters,
        "controller.listener.names": "CONTROLLER",
        "listeners": ",".join([*doors, f"CONTROLLER://127.0.0.1:{own.controller}"]),
        "advertised.listeners": ",".join(doors),
        "listener.security.protocol.map": ",".join(
            ["CONTROLLER:PLAINTEXT", *(f"{name}:{name}" for name in _PROTOCOLS)]
        ),
        "log.dirs": str(data),
        # The product creates its topics explicitly; a misspelt name must be an error here too.
        "auto.create.topics.enable": "false",
        "default.replication.factor": str(replicas),
        "min.insync.replicas": str(in_sync),
        "offsets.topic.replication.factor": str(replicas),
        "transaction.state.log.replication.factor": str(replicas),
        "transaction.state.log.min.isr": str(in_sync),
        "share.coordinator.state.topic.replication.factor": str(replicas),
        "share.coordinator.state.topic.min.isr": str(in_sync),
        # Fifty partitions each, the default, cost seconds at the first group and the first transaction.
        "offsets.topic.num.partitions": "8",
        "transaction.state.log.num.partitions": "8",
        # Tests form groups of one or two and let members die: no waiting for latecomers, short sessions allowed.
        "group.initial.rebalance.delay.ms": "0",
        "group.min.session.timeout.ms": "1000",
        # How often the broker looks for transactions whose owner is gone, and for logs to compact.
        "transaction.abort.timed.out.transaction.cleanup.interval.ms": "1000",
        "log.cleaner.backoff.ms": "1000",
        "log.cleaner.dedupe.buffer.size": str(16 * 1024 * 1024),
        "num.network.threads": "2",
        "num.io.threads": "4",
        **(settings or {}),
    }
    return "".join(f"{name}={value}\n" for name, value in properties.items())
