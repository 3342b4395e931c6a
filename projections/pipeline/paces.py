"""The four parts of velocity by slice, counted and summed by the database: the same as `velocity.velocities`."""

from collections.abc import Mapping

from projections.pipeline.deal import Group
from projections.pipeline.decided import Decided, decided, open_ones
from projections.pipeline.figures import Cut
from projections.pipeline.totals import won_since
from projections.pipeline.velocity import Velocity
from projections.views.view import Query

_NOTHING = Decided(0, 0, 0)


def paces(query: Query, cut: Cut, since: int, known: int | None, equal: Mapping[str, str]) -> dict[Group, Velocity]:
    """The parts of all opportunities that are open, or were closed in a span.

    Args:
        query: asks the store.
        cut: what is asked; its instant ends the span.
        since: when the span begins, in microseconds.
        known: by what was recorded up to then, in microseconds; None: by all that is known.
        equal: dimension -> the only value that counts.

    Raises:
        Unsure: a rate has too many digits.
    """
    amounts = won_since(query, cut, since, known, equal)
    closed = decided(query, cut.by, (since, cut.at, known), equal)
    still = open_ones(query, cut.by, (cut.at, known), equal)
    found: dict[Group, Velocity] = {}
    for group in closed.keys() | still.keys():
        won, lost, took = closed.get(group, _NOTHING)
        found[group] = Velocity(still.get(group, 0), won, lost, amounts.get(group, 0), took)
    return found
