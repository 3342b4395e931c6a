"""Others read what we write and write what we read, on a real Kafka, with libraries that know nothing of us.

`confluent-kafka` is the client (librdkafka: another implementation of the protocol, another partitioner), `cloudevents`
the reader and writer of events: the SDK of the CloudEvents project.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from time import monotonic
from typing import Any

import pytest
from cloudevents.core.base import BaseCloudEvent
from cloudevents.core.bindings.kafka import KafkaMessage, from_kafka_event, to_binary_event, to_structured_event
from cloudevents.core.v1.event import CloudEvent
from confluent_kafka import Consumer, Message, Producer, TopicPartition

from events.topics import (
    AGREEMENTS,
    ANSWERS,
    DEAD_LETTERS,
    LEAD_EVENTS,
    LEAD_INBOX,
    LEAD_SCORES,
    SLA_BREACHES,
)
from leadstream import SyncPublisher
from leadstream.facts import LeadCaptured, LeadTouched
from tests.leadstream.cli.house import AGREEMENT
from tests.system.conftest import MakeHome
from tests.system.homes import Home

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

LEADS = [f"lead-{number}" for number in range(24)]
MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
NO_EVENT = b"no event at all"
OUR_OWN = b"\0"
"""Keys that begin so are the engine's own; other readers skip them, as engine/README.md says."""


@dataclass(frozen=True)
class Desk:
    """A deployment on Kafka with a worker, as another program sees it: brokers, and names of topics."""

    home: Home

    def topic(self, name: str) -> str:
        return self.home.prefix + name

    def produce(self, messages: Sequence[tuple[str, bytes, dict[str, bytes]]]) -> None:
        """Key, value and headers, spread by librdkafka's own partitioner, which is not ours."""
        producer = Producer({"bootstrap.servers": self.servers, "enable.idempotence": True})
        failures: list[Any] = []
        for key, value, headers in messages:
            producer.produce(
                self.topic(LEAD_INBOX), value, key, headers=headers, on_delivery=lambda error, _: failures.append(error)
            )
        assert producer.flush(60) == 0
        assert failures == [None] * len(messages)

    @property
    def servers(self) -> str:
        return self.home.broker.removeprefix("kafka://")

    def consume(self, name: str, enough: Callable[[list[Message]], bool], seconds: float = 90.0) -> list[Message]:
        """All records of a topic from its start, committed ones alone, until there are enough."""
        consumer = Consumer(
            {
                "bootstrap.servers": self.servers,
                "group.id": f"{self.home.prefix}another-program",
                "enable.auto.commit": False,
                "isolation.level": "read_committed",
            }
        )
        try:
            partitions = consumer.list_topics(self.topic(name), 30).topics[self.topic(name)].partitions
            consumer.assign([TopicPartition(self.topic(name), number, 0) for number in partitions])
            found: list[Message] = []
            until = monotonic() + seconds
            while not enough(found):
                assert monotonic() < until, f"{name}: {len(found)} records in {seconds} s"
                for message in consumer.consume(500, 0.5):
                    assert message.error() is None, message.error()
                    if not (message.key() or b"").startswith(OUR_OWN):
                        found.append(message)
            return found
        finally:
            consumer.close()

    def events(self, name: str, enough: Callable[[list[BaseCloudEvent]], bool]) -> list[BaseCloudEvent]:
        """The same, read as CloudEvents by the SDK, which finds out by itself in which mode each is."""
        return read(self.consume(name, lambda messages: enough(read(messages))))


def read(messages: Sequence[Message]) -> list[BaseCloudEvent]:
    return [event_in(message) for message in messages if message.value() != NO_EVENT]


def event_in(message: Message) -> BaseCloudEvent:
    headers = {name: value for name, value in message.headers() or [] if value is not None}
    return from_kafka_event(KafkaMessage(headers, message.key(), message.value()))


def at_least(count: int, wire_type: str) -> Callable[[list[BaseCloudEvent]], bool]:
    return lambda events: sum(event.get_type() == wire_type for event in events) >= count


def data(name: str) -> dict[str, str]:
    """What a touch tells, with letters beyond ASCII."""
    told = {"channel": "website", "kind": "visited", "direction": "inbound", "asset": "pricing"}
    return {**told, "campaign": f"{name} Ünïcödé 🚀"}


def written(lead: str, name: str) -> CloudEvent:
    """A touch as a program writes it with the CloudEvents SDK."""
    return CloudEvent(
        {
            "id": f"{name}-{lead}",
            "source": f"/{name}",
            "type": "lead.touched.v1",
            "subject": lead,
            "time": MONDAY,
            "datacontenttype": "application/json",
            "tracestate": "kept by nobody",
        },
        {
            "channel": "website",
            "kind": "visited",
            "direction": "inbound",
            "asset": "pricing",
            "campaign": f"{name} Ünïcödé 🚀",
        },
    )


def plain(lead: str) -> bytes:
    """The same with nothing but a JSON library."""
    return json.dumps(
        {
            "specversion": "1.0",
            "type": "lead.touched.v1",
            "id": f"plain-{lead}",
            "source": "/plain",
            "subject": lead,
            "time": "2026-03-02T11:00:00+02:00",
            "data": {
                "channel": "website",
                "kind": "visited",
                "direction": "inbound",
                "asset": "pricing",
                "campaign": "plain Ünïcödé 🚀",
            },
        }
    ).encode()


