from events.envelope import Envelope
from events.lead import LeadCaptured, LeadHandedOver, LeadTouched
from events.sla import (
    SlaAnswered,
    SlaBreached,
    SlaBreachRetracted,
    SlaCancelled,
    SlaEscalated,
    SlaMet,
    SlaPaused,
    SlaResumed,
    SlaRevised,
    SlaStarted,
    SlaWarned,
    TouchCount,
)
from projections.views.clock_rows import CLOCKS
from projections.views.view import Cell
from tests.projections.given import clock, minutes, rows_of, text, told
from tests.projections.house import house

STARTED = told(clock(SlaStarted, target="30m", calendar="sales", ingest_lag_us=2_500_000))
BREACHED = told(clock(SlaBreached), 30)
ANSWERED = told(clock(SlaAnswered, answered_at=minutes(40), late_by_us=600_000_000, worked_us=1_500_000_000), 40)


def row(*envelopes: Envelope) -> dict[str, Cell]:
    (found,) = rows_of(CLOCKS, *envelopes)
    return found


def handed_to(owner: str, at: float) -> Envelope:
    return told(LeadHandedOver(agreement="inbound", version=1, cycle=1, owner=owner), at)


def test_a_clock_shows_what_its_facts_said() -> None:
    captured = told(LeadCaptured(source="web"))
    assert row(captured, handed_to("Ines", 0), STARTED, told(clock(SlaWarned, percent=80), 24), BREACHED, ANSWERED) == {
        "lead": "anna",
        "agreement": "inbound",
        "version": 1,
        "clause": "first_response",
        "cycle": 1,
        "state": "answered_late",
        "verdict": "breached",
        "side": "sales",
        "owner": "Ines",
        "source": "web",
        "week": "2026-W02",
        "started_at": text(0),
        "due": text(30),
        "target": "30m",
        "calendar": "sales",
        "warned": True,
        "answered_at": text(40),
        "took_seconds": 2400,
        "late_by_seconds": 600,
        "reason": None,
        "revision": 0,
        "retracted": False,
        "ingest_lag_seconds": 2,
        "escalated": 0,
        "escalated_to": None,
        "escalates_at": None,
        "needs": "",
        "worked_seconds": 1500,
        "next_action": None,
    }


def test_a_clock_that_pauses_shows_no_due_until_it_goes_on() -> None:
    paused = told(clock(SlaPaused, due=None, status="Later", revision=1), 10)
    resumed = told(clock(SlaResumed, due=50, status="Open", revision=2), 30)
    assert [row(STARTED, *facts)["state"] for facts in ((), (paused,), (paused, resumed))] == ["open", "paused", "open"]
    assert row(STARTED, paused, resumed)["due"] == text(50)


def test_a_breach_shows_how_far_it_was_escalated_and_what_follows() -> None:
    breached = told(clock(SlaBreached, escalates_at=minutes(60)), 30)
    first = told(clock(SlaEscalated, level=1, after="30m", to="manager", escalates_at=minutes(90)), 60)

    def escalation(*facts: Envelope) -> tuple[Cell, ...]:
        found = row(STARTED, *facts)
        return found["escalated"], found["escalated_to"], found["escalates_at"]

    assert escalation(breached) == (0, None, text(60))
    assert escalation(breached, first) == (1, "manager", text(90))
    assert escalation(breached, first, ANSWERED) == (1, "manager", None)
    fell = told(clock(SlaBreachRetracted, revision=1, now="met", answered_at=minutes(20), level=1), 30)
    assert escalation(breached, first, fell) == (0, None, None)
    again = told(clock(SlaRevised, due=20, revision=2, was="met", now="breached", escalates_at=minutes(50)), 95)
    assert escalation(breached, first, fell, again) == (0, None, text(50))
    moved = told(clock(SlaRevised, due=20, revision=2, was="breached", now="breached", escalates_at=minutes(80)), 95)
    assert escalation(breached, first, moved) == (1, "manager", text(80))


def test_a_clock_that_counts_touches_shows_which_are_missing() -> None:
    needs = (TouchCount(channel="call", count=2), TouchCount(channel="email", count=1))
    started = told(clock(SlaStarted, target="14d", needs=needs), 10)
    later = told(clock(SlaStarted, target="14d", needs=needs, counts_after=minutes(5)), 10)

    def touched(at: float, channel: str = "call", direction: str = "outbound", side: str = "sales") -> Envelope:
        return told(LeadTouched(channel=channel, kind="made", direction=direction, side=side), at)  # type: ignore[arg-type]

    assert row(started)["needs"] == "2 call, 1 email"
    assert row(started, touched(12), touched(13, "sms"))["needs"] == "1 call, 1 email"
    assert row(started, touched(12), touched(13, "email"), touched(14), touched(15))["needs"] == ""
    assert row(started, touched(12, side="marketing"), touched(13, direction="inbound"))["needs"] == "2 call, 1 email"
    assert [row(later, touched(at))["needs"] for at in (5, 6)] == ["2 call, 1 email", "1 call, 1 email"]


def test_the_state_says_whether_somebody_has_to_act() -> None:
    assert row(STARTED)["state"] == "open"
    assert row(told(clock(SlaStarted, target="30m", due=None)))["state"] == "paused"
    assert row(STARTED, BREACHED)["state"] == "breached"
    assert row(STARTED, told(clock(SlaMet, answered_at=minutes(5)), 5))["state"] == "met"
    assert row(STARTED, told(clock(SlaCancelled, reason="Junk"), 5))["reason"] == "Junk"


