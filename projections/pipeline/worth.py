"""Amounts in the reporting currency, as SQL: the same as `Rates.converted`, to the last minor unit.

Each part of an amount is turned into the reporting currency by itself, in whole numbers: with a rate of n / d, an
amount of a is (a ÷ d) · n + (2 · (a mod d) · n + d) ÷ 2d, rounded half up. What no database can be sure of (a rate with
so many digits that a product could be too large) is left to the law itself.
"""

import re
from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from typing import NamedTuple

from projections.pipeline.figures import Cut
from projections.pipeline.quarters import midnight
from projections.views.times import FOR_EVER, instant_text

_MOST = 1 << 62
_CODE = re.compile("[A-Z]{3}")
HALF, LOW = 32, (1 << 32) - 1
"""Sums are made of the high and the low halves of amounts apart, so that none is too large."""


EVERY = (1 << 63) - 1
"""The limit of a subquery that is to give all its rows: where there is a limit no amount is turned into money twice."""


class Unsure(Exception):
    """The database cannot say it; the law can."""


def whole(high: object, low: object) -> int:
    """A sum from those of its halves."""
    return (int(str(high or 0)) << HALF) + int(str(low or 0))


class Dated(NamedTuple):
    """A rate, and the instants it holds between."""

    currency: str
    since: str
    until: str
    up: int
    down: int


class DatedRates(NamedTuple):
    """Rates to a currency, and the column that says by which day's they are chosen; blank: all are of one day."""

    reporting: str
    dated: Sequence[Dated]
    when: str = ""


def rates_between(cut: Cut, first: date, last: date, when: str = "") -> DatedRates:
    """The rates that hold on some day from one to another, as instants of the reporting zone."""
    found = list[Dated]()
    for currency, dated in cut.terms.rates.dated.items():
        days = [since for since, _ in dated]
        for place, (since, value) in enumerate(dated):
            after = days[place + 1] if place + 1 < len(days) else None
            if since <= last and (after is None or after > first):
                until = FOR_EVER if after is None else instant_text(midnight(after, cut.terms.zone))
                found.append(_checked(currency, instant_text(midnight(since, cut.terms.zone)), until, value))
    return DatedRates(cut.terms.rates.reporting, found, when)


def _checked(currency: str, since: str, until: str, value: Fraction) -> Dated:
    up, down = value.as_integer_ratio()
    if 2 * up * down + down >= _MOST or up > down << 8:
        raise Unsure
    return Dated(currency, since, until, up, down)


def rates_today(cut: Cut) -> DatedRates:
    """The rates of the day that is asked about."""
    return rates_between(cut, cut.day, cut.day)


def worth(rates: DatedRates, amount: str, currency: str = "h.currency") -> str:
    """An amount in the reporting currency, of the table `h`; null where no rate is known."""
    reporting, of = rates.reporting, dict[str, list[str]]()
    if not all(map(_CODE.fullmatch, (reporting, *(code for code, *_ in rates.dated)))):
        raise Unsure
    for code, since, until, up, down in rates.dated:
        within = f"WHEN h.{rates.when} >= '{since}' AND h.{rates.when} < '{until}'" if rates.when else "WHEN 1 = 1"
        converted = f"({amount} / {down}) * {up} + (2 * ({amount} % {down}) * {up} + {down}) / {2 * down}"
        of.setdefault(code, []).append(f"{within} THEN {amount if up == down else converted}")
    nothing = f"ELSE CASE {amount} WHEN 0 THEN 0 END END"
    by_day = " ".join(f"WHEN '{code}' THEN CASE {' '.join(dated)} {nothing}" for code, dated in of.items())
    return f"CASE {currency} WHEN '{reporting}' THEN {amount} {by_day} {nothing}"
