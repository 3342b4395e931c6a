"""Amounts as people read them: exact, from whole minor units, with thousands apart."""

from fractions import Fraction

from projections.pipeline.money import minor_digits
from projections.rounding import rounded


def amount_text(amount_minor: int, currency: str) -> str:
    """An amount without its currency: 1250000 of EUR is `12,500.00`."""
    digits = minor_digits(currency)
    whole, rest = divmod(abs(amount_minor), 10**digits)
    sign = "-" if amount_minor < 0 else ""
    return f"{sign}{whole:,}.{rest:0{digits}d}" if digits else f"{sign}{whole:,}"


def percent_text(part: int, whole: int | None) -> str:
    """A share in whole percent, halves up: `48 %`; blank where there is nothing to share."""
    return f"{rounded(Fraction(part * 100, whole))} %" if whole else ""


def growth_text(now: int, before: int) -> str:
    """Growth in whole percent with its sign: `+12 %`; blank where there was nothing before."""
    if not before:
        return ""
    grown = rounded(Fraction((now - before) * 100, before))
    return f"{grown:+d} %"
