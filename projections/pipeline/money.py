"""Amounts in one currency: whole minor units, dated rates, exact arithmetic, and one rounding.

An amount is turned into the reporting currency once, by the rate of its day, and rounded half up to a whole minor unit.
Whatever is summed afterwards are whole numbers, so every way of cutting them has the same total.
"""

from bisect import bisect_right
from collections.abc import Hashable, Iterable
from datetime import date
from fractions import Fraction
from typing import NamedTuple

from typing_extensions import override

from events.currencies import MINOR_DIGITS
from projections.rounding import rounded

_USUAL = 2


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


class LeftOut:
    """What an answer leaves out of its sums, because no rate is known; it is filled while the answer is made."""

    def __init__(self, reporting: str) -> None:
        self._reporting = reporting
        self._found: dict[str, set[tuple[date, Hashable]]] = {}
        self._targets = set[Hashable]()

    def add(self, of: Hashable, currency: str, day: date) -> None:
        """An opportunity has an amount that cannot be told by the rate of a day."""
        self._found.setdefault(currency, set()).add((day, of))

    def add_target(self, of: Hashable, currency: str, day: date) -> None:
        """A target has one."""
        self._targets.add(of)
        self.add(of, currency, day)

    def __bool__(self) -> bool:
        return bool(self._found)

    @override
    def __str__(self) -> str:
        """In words: how many of what, and which rates are missing; blank where nothing is."""
        if not self._found:
            return ""
        every = {of for found in self._found.values() for _, of in found}
        counts = (len(every - self._targets), "opportunity", "opportunities"), (len(self._targets), "target", "targets")
        what = " and ".join(f"{count} {one if count == 1 else many}" for count, one, many in counts if count)
        days = (f"{currency or 'no currency'} {_days(found)}" for currency, found in sorted(self._found.items()))
        return f"{what}: no rate to {self._reporting} from {'; '.join(days)}"


def _days(found: Iterable[tuple[date, Hashable]]) -> str:
    days = sorted({day for day, _ in found})
    if len(days) == 1:
        return f"on {days[0].isoformat()}"
    return f"on {len(days)} days from {days[0].isoformat()} to {days[-1].isoformat()}"


class Rates:
    """Turns amounts into the reporting currency.

    Attributes:
        reporting: code of the currency that amounts are turned into.
        dated: rates of other currencies, of minor units to minor units, by the day since which they hold.
        left_out: what was to be turned and could not be, by `counted`; one answer has rates of its own.

    Args:
        reporting: its ISO 4217 code.
        rates: of other currencies, in any order; of two for the same day the later one counts.

    Raises:
        ValueError: a rate is not above zero, or is one of the reporting currency itself.
    """

    def __init__(self, reporting: str, rates: Iterable[Rate] = ()) -> None:
        self.reporting = reporting
        self.left_out = LeftOut(reporting)
        dated: dict[str, dict[date, Fraction]] = {}
        for currency, since, value in rates:
            if value <= 0:
                raise ValueError(f"the rate of {currency} from {since} must be above zero")
            if currency == reporting:
                raise ValueError(f"{currency} is the reporting currency and has no rate")
            scale = Fraction(10) ** (minor_digits(reporting) - minor_digits(currency))
            dated.setdefault(currency, {})[since] = value * scale
        self.dated = {currency: sorted(values.items()) for currency, values in dated.items()}

    def converted(self, amount_minor: int, currency: str, day: date) -> int | None:
        """An amount in minor units of the reporting currency, by the rate in force on a day; None: there is none.

        Nothing is worth nothing in any currency.
        """
        if currency == self.reporting or amount_minor == 0:
            return amount_minor
        dated = self.dated.get(currency, [])
        place = bisect_right(dated, day, key=lambda each: each[0])
        return rounded(amount_minor * dated[place - 1][1]) if place else None

    def counted(self, amount_minor: int, currency: str, day: date, of: Hashable) -> int:
        """What an amount adds to a sum: nothing where there is no rate, and then it is noted as left out.

        Args:
            amount_minor: in minor units of its currency.
            currency: its ISO 4217 code.
            day: by whose rate.
            of: the opportunity that has the amount: its id, or as it was.
        """
        amount = self.converted(amount_minor, currency, day)
        if amount is None:
            self.left_out.add(of, currency, day)
        return amount or 0
