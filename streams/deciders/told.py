"""What deciders answer with."""

from msgspec import Struct

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


class Before(Struct, frozen=True, gc=False):
    """A command asks for what has happened already.

    Attributes:
        facts: ids of the facts it would have led to.
    """

    facts: tuple[str, ...]
