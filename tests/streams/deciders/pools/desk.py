"""Pools for tests: an agreement with one of any staff, and what leads ask of it."""

from collections.abc import Mapping

from events.routing import LeadOwnerRequested
from streams.agreement.known import Known
from streams.deciders.pools import POOL, Pool
from tests.support.given import published
from tests.support.subjects import Ledger

SUBJECT = "b2b/desk"


def agreement(members: str, version: int = 1, effective_from: str = "2026-01-01T00:00:00Z", pool: str = "desk") -> str:
    """An agreement whose only pool has these members, in YAML."""
    return f"""
agreement: b2b
version: {version}
effective_from: {effective_from}
routing:
  fallback: {{pool: {pool}}}
  pools:
    {pool}: {{members: [{members}]}}
"""


def members(weights: Mapping[str, int], cap_30d: int | None = None) -> str:
    cap = "" if cap_30d is None else f", cap_30d: {cap_30d}"
    return ", ".join(f"{{name: {name}, weight: {weight}{cap}}}" for name, weight in weights.items())


def desk(*agreements: str) -> Ledger[Pool]:
    return Ledger(POOL, SUBJECT, Known.of(map(published, agreements)))


def request(number: int = 1, not_to: str | None = None) -> LeadOwnerRequested:
    return LeadOwnerRequested(pool=SUBJECT, number=number, rule="fallback", why="none", not_to=not_to)


def ask(
    ledger: Ledger[Pool], lead: str, at: float, *, not_to: str | None = None, recorded: float | None = None
) -> None:
    ledger.hears(request(not_to=not_to), at, f"/leadstream/{lead}", recorded=recorded)