def test_a_retracted_breach_is_met_and_remembered_as_taken_back() -> None:
    retracted = told(clock(SlaBreachRetracted, revision=1, now="met", answered_at=minutes(20)), 30, recorded=60)
    found = row(STARTED, BREACHED, ANSWERED, retracted)
    assert (found["state"], found["retracted"], found["late_by_seconds"]) == ("met", True, None)


def test_a_verdict_stays_with_who_had_the_lead_then_and_an_open_clock_goes_with_the_lead() -> None:
    assert row(STARTED, handed_to("Ines", 1), handed_to("Radu", 2))["owner"] == "Radu"
    assert row(STARTED, handed_to("Ines", 1), BREACHED, handed_to("Radu", 31))["owner"] == "Ines"


def test_clocks_of_test_leads_are_left_out() -> None:
    assert rows_of(CLOCKS, STARTED, told(LeadCaptured(source="web", is_test=True))) == []


async def test_the_board_shows_what_waits_for_an_answer_first_due_first() -> None:
    built = await house(partitions=2)
    await built.write(
        told(clock(SlaStarted, target="30m", due=50), lead="anna"),
        told(clock(SlaStarted, target="30m", due=20), lead="bob"),
        told(clock(SlaBreached, due=20), 20, lead="bob"),
        told(clock(SlaStarted, target="30m", due=10), lead="cleo"),
        told(clock(SlaMet, due=10, answered_at=minutes(5)), 5, lead="cleo"),
    )
    await built.show()
    assert [(each["lead"], each["state"]) for each in built.view("sla-board")] == [
        ("bob", "breached"),
        ("anna", "open"),
    ]


async def test_verdicts_are_counted_by_owner_source_and_week_and_sum_to_the_view_of_the_clause() -> None:
    built = await house(partitions=2)
    week = 7 * 24 * 60
    for lead, owner, at in (("anna", "Ines", 0), ("bob", "Radu", 0), ("cleo", "Radu", week)):
        await built.write(
            told(LeadCaptured(source="web"), at, lead=lead),
            told(LeadHandedOver(agreement="inbound", version=1, cycle=1, owner=owner), at, lead=lead),
            told(clock(SlaStarted, target="30m", due=at + 30), at, lead=lead),
        )
    await built.write(told(clock(SlaMet, answered_at=minutes(5)), 5, lead="anna"))
    await built.write(told(clock(SlaBreached), 30, lead="bob"))
    await built.show()
    rows = built.view("verdicts")
    assert [(each["owner"], each["week"], each["met"], each["breached"], each["open"]) for each in rows] == [
        ("Ines", "2026-W02", 1, 0, 0),
        ("Radu", "2026-W02", 0, 1, 0),
        ("Radu", "2026-W03", 0, 0, 1),
    ]
    assert [each["share_met"] for each in rows] == [1.0, 0.0, None]
    (total,) = built.view("sla")
    for name in ("started", "met", "breached", "cancelled", "open", "retracted"):
        assert total[name] == sum(int(each[name] or 0) for each in rows), name


def test_a_clock_says_what_has_to_be_done_until_that_was_done() -> None:
    asked = told(clock(SlaStarted, target="30m", asks="call or e-mail"))
    assert row(asked)["next_action"] == row(asked, BREACHED)["next_action"] == "call or e-mail (first_response)"
    assert row(asked, BREACHED, ANSWERED)["next_action"] is None
    assert row(STARTED)["next_action"] == "answer (first_response)", "older facts do not say what answers the clause"


def test_while_it_is_paused_nothing_has_to_be_done_about_a_clock() -> None:
    asked = told(clock(SlaStarted, target="30m", asks="call"))
    paused = told(clock(SlaPaused, due=None, status="Nurturing", revision=1), 5)
    resumed = told(clock(SlaResumed, due=50, status="Contacted", revision=2), 25)
    assert row(asked, paused)["next_action"] is None
    assert row(asked, paused, resumed)["next_action"] == "call (first_response)"


def test_a_clock_that_counts_touches_says_what_is_left() -> None:
    needs = (TouchCount(channel="call", count=2), TouchCount(channel="email", count=1))
    started = told(clock(SlaStarted, "effort", target="14d", needs=needs, asks="2 calls and 1 email"))
    called = [told(LeadTouched(channel="call", kind="dialled", direction="outbound"), n) for n in (1, 2)]
    found = [row(started, *called[:n])["next_action"] for n in range(3)]
    assert found == ["2 calls and 1 email left (effort)", "1 call and 1 email left (effort)", "1 email left (effort)"]


def test_a_late_fact_that_changes_the_answer_changes_the_working_time() -> None:
    fields = {"answered_at": minutes(20), "due": 30, "revision": 1, "now": "met", "worked_us": 7_000_000}
    assert row(STARTED, BREACHED, ANSWERED, told(clock(SlaBreachRetracted, **fields), 50))["worked_seconds"] == 7
    reopened = told(clock(SlaRevised, due=90, revision=2, was="met", now="open"), 60)
    assert row(STARTED, BREACHED, ANSWERED, reopened)["worked_seconds"] is None
