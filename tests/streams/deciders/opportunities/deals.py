"""Opportunities for tests: an agreement that counts them, and one with everything said of it."""

from datetime import date
from typing import Any

from msgspec.structs import replace

from events.fact import Fact
from events.instants import MINUTE, to_us
from events.lead import LeadConverted
from events.opportunity import (
    HygieneCleared,
    HygieneFlagged,
    OpportunityContactAdded,
    OpportunityOpened,
    OpportunityProductAdded,
)
from streams.agreement.known import Known
from streams.deciders.opportunities import OPPORTUNITY, Opportunity
from tests.support.given import MONDAY, published
from tests.support.subjects import Ledger

HOUR, DAYS = 60, 24 * 60
"""Minutes."""
STAGED = """
agreement: deals
version: 1
effective_from: 2025-01-01T00:00:00+00:00
pipeline:
  stages:
    Discovery: {forecast: pipeline}
    Proposal: {forecast: best_case}
    Won: {forecast: closed}
  currency: EUR
  rates: {USD: [{from: 2025-01-01, rate: "0.92"}]}
  hygiene: {grace: 1d, untouched_for: 30d}
"""
QUIET = STAGED.replace("{grace: 1d, untouched_for: 30d}", "{checks: []}")
"""The same, and nothing is untidy."""
OPENED = OpportunityOpened(
    account="acme",
    name="Acme, new plant",
    stage="Discovery",
    amount_minor=100_000,
    currency="EUR",
    close_date=date(2026, 3, 31),
    owner="rep-1",
    next_step="call the buyer",
)
CONVERTED = LeadConverted(
    account="acme",
    contact="ada",
    opportunity="deal",
    amount_minor=50_000,
    currency="EUR",
    by="sdr-7",
    role="SDR",
    name="Acme",
    close_date=date(2026, 2, 28),
    owner="rep-1",
    source="webinar",
    campaign="spring-2026",
)
CONTACT = OpportunityContactAdded(contact="ada")
LINE = OpportunityProductAdded(line="1", product="platform", amount_minor=100_000)


def deal(agreement: str | None = QUIET) -> Ledger[Opportunity]:
    """An opportunity nobody has heard of."""
    return Ledger(OPPORTUNITY, "deal", None if agreement is None else Known.of([published(agreement)]))


def opened(agreement: str | None = QUIET, at: float = 0, **parts: Any) -> Ledger[Opportunity]:
    """One that was opened."""
    ledger = deal(agreement)
    ledger.hears(replace(OPENED, **parts), at)
    return ledger


def flags(ledger: Ledger[Opportunity], of: str | None = None) -> list[tuple[str, str, float]]:
    """What was said of tidiness: flagged or cleared, what, and when (minutes)."""
    return [
        (type(each.data).__name__.removeprefix("Hygiene").lower(), each.data.kind, (to_us(each.time) - MONDAY) / MINUTE)
        for each in ledger.facts
        if isinstance(each.data, HygieneFlagged | HygieneCleared) and of in (None, each.data.kind)
    ]


def of_type(told: list[Fact], *kinds: type[Fact]) -> list[Fact]:
    """Those of these types."""
    return [each for each in told if isinstance(each, kinds)]
