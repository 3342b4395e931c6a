from collections.abc import Callable
from datetime import date, timedelta

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from events.instants import DAY, HOUR, SECOND, from_us
from streams.calendars import ALWAYS, Calendar, CalendarRangeError, CalendarSpec, Target, parse_hours, parse_target
from tests.streams.calendar_cases import (
    BUCHAREST,
    NINE_TO_FIVE,
    ROUND_THE_CLOCK,
    Window,
    calendar,
    cases,
    local,
    pause_lists,
    pauses_from,
    shown,
    utc,
)
from tests.streams.calendar_twin import MINUTE, Twin, zone_of
from tests.support.laws import examples

OFFICE = calendar(NINE_TO_FIVE)
# The worked cases. In 2026 the 5th of January is a Monday.


def test_saturday_evening_plus_two_hours_is_due_monday_at_eleven() -> None:
    assert shown(OFFICE.due(local("2026-01-10T18:30"), parse_target("2h"))) == "Mon 12 Jan 2026 11:00"


def test_saturday_evening_plus_two_hours_is_not_due_on_tuesday() -> None:
    due = OFFICE.due(local("2026-01-10T18:30"), parse_target("2h"))
    assert from_us(due).astimezone(zone_of(BUCHAREST)).strftime("%a") != "Tue"
    assert OFFICE.working(local("2026-01-10T18:30"), local("2026-01-13T09:00")) == 8 * HOUR


def test_friday_a_quarter_before_closing_plus_half_an_hour_is_due_monday_a_quarter_after_opening() -> None:
    assert shown(OFFICE.due(local("2026-01-09T16:45"), parse_target("30m"))) == "Mon 12 Jan 2026 09:15"


def test_a_start_exactly_at_closing_counts_from_the_next_morning() -> None:
    assert shown(OFFICE.due(local("2026-01-05T17:00"), parse_target("30m"))) == "Tue 06 Jan 2026 09:30"


def test_a_lunch_break_is_not_working_time() -> None:
    split = calendar(("09:00", "12:30"), ("13:30", "18:00"))
    assert shown(split.due(local("2026-01-05T12:20"), parse_target("30m"))) == "Mon 05 Jan 2026 13:50"


def test_a_holiday_is_skipped_whole() -> None:
    closed_on_thursday = calendar(NINE_TO_FIVE, holidays=[date(2026, 1, 8)])
    assert shown(closed_on_thursday.due(local("2026-01-07T16:00"), parse_target("2h"))) == "Fri 09 Jan 2026 10:00"


def test_a_pause_outside_working_hours_adds_nothing() -> None:
    night = [(local("2026-01-05T17:00"), local("2026-01-06T09:00"))]
    due = OFFICE.due(local("2026-01-05T10:00"), parse_target("8h"), night)
    assert shown(due) == "Tue 06 Jan 2026 10:00"
    assert due == OFFICE.due(local("2026-01-05T10:00"), parse_target("8h"))


def test_a_pause_inside_working_hours_moves_the_due_time_by_its_length() -> None:
    pause = [(local("2026-01-05T11:00"), local("2026-01-05T12:00"))]
    assert shown(OFFICE.due(local("2026-01-05T10:00"), parse_target("2h"), pause)) == "Mon 05 Jan 2026 13:00"


def test_an_hour_that_clocks_jump_over_is_not_worked() -> None:
    always_on = calendar(ROUND_THE_CLOCK, days=range(7))
    due = always_on.due(local("2026-03-28T20:00"), parse_target("12h"))
    assert shown(due) == "Sun 29 Mar 2026 09:00"
    assert due == local("2026-03-28T20:00") + 12 * HOUR


# Edges of due.


def test_what_ends_with_the_day_is_due_at_closing_and_not_at_the_next_opening() -> None:
    assert shown(OFFICE.due(local("2026-01-05T16:00"), parse_target("1h"))) == "Mon 05 Jan 2026 17:00"


def test_a_target_of_nothing_is_due_at_once_even_in_closed_time() -> None:
    saturday = local("2026-01-10T18:30")
    assert OFFICE.due(saturday, Target()) == ALWAYS.due(saturday, Target()) == saturday


