"""One simulated lead's way: what the prospect does, then what sales does about it, each fact with its arrival.

Nothing here knows what leadstream will decide. Prospects and reps only act, and some of what they do is told late.
"""

from dataclasses import dataclass, field
from random import Random
from typing import Literal, NamedTuple

from events.fact import Fact, Scalar
from events.instants import HOUR, MINUTE, SECOND
from events.lead import LeadCaptured, LeadConverted, LeadProfileUpdated, LeadStatusChanged, LeadTouched
from leadstream.demo.people import MARKETER, Rep, Source, challenge, pick_rep, pick_source, profile
from leadstream.demo.tempo import Tempo

Kind = Literal["asks", "warms", "browses", "misfit"]
_REASONS = ("no_need", "no_authority", "no_budget")


class Step(NamedTuple):
    """One thing that happened.

    Attributes:
        occurred: when it happened, microseconds.
        arrives: when leadstream is told, microseconds; never before it happened.
        fact: what happened.
    """

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

    def tell(self, occurred: int, fact: Fact, arrives: int | None = None) -> int:
        """Add a step; told within a second or two unless said otherwise. Gives the arrival."""
        at = occurred + self.rng.randrange(100_000, 2 * SECOND, 1000) if arrives is None else max(arrives, occurred)
        self.steps.append(Step(occurred, at, fact))
        return at

    def inbound(self, at: int, channel: str, kind: str, asset: str) -> int:
        """The prospect does something."""
        return self.tell(at, LeadTouched(channel=channel, kind=kind, direction="inbound", asset=asset))


def travel(lead: str, born: int, rng: Random, tempo: Tempo) -> list[Step]:
    """All steps of a lead whose first sign of interest happens at `born` (microseconds)."""
    journey, source = Journey(lead, rng, tempo), pick_source(rng)
    kind = _kind(journey, source)
    hot = _prospect(journey, source, kind, born)
    if hot is not None:
        _sales(journey, hot)
    return journey.steps


def _kind(journey: Journey, source: Source) -> Kind:
    if journey.chance(12):
        return "misfit"
    if journey.chance(source.asks):
        return "asks"
    return "warms" if journey.chance(45) else "browses"


def _prospect(journey: Journey, source: Source, kind: Kind, born: int) -> int | None:
    """What the prospect does; the instant at which sales hears of a lead worth a call, if it becomes one."""
    known = profile(journey.rng, journey.lead, fits=kind != "misfit")
    if kind == "asks":
        return _asks(journey, source, known, born)
    heard = _captured(journey, source, known, born)
    if kind == "warms":
        return _warms(journey, heard)
    at = heard
    for _ in range(journey.rng.randrange(1, 4)):
        at = _browses(journey, at)
    if journey.chance(50):
        mail = LeadTouched(channel="email", kind="sent", direction="outbound", side="marketing", by=MARKETER)
        journey.tell(journey.tempo.working(at, journey.between(MINUTE, 4 * HOUR)), mail)
    return None


def _captured(journey: Journey, source: Source, known: dict[str, Scalar], born: int) -> int:
    """The lead becomes known; a list from a trade show only hours later. Gives the arrival."""
    arrives = journey.tempo.later(born, journey.between(3 * HOUR, 6 * HOUR)) if source.listed_late else None
    fact = LeadCaptured(source=source.name, profile=known, campaign=source.campaign, form=source.form)
    return journey.tell(born, fact, arrives)


def _asks(journey: Journey, source: Source, known: dict[str, Scalar], born: int) -> int:
    """Asks for a call in the first form; some forget to say for which company, and it is looked up."""
    known |= {"answers.contact_me": True, "answers.challenge": challenge(journey.rng)}
    company = known.pop("company.name") if journey.chance(6) else None
    heard = _captured(journey, source, known, born)
    heard = max(heard, journey.inbound(born, "landing_page", "submitted", "contact-form"))
    if company is None:
        return heard
    looked_up = journey.tempo.later(heard, journey.between(2 * MINUTE, 20 * MINUTE))
    return journey.tell(looked_up, LeadProfileUpdated(profile={"company.name": company}, provider="simulated lookup"))


def _browses(journey: Journey, at: int) -> int:
    at = journey.tempo.later(at, journey.between(10 * MINUTE, 3 * HOUR))
    touch = journey.rng.choice(
        (
            ("lead_magnet", "downloaded", "sample-guide"),
            ("email", "opened", "sim-newsletter"),
            ("website", "visited", "blog"),
        )
    )
    return journey.inbound(at, *touch)


