"""What is to be done next for a lead, in words with a time."""

from datetime import UTC, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from events.instants import DAY, HOUR, MINUTE, from_us
from events.life import LeadBounced
from events.work import TaskCreated, TaskDone
from streams.deciders.lead.given import Given
from streams.next_action import Action, next_actions, when
from tests.streams.deciders.lead.desk import DESK, PAUSED
from tests.support.given import DAYS, Arrival, Story, called, captured, given, happened, learned, minute, status
from tests.support.laws import examples

BUCHAREST = ZoneInfo("Europe/Bucharest")
WORKING = (
    DESK.replace("warn_at: 80%}", "warn_at: 80%}\n").partition("sales_clauses:")[0]
    + """\
sales_clauses:
  first_response: {starts_on: captured, stopped_by: {touch: {channel: [call]}}, within: 30m}
  effort: {starts_on: captured, needs: [{channel: call, count: 3}, {channel: email, count: 1}], within: 14d}
  status_update: {starts_on: captured, stopped_by: {status_changed: true}, within: 6h}
"""
)


def actions(story: Story, at: float, zone: tzinfo = UTC) -> list[Action]:
    now = minute(at)
    return next_actions(story.live.lead, Given(story.known, now, now, story.subject), zone)


def words(story: Story, at: float, zone: tzinfo = UTC) -> list[str]:
    return [each.words for each in actions(story, at, zone)]


def task(title: str, due: float | None) -> Arrival:
    return happened(TaskCreated(task=title, title=title, due=None if due is None else from_us(minute(due))), 1)


def test_open_clocks_say_what_is_to_be_done_and_by_when_the_most_urgent_first() -> None:
    assert words(given(WORKING).history(captured(0)), 18) == [
        "call within 12 min (first response)",
        "give a status today",
        "3 calls and 1 email left by 19 January",
    ]


def test_what_is_done_is_left_out_and_what_is_left_is_counted() -> None:
    story = given(WORKING).history(captured(0), called(5), status("Contacted", 6))
    assert words(story, 18) == ["2 calls and 1 email left by 19 January"]
    story.history(called(20), called(21))
    assert words(story, 22) == ["1 email left by 19 January"]


def test_a_broken_promise_still_asks_and_says_how_late_it_is() -> None:
    story = given(DESK).history(captured(0)).when(until=50)
    assert words(story, 50) == ["call or e-mail now, 20 min late (first response)"]
    assert words(story, 5 * 60) == ["call or e-mail now, 4 h late (first response)"]
    assert words(story, 50 + 3 * DAYS) == ["call or e-mail now, 3 days late (first response)"]
    assert words(story.when(called(60)), 61) == []


@pytest.mark.parametrize("ending", [status("Unqualified", 5), status("Won", 5), status("Shelved", 5)])
def test_a_closed_lead_asks_for_nothing(ending: Arrival) -> None:
    assert words(given(WORKING).history(captured(0), ending), 18) == []


def test_a_paused_clock_asks_for_nothing() -> None:
    assert words(given(PAUSED).history(captured(0), status("Nurturing", 5)), 18) == []


def test_tasks_stand_among_the_clocks_by_their_due_and_without_one_at_the_end() -> None:
    story = given(DESK).history(captured(0), task("Send prices", 20), task("Look at the site", None))
    assert words(story, 18) == [
        "Send prices within 2 min",
        "call or e-mail within 12 min (first response)",
        "Look at the site",
    ]
    story.history(happened(TaskDone(task="Send prices"), 19))
    assert "Send prices" not in " ".join(words(story, 19))


def test_each_action_says_whose_it_is() -> None:
    story = given(DESK).history(captured(0), task("Send prices", 20))
    assert [(each.side, each.due) for each in actions(story, 18)] == [(None, minute(20)), ("sales", minute(30))]


# Monday, 5 January 2026, 09:00 UTC is 11:00 in Bucharest.
@pytest.mark.parametrize(
    ("due", "zone", "said"),
    [
        (0, UTC, "within 1 min"),
        (59.99, UTC, "within 59 min"),
        (60, UTC, "today"),
        (15 * 60, UTC, "today"),
        (13 * 60, BUCHAREST, "today"),
        (13 * 60 + 1, BUCHAREST, "tomorrow"),
        (13 * 60 + 1, UTC, "today"),
        (37 * 60, BUCHAREST, "tomorrow"),
        (37 * 60 + 1, BUCHAREST, "by 7 January"),
        (118 * DAYS, UTC, "by 3 May"),
        (365 * DAYS, UTC, "by 5 January 2027"),
        (-1, UTC, "now, 1 min late"),
        (-60, UTC, "now, 1 h late"),
        (-1 * DAYS, UTC, "now, 1 day late"),
    ],
)
def test_the_time_is_told_as_people_say_it_in_the_viewers_zone(due: float, zone: tzinfo, said: str) -> None:
    assert when(minute(due), minute(0), zone) == said


@for_all(st.integers(0, 3 * DAY), st.integers(-14 * 60, 14 * 60))
@settings(max_examples=examples(100), deadline=None)
def test_what_is_due_today_is_over_before_the_viewers_day_is(ahead: int, offset: int) -> None:
    zone, now = timezone(timedelta(minutes=offset)), minute(0)
    said = when(now + ahead, now, zone)
    midnight = (from_us(now).astimezone(zone) + timedelta(days=1)).replace(hour=0, minute=0)
    left = (midnight - from_us(now)) // timedelta(microseconds=1)
    if ahead < HOUR:
        assert said == f"within {max(1, ahead // MINUTE)} min"
    else:
        assert (said == "today") == (ahead <= left)


def test_what_is_to_be_done_says_which_channel_does_not_reach_them_until_another_address_is_known() -> None:
    bounced = happened(LeadBounced(channel="email", hard=True), 2)
    story = given(DESK).history(captured(0), bounced)
    assert words(story, 18) == ["call or e-mail within 12 min (first response); email does not reach them"]
    working = given(WORKING).history(captured(0), bounced, called(5), status("Contacted", 6))
    assert words(working, 18) == ["2 calls and 1 email left by 19 January; email does not reach them"]
    story.history(learned(19, person__email="new@acme.example"))
    assert words(story, 19) == ["call or e-mail within 11 min (first response)"]
