"""Opens the log a deployment lives on, and checks that its topics are as they must be."""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from engine.errors import WrongTopic
from engine.ports import EventLog, FaustLog, GroupSpec, TopicSpec
from events.topics import LEAD_INBOX, TOPICS, TopicDefinition
from leadstream.clock import now_us
from leadstream.settings import Settings
from projections.catalogue import PROJECTIONS, VIEW_TOPICS

_OF_VIEWS = frozenset(projection.name for projection in PROJECTIONS)
"""Names of the task groups that a projector runs."""


def make_log(settings: Settings, tls: ssl.SSLContext | None = None) -> FaustLog:
    """The log, not yet started. Each home is imported only when it is used.

    Args:
        settings: the deployment.
        tls: whom to trust as a broker, and with what; what the settings say unless given.

    Raises:
        BadAccess: a file that the brokers' access needs is not as it must be.
    """
    if settings.embedded:
        from engine.sqlite.log import SqliteLog  # noqa: PLC0415 - apsw is not needed on Kafka

        ttl = int(settings.session_timeout * 1_000_000)
        return SqliteLog(settings.log_path, clock=now_us, owner=settings.owner, lease_ttl=ttl)
    from engine.kafka.log import KafkaLog, Session  # noqa: PLC0415 - aiokafka is not needed on the embedded log

    return KafkaLog(
        settings.url,
        prefix=settings.prefix,
        clock=now_us,
        replication=settings.replication,
        group_id=lambda group: app_name(settings, group),
        session=Session(security=settings.security(tls)),
    )


def app_name(settings: Settings, group: GroupSpec) -> str:
    """Name of the Faust app, and so of the consumer group, that runs a task group."""
    return f"{settings.prefix}leadstream-{'projector' if group.name in _OF_VIEWS else 'worker'}"


def topic_specs(partitions: int) -> list[TopicSpec]:
    """Every topic, cut into this many partitions where the number is the deployment's."""
    return [_spec(definition, partitions) for definition in (*TOPICS, *VIEW_TOPICS)]


def _spec(definition: TopicDefinition, partitions: int) -> TopicSpec:
    return TopicSpec(
        name=definition.name,
        partitions=definition.partitions or partitions,
        compacted=definition.compacted,
        retention_ms=definition.retention_ms,
        max_record_bytes=definition.max_record_bytes,
    )


@asynccontextmanager
async def opened(settings: Settings, *, create: bool | None = None) -> AsyncIterator[FaustLog]:
    """The started log with checked topics.

    Args:
        settings: the deployment.
        create: make missing topics; by default only on the embedded log, where nobody else would.

    Raises:
        WrongTopic: topics are missing, or set up in a way we refuse to run on.
        Unavailable: the log is out of reach.
    """
    log = make_log(settings)
    try:
        await log.start()
        if create if create is not None else settings.embedded:
            await create_topics(log, settings)
        await check_topics(log)
        yield log
    finally:
        await log.stop()


async def create_topics(log: EventLog, settings: Settings) -> list[str]:
    """Make what is missing, with the partition count that is there already if there is one."""
    inbox = (await log.describe_topics([LEAD_INBOX]))[LEAD_INBOX]
    return await log.create_topics(topic_specs(inbox.partitions if inbox else settings.partitions))


async def other_count(log: EventLog, settings: Settings) -> int | None:
    """The deployment's partition count, where somebody has asked for another one by name; else None."""
    inbox = (await log.describe_topics([LEAD_INBOX]))[LEAD_INBOX]
    if inbox is None or "partitions" not in settings.model_fields_set or inbox.partitions == settings.partitions:
        return None
    return inbox.partitions


async def partition_count(log: EventLog) -> int:
    """The deployment's partition count.

    Raises:
        WrongTopic: there are no topics yet.
    """
    inbox = (await log.describe_topics([LEAD_INBOX]))[LEAD_INBOX]
    if inbox is None:
        raise WrongTopic(f"topic {LEAD_INBOX!r} does not exist; run 'leadstream topics create' first")
    return inbox.partitions


async def check_topics(log: EventLog) -> int:
    """The deployment's partition count, after every topic was checked; `opened` has done so.

    Raises:
        WrongTopic: naming the topics, what they are and what they must be.
    """
    partitions = await partition_count(log)
    faults = await log.topic_faults(topic_specs(partitions))
    if faults:
        missing = (
            " (leadstream topics create makes what is missing)" if any("missing" in fault for fault in faults) else ""
        )
        raise WrongTopic("; ".join(faults) + missing)
    return partitions
