"""Mistakes that systems of this kind are known for, each with the test that they would fail.

Bug trackers, forums and reviews of others tell of them; here they do not happen.
"""

from collections import Counter
from itertools import pairwise

from events.commands import ConvertLead, RejectLead
from events.instants import from_us
from events.lead import LeadConverted, LeadHandedOver
from events.sla import SlaBreached, SlaEscalated, SlaFact, SlaMet, SlaStarted, SlaWarned
from events.work import TaskCreated, TaskDone, TaskReminderDue
from streams.agents.lead_bytes import dump_lead, load_lead
from streams.deciders.lead.engagement import basis, explain
from streams.deciders.lead.given import Given, Kept, Live
from tests.streams.deciders.lead.desk import DESK, QUALIFYING, SCORED
from tests.streams.deciders.lead.persons import ONE
from tests.streams.deciders.pools.desk import agreement, ask, desk, members
from tests.streams.deciders.pools.test_pools import leads
from tests.streams.deciders.pools.test_turns import owners, served
from tests.support.given import (
    DAYS,
    asked,
    called,
    captured,
    dotted,
    given,
    happened,
    inbound,
    learned,
    minute,
    said,
    status,
)
from tests.support.town import Town

OFFICE = """
calendars:
  office:
    timezone: Europe/Bucharest
    hours:
      mon: [["09:00", "12:30"], ["13:30", "17:00"]]
      tue: [["09:00", "17:00"]]
      wed: [["09:00", "17:00"]]
      thu: [["09:00", "17:00"]]
      fri: [["09:00", "17:00"]]
"""


def promised(within: str) -> str:
    """The desk answers within office hours."""
    return (
        DESK.replace("within: 30m, warn_at: 80%", f"within: {within}, calendar: office, paused_in: [Nurturing]")
        + OFFICE
    )


def bucharest(text: str) -> float:
    """The local time of that week, such as `Sat 18:30`, in minutes after Monday, 5 January 2026, 09:00 UTC."""
    day, clock = text.split()
    hours, minutes = map(int, clock.split(":"))
    return ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun", "Mon'"].index(day) * DAYS + hours * 60 + minutes - 11 * 60


def test_two_hours_after_a_saturday_evening_are_due_on_monday_and_not_on_tuesday() -> None:
    """Where closed days are added to the target instead of being skipped, the weekend pushes the due a day too far."""
    story = given(promised("2h")).when(captured(bucharest("Sat 18:30")))
    story.then([said(SlaStarted, bucharest("Sat 18:30"), due=bucharest("Mon' 11:00"))], of=SlaFact)


def test_a_lunch_break_is_not_counted() -> None:
    """One opening and one closing time a day cannot say that nobody is there at noon."""
    story = given(promised("30m")).when(captured(bucharest("Mon 12:20")))
    story.then([said(SlaStarted, bucharest("Mon 12:20"), due=bucharest("Mon 13:50"))], of=SlaFact)


def test_a_pause_in_closed_hours_adds_nothing() -> None:
    """Where the pause is measured by the wall clock, a night on hold moves the due by sixteen hours."""
    story = given(promised("8h")).history(captured(bucharest("Tue 10:00")))
    story.when(status("Nurturing", bucharest("Tue 17:00")), status("Contacted", bucharest("Wed 09:00")))
    assert story.clock("first_response").due == minute(bucharest("Wed 10:00"))


def test_an_answer_by_another_channel_answers() -> None:
    """A case that came by form and was answered by phone stays unanswered where only e-mails are looked at."""
    anyhow = DESK.replace("touch: {channel: [call, email]}", "touch: {}")
    for channel in ("call", "email", "sms", "meeting", "chat", "a channel that nobody has thought of yet"):
        story = given(anyhow).history(captured(0, form="contact")).when(called(10, channel=channel), until=9 * DAYS)
        story.then([said(SlaMet, 10)], of=SlaFact)


