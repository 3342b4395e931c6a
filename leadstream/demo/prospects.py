"""What simulated prospects do: show interest, ask for a call, read, come again by another form.

Nothing here knows what leadstream will decide. Prospects and reps only act, and some of what they do is told late.
"""

from random import Random
from typing import Literal

from events.fact import Scalar
from events.instants import HOUR, MINUTE
from events.lead import LeadCaptured, LeadProfileUpdated, LeadTouched
from leadstream.demo.journey import Journey, Step
from leadstream.demo.people import MARKETER, SECOND_SOURCE, Source, challenge, pick_source, profile
from leadstream.demo.sales import sell
from leadstream.demo.tempo import Tempo

Kind = Literal["asks", "warms", "browses", "misfit"]
_KNOWN_TWICE = 4


def travel(lead: str, born: int, rng: Random, tempo: Tempo) -> list[Step]:
    """All steps of a lead whose first sign of interest happens at `born` (microseconds)."""
    journey, source = Journey(lead, rng, tempo), pick_source(rng)
    kind = _kind(journey, source)
    known = profile(journey.rng, lead, fits=kind != "misfit")
    hot = _prospect(journey, source, kind, dict(known), born)
    if journey.chance(_KNOWN_TWICE):
        _comes_again(journey, known, journey.tempo.later(born, journey.between(6 * HOUR, 20 * HOUR)))
    if hot is not None:
        sell(journey, known, hot)
    return journey.steps


def _kind(journey: Journey, source: Source) -> Kind:
    if journey.chance(12):
        return "misfit"
    if journey.chance(source.asks):
        return "asks"
    return "warms" if journey.chance(45) else "browses"


def _prospect(journey: Journey, source: Source, kind: Kind, known: dict[str, Scalar], born: int) -> int | None:
    """What the prospect does; the instant at which sales hears of a lead worth a call, if it becomes one."""
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


def _comes_again(journey: Journey, known: dict[str, Scalar], at: int) -> None:
    """The same person, by another form with the same address: a second lead, until it turns out to be the first one."""
    again = f"{journey.lead}-again"
    named = {field: known[field] for field in ("person.name", "person.email")}
    captured = LeadCaptured(source=SECOND_SOURCE.name, profile=named, form=SECOND_SOURCE.form)
    journey.tell(at, captured, lead=again)
    visit = LeadTouched(channel="email", kind="opened", direction="inbound", asset="sim-newsletter")
    journey.tell(journey.tempo.later(at, journey.between(MINUTE, 30 * MINUTE)), visit, lead=again)