def test_a_pause_that_begins_exactly_at_the_due_time_does_not_matter() -> None:
    pause = [(local("2026-01-05T12:00"), local("2026-01-05T15:00"))]
    assert shown(OFFICE.due(local("2026-01-05T10:00"), parse_target("2h"), pause)) == "Mon 05 Jan 2026 12:00"


def test_overlapping_unsorted_nested_and_empty_pauses_count_once() -> None:
    hours = [(13, 14), (11, 13), (11, 12), (10, 10), (12, 11), (8, 10)]
    pauses = [(local(f"2026-01-05T{low:02d}:00"), local(f"2026-01-05T{high:02d}:00")) for low, high in hours]
    start = local("2026-01-05T10:00")
    assert shown(OFFICE.due(start, parse_target("2h"), pauses)) == "Mon 05 Jan 2026 15:00"
    assert OFFICE.working(start, local("2026-01-05T17:00"), pauses) == 4 * HOUR


def test_a_pause_moved_into_by_another_pause_counts_too() -> None:
    pauses = [
        (local("2026-01-05T12:30"), local("2026-01-05T13:30")),
        (local("2026-01-05T11:00"), local("2026-01-05T12:00")),
    ]
    assert shown(OFFICE.due(local("2026-01-05T10:00"), parse_target("2h"), pauses)) == "Mon 05 Jan 2026 14:00"


def test_microseconds_are_kept() -> None:
    start = local("2026-01-09T16:59:59.999999")
    assert OFFICE.due(start, Target(microseconds=2)) == local("2026-01-12T09:00") + 1
    assert OFFICE.working(start, local("2026-01-12T09:00:00.000001")) == 2


@pytest.mark.parametrize("after", [0, 1, 2, SECOND])
def test_nothing_after_closing_counts(after: int) -> None:
    closing = local("2026-01-05T17:00")
    assert OFFICE.working(closing - 1, closing + after) == 1


def test_an_end_before_the_start_has_no_working_time() -> None:
    start = local("2026-01-05T12:00")
    assert OFFICE.working(start, start - HOUR) == ALWAYS.working(start, start - HOUR) == 0


@pytest.mark.parametrize(
    ("at", "opening"),
    [
        ("2026-01-05T09:00", "Mon 05 Jan 2026 09:00"),
        ("2026-01-05T16:59", "Mon 05 Jan 2026 16:59"),
        ("2026-01-05T17:00", "Tue 06 Jan 2026 09:00"),
        ("2026-01-10T12:00", "Mon 12 Jan 2026 09:00"),
    ],
)
def test_the_next_opening_is_now_while_open(at: str, opening: str) -> None:
    assert shown(OFFICE.next_opening(local(at))) == opening


def test_a_warning_comes_at_its_share_of_the_working_time() -> None:
    start = local("2026-01-09T16:45")
    assert shown(OFFICE.at_share(start, parse_target("30m"), 80)) == "Mon 12 Jan 2026 09:09"
    assert shown(OFFICE.at_share(start, parse_target("30m"), 50)) == "Fri 09 Jan 2026 17:00"
    assert OFFICE.at_share(start, parse_target("30m"), 100) == OFFICE.due(start, parse_target("30m"))
    assert OFFICE.at_share(start, parse_target("30m"), 0) == start
    assert OFFICE.at_share(local("2026-01-05T10:00"), Target(microseconds=3), 50) == local("2026-01-05T10:00") + 2


@pytest.mark.parametrize("share", [-1, 101])
def test_a_share_outside_a_hundred_percent_is_refused(share: int) -> None:
    with pytest.raises(ValueError, match="0 to 100"):
        OFFICE.at_share(0, Target(), share)


# Targets in days.


@pytest.mark.parametrize(
    ("start", "days", "due", "hours"),
    [
        ("2026-01-05T10:00", 1, "Tue 06 Jan 2026 10:00", 8),
        ("2026-01-05T10:00", 2, "Wed 07 Jan 2026 10:00", 16),
        ("2026-01-09T10:00", 1, "Mon 12 Jan 2026 10:00", 8),  # over a weekend
        ("2026-01-10T18:30", 1, "Mon 12 Jan 2026 17:00", 8),  # moves to Monday 09:00; Monday is a whole working day
        ("2026-01-05T17:00", 1, "Tue 06 Jan 2026 17:00", 8),  # closing is closed time
    ],
)
def test_days_are_working_days_at_the_same_local_time(start: str, days: int, due: str, hours: int) -> None:
    target = Target(days=days)
    assert OFFICE.target_work(local(start), target) == hours * HOUR
    assert shown(OFFICE.due(local(start), target)) == due