def test_a_status_entered_again_keeps_the_date_of_the_first_time() -> None:
    """Where a date stands in one field for each status, the second time overwrites when it was first reached."""
    stop = DESK.replace("touch: {channel: [call, email]}", "status_changed: true")
    story = (
        given(stop).history(captured(0)).when(status("Contacted", 5), status("Nurturing", 20), status("Contacted", 90))
    )
    assert [(entry.status, entry.at) for entry in story.live.lead.statuses] == [
        ("Contacted", minute(5)),
        ("Nurturing", minute(20)),
        ("Contacted", minute(90)),
    ]
    story.then([said(SlaMet, 5, answered_at=5)], of=SlaFact)


def test_a_breach_is_told_once_however_often_somebody_looks() -> None:
    """A job that asks every minute which cases are overdue sends the same alert every minute."""
    levels = DESK.replace("warn_at: 80%", "warn_at: 80%, escalate: [{after: 30m, to: manager}]")
    story = given(levels).history(captured(0))
    for at in range(1, 2 * DAYS):
        story.passes(minute(at))
        story.live = Live(load_lead(dump_lead(story.live.lead)), Kept())  # as after a restart
    alerts = [type(each.data) for each in story.facts if isinstance(each.data, SlaWarned | SlaBreached | SlaEscalated)]
    assert alerts == [SlaWarned, SlaBreached, SlaEscalated]


def test_an_agreement_that_is_switched_off_alerts_no_more() -> None:
    """Deadlines that were put into a queue when the case came in fire although the rule is gone."""
    tomorrow = "2026-01-06T09:00:00+00:00"
    clauses = DESK.partition("sales_clauses")[2].partition("late_facts")[0]
    without = DESK.replace("sales_clauses" + clauses, "").replace("version: 1", "version: 2")
    without = without.replace("2025-01-01T00:00:00+00:00", tomorrow)
    story = given(DESK, without).when(captured(DAYS), captured(DAYS + 5, source="again"), until=9 * DAYS)
    story.then([], of=SlaFact)
    before = given(DESK, without).when(captured(DAYS - 1), until=9 * DAYS)
    before.then([said(SlaStarted, DAYS - 1), said(SlaWarned, DAYS + 23), said(SlaBreached, DAYS + 29)], of=SlaFact)


def test_a_fallback_never_wins_over_an_agreement_that_names_the_lead() -> None:
    """Policies that are asked in the order in which they were made let the general one answer first."""
    fallback = DESK.replace("agreement: desk", "agreement: a-fallback").replace("2025-01-01", "2025-06-01")
    special = DESK.replace("agreement: desk", "agreement: z-romania").replace("30m", "10m")
    special += "applies_to: {field: company.country, equals: RO}\n"
    for order in ([fallback, special], [special, fallback]):
        story = given(*order).when(captured(0, profile=dotted(company__country="RO")))
        story.then([said(SlaStarted, 0, agreement="z-romania", due=10)], of=SlaFact)
        other = given(*order).when(captured(0, profile=dotted(company__country="FR")))
        other.then([said(SlaStarted, 0, agreement="a-fallback", due=30)], of=SlaFact)


def test_the_log_of_points_adds_up_to_the_score() -> None:
    """Where a log tells what each rule once gave, decay, caps and floors are missing in it."""
    fit = dotted(company__employees=500, person__email="ana@gmail.com")
    story = given(SCORED).when(
        captured(0, profile=fit), inbound(1, asset="pricing"), inbound(2, channel="webinar"),
        *(inbound(3 + n, channel="lead_magnet") for n in range(9)), until=20 * DAYS,
    )  # fmt: skip
    for at in (0, 13, DAYS, 17 * DAYS, 45 * DAYS, 400 * DAYS):
        told = explain(basis(story.live, "scored", 1, Given(story.known, minute(at), minute(at), story.subject)))
        assert sum(reason["points"] for reason in told["reasons"]) == told["score"]


def test_an_action_that_is_repeated_scores_again_when_its_time_is_over() -> None:
    """Where "once" is kept as a mark on the lead, the tenth visit in a year counts as little as the second of a day."""
    weekly = SCORED.replace("{points: 10, touch: {channel: lead_magnet}}",
                            "{points: 10, touch: {channel: lead_magnet}, repeat: {max: 1, per: 7d}}")  # fmt: skip
    weekly = weekly.replace("    decay: {linear: 50%, per: 30d}\n", "")
    story = given(weekly).history(captured(0))
    scores = []
    for day in (1, 2, 7, 9, 10, 17):
        story.when(inbound(day * DAYS, channel="lead_magnet"))
        assert story.live.lead.score is not None
        scores.append(story.live.lead.score[0])
    assert scores == [10, 10, 10, 20, 20, 30]


