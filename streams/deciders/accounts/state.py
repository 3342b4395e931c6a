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


class OpenOpportunity(Struct, frozen=True, array_like=True, gc=False):
    """An open opportunity of the account.

    Attributes:
        opened_at: when it was opened, microseconds.
        owner: who has it; None for nobody.
        at: when the account heard so of it, microseconds.
    """

    opened_at: int
    owner: str | None
    at: int


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
        opportunities: its open opportunities by id.
    """

    opened_at: int | None = None
    known: dict[str, str] = field(default_factory=dict)
    known_at: dict[str, int] = field(default_factory=dict)
    owner: str | None = None
    owner_at: int = 0
    related: list[Related] = field(default_factory=list)
    claimed: dict[str, tuple[str, int]] = field(default_factory=dict)
    opportunities: dict[str, OpenOpportunity] = field(default_factory=dict)

    @property
    def selling(self) -> OpenOpportunity | None:
        """The oldest open opportunity that somebody has; of equally old ones that with the least id."""
        owned = [(each.opened_at, name) for name, each in self.opportunities.items() if each.owner]
        return self.opportunities[min(owned)[1]] if owned else None