def test_a_holiday_is_no_working_day() -> None:
    closed_on_tuesday = calendar(NINE_TO_FIVE, holidays=[date(2026, 1, 6)])
    assert shown(closed_on_tuesday.due(local("2026-01-05T10:00"), parse_target("1d"))) == "Wed 07 Jan 2026 10:00"


def test_the_same_local_time_in_closed_time_grants_the_work_up_to_the_next_opening() -> None:
    spec = CalendarSpec(BUCHAREST, {0: parse_hours([("09:00", "18:00")]), 1: parse_hours([("09:00", "12:00")])})
    uneven = Calendar(spec)
    assert uneven.target_work(local("2026-01-05T17:00"), Target(days=1)) == 4 * HOUR  # up to the next Monday 09:00
    assert shown(uneven.due(local("2026-01-05T17:00"), Target(days=1))) == "Tue 06 Jan 2026 12:00"


def test_days_count_from_a_local_new_year_that_is_still_the_old_year_in_utc() -> None:
    start = local("2026-01-01T00:30")
    for days, due in ((1, "Fri 02 Jan 2026 00:30"), (3, "Sun 04 Jan 2026 00:30")):
        assert shown(calendar(ROUND_THE_CLOCK, days=range(7)).due(start, Target(days=days))) == due


def test_a_pause_acts_on_the_work_that_days_grant() -> None:
    pause = [(local("2026-01-05T11:00"), local("2026-01-05T13:00"))]
    assert shown(OFFICE.due(local("2026-01-05T10:00"), Target(days=1), pause)) == "Tue 06 Jan 2026 12:00"
    assert shown(OFFICE.at_share(local("2026-01-05T10:00"), Target(days=1), 50, pause)) == "Mon 05 Jan 2026 16:00"


def test_without_hours_a_day_is_24_hours_of_real_time() -> None:
    start = local("2026-03-28T20:00")
    assert ALWAYS.due(start, parse_target("1d")) == start + DAY
    assert shown(ALWAYS.due(start, parse_target("1d"))) == "Sun 29 Mar 2026 21:00"
    assert ALWAYS.at_share(start, parse_target("1d"), 25) == start + 6 * HOUR
    assert (
        ALWAYS.due(start, parse_target("1h"), [(start - HOUR, start + HOUR), (start, start + 2 * HOUR)])
        == start + 3 * HOUR
    )
    assert ALWAYS.working(start, start + DAY, [(start - HOUR, start + HOUR)]) == 23 * HOUR
    assert ALWAYS.next_opening(start) == start


def test_a_year_of_a_calendar_round_the_clock_has_no_seam() -> None:
    daily = calendar(ROUND_THE_CLOCK, days=range(7))
    low, high = utc("2019-06-01T12:00"), utc("2031-02-03T04:05")
    assert daily.working(low, high) == high - low
    assert daily.due(low, Target(microseconds=high - low)) == high


# The range of years, and what is refused.


def test_answers_do_not_depend_on_the_order_of_the_questions() -> None:
    starts = [local(f"{year}-07-01T10:00") for year in (2026, 2031, 1999, 2027, 1971)]
    asked = calendar(NINE_TO_FIVE)
    span = (local("1985-01-01T00:00"), local("2030-01-01T00:00"))
    before = [(asked.due(start, Target(days=3)), asked.working(*span)) for start in starts]
    after = [(asked.due(start, Target(days=3)), asked.working(*span)) for start in reversed(starts)]
    fresh = [
        (calendar(NINE_TO_FIVE).due(start, Target(days=3)), calendar(NINE_TO_FIVE).working(*span)) for start in starts
    ]
    assert before == list(reversed(after)) == fresh


