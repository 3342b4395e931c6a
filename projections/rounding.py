"""Exact fractions as answers show them: rounded once, as whole numbers, so that no machine rounds them otherwise."""

from fractions import Fraction

_DIGITS = 10_000


def rounded(value: Fraction) -> int:
    """The nearest whole number; halves go up."""
    return (2 * value.numerator + value.denominator) // (2 * value.denominator)


def real(value: Fraction | None) -> float | None:
    """A share with four digits; None stays None."""
    return None if value is None else rounded(value * _DIGITS) / _DIGITS


def hundredths(value: Fraction) -> str:
    """A figure with two digits, such as `1.05`."""
    whole = rounded(value * 100)
    return f"{whole // 100}.{whole % 100:02d}"
