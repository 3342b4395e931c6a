"""Dates as people write them, and which of two numbers is the day."""

# ruff: noqa: DTZ001 - what is read is a wall clock, its zone is known elsewhere

from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.instants import iso
from leadstream.importing import FilesError, Options, Translation, load_mapping, match_files, prepared, translate
from leadstream.importing.dates import Dates, Order, local_date, local_time
from leadstream.importing.problems import BadValueError

MAPPING = """
name: trial
zone: Europe/Berlin
files:
  - role: list
    match: "*"
    subject: id
    time: at
    rules: [{fact: lead.captured}]
"""
DAYS = st.dates(date(1970, 1, 1), date(2068, 12, 31))


@pytest.mark.parametrize(
    ("text", "order", "wanted"),
    [
        ("31.03.2026", None, datetime(2026, 3, 31)),
        ("3.4.2026", None, datetime(2026, 4, 3)),
        ("3/31/2026 2:05 PM", "month_first", datetime(2026, 3, 31, 14, 5)),
        ("03/04/26, 12:00 am", "month_first", datetime(2026, 3, 4)),
        ("4-3-2026 14:05:06.5", "day_first", datetime(2026, 3, 4, 14, 5, 6, 500000)),
        ("2026/03/04 09:00", None, datetime(2026, 3, 4, 9)),
        ("31 Mar 2026", None, datetime(2026, 3, 31)),
        ("31-MAR-26", None, datetime(2026, 3, 31)),
        ("March 31, 2026 9:30 a.m.", None, datetime(2026, 3, 31, 9, 30)),
        ("5/5/2026", None, datetime(2026, 5, 5)),
    ],
)
def test_a_date_is_the_day_it_says(text: str, order: Order | None, wanted: datetime) -> None:
    assert local_time(text, Dates(order)) == wanted


def test_a_zone_behind_the_time_counts() -> None:
    read = local_time("31.03.2026 14:05 +02:00", Dates())
    assert read.isoformat() == "2026-03-31T14:05:00+02:00"
    assert local_time("3/31/2026 14:05 UTC", Dates("month_first")).isoformat() == "2026-03-31T14:05:00+00:00"


@pytest.mark.parametrize(
    ("text", "order", "why"),
    [
        ("3/4/2026", None, "may be day first or month first"),
        ("31/3/2026", "month_first", "is not a day of the calendar, month first"),
        ("30.02.2026", None, "is not a day of the calendar"),
        ("soon", None, "is not a date such as"),
        ("31.03.2026 25:00", None, "has a time that no clock shows"),
        ("31.03.2026 13:00 PM", None, "twelve hours"),
        ("31.03.2026 later", None, "has no time behind its date"),
        ("31 Foo 2026", None, "has no month"),
        ("٣/٤/2026", "day_first", "is not a"),
        ("1" * 100, None, "is not a date"),
        ("", None, "is not a date"),
    ],
)
def test_what_is_no_date_or_may_be_two_is_refused_with_the_reason(text: str, order: Order | None, why: str) -> None:
    with pytest.raises(BadValueError, match=why):
        local_time(text, Dates(order))


@given(DAYS, st.sampled_from(["day_first", "month_first"]), st.sampled_from("/-"), st.booleans())
def test_a_day_written_in_an_order_is_read_back_in_it(day: date, order: Order, sign: str, short: bool) -> None:
    parts = [f"{day.day:02}", f"{day.month:02}"]
    year = f"{day.year % 100:02}" if short else f"{day.year}"
    text = sign.join([*(parts if order == "day_first" else reversed(parts)), year])
    assert local_date(text, Dates(order)) == day.isoformat()


@given(st.text())
def test_a_text_is_a_time_or_refused_and_never_anything_else(text: str) -> None:
    try:
        local_time(text, Dates("day_first"))
    except BadValueError:
        return


def read(folder: Path, *days: str, mapping: str = MAPPING, **said: object) -> Translation:
    path = folder / "list.csv"
    rows = "".join(f'{number},"{day}"\n' for number, day in enumerate(days))
    path.write_text(f"id,at\n{rows}")
    loaded = load_mapping(mapping)
    return translate(loaded, match_files(loaded, [path]), options=Options(**said))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("telling", "first"), [("31/3/2026", "2026-04-02T22:00:00Z"), ("3/31/2026", "2026-03-03T23:00:00Z")]
)
@pytest.mark.parametrize("between", [0, 3000])
def test_one_date_tells_the_order_of_all_however_late_it_comes(
    tmp_path: Path, telling: str, first: str, between: int
) -> None:
    made = read(tmp_path, "3/4/2026", *["1/1/2026"] * between, telling)
    at = {fact.subject: iso(fact.occurred_at) for fact in made.facts()}
    assert at["0"] == first
    assert len(made.dead) == 0


