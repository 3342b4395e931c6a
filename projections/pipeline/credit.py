"""Who an opportunity came from: the leads that were converted to it, and the touches and turns of these people.

A person may be several leads that are one: all touches of them count, each once, also if two of them were told it.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from projections.views.lead_links import CONVERTED, MERGED, UNCONVERTED, UNMERGED


class Link(NamedTuple):
    """A word about a lead, as `lead-links` keeps it; when it happened in microseconds."""

    lead: str
    kind: str
    other: str
    at: int


def leads_of(links: Iterable[Link]) -> dict[str, tuple[str, ...]]:
    """Opportunity -> the leads of the people that were converted to it, sorted.

    Args:
        links: conversions and merges, of each lead in the order in which they became known.
    """
    into: dict[str, str] = {}
    standing: dict[str, list[tuple[int, str]]] = {}
    for lead, kind, other, at in links:
        match kind:
            case _ if kind == CONVERTED and other:
                standing.setdefault(lead, []).append((at, other))
            case _ if kind == UNCONVERTED:  # it takes back all that stood then
                standing[lead] = [each for each in standing.get(lead, []) if each[0] > at]
            case _ if kind == MERGED:
                into[lead] = other
            case _ if kind == UNMERGED and other == lead:  # whom it left hears the same of it
                into.pop(lead, None)
    one = {lead: _root(lead, into) for lead in {*into, *into.values(), *standing}}
    together: dict[str, list[str]] = {}
    for lead, root in one.items():
        together.setdefault(root, []).append(lead)
    leads: dict[str, set[str]] = {}
    for lead, found in standing.items():
        for _, opportunity in found:
            leads.setdefault(opportunity, set()).update(together[one[lead]])
    return {opportunity: tuple(sorted(found)) for opportunity, found in leads.items()}


def turning_point(leads: Iterable[str], qualified: Mapping[str, Sequence[int]], anchor: int) -> int | None:
    """When people were qualified last, up to an anchor; None if they never were.

    Args:
        leads: theirs.
        qualified: lead -> when it became qualified, in microseconds.
        anchor: in microseconds.
    """
    known = (at for lead in leads for at in qualified.get(lead, ()))
    return max((at for at in known if at <= anchor), default=None)


def _root(lead: str, into: Mapping[str, str]) -> str:
    """The lead that it is one with in the end. The older one always wins, so ways never meet again."""
    seen = {lead}
    while lead in into and into[lead] not in seen:
        lead = into[lead]
        seen.add(lead)
    return lead


class Touched(NamedTuple):
    """A touch that may be credited.

    Attributes:
        at: when it happened, in microseconds.
        told_by: who says so.
        touch: the id they gave it.
        lead: whose it is.
        of: channel, kind, campaign and asset, blank where none was said.
    """

    at: int
    told_by: str
    touch: str
    lead: str
    of: tuple[str, ...]

    @property
    def key(self) -> str:
        """What it is known by, whichever lead was told of it."""
        return f"{self.told_by} {self.touch}"


def once(touches: Iterable[Touched]) -> Sequence[Touched]:
    """Touches in the order in which they happened, each once."""
    found: dict[str, Touched] = {}
    for each in sorted(touches):
        found.setdefault(each.key, each)
    return list(found.values())
