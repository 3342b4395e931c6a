"""The state of one opportunity, made of what its canonical log says, and of what waits to be said."""

from typing import Literal

from msgspec import Struct, field

from events.opportunity import OpportunityAmended, OpportunityStageChanged, Untidy
from streams.deciders.subject import Subject
from streams.deciders.waiting import Waiting

Closed = Literal["won", "lost"]
KEPT_BEFORE = 16
"""So many words of a time before the opening are heard again when it turns out to have been earlier."""


class Line(Struct, frozen=True, array_like=True, gc=False):
    """A product line; the amount is that of the whole line, in minor units of the opportunity's currency."""

    line: str
    product: str
    amount_minor: int
    quantity: int


class Contact(Struct, frozen=True, array_like=True, gc=False):
    """A person who has to do with the opportunity."""

    contact: str
    role: str | None
    primary: bool


class OwnerTold(Struct, frozen=True, array_like=True, gc=False):
    """What an account was told last."""

    account: str
    is_open: bool
    owner: str | None


class Opportunity(Subject):
    """Everything a decider knows of one opportunity, and what waits for its opening.

    Attributes:
        opened_at: since when it is one, microseconds; None of one that nobody opened so far.
        confirmed: the system that has it opened it, and not a conversion alone.
        known: text fields as last told, `stage`, `forecast` and `close_date` (ISO 8601) among them; what was never told
            or was cleared is not here.
        known_at: since when each of them is so, or is empty, microseconds; the later word holds.
        amount_minor: in minor units of `currency`; the sum of the lines while there are any.
        currency: ISO 4217 code; None where it was not told.
        amount_at: since when they are so, microseconds.
        working_stage: the last stage that was not a closing one.
        lines: product lines in the order in which they became known.
        lines_at: when one was added or removed last, microseconds.
        contacts: people in the order in which they became known.
        closed: how it ended; None while it is open.
        turned_at: when it was closed or reopened last, microseconds; 0 for never.
        touched_at: when something last happened that was told from outside, microseconds.
        flags: what is untidy, each since when it is said so, microseconds.
        flagged: how often something was said to be untidy or mended.
        from_lead: lead, source and campaign, as the first conversion to it told them.
        told: what its account was told last.
        waiting: facts that came before it was opened, in order of time; no part of what the log says.
        amended_before: amendments of a time before a conversion opened it, in the order in which they became known and
            with when they happened, microseconds; the last ones, until the system that has it says when it was opened.
        staged_before: changes of stage likewise.
    """

    opened_at: int | None = None
    confirmed: bool = False
    known: dict[str, str] = field(default_factory=dict)
    known_at: dict[str, int] = field(default_factory=dict)
    amount_minor: int = 0
    currency: str | None = None
    amount_at: int = 0
    working_stage: str | None = None
    lines: list[Line] = field(default_factory=list)
    lines_at: int = 0
    contacts: list[Contact] = field(default_factory=list)
    closed: Closed | None = None
    turned_at: int = 0
    touched_at: int = 0
    flags: dict[Untidy, int] = field(default_factory=dict)
    flagged: int = 0
    from_lead: dict[str, str] = field(default_factory=dict)
    told: OwnerTold | None = None
    waiting: list[Waiting] = field(default_factory=list)
    amended_before: list[tuple[int, OpportunityAmended]] = field(default_factory=list)
    staged_before: list[tuple[int, OpportunityStageChanged]] = field(default_factory=list)

    @property
    def is_open(self) -> bool:
        """Whether it was opened and has not ended."""
        return self.opened_at is not None and self.closed is None

    @property
    def lines_minor(self) -> int:
        """The sum of the product lines, in minor units."""
        return sum(line.amount_minor for line in self.lines)
