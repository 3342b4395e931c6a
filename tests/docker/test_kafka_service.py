import pytest
from aiokafka.admin import AIOKafkaAdminClient

from tests.docker.stack import Stack

pytestmark = [pytest.mark.docker, pytest.mark.slow, pytest.mark.timeout(900)]

_CREATE = """
import asyncio
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

async def main():
    admin = AIOKafkaAdminClient(bootstrap_servers="kafka:9092")
    await admin.start()
    await admin.create_topics([NewTopic("made-inside", num_partitions=2, replication_factor=1)])
    await admin.close()

asyncio.run(main())
"""


async def _topics(bootstrap: str) -> list[str]:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        return list(await admin.list_topics())
    finally:
        await admin.close()


async def test_one_log_is_reached_from_inside_and_from_the_loopback_and_outlives_its_container(stack: Stack) -> None:
    stack.compose("up", "-d", *stack.offline, "--wait", "--wait-timeout", "120", "kafka")
    stack.compose("run", "--rm", "--no-deps", "-T", "--entrypoint", "python", "topics", "-c", _CREATE)
    assert "made-inside" in await _topics(stack.kafka)

    stack.compose("rm", "--stop", "--force", "kafka")
    stack.compose("up", "-d", *stack.offline, "--wait", "--wait-timeout", "120", "kafka")
    assert "made-inside" in await _topics(stack.kafka)
