"""The port: what a way into the log has to offer a publisher."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from events.envelope import Envelope

Outcome = Literal["accepted", "duplicate", "refused"]


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of one event.

    Attributes:
        outcome: `accepted`: the log has it durably; `duplicate`: it was known to be there, byte for byte; `refused`.
        id: the event's id; None where it could not be told.
        field: of a refusal: which field is wrong; empty where it is the whole.
        reason: of a refusal: what was expected.
    """

    outcome: Outcome
    id: str | None
    field: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """An event that was checked, as it goes out.

    Attributes:
        envelope: what it says.
        value: its bytes, structured CloudEvents JSON.
    """

    envelope: Envelope
    value: bytes

    @property
    def size(self) -> int:
        """Its bytes in the log, about: the subject is the key."""
        return len(self.value) + len(self.envelope.subject.encode())


class Way(Protocol):
    """A way into the log: an implementation for a log that is in reach, and one for the gateway.

    Attributes:
        most_events: that one call takes.
        most_bytes: that the values of one call may have together, unless it is a single one.
    """

    most_events: int
    most_bytes: int

    async def send(self, events: Sequence[Told]) -> list[Receipt]:
        """Put events into the log, in order for each subject.

        Returns:
            What became of each, in order. `accepted` and `duplicate` are said of what is durable, and of nothing else.

        Raises:
            TryAgain: none is answered for; some may be in the log. All of them may be sent again.
            NotAllowed: somebody has to act first.
        """
        ...

    async def close(self) -> None:
        """Let go of everything."""
        ...
