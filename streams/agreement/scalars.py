"""Single values of the grammar, each with its limits."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from streams.agreement.texts import checked_date, checked_duration, checked_instant, checked_zone, listed, tuple_of

Name = Annotated[str, Field(min_length=1, max_length=100)]
Words = Annotated[str, Field(min_length=1, max_length=300)]
Points = Annotated[int, Field(ge=-1000, le=1000)]
Duration = Annotated[str, AfterValidator(checked_duration)]
Instant = Annotated[str, AfterValidator(checked_instant)]
Date = Annotated[str, AfterValidator(checked_date)]
Zone = Annotated[str, AfterValidator(checked_zone)]
Names = Annotated[tuple[Name, ...], BeforeValidator(listed), Field(min_length=1)]
"""One name or several."""
NameList = Annotated[tuple[Name, ...], BeforeValidator(tuple_of)]
"""A list of names, which may be empty."""
Side = Literal["marketing", "sales"]
Means = Literal["open", "working", "nurturing", "qualified", "unqualified", "converted", "archived"]
Period = Literal["week", "month", "quarter", "half_year", "year"]

_QUARTER = re.compile(r"([0-9]{4})Q[1-4]")
_DOMAIN = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)+")


def checked_quarter(text: str) -> str:
    """The quarter, if it is one of the years 1971 to 2199 written like `2026Q1`."""
    match = _QUARTER.fullmatch(text)
    if match is None or not 1970 < int(match[1]) < 2200:
        raise ValueError(f"expected a quarter such as 2026Q1, found {text!r}")
    return text


def checked_domain(text: str) -> str:
    """The domain in lower case; letters beyond ASCII are to be written as the domain name system has them."""
    lower = text.lower()
    if _DOMAIN.fullmatch(lower) is None or len(lower) > 253:
        raise ValueError(f"expected a domain such as mail.example (beyond ASCII in its xn-- form), found {text!r}")
    return lower


Quarter = Annotated[str, AfterValidator(checked_quarter)]
Domain = Annotated[str, AfterValidator(checked_domain)]
