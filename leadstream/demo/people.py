"""Who there is in the simulated company and around it. Nobody here could be taken for a real person or company."""

from dataclasses import dataclass
from random import Random

from events.fact import Scalar
from events.instants import MINUTE

_COLOURS = ("Amber", "Beige", "Cobalt", "Coral", "Ivory", "Jade", "Lilac", "Mauve", "Ochre", "Olive", "Teal", "Umber")
_THINGS = ("Acorn", "Anvil", "Bobbin", "Button", "Gizmo", "Lantern", "Marble", "Pebble", "Spindle", "Teapot", "Widget")
_TRADES = ("example retail", "placeholder logistics", "sample manufacturing", "specimen software")
_SENIOR = ("Chief Example Officer", "Director of Samples", "Head of Placeholders")
_JUNIOR = ("Placeholder Analyst", "Sample Clerk", "Specimen Engineer")
_COUNTRIES = ("AT", "DE", "MD", "PL", "RO")
_CHALLENGES = ("too many placeholders", "samples arrive late", "examples do not add up")
MARK = "SIMULATED"
"""Begins every name of a company, so that nobody who meets one takes it for real."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where leads come from.

    Attributes:
        name: in marketing's words.
        share: weight among the sources.
        form: the form, list or page.
        campaign: the campaign, where there is one.
        asks: percent of its leads that ask for a call at once.
        listed_late: the list comes hours after the people were met.
    """

    name: str
    share: int
    form: str
    campaign: str | None
    asks: int
    listed_late: bool = False


SOURCES = (
    Source("web form (simulated)", 34, "simulated contact form", None, 55),
    Source("webinar (simulated)", 18, "simulated webinar registration", "sim-webinar-spring", 10),
    Source("paid search (simulated)", 24, "simulated landing page", "sim-search-samples", 30),
    Source("partner (simulated)", 12, "simulated partner referral", None, 45),
    Source("trade show list (simulated)", 12, "simulated badge scans", "sim-trade-show", 0, listed_late=True),
)


@dataclass(frozen=True, slots=True)
class Rep:
    """Somebody in sales.

    Attributes:
        name: an id, not a person's name.
        share: weight among the reps.
        typical: half of the first calls come within this working time, microseconds.
        logs_late: percent of calls made on the road and written down an hour or so later.
        forgets: percent of leads whose first call is forgotten.
    """

    name: str
    share: int
    typical: int
    logs_late: int = 0
    forgets: int = 0


REPS = (
    Rep("sim-rep-quick", 25, 6 * MINUTE),
    Rep("sim-rep-steady", 25, 10 * MINUTE, forgets=2),
    Rep("sim-rep-road", 20, 12 * MINUTE, logs_late=60),
    Rep("sim-rep-swamped", 15, 20 * MINUTE, forgets=12),
    Rep("sim-rep-slow", 15, 40 * MINUTE, logs_late=10, forgets=5),
)
MARKETER = "sim-marketing"


def pick_source(rng: Random) -> Source:
    """A source by its share."""
    return rng.choices(SOURCES, [source.share for source in SOURCES])[0]


def pick_rep(rng: Random) -> Rep:
    """A rep by their share."""
    return rng.choices(REPS, [rep.share for rep in REPS])[0]


def profile(rng: Random, lead: str, *, fits: bool) -> dict[str, Scalar]:
    """What a form tells about person and company.

    Args:
        rng: where chance comes from.
        lead: the lead's id.
        fits: a company of the size that the agreement looks for, or a far too small one.
    """
    colour, thing = rng.choice(_COLOURS), rng.choice(_THINGS)
    employees = rng.choice((60, 90, 140, 220, 450, 1200)) if fits else rng.randrange(1, 10)
    return {
        "person.name": f"Sim Contact {lead.removeprefix('sim-')}",
        "person.email": f"{lead}@example.com",
        "person.title": rng.choice(_SENIOR if rng.randrange(100) < 45 else _JUNIOR),
        "company.name": f"{MARK} {colour} {thing} {rng.randrange(10, 100)}",
        "company.employees": employees,
        "company.country": rng.choice(_COUNTRIES),
        "company.industry": rng.choice(_TRADES),
    }


def challenge(rng: Random) -> str:
    """What somebody writes into the form."""
    return rng.choice(_CHALLENGES)
