"""Tasks for a lead: a reminder comes once, at its time, and not for what is done."""

from random import Random

import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from events.instants import from_us
from events.lead import LeadArchived
from events.work import TaskCreated, TaskDone, TaskFact, TaskReminderDue
from tests.streams.deciders.lead.desk import DESK
from tests.support.given import Arrival, captured, given, happened, minute, said, status, won
from tests.support.laws import examples


def task(
    at: float, remind: float | None, recorded: float | None = None, *, name: str = "t", title: str = "Call"
) -> Arrival:
    remind_at = None if remind is None else from_us(minute(remind))
    return happened(TaskCreated(task=name, title=title, owner="Ines", remind_at=remind_at), at, recorded, source="/crm")


def done(at: float, recorded: float | None = None) -> Arrival:
    return happened(TaskDone(task="t", by="Ines"), at, recorded, source="/crm")


def test_a_task_is_reminded_of_once_at_its_time() -> None:
    story = given(DESK).history(captured(0)).when(task(5, 20), until=9999)
    story.then([said(TaskCreated, 5), said(TaskReminderDue, 20, task="t", title="Call", owner="Ines")], of=TaskFact)  # type: ignore[arg-type]


def test_what_is_done_by_then_is_not_reminded_of() -> None:
    given(DESK).history(captured(0), task(5, 20)).when(done(10), until=99).then([], of=TaskReminderDue)
    given(DESK).history(captured(0), done(3)).when(task(5, 20), until=99).then([], of=TaskReminderDue)


def test_what_is_done_later_was_reminded_of() -> None:
    story = given(DESK).history(captured(0), task(5, 20)).when(done(30), until=999)
    story.then([said(TaskReminderDue, 20), said(TaskDone, 30)], of=TaskFact)  # type: ignore[arg-type]


def test_a_task_without_a_time_is_never_reminded_of() -> None:
    given(DESK).history(captured(0)).when(task(5, None), until=999).then([], of=TaskReminderDue)


def test_a_task_moved_to_another_time_is_reminded_of_then() -> None:
    story = given(DESK).history(captured(0), task(5, 20)).when(task(10, 40), until=99)
    story.then([said(TaskReminderDue, 40)], of=TaskReminderDue)
    again = given(DESK).history(captured(0), task(5, 20)).when(task(25, 40), until=99)
    again.then([said(TaskReminderDue, 20), said(TaskReminderDue, 40)], of=TaskReminderDue)


def test_a_task_moved_back_to_a_time_it_was_reminded_of_is_another_reminder() -> None:
    story = given(DESK).history(captured(0), task(5, 20), task(25, 90)).when(task(30, 20), until=99)
    reminders = [each for each in story.facts if isinstance(each.data, TaskReminderDue)]
    assert len(reminders) == len({each.id for each in reminders}) == 2


def test_what_was_told_of_a_task_earlier_and_arrives_later_changes_nothing() -> None:
    story = given(DESK).history(captured(0), task(10, 40)).when(task(5, 20, recorded=15), until=99)
    story.then([said(TaskReminderDue, 40)], of=TaskReminderDue)


def test_a_new_title_is_no_new_reminder() -> None:
    story = given(DESK).history(captured(0), task(5, 20)).when(task(25, 20, title="Write"), until=99)
    story.then([said(TaskReminderDue, 20, title="Call")], of=TaskReminderDue)


def test_a_time_that_was_over_when_the_task_was_made_is_now() -> None:
    given(DESK).history(captured(0)).when(task(30, 20), until=99).then([said(TaskReminderDue, 30)], of=TaskReminderDue)


def test_a_task_known_late_is_reminded_of_at_its_own_time() -> None:
    story = given(DESK).history(captured(0)).when(task(5, 20, recorded=30), until=99)
    story.then([said(TaskReminderDue, 20)], of=TaskReminderDue)


def test_reminders_of_one_instant_come_by_task() -> None:
    story = given(DESK).history(captured(0)).when(task(5, 20, name="b"), task(5, 20, name="a"), until=99)
    story.then([said(TaskReminderDue, 20, task="a"), said(TaskReminderDue, 20, task="b")], of=TaskReminderDue)


@pytest.mark.parametrize("ending", [won(7), status("Unqualified", 7), status("Shelved", 7)])
def test_work_goes_on_for_a_lead_that_is_won_or_put_aside(ending: Arrival) -> None:
    story = given(DESK).history(captured(0), task(5, 20), ending).when(until=99)
    story.then([said(TaskReminderDue, 20)], of=TaskReminderDue)


def test_a_task_puts_the_archiving_by_silence_off_as_any_sign_of_life() -> None:
    silent = DESK + "archive: {or_untouched_for: 10d}\n"
    story = given(silent).history(captured(0)).when(task(9 * 24 * 60, None), until=99_999)
    story.then([said(LeadArchived, 19 * 24 * 60)], of=LeadArchived)


def test_a_lead_of_which_only_a_task_is_known_is_reminded_of() -> None:
    given(DESK).when(task(5, 20), until=99).then([said(TaskCreated, 5), said(TaskReminderDue, 20)])


told_tasks = st.lists(
    st.tuples(st.integers(0, 50), st.sampled_from([None, 20, 70, 90])), unique_by=lambda each: each[0], max_size=5
)


@for_all(told_tasks, st.booleans(), st.randoms(use_true_random=False))
@settings(max_examples=examples(60), deadline=None)
def test_what_is_known_of_a_task_does_not_depend_on_the_order_in_which_it_was_told(
    told: list[tuple[int, int | None]], is_done: bool, chance: Random
) -> None:
    arrivals = [task(at, remind, 60, title=f"as of {at}") for at, remind in told] + [done(55, 60)] * is_done
    shuffled = list(arrivals)
    chance.shuffle(shuffled)
    one, other = (given(DESK).history(captured(0, 60), *each).when(until=999) for each in (arrivals, shuffled))
    assert one.live.lead.tasks == other.live.lead.tasks
    reminded = [fact for fact in one.facts if isinstance(fact.data, TaskReminderDue)]
    assert len(reminded) <= (not is_done) * len({remind for _, remind in told})
