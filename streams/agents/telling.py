"""Writing what was decided: canonical facts to where they go, answers to whoever asked."""

from collections.abc import Iterable
from typing import Any

from engine.ports import Headers
from engine.recordtime import TASK_HEADER, TIME_HEADER
from engine.transaction import Transaction
from events.agreement import CommandAnswered
from events.codec import Codec
from events.envelope import Envelope
from events.fact import Fact
from events.ids import derived_id
from events.instants import from_us
from events.registry import wrap
from events.sources import HEARD_FROM, OWN_SOURCE
from events.topics import ALSO_TO, ANSWERS, FORWARDS


class Teller:
    """Appends what a task group says.

    Args:
        codec: facts to bytes.
        group: name of the group, for the mark on records that go to other inboxes.
        log: the group's canonical log.
    """

    def __init__(self, codec: Codec, group: str, log: str) -> None:
        self._codec, self._group, self._log = codec, group.encode(), log

    def tell(self, txn: Transaction[Any], key: bytes, told: Iterable[Envelope], at: int) -> None:
        """Append canonical facts of a subject, and hand them on.

        Args:
            txn: the transaction.
            key: the subject.
            told: its facts, in order.
            at: record time of what brought them about, microseconds; what is handed on carries it. Of a deadline it is
                when that became known: one that was due before the subject heard of it is of no earlier instant.
        """
        for envelope in told:
            value, kind = self._codec.encode(envelope), type(envelope.data)
            txn.send(self._log, key, value)
            for topic in ALSO_TO.get(kind, ()):
                txn.send(topic, key, value)
            if kind in FORWARDS and not envelope.source.startswith(HEARD_FROM):  # that has reached whom it was for
                headers = ((TIME_HEADER, b"%d" % at), (TASK_HEADER, self._group))
                for inbox, to in FORWARDS[kind]:
                    subject = to(envelope.data)
                    if subject is not None:
                        txn.forward(inbox, subject.encode(), value, headers)

    def answer(self, txn: Transaction[Any], command: Envelope, answer: CommandAnswered, at: int) -> None:
        """Append the answer to a command.

        Args:
            txn: the transaction.
            command: what was asked.
            answer: what became of it.
            at: the instant of the decision, microseconds.
        """
        fact_id = derived_id(command.subject, command.id, "answer")
        txn.send_to(ANSWERS, 0, command.id.encode(), *self._own(answer, fact_id, command, at))

    def follow(self, txn: Transaction[Any], fact: Fact, fact_id: str, command: Envelope, at: int) -> None:
        """Append a fact that a command led to, about the command's subject, where no history is kept in order.

        Args:
            txn: the transaction.
            fact: the fact.
            fact_id: its id.
            command: what was asked.
            at: the instant of the decision, microseconds.
        """
        txn.send(self._log, command.subject.encode(), *self._own(fact, fact_id, command, at))

    def _own(self, fact: Fact, fact_id: str, command: Envelope, at: int) -> tuple[bytes, Headers]:
        envelope = wrap(
            fact,
            id=fact_id,
            source=OWN_SOURCE,
            subject=command.subject,
            time=from_us(at),
            recordedat=from_us(at),
            causationid=command.id,
        )
        return self._codec.encode(envelope), ((TIME_HEADER, b"%d" % at), (TASK_HEADER, self._group))
