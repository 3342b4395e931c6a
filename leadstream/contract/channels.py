"""The topics as channels: what each holds, how it is kept on Kafka, and what leadstream does with it."""

from typing import Any, NamedTuple

from engine.kafka.topics import settings_of
from engine.ports import TopicSpec
from events.registry import CATALOGUE, COMMANDS
from events.topics import (
    ACCOUNT_VIEW_PROGRESS,
    ANSWERS,
    COUNCIL_VIEW_PROGRESS,
    DEAD_LETTERS,
    FORWARDS,
    INBOX_OF,
    LEAD_SCORES,
    LOG_BEHIND,
    OPPORTUNITY_VIEW_PROGRESS,
    OUTCOMES,
    RAW,
    TOPICS,
    VIEW_PROGRESS,
    TopicDefinition,
)
from leadstream.contract.logs import facts_in
from projections.catalogue import VIEW_TOPICS

Part = dict[str, Any]

BINARY = ".binary"
"""Ending of the name of a fact's message in binary mode."""
TOMBSTONE = "tombstone"
BINDING_VERSION = "0.5.0"
"""Of AsyncAPI's bindings to Kafka."""
_PROGRESS = {VIEW_PROGRESS, OPPORTUNITY_VIEW_PROGRESS, COUNCIL_VIEW_PROGRESS, ACCOUNT_VIEW_PROGRESS}
_ROWS = {definition.name for definition in VIEW_TOPICS}


class Deployment(NamedTuple):
    """What of a deployment stands in the document.

    Attributes:
        hosts: Kafka brokers, each with its port.
        prefix: before every topic.
        partitions: common partition count.
        replication: replicas per partition.
    """

    hosts: tuple[str, ...] = ("localhost:9092",)
    prefix: str = ""
    partitions: int = 4
    replication: int = 1


def public_topics() -> tuple[TopicDefinition, ...]:
    """Every topic that others may use; where tasks keep how they stand (`...-state`) is private."""
    return tuple(topic for topic in (*TOPICS, *VIEW_TOPICS) if not topic.name.endswith("-state"))


def messages_of(topic: str) -> list[str]:
    """Names of the messages in a topic."""
    if topic in _ROWS:
        return [topic, TOMBSTONE]
    if topic in _PROGRESS:
        return ["progress"]
    if topic in (RAW, DEAD_LETTERS, OUTCOMES, LEAD_SCORES):
        return [topic]
    outside = [name + BINARY for name in _from_outside(topic)]
    return [*facts_in(topic), *outside]


def _from_outside(topic: str) -> list[str]:
    return [name for name, fact in CATALOGUE.items() if INBOX_OF.get(fact) == topic]


def channels(deployment: Deployment) -> dict[str, Part]:
    """Channels by the topic's name without prefix."""
    return {topic.name: _channel(topic, deployment) for topic in public_topics()}


def _channel(topic: TopicDefinition, deployment: Deployment) -> Part:
    partitions = topic.partitions or deployment.partitions
    spec = TopicSpec(topic.name, partitions, topic.compacted, topic.retention_ms, topic.max_record_bytes)
    return {
        "address": deployment.prefix + topic.name,
        "title": topic.name,
        "summary": topic.content,
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in messages_of(topic.name)},
        "bindings": {
            "kafka": {
                "topic": deployment.prefix + topic.name,
                "partitions": partitions,
                "replicas": deployment.replication,
                "topicConfiguration": _configuration(spec, deployment.replication),
                "bindingVersion": BINDING_VERSION,
            }
        },
    }


def _configuration(spec: TopicSpec, replication: int) -> Part:
    """The settings that readers and writers have to know, of those that the topic is made with."""
    made = settings_of(spec, replication)
    found: Part = {
        "cleanup.policy": made["cleanup.policy"].split(","),
        "retention.ms": int(made["retention.ms"]),
        "max.message.bytes": int(made["max.message.bytes"]),
        "message.timestamp.type": made["message.timestamp.type"],
    }
    if "delete.retention.ms" in made:
        found["delete.retention.ms"] = int(made["delete.retention.ms"])
    return found


def operations() -> dict[str, Part]:
    """What leadstream does: `receive` is what others may write, `send` what they may read."""
    made: dict[str, Part] = {}
    for topic in public_topics():
        name = topic.name
        if name not in LOG_BEHIND:
            made[f"write.{name}"] = _operation("send", name, f"Write {name}: {topic.content}.", messages_of(name))
            continue
        outside = _from_outside(name)
        told = [each for each in outside if CATALOGUE[each] not in COMMANDS]
        asked = [each for each in outside if CATALOGUE[each] in COMMANDS]
        heard = [each for each, fact in CATALOGUE.items() if any(to.inbox == name for to in FORWARDS.get(fact, ()))]
        if told:
            what = f"Take what other systems tell into {name}; it stands in {LOG_BEHIND[name]} once it is decided."
            made[f"take.{name}"] = _operation("receive", name, what, _both(told))
        if asked:
            what = f"Take commands into {name}; each is answered in {ANSWERS}, under the command's id as key."
            made[f"answer.{name}"] = {
                **_operation("receive", name, what, _both(asked)),
                "reply": {
                    "channel": {"$ref": f"#/channels/{ANSWERS}"},
                    "messages": [{"$ref": f"#/channels/{ANSWERS}/messages/command.answered.v1"}],
                },
            }
        if heard:
            what = f"Hand on to {name} what other tasks have to tell; nobody else may."
            made[f"hand-on.{name}"] = _operation("send", name, what, heard)
    return made


def _both(names: list[str]) -> list[str]:
    return [form for name in names for form in (name, name + BINARY)]


def _operation(action: str, channel: str, summary: str, messages: list[str]) -> Part:
    return {
        "action": action,
        "channel": {"$ref": f"#/channels/{channel}"},
        "summary": summary,
        "messages": [{"$ref": f"#/channels/{channel}/messages/{message}"} for message in messages],
    }
