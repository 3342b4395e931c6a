"""Bulk reading of a changelog: the latest value of every key, up to a barrier."""

import asyncio

from aiokafka.errors import OffsetOutOfRangeError

from engine.errors import Unavailable
from engine.kafka import offsets
from engine.kafka.cluster import Cluster
from engine.kafka.fetch import Want, fetch_one
from engine.kafka.scan import Response, latest_into

_BULK = Want(max_wait_ms=250, min_bytes=1, max_bytes=8 << 20)


async def restored(
    cluster: Cluster, topic: str, partition: int, barrier: int, patience: float
) -> dict[bytes, bytes | None]:
    """The latest value of every key, tombstones (None) included, from the start of the log through `barrier`.

    The barrier is a record we have just written. A broker that lost its leadership while it was frozen still answers
    with old data, but it cannot show that record.

    Args:
        cluster: the brokers.
        topic: the changelog's name on the broker.
        partition: the task's.
        barrier: the offset of the barrier record.
        patience: how long the log may show nothing new, in seconds.

    Raises:
        Unavailable: the barrier does not come in sight.
    """
    loop = asyncio.get_running_loop()
    state: dict[bytes, bytes | None] = {}
    offset = (await offsets.starts(cluster, [(topic, partition)]))[topic, partition]
    ahead: asyncio.Task[Response | None] | None = None
    deadline = loop.time() + patience
    try:
        while offset <= barrier:
            response = await (ahead or _fetch(cluster, topic, partition, offset))
            ahead = None
            if response is not None and response.next_offset > offset:
                if response.next_offset <= barrier:  # let the broker work while we decode
                    ahead = loop.create_task(_fetch(cluster, topic, partition, response.next_offset))
                    await asyncio.sleep(0)
                offset = latest_into(state, response)
                deadline = loop.time() + patience
            elif loop.time() > deadline:
                raise Unavailable(f"{topic}-{partition} ends at {offset}, before our own record at {barrier}")
            else:
                await cluster.refresh()
    finally:
        if ahead is not None:
            ahead.cancel()
    return state


async def _fetch(cluster: Cluster, topic: str, partition: int, offset: int) -> Response | None:
    try:
        return await fetch_one(cluster, topic, partition, offset, _BULK)
    except OffsetOutOfRangeError as exc:  # the log's start moved while we read, or a stale broker answered
        raise Unavailable(f"{topic}-{partition} no longer holds offset {offset}") from exc
