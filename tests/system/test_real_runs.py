"""Real histories through the whole of it, on both logs, against counts made from the files alone."""

import csv
from collections import Counter
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from leadstream.importing.translation import Translation
from streams.calendars import CalendarSpec, parse_hours, parse_target
from tests.streams.calendar_twin import Twin
from tests.system import loan_oracle
from tests.system.conftest import MakeHome
from tests.system.homes import (
    EXAMPLES,
    LOAN_MAPPING,
    Home,
    Outcome,
    decided,
    differences,
    loaded,
    loan_run,
    outcome,
    rows,
    translated,
)
from tests.system.loan_oracle import Case, Due

pytestmark = [pytest.mark.data, pytest.mark.slow]

DAY = 24 * 3600 * 1_000_000
KAFKA = pytest.mark.kafka
FULL = [("embedded", 1), ("embedded", 8), pytest.param("kafka", 4, marks=KAFKA)]
EVERY = [
    ("embedded", 1),
    ("embedded", 4),
    ("embedded", 8),
    *(pytest.param("kafka", number, marks=KAFKA) for number in (1, 4, 8)),
]
HOLIDAYS = frozenset({date(2011, 10, 3)})
WORKING_HOURS = """
agreement: desk
version: 1
effective_from: 2011-01-01T00:00:00+01:00
calendars:
  desk:
    timezone: Europe/Amsterdam
    hours:
      mon: [["09:00", "18:00"]]
      tue: [["09:00", "18:00"]]
      wed: [["09:00", "18:00"]]
      thu: [["09:00", "18:00"]]
      fri: [["09:00", "18:00"]]
    holidays: [2011-10-03]
statuses:
  A_PREACCEPTED: {means: working}
  A_ACCEPTED: {means: working}
  O_SENT: {means: working}
  O_SENT_BACK: {means: working}
  A_ACTIVATED: {means: converted}
  A_DECLINED: {means: unqualified}
  A_CANCELLED: {means: unqualified}
sales_clauses:
  quick_call: {starts_on: captured, stopped_by: {touch: {direction: outbound}}, within: 2h, calendar: desk}
  call: {starts_on: captured, stopped_by: {touch: {direction: outbound}}, within: 1d, calendar: desk}
  first_status: {starts_on: captured, stopped_by: {status_changed: true}, within: 30m, calendar: desk, warn_at: 50%}
  any_hour: {starts_on: captured, stopped_by: {touch: {direction: outbound}}, within: 90m}
"""


def sla_counts(found: Outcome) -> dict[str, dict[str, int]]:
    names = ("started", "met", "breached", "cancelled", "open", "retracted")
    return {row["clause"]: {name: row[name] for name in names} for row in rows(found, "sla")}


def verdicts(counts: Counter[str]) -> dict[str, int]:
    names = ("met", "breached", "cancelled", "open")
    return {"started": counts.total(), **{name: counts[name] for name in names}, "retracted": 0}


def stages(found: Outcome) -> dict[str, int]:
    return {row["stage"]: row["leads"] for row in rows(found, "funnel")}


@pytest.fixture(scope="session")
def loan_cases(loan_file: Path) -> dict[str, Case]:
    return loan_oracle.cases_of(loan_file)


