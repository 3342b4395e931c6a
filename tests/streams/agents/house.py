"""The write side over the in-memory log: publish agreements, send facts, drain, look at what was written."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from engine.drain import drain
from engine.memory.disk import MemoryDisk
from engine.memory.log import MemoryLog
from engine.partitioning import partition_of
from engine.ports import Headers, NewRecord, Record, TopicSpec
from engine.recordtime import TASK_HEADER, TIME_HEADER
from events.agreement import AgreementCommand, PublishAgreement
from events.codec import Codec
from events.envelope import Envelope
from events.instants import DAY, from_us, to_us
from events.registry import wrap
from events.topics import AGREEMENT_INBOX, ANSWERS, DEAD_LETTERS, LEAD_EVENTS, LEAD_INBOX, LEAD_STATE, TOPICS
from leadstream.deciding import decide_all
from streams.agreement.load import document, load
from streams.programs import agreement_program, speaking_programs
from tests.support.given import MONDAY, Arrival

NOW = MONDAY + 400 * DAY
"""When the log takes what is sent, unless the clock is moved: history lies in the past."""
codec = Codec()


class Wall:
    """A clock moved by hand."""

    def __init__(self, now: int = NOW) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now


class House:
    """One deployment in memory."""

    def __init__(self, partitions: int = 4, disk: MemoryDisk | None = None) -> None:
        self.partitions, self.wall = partitions, Wall()
        self.log = MemoryLog(clock=self.wall, disk=disk)

    async def open(self, *agreements: str) -> "House":
        """Make the topics and publish what is given as YAML, before the first lead."""
        await self.log.create_topics(
            [
                TopicSpec(
                    each.name,
                    each.partitions or self.partitions,
                    compacted=each.compacted,
                    max_record_bytes=each.max_record_bytes,
                )
                for each in TOPICS
            ]
        )
        for text in agreements:
            await self.publish(text, before_first_lead=True, signed_as="tests")
        return self

    async def publish(self, text: str, *, headers: Headers = (), **how: Any) -> Envelope:
        """Command a version and return the answer."""
        await self.command(text, headers=headers, **how)
        await drain(self.log, agreement_program())
        return codec.decode((await self.records(ANSWERS))[-1].value)

    async def command(self, text: str, *, headers: Headers = (), **how: Any) -> None:
        """Command a version; nobody has decided about it yet."""
        spec = load(text)
        await self.ask(PublishAgreement(document=document(spec), **how), spec.agreement, headers=headers)

    async def ask(self, command: AgreementCommand, name: str, *, headers: Headers = ()) -> None:
        """Send a command about an agreement; nobody has decided about it yet."""
        number = (await self.log.ends(AGREEMENT_INBOX))[0]
        sent = wrap(command, id=f"command-{number}", source="/tests", subject=name, time=from_us(self.wall.now))
        await self.log.append({(AGREEMENT_INBOX, 0): [NewRecord(b"k", codec.encode(sent), headers)]})

    async def send(self, *records: NewRecord, partition: int | None = None, inbox: str = LEAD_INBOX) -> None:
        """Append to an inbox, each record to the partition of its key unless one is named."""
        for record in records:
            number = partition_of(record.key or b"", self.partitions) if partition is None else partition
            await self.log.append({(inbox, number): [record]})

    async def speak(self, inbox: str, to: str, envelope: Envelope) -> None:
        """Hand a fact on to an inbox as one of our own tasks would."""
        headers = [(TIME_HEADER, b"%d" % to_us(envelope.time)), (TASK_HEADER, b"tests")]
        await self.send(NewRecord(to.encode(), codec.encode(envelope), headers), inbox=inbox)

    async def run(self, *, until: int | None = None, limit: int = 5000) -> int:
        speaking = speaking_programs(self.log, self.partitions, self.wall)
        return await decide_all(self.log, speaking, until=until, limit=limit)

    async def records(self, topic: str) -> list[Record]:
        """All records of a topic, partition after partition."""
        found: list[Record] = []
        for number in range(self.log.disk.topics[topic].partitions):
            start = (await self.log.starts(topic))[number]
            found += (await self.log.read(topic, number, start, 1_000_000)).records
        return found

    async def per_lead(self, topic: str = LEAD_EVENTS) -> dict[bytes, list[bytes | None]]:
        """Values by key, in order."""
        found: defaultdict[bytes, list[bytes | None]] = defaultdict(list)
        for record in await self.records(topic):
            found[record.key or b""].append(record.value)
        return dict(found)

    async def told(self, subject: str = "anna", topic: str = LEAD_EVENTS) -> list[Envelope]:
        return [codec.decode(value) for value in (await self.per_lead(topic)).get(subject.encode(), [])]

    async def dead(self) -> list[tuple[Record, dict[str, str]]]:
        """Dead letters with their reasons."""
        return [
            (record, {name: raw.decode() for name, raw in record.headers if name.startswith("dlq.")})
            for record in await self.records(DEAD_LETTERS)
        ]

    async def states(self) -> dict[bytes, bytes | None]:
        return {key: values[-1] for key, values in (await self.per_lead(LEAD_STATE)).items() if key[:1] != b"\0"}


def sent(arrival: Arrival, lead: str = "anna", *, at: int | None = None, extra: Headers = ()) -> NewRecord:
    """An arrival as upstream sends it, recorded when the arrival says (or `at`)."""
    envelope = wrap(arrival.fact, id=arrival.id, source=arrival.source, subject=lead, time=from_us(arrival.at))
    recorded = arrival.recorded if at is None else at
    headers = [*extra, (TIME_HEADER, b"%d" % recorded)]
    return NewRecord(lead.encode(), codec.encode(envelope), headers)


def types(envelopes: Sequence[Envelope]) -> list[str]:
    return [type(each.data).__name__ for each in envelopes]
