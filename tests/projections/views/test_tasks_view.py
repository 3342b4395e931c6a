"""Tasks for leads: what is open, what was reminded of, what is done."""

from events.envelope import Envelope
from events.lead import LeadCaptured
from events.work import TaskCreated, TaskDone, TaskReminderDue
from projections.views.tasks import TASKS
from projections.views.view import Cell
from tests.projections.given import minutes, rows_of, text, told
from tests.projections.house import house

OFFER = TaskCreated(task="t1", title="send the offer", owner="Radu", due=minutes(90), remind_at=minutes(60))
REMINDED = told(TaskReminderDue(task="t1", title="send the offer", owner="Radu"), 60)


def task(*envelopes: Envelope) -> dict[str, Cell]:
    (row,) = rows_of(TASKS, *envelopes)
    return row


def test_a_task_is_open_until_it_is_done() -> None:
    row = task(told(OFFER, 1), REMINDED)
    assert row == {
        "lead": "anna",
        "task": "t1",
        "state": "open",
        "title": "send the offer",
        "owner": "Radu",
        "due": text(90),
        "remind_at": text(60),
        "reminded_at": text(60),
        "done_at": None,
        "done_by": None,
        "told_at": text(1),
    }
    row = task(told(OFFER, 1), REMINDED, told(TaskDone(task="t1", by="Ines"), 70))
    assert (row["state"], row["done_at"], row["done_by"]) == ("done", text(70), "Ines")


def test_a_task_told_again_with_another_time_to_remind_is_not_reminded_of_yet() -> None:
    later = TaskCreated(task="t1", title="send the new offer", due=minutes(95), remind_at=minutes(80))
    row = task(told(OFFER, 1), REMINDED, told(later, 65))
    assert (row["title"], row["remind_at"], row["reminded_at"]) == ("send the new offer", text(80), None)
    assert task(told(later, 65), told(OFFER, 1))["title"] == "send the new offer", "what was told later holds"


def test_a_task_may_be_done_before_it_is_heard_of() -> None:
    done = told(TaskDone(task="t1"), 5)
    assert (task(done)["state"], task(done)["title"]) == ("done", "")
    assert (task(done, told(OFFER, 1))["state"], task(done, told(OFFER, 1))["title"]) == ("done", "send the offer")


def test_tasks_of_test_leads_are_left_out() -> None:
    assert rows_of(TASKS, told(OFFER, 1), told(LeadCaptured(is_test=True), 2)) == []


async def test_what_is_open_and_due_first_stands_at_the_top() -> None:
    built = await house(partitions=2)
    for lead, due in (("anna", 90.0), ("bob", None), ("cleo", 30.0), ("dan", 10.0)):
        at = None if due is None else minutes(due)
        await built.write(told(TaskCreated(task="t", title="call", due=at), 1, lead=lead))
    await built.write(told(TaskDone(task="t"), 5, lead="dan"))
    await built.show()
    assert [row["lead"] for row in built.view("tasks")] == ["cleo", "anna", "bob", "dan"]
