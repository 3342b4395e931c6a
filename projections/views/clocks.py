"""Finding a lead's SLA clock again. A clock is (agreement, version, clause, cycle) within its lead."""

from collections.abc import Sequence
from typing import Protocol, TypeVar

from events.sla import SlaFact
from projections.views.view import Cells


class Clock(Protocol):
    """Whatever is kept of a clock, it names the clock."""

    @property
    def agreement(self) -> str:
        """Name of the agreement."""
        ...

    @property
    def version(self) -> int:
        """Version of the agreement."""
        ...

    @property
    def clause(self) -> str:
        """Name of the clause."""
        ...

    @property
    def cycle(self) -> int:
        """1 for the first time the clause started for the lead."""
        ...


C = TypeVar("C", bound=Clock)


def identity(clock: Clock) -> Cells:
    """What tells a clock from the lead's other clocks."""
    return clock.agreement, clock.version, clock.clause, clock.cycle


def find(clocks: Sequence[C], fact: SlaFact) -> C | None:
    """The clock a fact is about."""
    for clock in clocks:
        if (
            clock.clause == fact.clause
            and clock.cycle == fact.cycle
            and clock.version == fact.version
            and clock.agreement == fact.agreement
        ):
            return clock
    return None


def without(clocks: tuple[C, ...], gone: C | None) -> tuple[C, ...]:
    """The clocks but one."""
    return clocks if gone is None else tuple(clock for clock in clocks if clock is not gone)


def put(clocks: tuple[C, ...], old: C | None, new: C) -> tuple[C, ...]:
    """The clocks with one changed in its place, or added at the end."""
    if old is None:
        return (*clocks, new)
    return tuple(new if clock is old else clock for clock in clocks)
