"""What the page of reference says: facts by subject, topics and views, each ready to be shown."""

from typing import Any, NamedTuple

import msgspec

from events.described import Part, origin, parts_of
from events.registry import CATALOGUE
from events.schema import summary
from events.shipped import example, schemas
from events.topics import (
    ACCOUNT_EVENTS,
    AGREEMENTS,
    ANSWERS,
    COUNCIL_EVENTS,
    DAY_MS,
    IDENTITY_EVENTS,
    INBOX_OF,
    LEAD_EVENTS,
    LOG_BEHIND,
    OPPORTUNITY_EVENTS,
    POOL_EVENTS,
    TopicDefinition,
)
from events.upcasters import UPCASTERS
from leadstream.contract.asyncapi import document
from leadstream.contract.channels import BINARY, Deployment, public_topics
from leadstream.contract.logs import facts_in, logs_of, topics_of
from projections.catalogue import SHOWN
from projections.read import splits
from projections.stores.answers import columns_by
from projections.views.view import Aggregate, Column, Computed, Derived, Journal, Shown

GROUPS = {
    LEAD_EVENTS: "Leads and their clocks",
    OPPORTUNITY_EVENTS: "Opportunities",
    ACCOUNT_EVENTS: "Accounts",
    IDENTITY_EVENTS: "Keys of identity",
    POOL_EVENTS: "Routing pools",
    COUNCIL_EVENTS: "Councils and plans",
    AGREEMENTS: "Agreements",
    ANSWERS: "Answers",
}
"""Canonical log -> what its facts are about."""


class FactEntry(NamedTuple):
    """A fact or a command.

    Attributes:
        name: its wire type.
        says: `upstream`, `command` or `leadstream`.
        meaning: in words.
        topics: where it stands.
        old: versions whose records are still read as this one.
        parts: the fields of the fact, then of the structures in it.
        example: a record, JSON.
    """

    name: str
    says: str
    meaning: str
    topics: list[str]
    old: list[str]
    parts: list[Part]
    example: str


class TopicEntry(NamedTuple):
    """A topic.

    Attributes:
        name: without the deployment's prefix.
        meaning: in words.
        keeps: for how long, in words.
        partitions: how many, in words.
        key: of its records, in words.
        largest: record, in bytes.
        use: `write to it`, `read it`.
        facts: the wire types in it.
        view: whose rows it has; empty where it has none.
    """

    name: str
    meaning: str
    keeps: str
    partitions: str
    key: str
    largest: int
    use: str
    facts: list[str]
    view: str


class ViewEntry(NamedTuple):
    """A view.

    Attributes:
        name: as people ask for it.
        meaning: in words.
        made: how it comes about, in words.
        topic: of its rows; empty where it has none.
        answer: columns of an answer.
        rows: columns of its topic, where they are others.
        key: how many of those make the key.
        by: by what it can be split, in words.
    """

    name: str
    meaning: str
    made: str
    topic: str
    answer: tuple[Column, ...]
    rows: tuple[Column, ...]
    key: int
    by: str


def facts() -> dict[str, list[FactEntry]]:
    """Facts and commands, each by name, by what they are about."""
    found: dict[str, list[FactEntry]] = {title: [] for title in GROUPS.values()}
    for name in sorted(CATALOGUE):
        found[GROUPS[_log_of(name)]].append(_fact(name))
    return found


def _log_of(wire_type: str) -> str:
    """The log of whoever says it, or is asked."""
    logs = logs_of(wire_type)
    return logs[0] if logs else LOG_BEHIND[INBOX_OF[CATALOGUE[wire_type]]]


def _fact(name: str) -> FactEntry:
    record = msgspec.json.format(msgspec.json.encode(example(name)), indent=2).decode()
    return FactEntry(
        name, origin(name), summary(CATALOGUE[name]), topics_of(name), _read_as(name), [*parts_of(name, _mark)], record
    )


def _read_as(name: str) -> list[str]:
    """Old versions that lead to this type, by whatever way."""
    found = []
    for old in schemas():
        at = old
        while at in UPCASTERS and at != name:
            at = UPCASTERS[at][0]
        if at == name and old != name:
            found.append(old)
    return found


def _mark(text: str) -> str:
    return f"`{text}`"


def topics() -> list[TopicEntry]:
    """Every topic that others may use."""
    made = document(Deployment())
    return [_topic(each, made["channels"][each.name], made["components"]["messages"]) for each in public_topics()]


def _topic(topic: TopicDefinition, channel: dict[str, Any], messages: dict[str, Any]) -> TopicEntry:
    names = [name for name in channel["messages"] if not name.endswith(BINARY)]
    view = next((each.name for each in SHOWN if getattr(each, "topic", "") == topic.name), "")
    keeps = "for ever" if topic.retention_ms is None else f"{topic.retention_ms // DAY_MS} days"
    return TopicEntry(
        topic.name,
        topic.content,
        "the last record of each key" if topic.compacted else keeps,
        "1" if topic.partitions == 1 else "as many as the deployment has",
        str(messages[names[0]]["bindings"]["kafka"]["key"]["description"]),
        topic.max_record_bytes,
        "write to it" if topic.name in LOG_BEHIND else "read it",
        list(facts_in(topic.name)),
        view,
    )


def views() -> list[ViewEntry]:
    """Every view, by name."""
    return [_view(view) for view in sorted(SHOWN, key=lambda view: view.name)]


def _view(view: Shown) -> ViewEntry:
    answer = columns_by(view, None)
    by = splits(view, _mark)
    if isinstance(view, Computed):
        return ViewEntry(view.name, view.meaning, "computed when it is asked for", "", answer, (), 0, by)
    if isinstance(view, Derived):
        return ViewEntry(view.name, view.meaning, "made on read of other views", "", answer, (), 0, by)
    kind = (
        "partial rows, to be summed"
        if isinstance(view, Aggregate)
        else "rows that never change"
        if isinstance(view, Journal)
        else "rows"
    )
    made = f"version {view.version}; {kind} in a topic and a table"
    return ViewEntry(view.name, view.meaning, made, view.topic, answer, view.columns, view.key, by)
