"""Who does what in a test cluster just now. Brokers are named by their index from 0."""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import GroupCoordinatorNotAvailableError

from tests.support.kafka import KafkaCluster

_LEADS = re.compile(r"Completed transition to Leader\(.*?\), epoch=(\d+), epochStartOffset")
_GROUP, _TRANSACTION = 0, 1
_PATIENCE = 60.0


async def leader(cluster: KafkaCluster, topic: str, partition: int, *, told_by: int | None = None) -> int:
    """Who leads a partition; as one of the brokers sees it, or any."""
    async with _admin(cluster, told_by) as admin:
        (found,) = await admin.describe_topics([topic])
    return next(int(entry["leader"]) - 1 for entry in found["partitions"] if entry["partition"] == partition)


async def group_coordinator(cluster: KafkaCluster, group: str) -> int:
    """Who keeps a consumer group."""
    return await _coordinator(cluster, group, _GROUP)


async def transaction_coordinator(cluster: KafkaCluster, transactional_id: str) -> int:
    """Who keeps a transactional id."""
    return await _coordinator(cluster, transactional_id, _TRANSACTION)


def controller(cluster: KafkaCluster) -> int:
    """Who leads the quorum of controllers. Clients are told any broker; the nodes' logs tell the truth."""
    epochs = {
        int(epoch): broker
        for broker in range(cluster.brokers)
        if cluster.alive(broker)
        for epoch in _LEADS.findall(cluster.process(broker).output())
    }
    return epochs[max(epochs)]


async def _coordinator(cluster: KafkaCluster, name: str, kind: int) -> int:
    async with _admin(cluster) as admin, asyncio.timeout(_PATIENCE):
        while True:
            with contextlib.suppress(GroupCoordinatorNotAvailableError):  # the first question makes the topic
                return int(await admin.find_coordinator(name, kind)) - 1
            await asyncio.sleep(0.2)


@asynccontextmanager
async def _admin(cluster: KafkaCluster, broker: int | None = None) -> AsyncIterator[AIOKafkaAdminClient]:
    servers = cluster.bootstrap if broker is None else f"127.0.0.1:{cluster.port(broker)}"
    admin = AIOKafkaAdminClient(bootstrap_servers=servers)
    await admin.start()
    try:
        yield admin
    finally:
        await admin.close()
