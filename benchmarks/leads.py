"""The lead workload: a history of leads as an import would bring it, about twenty facts a lead in a realistic mix."""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from engine.ports import NewRecord
from engine.recordtime import TIME_HEADER
from events.instants import DAY, HOUR, MINUTE, SECOND, iso

AGREEMENT = Path(__file__).with_name("agreement.yaml")

_START_US = 1_756_684_800_000_000
_DAYS = 45
_INBOUND = (
    (30, "email", "opened", None),
    (12, "email", "clicked", None),
    (22, "website", "visited", "product"),
    (6, "website", "visited", "pricing"),
    (12, "lead_magnet", "downloaded", "guide"),
    (3, "webinar", "attended", "autumn"),
    (2, "landing_page", "submitted", "contact-form"),
)
_OUTBOUND = ((5, "call", "dialled"), (6, "email", "sent"), (1, "meeting", "held"))
_STATUSES = ((5, "Contacted"), (3, "Nurturing"), (1, "Qualified"), (2, "Unqualified"))
_TITLES = ("Head of Operations", "Chief Financial Officer", "Engineer", "Buyer", "Sales Director", "Assistant")
_SOURCES = ("organic search", "partner", "trade fair", "webinar", "newsletter")
_COUNTRIES = ("RO", "MD", "DE", "AT", "FR")
_LATE_ONE_IN = 100

_Fact = tuple[int, int, str, str, dict[str, Any]]
"""Recorded at, occurred at (microseconds), lead, wire type, data."""


def facts(count: int, seed: int) -> list[NewRecord]:
    """The first `count` facts of a history, in the order in which they became known.

    Each carries its record time in a header. One in a hundred became known hours after it happened.
    """
    rng = random.Random(seed)
    found: list[_Fact] = []
    number = 0
    while len(found) < count:
        found += _life(rng, f"lead-{number:06d}")
        number += 1
    found.sort(key=lambda fact: fact[:3])
    return [_record(rng, fact) for fact in found[:count]]


def _life(rng: random.Random, lead: str) -> Iterator[_Fact]:
    """One lead: captured, then some twenty facts, dense at first and rarer later."""
    at = _START_US + rng.randrange(_DAYS * DAY)
    yield _known(rng, at, lead, "lead.captured.v1", captured(rng, lead))
    for _ in range(rng.randrange(12, 30)):
        at += int(rng.expovariate(1 / (18 * HOUR))) + MINUTE
        wire_type, data = next_fact(rng)
        yield _known(rng, at, lead, wire_type, data)


def _known(rng: random.Random, at: int, lead: str, wire_type: str, data: dict[str, Any]) -> _Fact:
    late = wire_type != "lead.captured.v1" and rng.randrange(_LATE_ONE_IN) == 0
    lag = rng.randrange(HOUR, 30 * HOUR) if late else rng.randrange(2 * SECOND)
    return at + lag, at, lead, wire_type, data


def captured(rng: random.Random, lead: str) -> dict[str, Any]:
    """What is known of a lead when it is captured."""
    number = rng.randrange(4000)
    profile: dict[str, Any] = {
        "person.name": f"Person {lead[5:]}",
        "person.email": f"person.{lead[5:]}@company{number}.example",
        "person.title": rng.choice(_TITLES),
        "company.name": f"Company {number}",
        "company.country": rng.choice(_COUNTRIES),
    }
    if rng.random() < 0.8:
        profile["company.employees"] = rng.randrange(5, 2000)
    return {"source": rng.choice(_SOURCES), "profile": profile, "campaign": "2025-autumn", "form": "newsletter"}


def next_fact(rng: random.Random) -> tuple[str, dict[str, Any]]:
    """Wire type and data of something that happens to a lead."""
    dice = rng.random()
    if dice < 0.68:
        channel, kind, asset = _one_of(rng, _INBOUND)
        touch: dict[str, Any] = {"channel": channel, "kind": kind, "direction": "inbound", "campaign": "2025-autumn"}
        return "lead.touched.v1", touch if asset is None else {**touch, "asset": asset}
    if dice < 0.87:
        channel, kind = _one_of(rng, _OUTBOUND)
        by = f"rep{rng.randrange(12)}@sales.example"
        return "lead.touched.v1", {"channel": channel, "kind": kind, "direction": "outbound", "by": by}
    if dice < 0.96:
        (status,) = _one_of(rng, _STATUSES)
        return "lead.status_changed.v1", {"status": status, "by": f"rep{rng.randrange(12)}@sales.example"}
    profile = {"company.employees": rng.randrange(5, 2000), "answers.budget": rng.choice(("yes", "no", "next year"))}
    return "lead.profile_updated.v1", {"profile": profile, "provider": "enrichment"}


def _one_of(rng: random.Random, weighted: tuple[tuple[Any, ...], ...]) -> tuple[Any, ...]:
    (found,) = rng.choices(weighted, [entry[0] for entry in weighted])
    return found[1:]


def _record(rng: random.Random, fact: _Fact) -> NewRecord:
    recorded, occurred, lead, wire_type, data = fact
    envelope = {
        "specversion": "1.0",
        "type": wire_type,
        "id": f"{rng.getrandbits(128):032x}",
        "source": "/benchmarks/crm",
        "subject": lead,
        "time": iso(occurred),
        "datacontenttype": "application/json",
        "data": data,
    }
    return NewRecord(lead.encode(), orjson.dumps(envelope), [(TIME_HEADER, b"%d" % recorded)])
