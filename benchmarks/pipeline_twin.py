"""A second opinion on the figures of the pipeline: every fact read again from the first one, one opportunity at a time.

It knows neither versions nor SQL, and rounds with decimals. What it shares with the product is what the guide says.
"""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from benchmarks.pipeline_lives import RATES, ZONE, Told
from events.instants import from_us
from events.opportunity import (
    OpportunityAmended,
    OpportunityClosedLost,
    OpportunityClosedWon,
    OpportunityOpened,
    OpportunityProductAdded,
    OpportunityStageChanged,
)

Cell = tuple[str, str, str]
"""Product, region, measure."""
_CLOSES = {"best_case": 1, "most_likely": 2, "commit": 3}
_FORECASTS = ("best_case", "most_likely", "commit")
_FIRST, _AFTER = date(2026, 1, 1), date(2026, 4, 1)
_DATED = {code: ([since for since, _ in rates], [Decimal(rate) for _, rate in rates]) for code, rates in RATES.items()}


class Figures(NamedTuple):
    """What is so at an instant: amounts in minor units by cell, and how many opportunities each owner has open."""

    cells: Mapping[Cell, int]
    owners: Mapping[str, int]


def by_opportunity(facts: Iterable[Told]) -> Mapping[str, Sequence[Told]]:
    """The facts of each, in the order of knowledge."""
    found: defaultdict[str, list[Told]] = defaultdict(list)
    for each in facts:
        found[each.opportunity].append(each)
    return found


def figures(lives: Mapping[str, Sequence[Told]], at: int, known: int | None = None) -> Figures:
    """The quarter at an instant, by what had been recorded by another; None: by everything."""
    cells, owners = Counter[Cell](), Counter[str]()
    for life in lives.values():
        heard = [told for told in life if known is None or told.recorded <= known]
        deal = _read([told for told in heard if told.at <= at])
        if deal is None:
            continue
        _count(cells, deal, at)
        if deal["status"] == "open":
            owners[deal["owner"]] += 1
    return Figures(cells, owners)


def won(lives: Mapping[str, Sequence[Told]], begin: int, end: int) -> Counter[tuple[str, str]]:
    """What was won after one instant and up to another, and was to close in the quarter; by product and region."""
    found = Counter[tuple[str, str]]()
    for life in lives.values():
        deal = _read([told for told in life if told.at <= end])
        if (
            deal is None
            or deal["status"] != "won"
            or not (begin < deal["closed"] and _FIRST <= deal["close_date"] < _AFTER)
        ):
            continue
        for product, amount in _parts(deal):
            found[product, deal["region"]] += _converted(amount, deal["currency"], _day(deal["closed"]))
    return found


def _read(facts: Iterable[Told]) -> dict[str, Any] | None:
    deal: dict[str, Any] | None = None
    for told in sorted(facts, key=lambda each: each.at):
        fact = told.fact
        if isinstance(fact, OpportunityOpened):
            deal = {**msgspec.structs.asdict(fact), "status": "open", "lines": {}, "opened": told.at, "born": None}
        assert deal is not None
        if isinstance(fact, OpportunityAmended):
            deal.update(
                (k, v) for k, v in msgspec.structs.asdict(fact).items() if v is not None and k != "amount_minor"
            )
            if fact.amount_minor is not None and not deal["lines"]:
                deal["amount_minor"] = fact.amount_minor
        elif isinstance(fact, OpportunityStageChanged):
            deal["forecast"] = fact.forecast
        elif isinstance(fact, OpportunityProductAdded):
            deal["lines"] = {**deal["lines"], fact.line: (fact.product, fact.amount_minor)}
            deal["amount_minor"] = sum(amount for _, amount in deal["lines"].values())
        elif isinstance(fact, OpportunityClosedWon | OpportunityClosedLost):
            deal["status"] = "won" if isinstance(fact, OpportunityClosedWon) else "lost"
            deal["closed"] = told.at
        if deal["born"] is None and deal["amount_minor"]:
            deal["born"] = (told.at, {**deal})
    return deal


def _count(cells: Counter[Cell], deal: dict[str, Any], at: int) -> None:
    if deal["status"] == "won" and _FIRST <= _day(deal["closed"]) < _AFTER:
        for measure in ("closed_acv", *_FORECASTS):
            _add(cells, deal, measure, _day(deal["closed"]))
    if deal["status"] == "open" and _FIRST <= deal["close_date"] < _AFTER:
        for measure in ("open_pipe", *_FORECASTS[: _CLOSES.get(deal["forecast"], 0)]):
            _add(cells, deal, measure, _day(at))
    if deal["born"] is not None and _FIRST <= _day(deal["opened"]) < _AFTER:
        since, was = deal["born"]
        _add(cells, was, "pipe_generation", _day(since))


def _add(cells: Counter[Cell], deal: dict[str, Any], measure: str, day: date) -> None:
    for product, amount in _parts(deal):
        cells[product, deal["region"], measure] += _converted(amount, deal["currency"], day)


def _parts(deal: dict[str, Any]) -> list[tuple[str, int]]:
    return list(deal["lines"].values()) or [(deal["product"], deal["amount_minor"])]


def _converted(amount: int, currency: str, day: date) -> int:
    if currency == "EUR":
        return amount
    days, rates = _DATED[currency]
    rate = rates[bisect_right(days, day.isoformat()) - 1]
    return int((amount * rate).quantize(Decimal(1), ROUND_HALF_UP))


def _day(at: int) -> date:
    return from_us(at).astimezone(ZoneInfo(ZONE)).date()
