"""Stages of opportunities, money and tidiness, as they are written."""

import re
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

from events.currencies import MINOR_DIGITS
from events.opportunity import Forecast, Untidy
from streams.agreement.scalars import Date, Duration, Name, Zone
from streams.agreement.texts import Part, percentage, tuple_of

MONTHS = 3
"""Of a quarter."""
_RATE = re.compile(r"[0-9]{1,9}(\.[0-9]{1,12})?")


def checked_currency(code: str) -> str:
    """The code, if ISO 4217 has it."""
    if code not in MINOR_DIGITS:
        raise ValueError(f"expected an ISO 4217 code such as EUR, found {code!r}")
    return code


def checked_rate(value: object) -> str:
    """The rate as a text; a number with a point is not taken, since its digits could be others than those written."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or _RATE.fullmatch(value) is None or not value.strip("0."):
        raise ValueError(
            f'expected a rate in quotes such as "0.9215", at most 12 digits behind the point; found {value}'
        )
    return value


def checked_months(value: object) -> object:
    """The shares of the three months of a quarter."""
    if isinstance(value, list | tuple) and len(value) != MONTHS:
        raise ValueError(f"expected {MONTHS} percentages, one for each month of a quarter, found {len(value)}")
    return tuple_of(value)


CurrencyCode = Annotated[str, AfterValidator(checked_currency)]
Pace = Annotated[str, AfterValidator(percentage(1, 200))]
Share = Annotated[str, AfterValidator(percentage(0, 100))]
Rate = Annotated[str, BeforeValidator(checked_rate)]


class StagePart(Part):
    """What a stage of the company's own list says about a forecast; entering a `closed` one wins the opportunity."""

    forecast: Forecast


class RatePart(Part):
    """What one unit of a currency is worth in the reporting currency, from a day on."""

    from_: Date = Field(alias="from")
    rate: Rate


class HygienePart(Part):
    """What counts as untidy, and how long something may be missing before it is said."""

    checks: Annotated[tuple[Untidy, ...], BeforeValidator(tuple_of)] = (
        "close_date_past",
        "no_close_date",
        "no_next_step",
        "no_contact",
        "no_products",
        "amount_zero",
        "untouched",
    )
    grace: Duration = "1d"
    untouched_for: Duration = "30d"


Rates = Annotated[tuple[RatePart, ...], BeforeValidator(tuple_of), Field(min_length=1)]


class PacesPart(Part):
    """From which pace a figure is green, and from which yellow: attainment against the share of the quarter gone."""

    green: Pace = "100%"
    yellow: Pace = "85%"


class SeasonPart(Part):
    """How much of a quarter's target is expected in each of its months, of quarters that begin on a day or later.

    Within a month all days count alike; without months those of the quarter do.
    """

    from_: Date = Field(alias="from")
    months: Annotated[tuple[Share, ...], BeforeValidator(checked_months)] | None = None


class PipelinePart(Part):
    """How opportunities are counted: their stages, the money of reports, and what is untidy."""

    stages: Annotated[dict[Name, StagePart] | None, Field(min_length=1)] = None
    currency: CurrencyCode | None = None
    rates: dict[CurrencyCode, Rates] = Field(default_factory=dict)
    timezone: Zone = "UTC"
    year_begins: Annotated[int, Field(ge=1, le=12)] = 1
    paces: PacesPart = PacesPart()
    seasons: Annotated[tuple[SeasonPart, ...], BeforeValidator(tuple_of)] = ()
    hygiene: HygienePart = HygienePart()
