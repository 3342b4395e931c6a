from datetime import UTC, date, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from zoneinfo import ZoneInfo, reset_tzpath

import pytest

from events.instants import DAY, HOUR, SECOND
from streams.calendars import Calendar, CalendarSpec, Target, parse_hours, parse_target
from tests.streams.calendar_cases import (
    BUCHAREST,
    NINE_TO_FIVE,
    ROUND_THE_CLOCK,
    Window,
    calendar,
    local,
    shown,
    utc,
    week,
)

# Clocks that change: every instant below is written in UTC, from the published rules of the zone.


@pytest.mark.parametrize(
    ("zone", "hours", "opens", "closes"),
    [
        # Bucharest: 29 Mar 2026 03:00 -> 04:00 and 25 Oct 2026 04:00 -> 03:00, both at 01:00 UTC.
        (BUCHAREST, ("03:30", "05:00"), "2026-03-29T01:00", "2026-03-29T02:00"),
        (BUCHAREST, ("02:00", "03:30"), "2026-03-29T00:00", "2026-03-29T01:00"),
        (BUCHAREST, ("03:00", "04:00"), "2026-03-30T00:00", "2026-03-30T01:00"),  # swallowed on the 29th
        (BUCHAREST, ("03:30", "05:00"), "2026-10-25T00:30", "2026-10-25T03:00"),
        (BUCHAREST, ("02:00", "03:30"), "2026-10-24T23:00", "2026-10-25T01:30"),
        (BUCHAREST, ("03:15", "03:45"), "2026-10-25T00:15", "2026-10-25T01:45"),
        (BUCHAREST, ("04:00", "05:00"), "2026-10-25T02:00", "2026-10-25T03:00"),  # 04:00 exists once
        # New York: 8 Mar 2026 02:00 -> 03:00 at 07:00 UTC; 1 Nov 2026 02:00 -> 01:00 at 06:00 UTC.
        ("America/New_York", ("02:30", "09:00"), "2026-03-08T07:00", "2026-03-08T13:00"),
        ("America/New_York", ("01:30", "09:00"), "2026-11-01T05:30", "2026-11-01T14:00"),
        ("America/New_York", ("00:00", "01:30"), "2026-11-01T04:00", "2026-11-01T06:30"),
        # Lord Howe, half an hour: 4 Oct 2026 02:00 -> 02:30 at 15:30 UTC; 5 Apr 2026 02:00 -> 01:30 at 15:00 UTC.
        ("Australia/Lord_Howe", ("02:15", "03:00"), "2026-10-03T15:30", "2026-10-03T16:00"),
        ("Australia/Lord_Howe", ("01:45", "03:00"), "2026-04-04T14:45", "2026-04-04T16:30"),
        ("Australia/Lord_Howe", ("01:00", "01:45"), "2026-04-04T14:00", "2026-04-04T15:15"),
        # Sao Paulo: 4 Nov 2018 began at 01:00 (03:00 UTC); 17 Feb 2018 went back at midnight (18 Feb 02:00 UTC).
        ("America/Sao_Paulo", ("00:00", "02:00"), "2018-11-04T03:00", "2018-11-04T04:00"),
        ("America/Sao_Paulo", ("22:00", "24:00"), "2018-02-18T00:00", "2018-02-18T03:00"),
        ("America/Sao_Paulo", ("23:30", "24:00"), "2018-02-18T01:30", "2018-02-18T03:00"),
        ("America/Sao_Paulo", ("22:00", "23:30"), "2018-02-18T00:00", "2018-02-18T02:30"),
        # Casablanca: Ramadan 2024 was on UTC: 10 Mar 03:00 -> 02:00 and 14 Apr 02:00 -> 03:00, both at 02:00 UTC.
        ("Africa/Casablanca", ("02:30", "05:00"), "2024-03-10T01:30", "2024-03-10T05:00"),
        ("Africa/Casablanca", ("09:00", "10:00"), "2024-03-12T09:00", "2024-03-12T10:00"),
        ("Africa/Casablanca", ("02:30", "05:00"), "2024-04-14T02:00", "2024-04-14T04:00"),
        # Kathmandu: 05:45 before UTC, and no changes of clocks.
        ("Asia/Kathmandu", ("09:00", "17:00"), "2026-01-05T03:15", "2026-01-05T11:15"),
        # Monrovia left -0:44:30 on 7 Jan 1972: offsets may have seconds.
        ("Africa/Monrovia", ("09:00", "17:00"), "1972-01-05T09:44:30", "1972-01-05T17:44:30"),
    ],
)
def test_local_hours_on_a_day_when_clocks_change(zone: str, hours: tuple[str, str], opens: str, closes: str) -> None:
    daily = calendar(hours, zone=zone, days=range(7))
    opening, closing = utc(opens), utc(closes)
    assert daily.next_opening(opening - 1) == opening
    assert daily.working(opening, closing) == closing - opening
    assert daily.next_opening(closing) > closing
    assert daily.due(opening - SECOND, Target(microseconds=closing - opening)) == closing


def test_windows_that_overlap_where_clocks_go_back_count_once() -> None:
    both = calendar(("02:00", "03:30"), ("03:30", "05:00"), days=[6])
    day = (local("2026-10-25T00:00"), local("2026-10-26T00:00"))
    assert both.working(*day) == 4 * HOUR  # 02:00 to 05:00 takes four hours that night


