"""What the parts of the lead decider are given besides the lead itself; nothing in it is live."""

from streams.agreement.compiled import Agreement, Qualification
from streams.deciders.lead.circumstances import Given
from streams.deciders.lead.state import Lead
from streams.deciders.told import Before, Refusal, Told
from streams.scoring import Standing

__all__ = ["CLOSING", "Before", "Given", "Kept", "Live", "Refusal", "Told", "is_closed"]


class Kept:
    """What is kept beside a lead only to be fast; it can be thrown away and found again at any time.

    No struct, and neither is `Live`: both are read by every part, and nobody writes them.

    Attributes:
        standing: what the lead's score rests on; None until it is asked for.
        seen: fingerprints of the lead's accepted facts; None until it is asked for.
        size: bytes of the lead's state at most.
        suited: the qualified-lead definition asked last, and whether its tests on the profile held.
    """

    __slots__ = ("seen", "size", "standing", "suited")

    def __init__(self, size: int = 0) -> None:
        self.standing: Standing | None = None
        self.seen: set[int] | None = None
        self.size = size
        self.suited: tuple[Qualification, bool] | None = None


class Live:
    """A lead with what is kept beside it: the state of a task."""

    __slots__ = ("kept", "lead")

    def __init__(self, lead: Lead, kept: Kept) -> None:
        self.lead, self.kept = lead, kept


CLOSING = frozenset({"unqualified", "converted", "archived"})
"""Meanings of a status that end a lead's open clocks."""


def is_closed(agreement: Agreement, status: str | None) -> bool:
    """Whether a status means that nobody has to act on the lead any more."""
    return status is not None and agreement.statuses.get(status) in CLOSING
