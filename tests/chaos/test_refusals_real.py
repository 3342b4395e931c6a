"""What a broker itself refuses: batches too large, no rights. Nothing is skipped, nothing doubled."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.protocol.admin import CreateAclsRequest, DeleteAclsRequest

from engine.errors import Forbidden
from tests.chaos.inside import Desk, desk
from tests.chaos.program import OUT
from tests.support.kafka import KafkaCluster

pytestmark = [pytest.mark.slow, pytest.mark.kafka, pytest.mark.timeout(3600)]

_GUARDED = {
    "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
    "allow.everyone.if.no.acl.found": "true",
}
_ANYBODY, _ANYWHERE, _LITERAL = "User:ANONYMOUS", "*", 3
_TOPIC, _GROUP, _TRANSACTIONAL_ID = 2, 3, 5
_ANY, _ALL, _READ, _WRITE = 1, 2, 3, 4
_DENY, _ALLOW = 2, 3


@pytest.fixture(scope="module")
def broker() -> Iterator[KafkaCluster]:
    with KafkaCluster(settings=_GUARDED) as cluster:
        yield cluster


@pytest.fixture
async def scene(broker: KafkaCluster, topic_prefix: str, tmp_path: Path) -> AsyncIterator[Desk]:
    scene = await desk(broker.url, f"{topic_prefix}guarded", tmp_path)
    yield scene
    await scene.close()


@pytest.fixture
async def admin(broker: KafkaCluster) -> AsyncIterator[AIOKafkaAdminClient]:
    client = AIOKafkaAdminClient(bootstrap_servers=broker.bootstrap)
    await client.start()
    yield client
    await client.close()


async def changed(admin: AIOKafkaAdminClient, scene: Desk, setting: str, value: int) -> None:
    """Change a setting of the output topic behind the worker's back."""
    topic = f"{scene.name}-{OUT}"
    await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, {setting: str(value)})])


async def test_batches_that_have_become_too_large_are_made_smaller(scene: Desk, admin: AIOKafkaAdminClient) -> None:
    await scene.publish()
    async with scene.worker() as worker:
        await scene.outcome(worker)
        await changed(admin, scene, "max.message.bytes", 6_000)
        await scene.publish(1_000)
        await scene.outcome(worker)
        assert worker.host.failure is None
        assert "MessageSizeTooLarge" in worker.reopened
    await scene.assert_exact()


@pytest.mark.parametrize(
    ("kind", "name", "operation", "said"),
    [
        (_TOPIC, "out", _WRITE, "TopicAuthorization"),
        (_TOPIC, "ledger-state", _WRITE, "TopicAuthorization"),
        (_GROUP, "worker", _READ, "GroupAuthorization"),
        (_TRANSACTIONAL_ID, "worker-ledger-0", _WRITE, "TransactionalIdAuthorization"),
    ],
    ids=["output", "changelog", "group", "transactional id"],
)
async def test_a_worker_that_loses_a_right_ends_and_says_which_and_another_one_goes_on_when_it_is_granted(
    scene: Desk, admin: AIOKafkaAdminClient, kind: int, name: str, operation: int, said: str
) -> None:
    whole = f"{scene.name}-{name}"
    await scene.publish()
    async with scene.worker() as worker:
        await scene.outcome(worker)
        for what, permission in ((_ALL, _ALLOW), (operation, _DENY)):
            request = CreateAclsRequest(kind, whole, _LITERAL, _ANYBODY, _ANYWHERE, what, permission)
            await admin._send_request(request)  # no public way to set rights
        await scene.publish()
        await scene.outcome(worker)
    assert isinstance(worker.host.failure, Forbidden)
    assert said in str(worker.host.failure)
    await admin._send_request(DeleteAclsRequest(kind, whole, _LITERAL, _ANYBODY, _ANYWHERE, _ANY, _ANY))
    await scene.assert_exact()