def sent(lead: str) -> Iterator[tuple[str, bytes, dict[str, bytes]]]:
    """A lead's touches in every mode the Kafka binding has."""
    yield lead, plain(lead), {}
    for name, put in (("structured", to_structured_event), ("binary", to_binary_event)):
        message = put(written(lead, name))
        yield lead, message.value, message.headers


@pytest.fixture(scope="module")
def desk(make_home: MakeHome) -> Desk:
    """Where our own program has captured the leads, and another one tells of them."""
    home = make_home("kafka", partitions=4, session_timeout=6.0)
    home.run("topics", "create")
    (home.folder / "agreement.yaml").write_text(AGREEMENT)
    home.run("agreement", "publish", home.folder / "agreement.yaml", "--as", "the office")
    home.start("worker")
    made = Desk(home)
    with SyncPublisher(source="/forms", settings=home.settings) as publisher:
        for lead in LEADS:
            publisher.publish(LeadCaptured(source="web"), subject=lead, natural_key=lead, time=MONDAY)
    made.produce([message for lead in LEADS for message in sent(lead)])
    made.produce([("lead-0", NO_EVENT, {}), *sent("lead-0")])  # what cannot be read, and all of it again
    return made


def test_what_others_produce_in_any_mode_is_decided_once(desk: Desk) -> None:
    events = desk.events(LEAD_EVENTS, at_least(3 * len(LEADS), "lead.touched.v1"))
    touched = [event for event in events if event.get_type() == "lead.touched.v1"]
    expected = sorted((f"/{name}", f"{name}-{lead}") for lead in LEADS for name in ("plain", "structured", "binary"))
    assert sorted((event.get_source(), event.get_id()) for event in touched) == expected
    for event in touched:
        name = event.get_source().removeprefix("/")
        assert event.get_time() == MONDAY
        assert event.get_datacontenttype() == "application/json"
        assert event.get_data() == data(name)


def test_the_canonical_log_is_read_by_others_as_what_it_is(desk: Desk) -> None:
    messages = desk.consume(LEAD_EVENTS, lambda found: at_least(3 * len(LEADS), "lead.touched.v1")(read(found)))
    sequences: dict[str, list[str]] = {}
    for message, event in zip(messages, read(messages), strict=True):
        assert event.get_specversion() == "1.0"
        assert (message.key() or b"").decode() == event.get_subject()
        assert datetime.fromisoformat(event.get_extension("recordedat")) >= MONDAY
        sequences.setdefault(str(event.get_subject()), []).append(event.get_extension("sequence"))
        if event.get_source() == "/leadstream":
            assert event.get_extension("causationid")
    assert set(sequences) == set(LEADS)
    for found in sequences.values():
        assert found == [f"{number:010}" for number in range(1, len(found) + 1)], "an order of its own for each lead"


def test_every_topic_of_facts_is_read_by_others(desk: Desk) -> None:
    (published,) = desk.events(AGREEMENTS, at_least(1, "agreement.published.v1"))
    assert published.get_data()["document"]["agreement"] == published.get_subject()
    assert desk.events(ANSWERS, at_least(1, "command.answered.v1"))[0].get_data()["accepted"] is True
    for breach in desk.events(SLA_BREACHES, at_least(len(LEADS), "sla.breached.v1")):
        assert breach.get_subject() in LEADS
        assert breach.get_type().startswith("sla.")


def test_the_inbox_keeps_every_mode_also_where_a_record_was_passed_on_to_its_partition(desk: Desk) -> None:
    desk.events(LEAD_EVENTS, at_least(3 * len(LEADS), "lead.touched.v1"))
    messages = desk.consume(LEAD_INBOX, lambda found: len(found) > 4 * len(LEADS))
    passed_on = [message for message in messages if "ls-task" in dict(message.headers() or [])]
    assert passed_on, "librdkafka's partitioner agrees with ours: the test tries nothing"
    assert {event.get_source() for event in read(passed_on)} == {"/plain", "/structured", "/binary"}
    assert {event.get_source() for event in read(messages)} >= {"/forms", "/plain", "/structured", "/binary"}


def test_what_nobody_can_read_lies_in_dead_letters_as_it_came_with_the_reason(desk: Desk) -> None:
    (letter,) = desk.consume(DEAD_LETTERS, lambda found: len(found) >= 1)
    assert letter.value() == NO_EVENT
    assert dict(letter.headers())["dlq.reason"] == b"not_json"


def test_scores_are_plain_json_by_lead(desk: Desk) -> None:
    keys = {lead.encode() for lead in LEADS}
    messages = desk.consume(LEAD_SCORES, lambda found: {message.key() for message in found} == keys)
    for message in messages:
        said = json.loads(message.value())
        assert said["lead"] == message.key().decode()


def test_what_the_sdk_publishes_others_read_in_the_inbox(desk: Desk) -> None:
    fact = LeadTouched(channel="call", kind="dialled", direction="outbound", by="Ines")
    with SyncPublisher(source="/crm", settings=desk.home.settings) as publisher:
        receipt = publisher.publish(fact, subject="lead-call", natural_key="call-1", time=MONDAY)
    events = desk.events(LEAD_INBOX, lambda found: any(event.get_source() == "/crm" for event in found))
    (event,) = [event for event in events if event.get_source() == "/crm"]
    assert (event.get_id(), event.get_subject(), event.get_time()) == (receipt.id, "lead-call", MONDAY)
    assert event.get_data() == {"channel": "call", "kind": "dialled", "direction": "outbound", "by": "Ines"}
