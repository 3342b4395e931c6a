"""What marketing promised for a quarter against what it delivered, week by week."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from events.agreement import AgreementPublished
from events.envelope import Envelope
from events.lead import LeadCaptured, LeadQualified
from events.topics import AGREEMENTS
from projections.views.commitment import COMMITMENT, pace
from tests.projections.given import minutes, rows_of, told
from tests.projections.house import House, house, record

WEEK = 7 * 24 * 60


def qualified(lead: str, at: float, cycle: int = 1, recorded: float | None = None) -> Envelope:
    fact = LeadQualified(agreement="inbound", version=1, cycle=cycle, score=70)
    return told(fact, at, lead=lead, recorded=recorded)


async def promised(built: House, version: int, leads: int) -> None:
    document = {"marketing_clauses": {"commitment": {"quarter": "2026Q1", "qualified_leads": leads}}}
    fact = AgreementPublished(name="inbound", version=version, effective_from=minutes(0), document=document)
    await built.log.append({(AGREEMENTS, 0): [record(told(fact, lead="inbound"))]})


def test_a_lead_is_delivered_once_in_the_week_of_its_first_qualification() -> None:
    again = qualified("anna", 3 * WEEK, 2)
    rows = rows_of(COMMITMENT, qualified("anna", WEEK), again)
    assert rows == [{"agreement": "inbound", "quarter": "2026Q1", "week": "2026-W03", "delivered": 1}]


def test_a_test_lead_delivers_nothing() -> None:
    assert rows_of(COMMITMENT, told(LeadCaptured(is_test=True)), qualified("anna", 5)) == []


async def test_each_week_shows_what_is_there_what_an_even_pace_wants_and_whether_it_is_enough() -> None:
    built = await house(partitions=2)
    await promised(built, 1, 1000)
    await promised(built, 2, 26)
    for number in range(5):
        await built.write(qualified(f"lead-{number}", number * 60))
    await built.show()
    rows = built.view("commitment")
    assert [row["week"] for row in rows] == [f"2026-W{week:02d}" for week in range(1, 15)]
    figures = ("delivered", "delivered_so_far", "wanted_by_then", "enough")
    assert [tuple(row[name] for name in figures) for row in rows[:3]] == [
        (0, 0, 1, False),
        (5, 5, 3, True),
        (0, 5, 5, True),
    ]
    assert {row["promised"] for row in rows} == {26}, "the last version that names the quarter holds"
    assert (rows[-1]["wanted_by_then"], rows[-1]["enough"]) == (26, False)


async def test_what_was_delivered_without_a_promise_is_shown_without_a_verdict() -> None:
    built = await house()
    await built.write(qualified("anna", 0))
    await built.show()
    (row,) = built.view("commitment")
    assert (row["delivered_so_far"], row["promised"], row["enough"]) == (1, None, None)


@given(year=st.integers(2000, 2100), number=st.integers(1, 4), leads=st.integers(0, 10_000))
def test_the_pace_rises_evenly_to_the_whole_promise_over_every_week_of_the_quarter(
    year: int, number: int, leads: int
) -> None:
    found = pace(f"{year}Q{number}", leads)
    wanted = [want for _, want in found]
    assert wanted == sorted(wanted)
    assert wanted[-1] == leads
    first = date(year, 3 * number - 2, 1)
    days = [first + timedelta(days=n) for n in range(100)]
    inside = [day for day in days if (day.month + 2) // 3 == number and day.year == year]
    weeks = dict.fromkeys(f"{day.isocalendar().year}-W{day.isocalendar().week:02d}" for day in inside)
    assert [week for week, _ in found] == list(weeks)
    for week, want in found:
        gone = sum(1 for day in inside if (day.isocalendar().year, day.isocalendar().week) <= _number(week))
        assert abs(want * len(inside) - leads * gone) * 2 <= len(inside), "rounded half up from the even share"


def _number(week: str) -> tuple[int, int]:
    year, number = week.split("-W")
    return int(year), int(number)
