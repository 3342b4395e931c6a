"""What a stranger reads from the broker: aiokafka's own consumer, committed records only, none of our readers."""

from aiokafka import AIOKafkaConsumer, TopicPartition

from engine.ports import Record

_STEP_MS = 2_000


async def committed(servers: str, topic: str, partition: int) -> tuple[list[Record], int]:
    """All committed records of a partition, and the offset it ends at.

    Args:
        servers: the brokers' addresses, with commas in between.
        topic: its name on the brokers.
        partition: its number.
    """
    tp = TopicPartition(topic, partition)
    consumer = AIOKafkaConsumer(
        bootstrap_servers=servers, isolation_level="read_committed", enable_auto_commit=False, group_id=None
    )
    await consumer.start()
    try:
        consumer.assign([tp])
        begin, end = (await consumer.beginning_offsets([tp]))[tp], (await consumer.end_offsets([tp]))[tp]
        consumer.seek(tp, begin)
        found: list[Record] = []
        # At the end stand markers of transactions, which no getmany returns; the position goes over them.
        while await consumer.position(tp) < end:
            rows = (await consumer.getmany(tp, timeout_ms=_STEP_MS)).get(tp, [])
            found += [Record(row.offset, row.timestamp * 1000, row.key, row.value, ()) for row in rows]
    finally:
        await consumer.stop()
    return found, end
