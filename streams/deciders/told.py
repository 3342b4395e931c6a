"""What deciders answer with."""

from typing import NamedTuple, Protocol

from msgspec import Struct

from events.agreement import CommandAnswered
from events.envelope import Envelope
from events.fact import Fact


class Told(Struct, frozen=True, gc=False):
    """A fact a part answers with.

    Attributes:
        fact: the fact.
        at: its occurred_at, microseconds.
        id: its id, where the fact has an identity of its own; else it is derived from the cause.
    """

    fact: Fact
    at: int
    id: str | None = None


class Refusal(Struct, frozen=True, gc=False):
    """Why a command is refused.

    Attributes:
        reason: in short.
        missing: what is missing or wrong, one entry each.
    """

    reason: str
    missing: tuple[str, ...] = ()


class Refused(NamedTuple):
    """Why a record is not taken: reason, detail, and the field that is to blame."""

    reason: str
    detail: str
    field: str


class Early(Refused):
    """Why a record is not taken yet: something else has to come first. It may wait for that, or be refused."""


class Decided(NamedTuple):
    """What a command leads to.

    Attributes:
        told: canonical facts in order; empty when it is refused, or was answered before.
        answer: what the sender is told.
    """

    told: list[Envelope]
    answer: CommandAnswered


class Before(Struct, frozen=True, gc=False):
    """A command asks for what has happened already.

    Attributes:
        facts: ids of the facts it would have led to.
        lent: they are those of a lead that was merged into the one that is asked, and answer for it only as long.
    """

    facts: tuple[str, ...]
    lent: bool = False


class Remembered(Protocol):
    """What is remembered of an answer to a command, whoever remembers it."""

    @property
    def accepted(self) -> bool:
        """Whether facts followed."""
        ...

    @property
    def facts(self) -> tuple[str, ...]:
        """Their ids."""
        ...

    @property
    def reason(self) -> str | None:
        """Why it was refused."""
        ...

    @property
    def missing(self) -> tuple[str, ...]:
        """What was missing or wrong, one entry each."""
        ...


def answer_to(command_id: str, remembered: Remembered) -> CommandAnswered:
    """What the sender of a command is told, the first time and whenever it comes again."""
    return CommandAnswered(
        command=command_id,
        accepted=remembered.accepted,
        facts=remembered.facts,
        reason=remembered.reason,
        missing=remembered.missing,
    )
