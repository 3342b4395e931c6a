"""Writing what was decided: canonical facts to where they go, answers to whoever asked."""

from collections.abc import Iterable
from typing import Any

from engine.recordtime import TASK_HEADER, TIME_HEADER
from engine.transaction import Transaction
from events.agreement import CommandAnswered
from events.codec import Codec
from events.envelope import Envelope
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
            at: record time of what brought them about, microseconds; what is handed on carries it.
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
        envelope = wrap(
            answer,
            id=derived_id(command.subject, command.id, "answer"),
            source=OWN_SOURCE,
            subject=command.subject,
            time=from_us(at),
            recordedat=from_us(at),
            causationid=command.id,
        )
        headers = ((TIME_HEADER, b"%d" % at), (TASK_HEADER, self._group))
        txn.send_to(ANSWERS, 0, command.id.encode(), self._codec.encode(envelope), headers)
