"""What a decider knows of one council or plan."""

from msgspec import Struct, field

from events.council import CellKey
from streams.deciders.subject import Subject

KEPT_MEETINGS = 26
"""So many of the last meetings take comments and actions, half a year; the cells of older ones are forgotten."""

Slice = tuple[str, ...]
"""Quarter, kind, product, region, segment, source, role and owner of a target; empty for all of them."""


class Meeting(Struct, frozen=True, array_like=True, gc=False):
    """A week in which the council met.

    Attributes:
        known_at: the instant its matrix was frozen for, microseconds.
        quarter: the fiscal quarter of the matrix.
        fact: id of the fact that froze it.
        cells: the red and yellow ones; empty once the meeting is long ago.
    """

    known_at: int
    quarter: str
    fact: str
    cells: tuple[CellKey, ...]


class Action(Struct, frozen=True, array_like=True, gc=False):
    """A planned action: when it was planned and finished, in microseconds; None while it is open."""

    planned_at: int
    done_at: int | None = None


class Council(Subject):
    """Everything a decider knows of one council or plan.

    Attributes:
        targets: what is to be reached, each with amount in minor units, currency, and since when it was said,
            microseconds.
        meetings: by week.
        actions: by number, in order.
        said: fingerprints of the facts that commands have led to lately; by them a command that comes again is known.
    """

    targets: dict[Slice, tuple[int, str, int]] = field(default_factory=dict)
    meetings: dict[str, Meeting] = field(default_factory=dict)
    actions: dict[int, Action] = field(default_factory=dict)
    said: list[int] = field(default_factory=list)

    def last_week(self) -> str | None:
        """The week of the meeting whose matrix is the latest; None before the first one."""
        return max(self.meetings, key=lambda week: self.meetings[week].known_at, default=None)