@pytest.fixture(scope="session")
def loan_slice(loan_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return loan_oracle.slice_of(loan_file, tmp_path_factory.mktemp("slice"), 1_000)


async def test_the_loan_funnel_gives_the_figures_counted_from_its_file(
    reference: Outcome, loan_cases: dict[str, Case]
) -> None:
    end = loan_oracle.end_of(loan_cases)
    counted = loan_oracle.verdicts(loan_cases, lambda start: start + DAY, end)
    assert counted == {"met": 9_181, "breached": 476, "cancelled": 3_430}
    assert sla_counts(reference) == {"first_response": verdicts(counted)}
    assert stages(reference) == loan_oracle.funnel_of(loan_cases)
    assert stages(reference) == {
        "captured": 13_087,
        "A_PREACCEPTED": 7_367,
        "A_ACCEPTED": 5_113,
        "O_SENT": 5_015,
        "O_SENT_BACK": 3_254,
        "A_ACTIVATED": 2_246,
        "A_DECLINED": 7_635,
        "A_CANCELLED": 2_807,
        "converted": 2_246,
    }


async def test_the_response_times_are_those_of_the_file(reference: Outcome, loan_cases: dict[str, Case]) -> None:
    seconds = loan_oracle.response_seconds(loan_cases)
    (row,) = rows(reference, "response-times")
    assert (row["answered"], row["leads"]) == (len(seconds), len(loan_cases))
    assert row["mean_seconds"] == (2 * sum(seconds) + len(seconds)) // (2 * len(seconds))
    for percent in (50, 90):  # nearest rank
        assert row[f"p{percent}_seconds"] == seconds[-(-len(seconds) * percent // 100) - 1]


async def test_the_breaches_listed_are_those_counted(reference: Outcome, loan_cases: dict[str, Case]) -> None:
    end = loan_oracle.end_of(loan_cases)
    broken = {
        name
        for name, case in loan_cases.items()
        if loan_oracle.verdicts({name: case}, lambda start: start + DAY, end)["breached"]
    }
    assert {row["lead"] for row in rows(reference, "breaches")} == broken


async def test_every_state_and_view_of_the_loan_funnel_is_a_fold_of_its_facts(
    reference: Outcome, reference_home: Home
) -> None:
    assert reference.facts > 120_115
    assert await differences(reference_home) == []


@pytest.mark.parametrize(("kind", "partitions"), FULL)
async def test_log_and_partition_count_leave_no_trace_in_the_loan_funnel(
    reference: Outcome, loans: Translation, make_home: MakeHome, kind: str, partitions: int
) -> None:
    home = make_home(kind, partitions=partitions)
    assert await loan_run(home, loans) == reference


async def test_importing_and_running_again_adds_nothing(
    reference: Outcome, reference_home: Home, loans: Translation
) -> None:
    assert await decided(reference_home) == reference
    again = await loaded(reference_home, loans, None)
    assert again.repeated
    assert again.facts == 120_115
    assert await decided(reference_home) == reference


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def slice_reference(make_home: MakeHome, loan_slice: Path) -> Outcome:
    return await slice_run(make_home("embedded", partitions=4), loan_slice)


async def slice_run(home: Home, loan_slice: Path) -> Outcome:
    await loaded(home, translated(LOAN_MAPPING, loan_slice), WORKING_HOURS)
    return await decided(home)


def in_working_hours(cases: dict[str, Case], quick: Due, day: Due, soon: Due) -> dict[str, dict[str, int]]:
    """Verdicts of each clause of `WORKING_HOURS`."""
    end = loan_oracle.end_of(cases)
    return {
        "quick_call": verdicts(loan_oracle.verdicts(cases, quick, end)),
        "call": verdicts(loan_oracle.verdicts(cases, day, end)),
        "first_status": verdicts(loan_oracle.verdicts(cases, soon, end, by_status=True)),
        "any_hour": verdicts(loan_oracle.verdicts(cases, lambda start: start + 90 * 60_000_000, end)),
    }


async def test_working_hours_are_judged_as_a_walk_over_the_minutes_judges_them(
    slice_reference: Outcome, loan_slice: Path
) -> None:
    week = dict.fromkeys(range(5), parse_hours([("09:00", "18:00")]))
    twin = Twin(CalendarSpec("Europe/Amsterdam", week, HOLIDAYS))
    quick, day, soon = (partial(twin.due, target=parse_target(text)) for text in ("2h", "1d", "30m"))
    expected = in_working_hours(loan_oracle.cases_of(loan_slice), quick, day, soon)
    assert all(min(counts["met"], counts["breached"]) > 0 for counts in expected.values()), expected
    assert sla_counts(slice_reference) == expected


async def test_the_whole_loan_funnel_is_judged_in_working_hours_as_a_walk_over_the_days_judges_it(
    make_home: MakeHome, loans: Translation, loan_cases: dict[str, Case]
) -> None:
    home = make_home("embedded", partitions=4)
    await loaded(home, loans, WORKING_HOURS)
    quick, day, soon = (loan_oracle.office_due(minutes, HOLIDAYS) for minutes in (120, None, 30))
    assert sla_counts(await decided(home)) == in_working_hours(loan_cases, quick, day, soon)
    assert await differences(home) == []


@pytest.mark.kafka
@pytest.mark.parametrize("partitions", [1, 8])
async def test_the_slice_is_the_same_on_kafka_whatever_the_partitions(
    slice_reference: Outcome, loan_slice: Path, make_home: MakeHome, partitions: int
) -> None:
    home = make_home("kafka", partitions=partitions)
    assert await slice_run(home, loan_slice) == slice_reference
    assert await differences(home) == []
    again = await loaded(home, translated(LOAN_MAPPING, loan_slice), None)
    assert again.repeated
    assert await decided(home) == slice_reference


@pytest.fixture(scope="session")
def olist_files(shared_data: Path) -> tuple[Path, Path]:
    return (
        shared_data / "olist_marketing_qualified_leads_dataset.csv",
        shared_data / "olist_closed_deals_dataset.csv",
    )


@pytest.fixture(scope="session")
def olist(olist_files: tuple[Path, Path]) -> Translation:
    return translated(EXAMPLES / "imports/olist.yaml", *olist_files)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def olist_reference(make_home: MakeHome, olist: Translation) -> Outcome:
    home = make_home("embedded", partitions=2)
    await loaded(home, olist, None)
    return await decided(home)


def read(path: Path) -> list[dict[str, Any]]:
    with path.open(newline="", encoding="utf-8-sig") as file:
        return list(csv.DictReader(file))


def test_the_marketplace_leads_per_origin_are_those_of_the_files(
    olist_reference: Outcome, olist_files: tuple[Path, Path]
) -> None:
    origin = {row["mql_id"]: row["origin"] for row in read(olist_files[0])}
    captured, converted = Counter(origin.values()), Counter(origin[row["mql_id"]] for row in read(olist_files[1]))
    found = {(row["source"], row["stage"]): row["leads"] for row in rows(olist_reference, "funnel")}
    expected = {(name, "captured"): count for name, count in captured.items()}
    expected |= {(name, "converted"): count for name, count in converted.items()}
    assert found == expected
    assert captured.total() == 8_000
    assert converted.total() == 842
    assert min(captured[""], captured["unknown"]) > 0


def test_a_deal_won_before_the_first_contact_is_not_lost(
    olist_reference: Outcome, olist_files: tuple[Path, Path]
) -> None:
    contacted = {row["mql_id"]: row["first_contact_date"] for row in read(olist_files[0])}
    early = [row["mql_id"] for row in read(olist_files[1]) if row["won_date"] < contacted[row["mql_id"]]]
    assert len(early) == 1
    (row,) = [row for row in rows(olist_reference, "leads") if row["lead"] == early[0]]
    assert row["converted_at"] is not None
    assert row["captured_at"] > row["converted_at"]


@pytest.mark.parametrize(("kind", "partitions"), EVERY)
async def test_log_and_partition_count_leave_no_trace_in_the_marketplace_leads(
    olist_reference: Outcome, olist: Translation, make_home: MakeHome, kind: str, partitions: int
) -> None:
    home = make_home(kind, partitions=partitions)
    await loaded(home, olist, None)
    assert await decided(home) == olist_reference
    assert await decided(home) == olist_reference
    assert (await loaded(home, olist, None)).repeated
    assert await decided(home) == olist_reference
    assert await outcome(home) == olist_reference
    assert await differences(home) == []
