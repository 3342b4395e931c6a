"""The state of one pool, made only of what its canonical log says. Its time never goes back."""

from msgspec import Struct, field

from streams.deciders.subject import Subject


class Turn(Struct, array_like=True):
    """One person of the pool, as the agreement in force has them.

    Attributes:
        name: who.
        weight: share of the pool's leads.
        quota: how many leads they take in 24 hours; None for any number.
        balance: what the pool owes them, in weights; negative when they are ahead.
        last: ordinal of their last turn; 0 before the first.
    """

    name: str
    weight: int
    quota: int | None = None
    balance: int = 0
    last: int = 0


class Absence(Struct, frozen=True, array_like=True, gc=False):
    """Somebody is away.

    Attributes:
        since: from then on, microseconds.
        until: not any more then; None until they are back.
        replacement: who stands in; None for nobody.
    """

    since: int
    until: int | None = None
    replacement: str | None = None

    def holds(self, at: int) -> bool:
        """Whether they are away at an instant."""
        return self.since <= at and (self.until is None or at < self.until)


class Waiting(Struct, frozen=True, array_like=True, gc=False):
    """A lead that waits for an owner.

    Attributes:
        at: since when, microseconds.
        lead: the lead.
        number: of its request.
        not_to: who must not get it.
        told: the log says that it waits.
    """

    at: int
    lead: str
    number: int
    not_to: str | None = None
    told: bool = False

    @property
    def place(self) -> tuple[int, str, int]:
        """The oldest comes first; of equally old ones the order is that of their names, however they came."""
        return self.at, self.lead, self.number


class Given(Struct, frozen=True, array_like=True, gc=False):
    """A lead that was given to somebody a short while ago.

    Attributes:
        lead: the lead.
        number: of its request.
        turn: whose turn it was.
        person: who got it.
        at: when, microseconds.
    """

    lead: str
    number: int
    turn: str
    person: str
    at: int


class Pool(Subject):
    """Everything a decider knows of one pool.

    Attributes:
        latest_at: the pool's time, the greatest instant of anything that happened to it, microseconds.
        version: of the agreement that says who is in it; 0 before the first.
        turns: who takes turns, in file order.
        count: turns taken so far.
        away: absences by person, in order, none that overlap; those that are over are forgotten.
        taken: when each person with a quota was given a lead in the last 24 hours, microseconds, in order.
        waiting: leads that wait, the oldest first.
        given: leads given to somebody last, for a request that was withdrawn before its answer came.
    """

    latest_at: int = 0
    version: int = 0
    turns: list[Turn] = field(default_factory=list)
    count: int = 0
    away: dict[str, list[Absence]] = field(default_factory=dict)
    taken: dict[str, list[int]] = field(default_factory=dict)
    waiting: list[Waiting] = field(default_factory=list)
    given: list[Given] = field(default_factory=list)
