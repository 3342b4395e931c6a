"""One simulated lead's way, as steps: what happened, and when leadstream is told of it."""

from dataclasses import dataclass, field
from random import Random
from typing import NamedTuple

from events.fact import Fact
from events.instants import MINUTE, SECOND
from events.lead import LeadTouched
from leadstream.demo.people import Rep
from leadstream.demo.tempo import Tempo


class Step(NamedTuple):
    """One thing that happened.

    Attributes:
        lead: the lead's id.
        occurred: when it happened, microseconds.
        arrives: when leadstream is told, microseconds; never before it happened.
        fact: what happened.
    """

    lead: str
    occurred: int
    arrives: int
    fact: Fact


@dataclass(slots=True)
class Journey:
    """Steps of one lead as they are thought up; not in order of arrival.

    Attributes:
        lead: the lead's id.
        rng: where chance comes from.
        tempo: how time runs.
        steps: what happened so far.
    """

    lead: str
    rng: Random
    tempo: Tempo
    steps: list[Step] = field(default_factory=list)

    def chance(self, percent: int) -> bool:
        """True in so many percent of the cases."""
        return self.rng.randrange(100) < percent

    def between(self, least: int, most: int) -> int:
        """A duration of whole seconds, microseconds."""
        return self.rng.randrange(least // SECOND, most // SECOND) * SECOND

    def tell(self, occurred: int, fact: Fact, arrives: int | None = None, lead: str | None = None) -> int:
        """Add a step of this lead or another one; told in a second or two unless said otherwise. Gives the arrival."""
        at = occurred + self.rng.randrange(100_000, 2 * SECOND, 1000) if arrives is None else max(arrives, occurred)
        self.steps.append(Step(lead or self.lead, occurred, at, fact))
        return at

    def inbound(self, at: int, channel: str, kind: str, asset: str) -> int:
        """The prospect does something."""
        return self.tell(at, LeadTouched(channel=channel, kind=kind, direction="inbound", asset=asset))

    def free(self, rep: Rep, at: int) -> tuple[str, int]:
        """Who does what a rep has in mind for an instant, and when: work that waits for somebody piles up a little."""
        who, then = self.tempo.on_duty(rep.name, at)
        return who, then if then == at else self.tempo.later(then, self.between(MINUTE, 15 * MINUTE))


def skewed(rng: Random, typical: int) -> int:
    """A duration: half of them are below `typical`, the least a quarter of it, the longest somewhat over three times.

    Integers only, so that every machine draws the same.
    """
    draw = rng.randrange(1000)
    return typical // 1000 * (250 + draw + draw**3 // 500_000)
