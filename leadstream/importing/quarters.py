"""Quarters as planning tools write them, to the one name that targets take."""

import re

from leadstream.importing.problems import BadValueError, shown

_YEAR = r"(?:FY)?'?(?P<year>[0-9]{4}|[0-9]{2})"
_PLACE = r"(?:Q|QTR|QUARTER)(?P<place>[1-4])"
_BETWEEN = r"[-/_.,]?"
_WRITTEN = tuple(
    re.compile(pattern)
    for pattern in (f"{_YEAR}{_BETWEEN}{_PLACE}", f"{_PLACE}{_BETWEEN}{_YEAR}", f"(?P<place>[1-4])Q{_BETWEEN}{_YEAR}")
)
_CENTURY = "20"


def quarter(text: str) -> str:
    """A quarter such as `2026Q3`, from `2026-Q3`, `Q3 2026`, `FY26 Q3`, `3Q26` and their like; capitals do not matter.

    The year is taken as it is written: of a fiscal year its name. A year of two digits is one of this century.

    Raises:
        BadValueError: it is no quarter; a month or a day could be one of two, depending on the fiscal year.
    """
    compact = "".join(text.upper().split())
    for written in _WRITTEN:
        found = written.fullmatch(compact)
        if found:
            year = found["year"]
            return f"{year if len(year) > 2 else _CENTURY + year}Q{found['place']}"
    raise BadValueError(f"{shown(text)} is no quarter; expected one such as 2026Q3, Q3 2026 or FY26-Q3")
