"""The state of one account: what is known of it, made only of what its canonical log says."""

from msgspec import Struct, field

from events.account import Relation
from streams.deciders.subject import Subject


class Related(Struct, frozen=True, array_like=True, gc=False, order=True):
    """What another account is to this one.

    Attributes:
        other: the other account.
        kind: what it is.
        at: since when, or until when, microseconds.
        ended: it is so no longer.
    """

    other: str
    kind: Relation
    at: int
    ended: bool = False


class Account(Subject):
    """Everything a decider knows of one account.

    Attributes:
        opened_at: when it became one, microseconds; None of one that leads or later facts speak of so far.
        known: name, domain, phone, postcode, country, parent, as last told.
        known_at: occurred_at of each of them, microseconds; the later one holds.
        owner: who looks after it; None for nobody.
        owner_at: since when, microseconds.
        related: other accounts it has to do with, in order of id and kind.
        claimed: keys it claimed, each with name and opening as claimed.
    """

    opened_at: int | None = None
    known: dict[str, str] = field(default_factory=dict)
    known_at: dict[str, int] = field(default_factory=dict)
    owner: str | None = None
    owner_at: int = 0
    related: list[Related] = field(default_factory=list)
    claimed: dict[str, tuple[str, int]] = field(default_factory=dict)
