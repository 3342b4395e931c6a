import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from tests.support.kafka import KafkaCluster


@pytest.mark.kafka
async def test_a_record_sent_to_the_broker_comes_back(kafka: KafkaCluster, topic_prefix: str) -> None:
    topic = f"{topic_prefix}echo"
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(topic, num_partitions=1, replication_factor=1)])
    finally:
        await admin.close()

    producer = AIOKafkaProducer(bootstrap_servers=kafka.bootstrap, transactional_id=topic)
    async with producer, producer.transaction():
        sent = await producer.send_and_wait(topic, key=b"lead-1", value=b"hello")

    consumer = AIOKafkaConsumer(
        topic,
        bootstrap_servers=kafka.bootstrap,
        auto_offset_reset="earliest",
        isolation_level="read_committed",
        group_id=topic,
        session_timeout_ms=3_000,
        heartbeat_interval_ms=500,
    )
    async with consumer:
        got = await consumer.getone()
    assert (got.offset, got.key, got.value) == (sent.offset, b"lead-1", b"hello")