def _warms(journey: Journey, at: int) -> int:
    """Reads, comes to the webinar, looks at prices: then sales should hear of it."""
    for _ in range(journey.rng.randrange(0, 2)):
        at = _browses(journey, at)
    gaps = [journey.between(20 * MINUTE, 3 * HOUR) for _ in range(3)]
    at = journey.tempo.later(at, gaps[0])
    journey.inbound(at, "lead_magnet", "downloaded", "placeholder-checklist")
    at = journey.tempo.later(at, gaps[1])
    journey.inbound(at, "webinar", "attended", "sim-webinar-spring")
    at = journey.tempo.later(at, gaps[2])
    return journey.inbound(at, "website", "visited", "pricing")


def _sales(journey: Journey, heard: int) -> None:
    """What becomes of a lead that sales heard of."""
    rep = pick_rep(journey.rng)
    if journey.chance(5):  # an old acquaintance: nobody calls, the lead is closed
        at = journey.tempo.working(heard, journey.between(3 * MINUTE, 20 * MINUTE))
        journey.tell(at, LeadStatusChanged(status="Unqualified", reason="no_need", by=rep.name))
        return
    called, logged = _first_call(journey, rep, heard)
    if journey.chance(30):  # nobody answered, tried again
        called = journey.tempo.working(called, journey.between(20 * MINUTE, 90 * MINUTE))
        logged = journey.tell(called, _call(journey, rep))
    if journey.chance(4):
        return
    at = journey.tempo.later(called, journey.between(MINUTE, 10 * MINUTE))
    journey.tell(at, LeadStatusChanged(status="Contacted", by=rep.name), max(logged, at) + SECOND)
    _outcome(journey, rep, max(logged, at))


def _first_call(journey: Journey, rep: Rep, heard: int) -> tuple[int, int]:
    """When the first call was made and when it was written down."""
    wait = skewed(journey.rng, rep.typical)
    if journey.chance(rep.forgets):
        wait += journey.between(6 * HOUR, 12 * HOUR)
    called = journey.tempo.working(heard, wait)
    late = journey.chance(rep.logs_late)
    written = journey.tempo.later(called, journey.between(35 * MINUTE, 100 * MINUTE)) if late else None
    return called, journey.tell(called, _call(journey, rep), written)


def _call(journey: Journey, rep: Rep) -> LeadTouched:
    channel, kind = journey.rng.choices((("call", "dialled"), ("email", "sent"), ("meeting", "held")), (75, 20, 5))[0]
    return LeadTouched(channel=channel, kind=kind, direction="outbound", by=rep.name)


def _outcome(journey: Journey, rep: Rep, after: int) -> None:
    """Hours of work later the lead is won, lost, kept warm, or still talked with."""
    at = journey.tempo.working(after, journey.between(2 * HOUR, 14 * HOUR))
    luck = journey.rng.randrange(100)
    if luck < 32:
        journey.tell(at, LeadStatusChanged(status="Qualified", by=rep.name))
        _converted(journey, rep, journey.tempo.working(at, journey.between(HOUR, 8 * HOUR)))
    elif luck < 58:
        reason = journey.rng.choice(_REASONS)
        journey.tell(at, LeadStatusChanged(status="Unqualified", reason=reason, by=rep.name))
    elif luck < 78:
        journey.tell(at, LeadStatusChanged(status="Nurturing", by=rep.name))
        _browses(journey, at)


def _converted(journey: Journey, rep: Rep, at: int) -> None:
    number = journey.lead.removeprefix("sim-")
    fact = LeadConverted(
        account=f"sim-account-{number}",
        contact=f"sim-contact-{number}",
        opportunity=f"sim-opportunity-{number}",
        amount_minor=journey.rng.randrange(40, 900) * 100_00,
        currency="EUR",
        by=rep.name,
    )
    journey.tell(at, fact)


def skewed(rng: Random, typical: int) -> int:
    """A duration: half of them are below `typical`, the least a quarter of it, the longest somewhat over three times.

    Integers only, so that every machine draws the same.
    """
    draw = rng.randrange(1000)
    return typical // 1000 * (250 + draw + draw**3 // 500_000)
