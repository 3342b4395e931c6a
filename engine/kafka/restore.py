"""Bulk reading of a changelog, up to a barrier: into a dictionary, or into whoever takes it part by part."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import NamedTuple

from aiokafka.errors import OffsetOutOfRangeError

from engine.errors import Unavailable
from engine.intake import Taking, begin, recent
from engine.kafka import offsets
from engine.kafka.cluster import Cluster
from engine.kafka.fetch import Want, fetch_one
from engine.kafka.offsets import Partition
from engine.kafka.scan import Response, Scan, latest_into
from engine.ports import Intake, Record

_BULK = Want(max_wait_ms=250, min_bytes=1, max_bytes=8 << 20)
_ALL = 1 << 40


class Barrier(NamedTuple):
    """A record we have just written to the changelog.

    A broker that lost its leadership while it was frozen still answers with old data, but it cannot show that record.

    Attributes:
        offset: its place.
        timestamp: when the broker took it, microseconds.
    """

    offset: int
    timestamp: int


async def restored(cluster: Cluster, at: Partition, barrier: Barrier, patience: float) -> dict[bytes, bytes | None]:
    """The latest value of every key, tombstones (None) included, from the start of the log through the barrier.

    Args:
        cluster: the brokers.
        at: the changelog's name on the broker, and the task's partition.
        barrier: how far to read at least.
        patience: how long the log may show nothing new, in seconds.

    Raises:
        Unavailable: the barrier does not come in sight.
    """
    state: dict[bytes, bytes | None] = {}
    start = (await offsets.starts(cluster, [at]))[at]
    async with aclosing(_responses(cluster, at, start, barrier.offset, patience)) as responses:
        async for response in responses:
            latest_into(state, response)
    return state


async def restored_into(into: Intake, cluster: Cluster, at: Partition, barrier: Barrier, patience: float) -> Taking:
    """The changelog through the barrier into an intake: from its mark on if the log shows it, else all of it.

    Raises:
        Unavailable: the barrier does not come in sight.
    """
    start = (await offsets.starts(cluster, [at]))[at]
    mark, found, taking = into.mark, None, Taking(into)
    if mark is not None and recent(mark, start, barrier.offset, barrier.timestamp):
        found = await _record(cluster, at, mark.offset)
    offset = begin(into, found, start)
    async with aclosing(_responses(cluster, at, offset, barrier.offset, patience)) as responses:
        async for response in responses:
            taking.take(Scan(response).take(_ALL))
    taking.finish()
    return taking


async def _record(cluster: Cluster, at: Partition, offset: int) -> Record | None:
    """The record at an offset, or the next one there is."""
    response = await _fetch(cluster, at, offset)
    return None if response is None else next(iter(Scan(response).take(1)), None)


async def _responses(
    cluster: Cluster, at: Partition, offset: int, barrier: int, patience: float
) -> AsyncGenerator[Response, None]:
    """What the log has from an offset on, until the barrier was seen; the broker works ahead of who takes it."""
    loop = asyncio.get_running_loop()
    ahead: asyncio.Task[Response | None] | None = None
    deadline = loop.time() + patience
    try:
        while offset <= barrier:
            response = await (ahead or _fetch(cluster, at, offset))
            ahead = None
            after = offset if response is None else response.next_offset
            if response is not None and after > offset:
                if after <= barrier:  # let the broker work while we decode
                    ahead = loop.create_task(_fetch(cluster, at, after))
                    await asyncio.sleep(0)
                offset = after
                yield response
                deadline = loop.time() + patience
            elif loop.time() > deadline:
                raise Unavailable(f"{at[0]}-{at[1]} ends at {offset}, before our own record at {barrier}")
            else:
                await cluster.refresh()
    finally:
        if ahead is not None:
            ahead.cancel()


async def _fetch(cluster: Cluster, at: Partition, offset: int) -> Response | None:
    try:
        return await fetch_one(cluster, *at, offset, _BULK)
    except OffsetOutOfRangeError as exc:  # the log's start moved while we read, or a stale broker answered
        raise Unavailable(f"{at[0]}-{at[1]} no longer holds offset {offset}") from exc
