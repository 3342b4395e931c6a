"""However a quarter is written, it is one of four of one year, or it is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadstream.importing.problems import BadValueError
from leadstream.importing.quarters import quarter

WRITTEN = (
    "{year}Q{place}",
    "{year}-Q{place}",
    "{year} Q{place}",
    "{year}/q{place}",
    "Q{place} {year}",
    "q{place}-{year}",
    "Q{place}/{year}",
    "Qtr {place}, {year}",
    "Quarter {place} {year}",
    "FY{year} Q{place}",
    "FY{year}-Q{place}",
    "Q{place} FY{year}",
    "FY {short} Q{place}",
    "Q{place} '{short}",
    "{place}Q{short}",
    "{place}Q {year}",
    "  FY{short}_Q{place} ",
)


@given(st.integers(2000, 2099), st.integers(1, 4), st.sampled_from(WRITTEN))
def test_every_way_of_writing_a_quarter_gives_its_one_name(year: int, place: int, written: str) -> None:
    text = written.format(year=year, short=f"{year % 100:02d}", place=place)
    assert quarter(text) == f"{year}Q{place}"


@pytest.mark.parametrize(
    "text",
    ["", "2026", "Q1", "Q5 2026", "Q0 2026", "2026Q10", "January 2026", "2026-01-01", "H1 2026", "226Q1", "Q1 2026 x"],
)
def test_what_is_no_quarter_is_refused_and_shown(text: str) -> None:
    with pytest.raises(BadValueError, match="is no quarter; expected one such as"):
        quarter(text)
