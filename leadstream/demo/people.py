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
SECOND_SOURCE = SOURCES[1]
"""Where they come from who are known already."""


@dataclass(frozen=True, slots=True)
class Rep:
    """Somebody in sales.

    Attributes:
        name: an id, not a person's name.
        share: weight in the team.
        typical: half of the first calls come within this working time, microseconds.
        logs_late: percent of calls made on the road and written down an hour or so later.
        forgets: percent of leads whose first call is forgotten.
    """

    name: str
    share: int
    typical: int
    logs_late: int = 0
    forgets: int = 0


TEAMS = {
    "sim-team-home": (
        Rep("sim-rep-quick", 2, 6 * MINUTE),
        Rep("sim-rep-steady", 1, 10 * MINUTE, forgets=2),
    ),
    "sim-team-moldova": (Rep("sim-rep-road", 1, 12 * MINUTE, logs_late=60),),
    "sim-team-software": (
        Rep("sim-rep-swamped", 1, 20 * MINUTE, forgets=12),
        Rep("sim-rep-slow", 1, 40 * MINUTE, logs_late=10, forgets=5),
    ),
}
"""The pools of both agreements, with the same shares. Who is free calls, whoever of the team has the lead."""
KEY_REP = Rep("sim-rep-key", 1, 8 * MINUTE, logs_late=15)
"""Has the largest companies, and the old customers, alone."""
STAND_IN = "sim-rep-stand-in"
CUSTOMERS = {f"sim-customer-{number}": f"{MARK} Old Customer {number}" for number in range(1, 5)}
"""Accounts there were before, id -> name of the company."""
_LARGE, _CUSTOMERS_PERCENT = 1000, 5
MARKETER = "sim-marketing"


def pick_source(rng: Random) -> Source:
    """A source by its share."""
    return rng.choices(SOURCES, [source.share for source in SOURCES])[0]


def pick_rep(rng: Random, known: dict[str, Scalar]) -> Rep:
    """Who calls a lead of which this is known: somebody of the team to which the agreements lead."""
    employees = known["company.employees"]
    if known["company.name"] in CUSTOMERS.values() or (isinstance(employees, int) and employees >= _LARGE):
        return KEY_REP
    if known["company.country"] == "MD":
        team = TEAMS["sim-team-moldova"]
    else:
        team = TEAMS["sim-team-software" if known["company.industry"] == "specimen software" else "sim-team-home"]
    return rng.choices(team, [rep.share for rep in team])[0]


def profile(rng: Random, lead: str, *, fits: bool) -> dict[str, Scalar]:
    """What a form tells about person and company.

    Args:
        rng: where chance comes from.
        lead: the lead's id.
        fits: a company of the size that the agreement looks for, or a far too small one.
    """
    colour, thing = rng.choice(_COLOURS), rng.choice(_THINGS)
    employees = rng.choice((60, 90, 140, 220, 450, 1200)) if fits else rng.randrange(1, 10)
    invented = f"{MARK} {colour} {thing} {rng.randrange(10, 100)}"
    customer = fits and rng.randrange(100) < _CUSTOMERS_PERCENT
    return {
        "person.name": f"Sim Contact {lead.removeprefix('sim-')}",
        "person.email": f"{lead}@example.com",
        "person.title": rng.choice(_SENIOR if rng.randrange(100) < 45 else _JUNIOR),
        "company.name": rng.choice(tuple(CUSTOMERS.values())) if customer else invented,
        "company.employees": employees,
        "company.country": rng.choice(_COUNTRIES),
        "company.industry": rng.choice(_TRADES),
    }


def challenge(rng: Random) -> str:
    """What somebody writes into the form."""
    return rng.choice(_CHALLENGES)
