"""Single requests to the brokers: to a partition's leader, a group's coordinator, the controller.

Every answer comes from a request made after the call began. Topics go by their names on the broker here. All topics'
metadata are kept, because asking for one by name could create it on brokers that create topics by themselves.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from typing import Any, TypeVar

from aiokafka.client import AIOKafkaClient, CoordinationType
from aiokafka.errors import (
    KafkaConnectionError,
    KafkaError,
    LeaderNotAvailableError,
    NodeNotReadyError,
    NotControllerError,
    UnknownTopicOrPartitionError,
    for_code,
)
from aiokafka.protocol.metadata import MetadataRequest
from aiokafka.structs import TopicPartition

from engine.errors import Forbidden, Unavailable, WrongTopic
from engine.kafka.answering import answering, first_answer
from engine.kafka.dropping import abort_connections, drop_client
from engine.kafka.failures import is_outage, translated
from engine.kafka.refusals import refusal
from engine.kafka.sending import Client
from engine.kafka.session import Session

T = TypeVar("T")


class Cluster:
    """A connection to the brokers that survives their moves.

    After all known brokers are gone it starts again from the addresses given, since brokers may have moved.
    """

    def __init__(self, servers: list[str], session: Session, name: str) -> None:
        self._servers, self._session, self._name = servers, session, name
        self._client: AIOKafkaClient | None = None
        self._connecting = asyncio.Lock()
        self._looking: asyncio.Task[bool] | None = None

    async def start(self) -> None:
        """Connect by the first address that answers.

        Raises:
            Forbidden: a broker does not take who we say we are, or we do not take who it says it is.
            Unavailable: no broker answered in time.
        """
        try:
            async with asyncio.timeout(self._session.connect):
                await self._connected()
        except (KafkaError, OSError) as exc:
            if self._session.security and (reason := await self._refusal()):
                raise Forbidden(f"{reason}; correct the access settings") from exc
            raise Unavailable(
                f"no Kafka broker answers at {', '.join(self._servers)} ({exc!r}); "
                f"start it, or correct the address and the access settings"
            ) from exc

    async def _refusal(self) -> str | None:
        try:
            async with asyncio.timeout(self._session.connect):
                return await refusal(self._servers, self._session, self._name)
        except TimeoutError:
            return None

    async def stop(self) -> None:
        """Close all connections."""
        await self._let_go()

    async def partitions(self, topic: str) -> int:
        """How many partitions a topic has.

        Raises:
            WrongTopic: it is missing.
            Unavailable: out of reach.
        """
        client = await self._knowing([topic])
        return len(client.cluster.partitions_for_topic(topic) or ())

    async def existing(self, topics: Iterable[str]) -> dict[str, int]:
        """Partition counts of those topics that exist, by a fresh request that creates none."""
        wanted = list(topics)

        async def ask() -> dict[str, int]:
            answer = await self.send_anywhere(MetadataRequest(wanted, allow_auto_topic_creation=False))
            found = {}
            for code, name, *_, partitions in answer.topics:
                if code != UnknownTopicOrPartitionError.errno:
                    check(code, name)
                    found[name] = len(partitions)
            return found

        found = await self.repeating(ask, "listing topics") if wanted else {}
        if len(found) < len(wanted):  # news of a topic takes a moment from broker to broker
            await asyncio.sleep(self._session.refetch)
            found = await self.repeating(ask, "listing topics")
        return found

    async def leader(self, topic: str, partition: int) -> int:
        """The broker that leads a partition.

        Raises:
            WrongTopic: there is no such topic or partition.
            LeaderNotAvailableError: it has none just now, or it is not known.
        """
        client = await self._knowing([topic])
        node = client.cluster.leader_for_partition(TopicPartition(topic, partition))
        if node is None:
            count = (await self.existing([topic])).get(topic, 0)  # a list of everything may lack something
            if partition >= count:
                raise WrongTopic(f"topic {topic!r} has {count} partitions, there is no partition {partition}")
            raise LeaderNotAvailableError(f"{topic}-{partition} was missing in what brokers told last")
        if node < 0:
            raise LeaderNotAvailableError(f"{topic}-{partition} has no leader")
        return int(node)

    async def ready(self, topic: str) -> bool:
        """Whether every partition of a topic has a leader."""
        metadata = (await self._connected()).cluster
        partitions = metadata.partitions_for_topic(topic)
        return bool(partitions) and partitions == metadata.available_partitions_for_topic(topic)

    async def send(self, node: int, request: Any) -> Any:
        """One request to one broker."""
        return await (await self._connected()).send(node, request)

    async def send_anywhere(self, request: Any) -> Any:
        """One request to any broker."""
        node = (await self._connected()).get_random_node()
        if node is None:
            raise NodeNotReadyError("no broker is known")
        return await self.send(node, request)

    async def send_to_controller(self, request: Any) -> Any:
        """One request to the controller."""
        controller = (await self._connected()).cluster.controller
        if controller is None:
            raise NotControllerError("no controller is known")
        return await self.send(controller.nodeId, request)

    async def send_to_coordinator(self, group: str, request: Any) -> Any:
        """One request to the coordinator of a consumer group."""
        client = await self._connected()
        return await client.send(await client.coordinator_lookup(CoordinationType.GROUP, group), request)

    def doubt(self) -> None:
        """Break all connections; what was under way fails and is asked again, over new ones.

        For when something has hung and nobody knows at which connection; `Client.send` does it for single requests.
        """
        if self._client is not None:
            abort_connections(self._client)

    async def repeating(self, ask: Callable[[], Awaitable[T]], doing: str) -> T:
        """Ask until it succeeds, looking up the brokers again in between, as long as patience lasts.

        Raises:
            Unavailable: patience ran out.
            LogError: another error than an outage.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._session.patience
        while True:
            try:
                return await ask()
            except (KafkaError, OSError, AssertionError, Unavailable) as exc:  # aiokafka asserts that it knows a broker
                if not is_outage(exc) or loop.time() >= deadline:
                    raise translated(exc, doing) from exc
            await asyncio.sleep(self._session.refetch)
            await self.refresh()

    async def refresh(self) -> None:
        """Ask anew who leads what. An outage shows in the next request, not here."""
        client = self._client
        if client is None:
            return
        try:
            async with asyncio.timeout(self._session.request):
                known = await self._looked_up(client)
        except (KafkaError, OSError):
            known = False
        if not known and self._client is client:
            await self._let_go()

    async def _looked_up(self, client: AIOKafkaClient) -> bool:
        """Whether somebody could tell; who asks while another asks is told the same."""
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(_look_up(client))
            self._looking.add_done_callback(_seen)
        return await asyncio.shield(self._looking)

    async def _let_go(self) -> None:
        client, self._client, self._looking = self._client, None, None
        if client is not None:
            await drop_client(client)

    async def _knowing(self, topics: Iterable[str]) -> AIOKafkaClient:
        """Give a client that knows these topics; a new one may not have come round yet."""
        names = list(topics)
        if self._client is not None and _missing(self._client, names) is None:
            return self._client

        async def look() -> AIOKafkaClient:
            await self._connected()
            await self.refresh()
            client = await self._connected()
            missing = _missing(client, names)
            if missing is not None and missing in await self.existing([missing]):
                raise LeaderNotAvailableError(f"topic {missing!r} was missing in what brokers told last")
            return client

        client = await self.repeating(look, "looking up topics")
        missing = _missing(client, names)
        if missing is not None:
            raise WrongTopic(f"topic {missing!r} does not exist; create it first")
        return client

    async def _connected(self) -> AIOKafkaClient:
        if self._client is not None:
            return self._client
        async with self._connecting:
            if self._client is None:
                servers = await answering(self._servers, self._session, self._name)
                client = Client(**self._session.client(servers, self._name))
                try:
                    await client.bootstrap()
                    await _look_up(client)
                except BaseException:
                    await drop_client(client)
                    raise
                self._client = client
        if self._client is None:
            raise KafkaConnectionError("the connection was closed again")
        return self._client


async def _look_up(client: AIOKafkaClient) -> bool:
    """Have the first broker that answers say who leads what; whether it knows."""
    nodes = sorted(broker.nodeId for broker in client.cluster.brokers())
    if not nodes:
        return bool(await client.force_metadata_update())  # by the connection it began with
    begin = nodes.index(client.get_random_node())
    everything = MetadataRequest(None)
    asks = [partial(client.send, node, everything) for node in nodes[begin:] + nodes[:begin]]
    found: Any = await first_answer(asks)
    if found.brokers:
        client.cluster.update_metadata(found)
    return bool(found.brokers)


def _seen(looking: asyncio.Task[bool]) -> None:
    """Whoever waited for it may have gone; then asyncio need not report what it failed with."""
    if not looking.cancelled():
        looking.exception()


def _missing(client: AIOKafkaClient, names: Iterable[str]) -> str | None:
    known = client.cluster.partitions_for_topic
    return next((name for name in names if known(name) is None), None)


def check(code: int, about: str) -> None:
    """Raise the broker's error code, if it is one."""
    if code:
        raise for_code(code)(about)
