"""Topics: how ours have to be set up, and how those on the brokers are."""

from collections.abc import Iterable, Mapping
from typing import Any

from aiokafka.admin.config_resource import ConfigResourceType
from aiokafka.errors import TopicAlreadyExistsError, for_code
from aiokafka.protocol.admin import CreateTopicsRequest, DescribeConfigsRequest

from engine.errors import LogError, Unavailable
from engine.kafka.batches import OVERHEAD_BYTES
from engine.kafka.cluster import Cluster, check
from engine.ports import TopicSpec

_HOUR_MS, _DAY_MS = 3_600_000, 86_400_000
_FOR_EVER = "-1"
_SEGMENT_BYTES = 128 << 20
_SMALL_SEGMENT_BYTES = 32 << 20

Settings = dict[str, str]


def settings_of(spec: TopicSpec, replication: int) -> Settings:
    """The settings of a topic on the brokers.

    Append time is the only time nobody can forge: deadlines are counted from it. A batch of two replicas survives the
    loss of either. An unclean leader would forget acknowledged records.
    """
    settings = {
        "message.timestamp.type": "LogAppendTime",
        "cleanup.policy": _policy(spec),
        "retention.ms": _FOR_EVER if spec.retention_ms is None else str(spec.retention_ms),
        "retention.bytes": _FOR_EVER,
        "max.message.bytes": str(spec.max_record_bytes + OVERHEAD_BYTES),
        "min.insync.replicas": str(min(2, replication)),
        "unclean.leader.election.enable": "false",
    }
    return settings | (_compaction() if spec.compacted else _deletion(spec.retention_ms))


def _policy(spec: TopicSpec) -> str:
    if not spec.compacted:
        return "delete"
    return "compact" if spec.retention_ms is None else "compact,delete"


def _compaction() -> Settings:
    """Compact early and in small pieces: what is not yet compacted has to be read by every task that opens.

    Overwritten values are gone after two days at the latest, tombstones a day after that.
    """
    return {
        "min.cleanable.dirty.ratio": "0.2",
        "segment.bytes": str(_SMALL_SEGMENT_BYTES),
        "segment.ms": str(_DAY_MS),
        "max.compaction.lag.ms": str(_DAY_MS),
        "delete.retention.ms": str(_DAY_MS),
    }


def _deletion(retention_ms: int | None) -> Settings:
    """A record goes with its whole segment, so segments are shorter than the retention."""
    week = 7 * _DAY_MS
    segment = week if retention_ms is None else min(week, max(retention_ms // 4, _HOUR_MS // 6))
    return {"segment.bytes": str(_SEGMENT_BYTES), "segment.ms": str(segment)}


def spec_of(name: str, partitions: int, settings: Mapping[str, str]) -> TopicSpec:
    """A topic as the brokers have it; `name` is the logical one."""
    retention = int(settings["retention.ms"])
    policy = settings["cleanup.policy"].split(",")
    return TopicSpec(
        name=name,
        partitions=partitions,
        compacted="compact" in policy,
        retention_ms=retention if retention >= 0 and "delete" in policy else None,
        max_record_bytes=max(int(settings["max.message.bytes"]) - OVERHEAD_BYTES, 0),
    )


def faults_of(name: str, settings: Mapping[str, str], replication: int) -> list[str]:
    """Why we should not run on a topic, beyond what its spec tells; a sentence each."""
    found = []
    if settings["message.timestamp.type"] != "LogAppendTime":
        found.append(
            f"topic {name!r} takes its records' time from their senders; set message.timestamp.type=LogAppendTime"
        )
    if settings["unclean.leader.election.enable"] == "true":
        found.append(
            f"topic {name!r} may lose acknowledged records to an unclean leader; "
            "set unclean.leader.election.enable=false"
        )
    wanted = min(2, replication)
    if int(settings["min.insync.replicas"]) < wanted:
        found.append(f"topic {name!r} acknowledges records before {wanted} replicas have them; set min.insync.replicas")
    return found


async def create(cluster: Cluster, specs: Iterable[TopicSpec], replication: int) -> list[str]:
    """Make the topics that are missing and wait until they have leaders; names of those made.

    Raises:
        LogError: a broker refused one, with its reason.
        Unavailable: out of reach.
    """
    wanted: list[Any] = [
        (spec.name, spec.partitions, replication, [], list(settings_of(spec, replication).items())) for spec in specs
    ]
    timeout_ms = 15_000

    async def ask() -> list[str]:
        answer = await cluster.send_to_controller(CreateTopicsRequest(wanted, timeout_ms, validate_only=False))
        return [name for name, code, reason in answer.topic_errors if _made(name, code, reason)]

    made = await cluster.repeating(ask, "creating topics") if wanted else []
    for name in made:
        await _led(cluster, name)
    return made


def _made(name: str, code: int, reason: str | None) -> bool:
    if code == TopicAlreadyExistsError.errno:
        return False
    if code and not for_code(code).retriable:
        raise LogError(f"topic {name!r} could not be created: {reason or for_code(code).__name__}")
    check(code, name)
    return True


async def _led(cluster: Cluster, name: str) -> None:
    async def ask() -> None:
        if not await cluster.ready(name):
            raise Unavailable(f"topic {name!r} was created, but has no leaders yet")

    await cluster.repeating(ask, f"waiting for topic {name!r}")


async def settings(cluster: Cluster, names: Iterable[str]) -> dict[str, Settings]:
    """The settings of existing topics."""
    resources = [(ConfigResourceType.TOPIC, name, None) for name in names]

    async def ask() -> dict[str, Settings]:
        answer: Any = await cluster.send_anywhere(DescribeConfigsRequest(resources))
        found = {}
        for code, reason, _, name, entries in answer.resources:
            check(code, f"{name}: {reason}")
            found[name] = {entry[0]: entry[1] for entry in entries}
        return found

    return await cluster.repeating(ask, "describing topics") if resources else {}