def test_where_no_date_tells_the_file_is_refused_until_somebody_says_it(tmp_path: Path) -> None:
    with pytest.raises(FilesError) as caught:
        read(tmp_path, "1/1/2026", "3/4/2026")
    assert str(caught.value) == (
        "list.csv: '3/4/2026' may be day first or month first, and no date in the file tells; "
        "say --dates day-first or --dates month-first"
    )
    for order, instant in (("day_first", "2026-04-02T22:00:00Z"), ("month_first", "2026-03-03T23:00:00Z")):
        made = read(tmp_path, "1/1/2026", "3/4/2026", dates=order)
        assert iso(list(made.facts())[1].occurred_at) == instant
        said = MAPPING.replace("time: at", f"time: at\n    dates: {order.replace('_', '-')}")
        (fact,) = read(tmp_path, "3/4/2026", mapping=said).facts()
        assert iso(fact.occurred_at) == instant


def test_dates_that_mean_the_same_both_ways_ask_nobody(tmp_path: Path) -> None:
    assert len(read(tmp_path, "1/1/2026", "2026-02-03", "4/4/2026").dead) == 0


@pytest.mark.parametrize("impossible", ["13/13/2026", "31/2/2026", "99/5/2026", "2/29/2027", "0/31/2026", "1/31/0000"])
def test_a_date_of_no_calendar_says_nothing_about_the_others(tmp_path: Path, impossible: str) -> None:
    with pytest.raises(FilesError, match="'3/4/2026' may be day first or month first, and no date in the file tells"):
        read(tmp_path, impossible, "3/4/2026")
    for telling, instant in (("31/3/2026", "2026-04-02T22:00:00Z"), ("3/31/2026", "2026-03-03T23:00:00Z")):
        made = read(tmp_path, impossible, "3/4/2026", telling)
        assert {fact.subject: iso(fact.occurred_at) for fact in made.facts()}["1"] == instant
        (dead,) = made.dead
        assert (dead.line, dead.field) == (2, "time")
        assert "is not a day of the calendar" in dead.reason
    (dead,) = read(tmp_path, impossible).dead
    assert "is not a day of the calendar" in dead.reason


@pytest.mark.parametrize("between", [0, 3000])
def test_dates_that_contradict_each_other_are_refused_with_both_named(tmp_path: Path, between: int) -> None:
    for days, why in (
        (("31/3/2026", "3/30/2026"), "'31/3/2026' is day first and '3/30/2026' month first"),
        (("3/30/2026", "31/3/2026"), "'3/30/2026' is month first and '31/3/2026' day first"),
        (("1.4.2026", "3/30/2026"), "'1.4.2026' is day first and '3/30/2026' month first"),
    ):
        with pytest.raises(FilesError) as caught:
            read(tmp_path, days[0], *["3/4/2026"] * between, days[1])
        assert str(caught.value) == f"list.csv: {why}; say --dates day-first or --dates month-first"


def test_a_date_against_the_order_that_was_said_is_a_dead_letter(tmp_path: Path) -> None:
    (dead,) = read(tmp_path, "31/3/2026", "3/31/2026", dates="day_first").dead
    assert (dead.line, dead.field) == (3, "time")
    assert "is not a day of the calendar, day first" in dead.reason


def test_how_dates_are_written_is_told_with_the_date_that_told(tmp_path: Path) -> None:
    def said(*days: str, **options: object) -> str:
        path = tmp_path / "list.csv"
        path.write_text("id,at\n" + "".join(f'x,"{day}"\n' for day in days))
        loaded = load_mapping(MAPPING)
        files: Mapping[str, Path] = match_files(loaded, [path])
        (one,) = prepared(loaded, files, Options(**options), b"")  # type: ignore[arg-type]
        return one.words()

    assert "dates day first (detected, as in '31/3/2026')" in said("3/4/2026", "31/3/2026")
    assert "dates ambiguous ('3/4/2026' may be day first or month first)" in said("3/4/2026")
    assert "dates contradict each other ('31/3/2026' is day first and '3/30/2026' month first)" in said(
        "31/3/2026", "3/30/2026"
    )
    assert ", ," not in said("5/5/2026")
    assert "dates month first," in said("3/4/2026", dates="month_first")
    assert "dates" not in said("2026-03-04")
    assert said("2026-03-04", zone="Asia/Tokyo").endswith("times without a zone in Asia/Tokyo")


def test_a_date_of_a_field_is_read_in_the_order_of_the_file(tmp_path: Path) -> None:
    mapping = MAPPING.replace(
        "rules: [{fact: lead.captured}]",
        "rules:\n      - {fact: lead.converted, data: {close_date: {column: at, then: date}}}",
    )
    made = read(tmp_path, "4/3/2026", "3/31/2026", mapping=mapping)
    assert [fact.data["close_date"] for fact in made.facts()] == ["2026-03-31", "2026-04-03"]
