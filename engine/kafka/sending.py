"""aiokafka's client where brokers are silent: connecting to one keeps nobody from the others, and the dropped stay so.

Three things it does differently. It connects to all brokers under one lock, for as long as a request may take, so one
that is frozen starves those that are well. Where several requests time out on one connection the first one closes it,
and the others look for it to close it as well: a KeyError that nobody expects, which ends the coordination of a group
for good. And whoever was about to connect when a client was closed connects nevertheless, and nobody closes that.
"""

import asyncio
import contextlib
import logging
import threading
import time
import weakref
from collections import defaultdict
from typing import Any

from aiokafka.client import AIOKafkaClient, ConnectionGroup
from aiokafka.conn import AIOKafkaConnection
from aiokafka.errors import NodeNotReadyError, RequestTimedOutError
from typing_extensions import override

logger = logging.getLogger(__name__)

SILENT_SECONDS = 3.0
"""Longer than a connection that is well and in use is silent: fetches are answered twice a second."""
CONNECT_SECONDS = 2.0
"""How long connecting to one broker may take: the connection, what versions it speaks, who we are."""


class Client(AIOKafkaClient):  # type: ignore[misc]
    """A client with a lock for each connection.

    Attributes:
        dropped: it connects no more.
    """

    dropped = False
    _locks: defaultdict[tuple[Any, int], asyncio.Lock] | None = None

    @override
    async def send(self, node_id: int, request: Any, *, group: ConnectionGroup = ConnectionGroup.DEFAULT) -> Any:
        """One request to one broker.

        Raises:
            NodeNotReadyError: there is no connection to be had.
            RequestTimedOutError: it was not answered in time. The connection is broken then, and so are all others of
                this process of which nothing was heard meanwhile, or of late: they may be as dead, and to find that
                out one by one would take a minute. Those that were heard of are left in peace.
        """
        began = time.monotonic()
        transport = transport_of(await self._get_conn(node_id, group=group))
        if transport is None:
            raise NodeNotReadyError(f"broker {node_id} takes no connection")
        try:
            return await super().send(node_id, request, group=group)
        except (RequestTimedOutError, KeyError) as exc:
            timed_out = isinstance(exc, RequestTimedOutError)
            if not timed_out and not isinstance(exc.__context__, TimeoutError):
                raise
            transport.abort()  # aiokafka has closed it, which waits until what was sent has arrived
            _doubt(max(began, time.monotonic() - SILENT_SECONDS))
            if timed_out:
                raise
            raise RequestTimedOutError from exc

    @override
    async def _get_conn(
        self, node_id: Any, *, group: ConnectionGroup = ConnectionGroup.DEFAULT, no_hint: bool = False
    ) -> AIOKafkaConnection | None:
        """The connection to a broker, made if need be; None if there is none to be had in time."""
        known = self._conns.get((node_id, group))
        if known is not None and known.connected():
            return known
        with _guard:
            _connected.add(self)
        try:
            async with asyncio.timeout(CONNECT_SECONDS), self._lock_of(node_id, group):
                made = None if self.dropped else await super()._get_conn(node_id, group=group, no_hint=no_hint)
        except TimeoutError:
            logger.debug("broker %s does not take connections in %.0f s", node_id, CONNECT_SECONDS)
            self.force_metadata_update()  # it may have gone elsewhere
            return None
        if made is not None and self.dropped:
            made.close()
            return None
        return made

    @override
    def force_metadata_update(self) -> asyncio.Future[bool]:
        """Ask anew who leads what; a dropped client says at once that it could not, since nobody would ever say."""
        if not self.dropped:
            return super().force_metadata_update()  # type: ignore[no-any-return]
        told: asyncio.Future[bool] = self._loop.create_future()
        told.set_result(False)
        return told

    @property
    def _get_conn_lock(self) -> contextlib.nullcontext[None]:
        """None for all: see `_get_conn`."""
        return contextlib.nullcontext()

    def _lock_of(self, node_id: Any, group: ConnectionGroup) -> asyncio.Lock:
        if self._locks is None:  # not in a constructor: see `mended`
            self._locks = defaultdict(asyncio.Lock)
        return self._locks[node_id, group]

    def break_silent(self, since: float) -> None:
        """Break the connections of which nothing was heard since that instant of the monotonic clock, in its loop."""
        for connection in list(self._conns.values()):
            transport = transport_of(connection)
            if transport is not None and connection._last_action < since:  # noqa: SLF001 - kept nowhere else
                transport.abort()


_connected: weakref.WeakSet[Client] = weakref.WeakSet()
_guard = threading.Lock()
"""Clients of one process live in two threads: that of the seat, and that of all the others."""


def _doubt(since: float) -> None:
    with _guard:
        clients = list(_connected)
    for client in clients:
        with contextlib.suppress(RuntimeError):  # its loop is over
            client._loop.call_soon_threadsafe(client.break_silent, since)  # noqa: SLF001 - aiokafka keeps it there


def transport_of(connection: AIOKafkaConnection | None) -> asyncio.WriteTransport | None:
    """What a connection writes to; None when it is closed."""
    writer = None if connection is None else connection._writer  # noqa: SLF001 - there is no public way to abort
    return None if writer is None else writer.transport


def mended(client: AIOKafkaClient) -> AIOKafkaClient:
    """The same client, which aiokafka has made for itself, as one of ours.

    Its class is changed, and no function of it replaced: that would hold the client in a circle, which the garbage
    collector of a long-lived worker comes to free very late.
    """
    client.__class__ = Client
    return client
