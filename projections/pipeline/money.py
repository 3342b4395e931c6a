"""Amounts in one currency: whole minor units, dated rates, exact arithmetic, and one rounding.

An amount is turned into the reporting currency once, by the rate of its day, and rounded half up to a whole minor unit.
Whatever is summed afterwards are whole numbers, so every way of cutting them has the same total.
"""

from bisect import bisect_right
from collections.abc import Iterable
from datetime import date
from fractions import Fraction
from typing import NamedTuple

from events.currencies import MINOR_DIGITS
from projections.rounding import rounded

_USUAL = 2


class NoRate(ValueError):
    """An amount cannot be told in the reporting currency; the message says which rate is missing."""


class Rate(NamedTuple):
    """What one unit of a currency is worth, from a day on until the next rate of that currency.

    Attributes:
        currency: ISO 4217 code.
        since: the first day it holds.
        value: units of the reporting currency for one unit (not minor ones).
    """

    currency: str
    since: date
    value: Fraction


def minor_digits(currency: str) -> int:
    """How many digits the minor unit of a currency has: cents 2, yen 0."""
    return MINOR_DIGITS.get(currency, _USUAL)


class Rates:
    """Turns amounts into the reporting currency.

    Attributes:
        reporting: code of the currency that amounts are turned into.
        dated: rates of other currencies, of minor units to minor units, by the day since which they hold.

    Args:
        reporting: its ISO 4217 code.
        rates: of other currencies, in any order; of two for the same day the later one counts.

    Raises:
        ValueError: a rate is not above zero, or is one of the reporting currency itself.
    """

    def __init__(self, reporting: str, rates: Iterable[Rate] = ()) -> None:
        self.reporting = reporting
        dated: dict[str, dict[date, Fraction]] = {}
        for currency, since, value in rates:
            if value <= 0:
                raise ValueError(f"the rate of {currency} from {since} must be above zero")
            if currency == reporting:
                raise ValueError(f"{currency} is the reporting currency and has no rate")
            scale = Fraction(10) ** (minor_digits(reporting) - minor_digits(currency))
            dated.setdefault(currency, {})[since] = value * scale
        self.dated = {currency: sorted(values.items()) for currency, values in dated.items()}

    def converted(self, amount_minor: int, currency: str, day: date) -> int:
        """An amount in minor units of the reporting currency, by the rate in force on a day.

        Raises:
            NoRate: there is none; nothing is worth nothing in any currency.
        """
        if currency == self.reporting or amount_minor == 0:
            return amount_minor
        dated = self.dated.get(currency, [])
        place = bisect_right(dated, day, key=lambda each: each[0])
        if place == 0:
            raise NoRate(f"no rate from {currency or 'an unknown currency'} to {self.reporting} on {day.isoformat()}")
        return rounded(amount_minor * dated[place - 1][1])