def test_round_robin_does_not_give_everything_to_one_person() -> None:
    """Counters kept per process, per rule or per day begin anew, and the first in the list gets it every time."""
    equal = served({"ana": 1, "bo": 1, "cy": 1}, 30)
    assert Counter(equal) == {"ana": 10, "bo": 10, "cy": 10}
    assert all(one != other for one, other in pairwise(equal))
    over_days = desk(agreement(members({"ana": 1, "bo": 1, "cy": 1})))
    for day in range(9):
        ask(over_days, f"lead-{day}", day * DAYS)
    assert Counter(owners(over_days)) == {"ana": 3, "bo": 3, "cy": 3}


def test_the_newest_lead_is_not_served_before_those_that_wait() -> None:
    """Where capacity is looked at only when a lead comes in, the one that comes gets it and the others wait on."""
    ledger = desk(agreement(members({"ana": 1}, cap_30d=30)))
    ask(ledger, "first", 0)
    ask(ledger, "waiting", 10)
    ask(ledger, "newest", DAYS)  # at the very instant at which there is room again
    assert leads(ledger) == [("first", 0), ("waiting", DAYS)]
    assert [each.lead for each in ledger.state.waiting] == ["newest"]


def test_conversion_run_twice_makes_one_contact() -> None:
    """A button pressed twice, or a call repeated after a timeout, makes two contacts of one person."""
    ask = ConvertLead(by="Ines")
    story = given(DESK).history(captured(0)).when(asked(ask, 5, command_id="1"), asked(ask, 6, command_id="2"))
    made = [told.data for told in story.facts if isinstance(told.data, LeadConverted)]
    assert [each.made for each in made] == [("account", "contact", "opportunity")]
    assert story.answers[0].facts == story.answers[1].facts


def test_a_rejected_lead_is_not_at_once_handed_over_again() -> None:
    """Where the score alone decides, what sales gave back a minute ago is in its queue again."""
    ready = QUALIFYING.replace("agreement: qualifying", "agreement: again")
    lead = captured(0, profile=dotted(company__name="Acme", company__employees=250, answers__contact_me=True))
    story = given(ready).history(lead)
    story.when(asked(RejectLead(by="Ines", reason="no_budget"), 5), inbound(6), until=30 * DAYS)
    story.then([], of=LeadHandedOver)


def test_who_was_unqualified_for_good_reasons_is_not_forgotten_when_the_reason_is_gone() -> None:
    """Unqualified is a graveyard where nobody looks, though the budget was granted in the spring."""
    lead = captured(0, profile=dotted(company__name="Acme", company__employees=250, answers__contact_me=True))
    story = given(QUALIFYING).history(lead, status("Unqualified", 5, reason="no_budget"))
    story.when(learned(90 * DAYS, answers__budget=50_000))
    story.then([said(LeadHandedOver, 90 * DAYS, cycle=2)], of=LeadHandedOver)


def test_a_reminder_of_what_is_done_does_not_ring() -> None:
    """Reminders live in another table than the tasks they belong to."""
    task = TaskCreated(task="t", title="Call back", remind_at=from_us(minute(60)))
    done = happened(TaskDone(task="t"), 30)
    given(DESK).history(captured(0)).when(happened(task, 5), done, until=DAYS).then([], of=TaskReminderDue)


def test_two_leads_that_are_one_person_do_not_count_a_visit_twice() -> None:
    """Merging adds the two totals, so whoever was told of one visit in two records is hotter than anybody else."""
    town, visit = Town(ONE), inbound(5, fact_id="visit-1")
    for name, at in (("ana", 0), ("bob", 1)):
        town.tell(name, captured(at, profile=dotted(person__email="x@acme.example")), visit)
    scores = [story.live.lead.score for story in town.leads.values()]
    winner = town.settle().lead("ana").live.lead
    assert scores == [winner.score, winner.score]
    assert len(winner.touches) == 1