def test_the_first_and_the_last_supported_instant_are_answered() -> None:
    end = utc("2200-12-31T23:59:59.999999") + 1
    assert calendar(ROUND_THE_CLOCK, zone="UTC", days=range(7)).due(0, Target(microseconds=HOUR)) == HOUR
    daily = calendar(ROUND_THE_CLOCK, zone="UTC", days=range(7))
    assert daily.due(end - HOUR, Target(microseconds=HOUR)) == end
    assert daily.working(end - HOUR, end) == HOUR
    assert ALWAYS.due(end - HOUR, Target(microseconds=HOUR)) == end


@pytest.mark.parametrize("asked", [OFFICE, ALWAYS])
def test_an_instant_outside_the_supported_years_is_refused(asked: Calendar) -> None:
    end = utc("2200-12-31T23:59:59.999999") + 1
    asks: tuple[Callable[[], int], ...] = (
        lambda: asked.due(-1, Target(microseconds=1)),
        lambda: asked.due(end + 1, Target()),
        lambda: asked.working(-1, 1),
        lambda: asked.working(end - 1, end + 1),
        lambda: asked.next_opening(end + 1),
        lambda: asked.due(end - DAY, Target(microseconds=3 * DAY)),
        lambda: asked.due(end - DAY, Target(days=3)),
        lambda: asked.due(end - 30 * DAY, Target(days=1), [(end - 31 * DAY, end + 1)]),
    )
    for ask in asks:
        with pytest.raises(CalendarRangeError):
            ask()


def test_a_calendar_whose_last_window_has_passed_refuses_instead_of_seeking_for_ever() -> None:
    mondays = [date(1970, 1, 5) + timedelta(weeks=number) for number in range(1, 12_060)]
    once = calendar(NINE_TO_FIVE, zone="UTC", days=[0], holidays=mondays)
    assert once.next_opening(0) == utc("1970-01-05T09:00")
    with pytest.raises(CalendarRangeError):
        once.due(utc("1970-01-05T17:00"), Target(microseconds=1))


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("90s", Target(microseconds=90 * SECOND)),
        ("30m", Target(microseconds=30 * MINUTE)),
        ("24h", Target(microseconds=24 * HOUR)),
        ("2h30m", Target(microseconds=150 * MINUTE)),
        ("1h2m3s", Target(microseconds=3723 * SECOND)),
        ("14d", Target(days=14)),
        ("0m", Target()),
    ],
)
def test_a_target_is_read_from_text(text: str, target: Target) -> None:
    assert parse_target(text) == target


@pytest.mark.parametrize(
    "text", ["", "30", "m", "-5m", "1.5h", "30m2h", "1d12h", "2w", "30 m", "30M", "٣m", "1h\n", 30, None]
)
def test_a_target_of_another_form_is_refused_with_what_was_expected(text: object) -> None:
    with pytest.raises(ValueError, match=r'expected a duration such as "90s", "30m", "2h30m"'):
        parse_target(text)


@pytest.mark.parametrize("amounts", [{"microseconds": -1}, {"days": -1}, {"microseconds": 1, "days": 1}])
def test_a_target_is_either_time_or_days_and_not_negative(amounts: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="either working time or days"):
        Target(**amounts)


# Laws, against the twin that walks minutes. Starts lie about changes of clocks, also odd ones.


@settings(max_examples=examples(35), deadline=None)
@given(cases(), st.integers(0, 5 * DAY), pause_lists)
def test_working_time_is_what_the_walker_counts(case: tuple[CalendarSpec, int], span: int, drawn: list[Window]) -> None:
    spec, start = case
    pauses = pauses_from(start, drawn)
    assert Calendar(spec).working(start, start + span, pauses) == Twin(spec).working(start, start + span, pauses)


@settings(max_examples=examples(35), deadline=None)
@given(
    cases(),
    st.integers(0, 24 * HOUR) | st.integers(0, 96).map(lambda n: n * 15 * MINUTE),
    pause_lists,
    st.integers(0, 100),
)
def test_due_and_warnings_are_where_the_walker_arrives(
    case: tuple[CalendarSpec, int], work: int, drawn: list[Window], share: int
) -> None:
    spec, start = case
    asked, twin, pauses = Calendar(spec), Twin(spec), pauses_from(start, drawn)
    assume(asked.working(start, start + 14 * DAY, pauses) >= work)  # the walker has no patience for more
    target = Target(microseconds=work)
    assert asked.due(start, target, pauses) == twin.due(start, target, pauses)
    assert asked.at_share(start, target, share, pauses) == twin.at_share(start, target, share, pauses)


