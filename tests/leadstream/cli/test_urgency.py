"""How urgent rows are, in the words of whoever looks at them."""

from typing import Any
from zoneinfo import ZoneInfo

from leadstream.cli.urgency import with_urgency
from tests.leadstream.cli.house import House
from tests.support.given import minute

UTC = ZoneInfo("UTC")
DUE = "2026-01-05T09:30:00.000000Z"
NOW = minute(18)
"""Monday, 09:18 UTC."""


def board(now: int = NOW, zone: ZoneInfo = UTC, **row: Any) -> Any:
    told = {"due": DUE, "lead": "ann", "state": "open", "next_action": "call (first_response)", **row}
    ((found,), columns) = with_urgency("sla-board", [told], list(told), now, zone)
    assert list(columns)[:3] == ["due", "when", "lead"]
    return found["when"]


def test_a_row_says_how_long_there_is_to_act_on_it() -> None:
    assert board() == "within 12 min"
    assert board(now=minute(30 + 185)) == "now, 3 h late"


def test_days_are_those_of_the_viewer() -> None:
    late = "2026-01-05T23:30:00.000000Z"
    assert board(due=late) == "today"
    assert board(due=late, zone=ZoneInfo("Europe/Bucharest")) == "tomorrow"


def test_what_asks_for_nothing_is_not_urgent() -> None:
    assert board(next_action=None) is None
    assert board(due=None) is None
    rows, _ = with_urgency(
        "tasks", [{"due": DUE, "title": "call", "state": "done"}], ["due", "title", "state"], NOW, UTC
    )
    assert rows[0]["when"] is None


def test_views_that_ask_for_nothing_stay_as_they_are() -> None:
    rows = [{"source": "web", "stage": "captured", "leads": 3}]
    assert with_urgency("funnel", rows, ["source", "stage", "leads"], NOW, UTC) == (rows, ["source", "stage", "leads"])


def test_people_see_it_beside_the_due_and_programs_get_the_instant_alone(told: House) -> None:
    table = told.run("view", "sla-board", "--zone", "Europe/Bucharest").stdout
    assert table.split()[:2] == ["due", "when"]
    assert " days late" in table
    assert all("when" not in row for row in told.rows("view", "sla-board"))
