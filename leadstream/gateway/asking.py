"""Commands over HTTP: checked, sent, and their decision waited for."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import orjson

from engine.partitioning import partition_of
from engine.ports import EventLog
from events.agreement import CommandAnswered
from events.codec import Codec, Undecodable
from events.envelope import Envelope, is_subject
from events.fact import Fact
from events.instants import iso
from events.registry import BY_COMMAND_LINE, COUNCIL_COMMANDS, LEAD_COMMANDS, WIRE_TYPE
from events.topics import INBOX_OF, LOG_BEHIND
from leadstream.gateway.answers import Answers
from leadstream.gateway.publisher import Publisher
from leadstream.gateway.reading import Reading

_ASKED = (LEAD_COMMANDS | COUNCIL_COMMANDS) - BY_COMMAND_LINE
NAMES: Mapping[str, type[Fact]] = {WIRE_TYPE[kind].split(".")[1].replace("_", "-"): kind for kind in _ASKED}
"""Commands by the name people use, such as `hand-over`. A council is not convened here: whoever asks has no matrix."""
_LOOKS, _LOOK = 10, 0.02
"""Facts and the answer that names them appear at about the same time, not in an order."""


class BadCommand(ValueError):
    """A command that cannot be sent.

    Attributes:
        field: what is wrong with it.
    """

    def __init__(self, message: str, field: str) -> None:
        super().__init__(message)
        self.field = field


class Decision(NamedTuple):
    """What became of a command.

    Attributes:
        answer: accepted, or refused and why; None when there was none in time.
        facts: what followed, in order; may be fewer than the answer names when the log is slow to show them.
    """

    answer: CommandAnswered | None
    facts: list[Envelope]


class Asking:
    """Asks leads and councils. Belongs to one event loop.

    Args:
        log: where facts appear.
        partitions: of the leads' topics.
        publisher: the way into the log.
        answers: what is decided.
        reading: for the facts of commands that were decided earlier.
        clock: now, in microseconds.
    """

    def __init__(
        self,
        log: EventLog,
        partitions: int,
        publisher: Publisher,
        *,
        answers: Answers,
        reading: Reading,
        clock: Callable[[], int],
    ) -> None:
        self._log, self._partitions, self._publisher = log, partitions, publisher
        self._answers, self._reading, self._clock, self._codec = answers, reading, clock, Codec()

    def command(self, name: str, subject: Any, data: Any, *, command_id: str, source: str) -> Envelope:
        """A command that can be sent.

        Args:
            name: one of `NAMES`.
            subject: the lead id, as it was sent.
            data: its fields, as they were sent.
            command_id: one that was sent before is answered as it was then.
            source: who asks.

        Raises:
            BadCommand: a field is wrong.
        """
        said = {
            "specversion": "1.0",
            "type": WIRE_TYPE[NAMES[name]],
            "id": command_id,
            "source": source,
            "subject": subject,
            "time": iso(self._clock()),
            "data": data,
        }
        try:
            found = self._codec.decode(orjson.dumps(said))
        except Undecodable as exc:
            raise BadCommand(str(exc), exc.field) from exc
        if not is_subject(found.subject):
            raise BadCommand("a subject must not begin with a zero character", "subject")
        return found

    async def ask(self, command: Envelope, *, seconds: float) -> Decision:
        """Send a command and wait for what becomes of it; without an answer in time it stays in the inbox.

        Raises:
            Problem: 503, the log cannot take it.
            LogError: the log cannot be read.
        """
        asked = command.subject, command.id
        partition = partition_of(command.subject.encode(), self._partitions)
        topic = LOG_BEHIND[INBOX_OF[type(command.data)]]
        since = (await self._log.ends(topic))[partition]
        future = self._answers.expect(asked)
        try:
            await self._publisher.append([(command, self._codec.encode(command))])
            async with asyncio.timeout(seconds):
                answer = await future
        except TimeoutError:
            return Decision(None, [])
        finally:
            self._answers.forget(asked, future)
        return Decision(answer, await self._facts(topic, command.subject, partition, since, answer))

    async def _facts(
        self, topic: str, subject: str, partition: int, since: int, answer: CommandAnswered
    ) -> list[Envelope]:
        """The facts that an answer names: they stand after `since`, unless it was given before."""
        wanted, found = set(answer.facts), dict[str, Envelope]()
        for _ in range(_LOOKS):
            found = await self._since(topic, subject, partition, since, wanted)
            if len(found) == len(wanted):
                break
            await asyncio.sleep(_LOOK)
        else:
            found = {fact.id: fact for fact in await self._reading.facts(subject, wanted, topic)}
        return [found[each] for each in answer.facts if each in found]

    async def _since(
        self, topic: str, subject: str, partition: int, offset: int, wanted: set[str]
    ) -> dict[str, Envelope]:
        key, found = subject.encode(), dict[str, Envelope]()
        while len(found) < len(wanted):
            records, after = await self._log.read(topic, partition, offset)
            for record in records:
                if record.key == key:
                    fact = self._codec.decode(record.value)
                    if fact.id in wanted:
                        found[fact.id] = fact
            if after <= offset or not records:
                break
            offset = after
        return found
