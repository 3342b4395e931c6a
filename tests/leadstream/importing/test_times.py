from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.instants import iso, to_us
from leadstream.importing.problems import BadValueError
from leadstream.importing.times import compile_time, local_us

SAO_PAULO = "America/Sao_Paulo"


@pytest.mark.parametrize(
    ("text", "zone", "wanted"),
    [
        ("2011-10-01T00:38:44.546+02:00", None, "2011-09-30T22:38:44.546000Z"),
        ("2011-10-01T00:38:44.546001Z", None, "2011-10-01T00:38:44.546001Z"),
        ("2018-02-26 19:58:54", SAO_PAULO, "2018-02-26T22:58:54Z"),
        ("2018-07-01", SAO_PAULO, "2018-07-01T03:00:00Z"),
        (" 2018-07-01 ", SAO_PAULO, "2018-07-01T03:00:00Z"),
        ("2024-03-31 02:30", "Europe/Berlin", "2024-03-31T01:00:00Z"),
        ("2024-03-31 01:59:59", "Europe/Berlin", "2024-03-31T00:59:59Z"),
        ("2024-03-31 03:00", "Europe/Berlin", "2024-03-31T01:00:00Z"),
        ("2024-10-27 02:30", "Europe/Berlin", "2024-10-27T00:30:00Z"),
        ("2017-10-15", SAO_PAULO, "2017-10-15T03:00:00Z"),
        ("2018-02-17 23:30", SAO_PAULO, "2018-02-18T01:30:00Z"),
    ],
)
def test_an_iso_time_is_the_instant_it_says(text: str, zone: str | None, wanted: str) -> None:
    assert iso(compile_time(("iso",), zone)(text)) == wanted


@pytest.mark.parametrize(
    ("form", "text", "wanted"),
    [
        ("epoch_seconds", "1317422324.546001", 1317422324546001),
        ("epoch_seconds", "-0.0000015", -2),
        ("epoch_millis", "1317422324546", 1317422324546000),
        ("epoch_micros", "1317422324546001", 1317422324546001),
        ("%d.%m.%Y %H:%M", "01.10.2011 02:00", 1317427200000000),
        ("%d/%b/%Y:%H:%M:%S %z", "01/Oct/2011:02:00:00 +0200", 1317427200000000),
    ],
)
def test_other_ways_of_writing_are_exact_too(form: str, text: str, wanted: int) -> None:
    assert compile_time((form,), "Europe/Berlin")(text) == wanted


def test_formats_are_tried_in_order() -> None:
    read = compile_time(("%d.%m.%Y", "epoch_seconds", "iso"), "UTC")
    assert read("02.01.1970") == read("86400") == read("1970-01-02") == 86_400_000_000
    with pytest.raises(BadValueError, match=r"'soon' is not a time written as %d\.%m\.%Y or epoch_seconds or iso"):
        read("soon")


@pytest.mark.parametrize("form", ["iso", "epoch_seconds", "epoch_millis", "%d.%m.%Y"])
@pytest.mark.parametrize("text", ["", "x", "2011-13-01", "99999999999999999999", "nan", "1e5", "0x10", "٣"])
def test_what_is_no_time_is_refused(form: str, text: str) -> None:
    with pytest.raises(BadValueError):
        compile_time((form,), "UTC")(text)


def test_a_time_without_a_zone_is_not_guessed() -> None:
    with pytest.raises(BadValueError, match="names no zone"):
        compile_time(("iso",), None)("2011-10-01 00:00")


def test_an_instant_outside_the_years_is_refused() -> None:
    with pytest.raises(BadValueError, match="outside the years"):
        compile_time(("iso",), None)("0001-01-01T00:00+05:00")


ZONES = st.sampled_from(["Europe/Berlin", SAO_PAULO, "Australia/Lord_Howe", "Pacific/Apia", "Asia/Kolkata", "UTC"])


@given(st.integers(0, 2_000_000_000 * 1_000_000), ZONES)
def test_a_wall_clock_reading_goes_back_to_an_instant_that_shows_it(us: int, name: str) -> None:
    zone = ZoneInfo(name)
    shown = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=us)).astimezone(zone)
    found = local_us(shown.replace(tzinfo=None), zone)
    if shown.fold:
        assert found < us
    else:
        assert found == us


@given(st.datetimes(datetime(1990, 1, 1), datetime(2030, 1, 1)), st.timedeltas(timedelta(0), timedelta(hours=3)), ZONES)  # noqa: DTZ001 - wall clock readings
def test_later_on_the_wall_clock_is_never_earlier_but_for_the_repeated_hour(
    at: datetime, more: timedelta, name: str
) -> None:
    zone = ZoneInfo(name)
    first, second = local_us(at, zone), local_us(at + more, zone)
    assert second >= first


def test_every_reading_in_a_gap_is_its_end() -> None:
    zone = ZoneInfo("Europe/Berlin")
    end = to_us(datetime(2024, 3, 31, 1, tzinfo=UTC))
    for seconds in (0, 1, 1800, 3599):
        assert local_us(datetime(2024, 3, 31, 2) + timedelta(seconds=seconds), zone) == end  # noqa: DTZ001 - as above