@settings(max_examples=examples(25), deadline=None)
@given(cases(), st.integers(1, 4), pause_lists)
def test_days_are_counted_as_the_walker_counts_them(
    case: tuple[CalendarSpec, int], days: int, drawn: list[Window]
) -> None:
    spec, start = case
    asked, twin, pauses = Calendar(spec), Twin(spec), pauses_from(start, drawn)
    assume(asked.working(start, start + 14 * DAY) > 0)
    target = Target(days=days)
    assert asked.next_opening(start) == twin.next_opening(start)
    assert asked.target_work(start, target) == twin.target_work(start, target)
    assert asked.due(start, target, pauses) == twin.due(start, target, pauses)


# Laws that need no twin.


@settings(max_examples=examples(30), deadline=None)
@given(cases(), st.integers(0, 40 * DAY), st.integers(0, 40 * DAY), pause_lists)
def test_working_time_adds_up(case: tuple[CalendarSpec, int], first: int, second: int, drawn: list[Window]) -> None:
    spec, start = case
    asked, middle, end = Calendar(spec), start + first, start + first + second
    pauses = pauses_from(start, drawn)
    whole = asked.working(start, end, pauses)
    assert asked.working(start, middle, pauses) + asked.working(middle, end, pauses) == whole
    assert 0 <= whole <= asked.working(start, end) <= end - start


@settings(max_examples=examples(30), deadline=None)
@given(cases(), st.integers(1, 60 * HOUR), pause_lists)
def test_due_is_the_least_instant_that_has_the_work(
    case: tuple[CalendarSpec, int], work: int, drawn: list[Window]
) -> None:
    spec, start = case
    asked, pauses = Calendar(spec), pauses_from(start, drawn)
    due = asked.due(start, Target(microseconds=work), pauses)
    assert asked.working(start, due, pauses) == work
    assert asked.working(start, due - 1, pauses) == work - 1


@settings(max_examples=examples(30), deadline=None)
@given(cases(), st.integers(0, 60 * HOUR), st.integers(0, 5 * DAY), st.integers(0, 20 * HOUR), pause_lists)
def test_a_later_start_more_work_or_a_pause_never_makes_it_due_earlier(
    case: tuple[CalendarSpec, int], work: int, wait: int, more: int, drawn: list[Window]
) -> None:
    spec, start = case
    asked, pauses = Calendar(spec), pauses_from(start, drawn)
    due = asked.due(start, Target(microseconds=work), pauses)
    assert due <= asked.due(start + wait, Target(microseconds=work), pauses)
    assert due <= asked.due(start, Target(microseconds=work + more), pauses)
    assert due >= asked.due(start, Target(microseconds=work))


@settings(max_examples=examples(30), deadline=None)
@given(cases(), st.integers(1, 9), st.permutations(range(4)), pause_lists)
def test_the_order_of_pauses_does_not_matter(
    case: tuple[CalendarSpec, int], days: int, order: list[int], drawn: list[Window]
) -> None:
    spec, start = case
    asked, pauses = Calendar(spec), pauses_from(start, drawn)
    shuffled = [pauses[index] for index in order if index < len(pauses)]
    assert asked.due(start, Target(days=days), shuffled * 2) == asked.due(start, Target(days=days), pauses)


ROUND = calendar(ROUND_THE_CLOCK, days=range(7))


@settings(max_examples=examples(30), deadline=None)
@given(st.integers(10**15, 2 * 10**15), st.integers(0, 40 * DAY), pause_lists)
def test_every_minute_counting_equals_a_calendar_round_the_clock(start: int, work: int, drawn: list[Window]) -> None:
    pauses, target = pauses_from(start, drawn), Target(microseconds=work)
    assert ALWAYS.due(start, target, pauses) == ROUND.due(start, target, pauses)
    assert ALWAYS.working(start, start + work, pauses) == ROUND.working(start, start + work, pauses)