def test_a_midnight_that_exists_twice_counts_once_for_a_calendar_round_the_clock() -> None:
    # Havana: 2 Nov 2025 01:00 -> 00:00; Saturday closes at the second midnight, Sunday has opened at the first.
    daily = calendar(ROUND_THE_CLOCK, zone="America/Havana", days=range(7))
    day = (local("2025-11-02T00:00", "America/Havana"), local("2025-11-03T00:00", "America/Havana"))
    assert daily.working(*day) == 25 * HOUR
    saturdays = calendar(ROUND_THE_CLOCK, zone="America/Havana", days=[5])
    assert saturdays.working(*day) == HOUR


def test_a_day_that_a_zone_skipped_is_no_working_day() -> None:
    # Samoa went from Thursday 29 December 2011 straight to Saturday 31 December.
    apia = "Pacific/Apia"
    office = calendar(NINE_TO_FIVE, zone=apia)
    start = local("2011-12-29T16:00", apia)
    assert shown(office.due(start, parse_target("2h")), apia) == "Mon 02 Jan 2012 10:00"
    assert shown(office.due(start, parse_target("1d")), apia) == "Mon 02 Jan 2012 16:00"
    daily = calendar(ROUND_THE_CLOCK, zone=apia, days=range(7))
    assert daily.working(start, local("2011-12-31T16:00", apia)) == DAY
    fridays = calendar(ROUND_THE_CLOCK, zone=apia, days=[4])
    assert shown(fridays.next_opening(start), apia) == "Fri 06 Jan 2012 00:00"


@pytest.mark.parametrize("name", ["Europe/Atlantis", "", "../zones", "europe/bucharest", "/etc/localtime"])
def test_an_unknown_zone_is_refused_by_name(name: str) -> None:
    with pytest.raises(ValueError, match="IANA name"):
        Calendar(CalendarSpec(name, week(NINE_TO_FIVE)))


def test_zone_files_of_the_machine_do_not_change_an_answer(tmp_path: Path) -> None:
    fake = tmp_path / "Europe" / "Chisinau"
    fake.parent.mkdir()
    fake.write_bytes(files("tzdata").joinpath("zoneinfo/Asia/Tokyo").read_bytes())
    try:
        reset_tzpath([tmp_path])
        ZoneInfo.clear_cache()
        assert ZoneInfo("Europe/Chisinau").utcoffset(datetime(2026, 1, 5, tzinfo=UTC)) == timedelta(hours=9)
        assert calendar(NINE_TO_FIVE, zone="Europe/Chisinau").next_opening(utc("2026-01-05T00:00")) == utc(
            "2026-01-05T07:00"
        )
    finally:
        reset_tzpath()
        ZoneInfo.clear_cache()


@pytest.mark.parametrize("closing", ["24:00", "23:59"])
def test_both_spellings_of_midnight_close_at_midnight(closing: str) -> None:
    assert parse_hours([("22:00", closing)]) == ((1320, 1440),)


def test_hours_are_sorted_and_may_touch() -> None:
    assert parse_hours([["13:30", "18:00"], ["12:00", "13:30"], ["09:00", "11:59"]]) == (
        (540, 719),
        (720, 810),
        (810, 1080),
    )
    assert parse_hours([]) == ()


@pytest.mark.parametrize(
    ("pairs", "message"),
    [
        ([("9:00", "17:00")], "HH:MM"),
        ([("09:00", "25:00")], "HH:MM"),
        ([("09:60", "17:00")], "HH:MM"),
        ([("09:00", "24:01")], "HH:MM"),
        ([(540, 1020)], "in quotes"),
        ([("17:00", "09:00")], "17:00-09:00: expected the opening before the closing"),
        ([("09:00", "09:00")], "opening before the closing"),
        ([("24:00", "24:00")], "opening before the closing"),
        ([("09:00", "13:00"), ("12:59", "17:00")], "12:59-17:00: overlap"),
        ([("09:00",)], "a pair"),
        (["09:00-17:00"], "a pair"),
        ("09:00-17:00", "a list of pairs"),
    ],
)
def test_hours_that_cannot_be_are_refused_with_the_reason(pairs: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse_hours(pairs)


@pytest.mark.parametrize(
    ("hours", "holidays"),
    [
        ({7: ((0, 60),)}, ()),
        ({0: ((60, 60),)}, ()),
        ({0: ((0, 1441),)}, ()),
        ({0: ((60, 120), (90, 150))}, ()),
        ({0: ((60, 120),)}, (datetime(2026, 1, 1, tzinfo=UTC),)),
    ],
)
def test_a_spec_of_the_wrong_shape_is_refused(hours: dict[int, tuple[Window, ...]], holidays: tuple[date, ...]) -> None:
    with pytest.raises(ValueError, match=r"expected|overlap"):
        CalendarSpec(BUCHAREST, hours, frozenset(holidays))


def test_the_same_local_time_is_taken_as_the_end_of_the_gap_or_as_the_first_of_two() -> None:
    daily = calendar(ROUND_THE_CLOCK, days=range(7))
    assert daily.due(local("2026-03-28T03:30"), Target(days=1)) == utc("2026-03-29T01:00")
    assert daily.due(local("2026-10-24T03:30"), Target(days=1)) == utc("2026-10-25T00:30")


def test_a_calendar_that_is_never_open_is_refused() -> None:
    mondays = [date(1970, 1, 5) + timedelta(weeks=number) for number in range(12_060)]
    for hours, holidays in (({}, ()), ({0: ()}, ()), (week(NINE_TO_FIVE, days=[0]), mondays)):
        with pytest.raises(ValueError, match="never open"):
            Calendar(CalendarSpec(BUCHAREST, hours, frozenset(holidays)))
