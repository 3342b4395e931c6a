"""Who may say what to whom: what an inbox takes, and why it does not take the rest."""

from typing import NamedTuple

from engine.ports import Record
from engine.recordtime import TASK_HEADER, TOLERANCE, header
from events.envelope import Envelope, is_subject
from events.fact import Fact
from events.registry import WIRE_TYPE
from events.sources import OWN_SOURCE, heard_from, is_ours
from streams.deciders.told import Refused

EARLIEST = 0
"""No fact is accepted that claims to have happened before 1970, in microseconds."""


class Admission(NamedTuple):
    """What an inbox takes.

    Attributes:
        outside: facts and commands that anyone may send.
        tasks: facts that only our own tasks send.
    """

    outside: frozenset[type[Fact]]
    tasks: frozenset[type[Fact]]

    def of_outside(self, envelope: Envelope) -> bool:
        """Whether it is of a kind, from a source and about a subject that upstream may speak of."""
        return type(envelope.data) in self.outside and not is_ours(envelope.source) and envelope.subject[0] != "\0"

    def of_task(self, envelope: Envelope, record: Record) -> bool:
        """Whether one of our own tasks tells it to the subject that the record's key names."""
        return (
            type(envelope.data) in self.tasks
            and _names_a_subject(record.key)
            and header(record.headers, TASK_HEADER) is not None
        )

    def refusal(self, envelope: Envelope, occurred_at: int, at: int) -> Refused:
        """Why a record is taken neither from outside nor from a task.

        Args:
            envelope: what it says.
            occurred_at: when that happened, microseconds.
            at: its record time, microseconds.
        """
        kind = type(envelope.data)
        if kind not in self.outside:
            return Refused(
                "not_upstream", f"{WIRE_TYPE[kind]} is made by leadstream itself and not taken from outside", "type"
            )
        if is_ours(envelope.source):
            return Refused("not_upstream", f"{OWN_SOURCE} is the source of facts made here (source)", "source")
        if envelope.subject[0] == "\0":
            return Refused("invalid", "a subject must not begin with a zero character (subject)", "subject")
        if occurred_at > at + TOLERANCE:
            ahead = (occurred_at - at) // 1_000_000
            return Refused(
                "future", f"happened {ahead} s after it was recorded; the source's clock is wrong (time)", "time"
            )
        return Refused("invalid", "happened before 1970 (time)", "time")


def _names_a_subject(key: bytes | None) -> bool:
    try:
        return key is not None and is_subject(key.decode())
    except UnicodeDecodeError:
        return False


def heard(envelope: Envelope, subject: str) -> Envelope:
    """What a task was told by another one, as its own subject's log keeps it: the source says who spoke."""
    return type(envelope)(
        id=envelope.id,
        source=heard_from(envelope.subject),
        subject=subject,
        time=envelope.time,
        data=envelope.data,
        causationid=envelope.id,
    )
