from events.envelope import Envelope
from events.lead import LeadCaptured
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
)
from projections.views.sla import SLA
from projections.views.view import Cell
from tests.projections.given import clock, minutes, rows_of, told

STARTED = told(clock(SlaStarted, target="30m"))
BREACHED = told(clock(SlaBreached), 30)
MET = told(clock(SlaMet, answered_at=minutes(5)), 5)
FIGURES = ("started", "met", "breached", "cancelled", "open", "retracted")


def figures(*envelopes: Envelope) -> tuple[Cell, ...]:
    (row,) = rows_of(SLA, *envelopes)
    return tuple(row[name] for name in FIGURES)


def test_a_clock_has_one_verdict_at_a_time() -> None:
    assert figures(STARTED) == (1, 0, 0, 0, 1, 0)
    assert figures(STARTED, MET) == (1, 1, 0, 0, 0, 0)
    assert figures(STARTED, BREACHED) == (1, 0, 1, 0, 0, 0)
    assert figures(STARTED, told(clock(SlaCancelled, reason="Junk"), 9)) == (1, 0, 0, 1, 0, 0)


def test_a_breach_answered_late_stays_a_breach() -> None:
    answered = told(clock(SlaAnswered, answered_at=minutes(40), late_by_us=600_000_000), 40)
    assert figures(STARTED, BREACHED, answered) == (1, 0, 1, 0, 0, 0)


def test_a_retracted_breach_moves_the_clock_and_is_counted() -> None:
    retracted = told(clock(SlaBreachRetracted, revision=1, now="met", answered_at=minutes(20)), 30, recorded=60)
    assert figures(STARTED, BREACHED, retracted) == (1, 1, 0, 0, 0, 1)


def test_a_clock_breached_again_after_a_retraction_is_breached_and_once_retracted() -> None:
    retracted = told(clock(SlaBreachRetracted, due=50, revision=1, now="open"), 30, recorded=40)
    assert figures(STARTED, BREACHED, retracted, told(clock(SlaBreached, due=50), 50)) == (1, 0, 1, 0, 0, 1)


def test_a_revised_verdict_moves_the_clock() -> None:
    revised = told(clock(SlaRevised, due=3, revision=1, was="met", now="breached", answered_at=minutes(5)), 9)
    assert figures(STARTED, MET, revised) == (1, 0, 1, 0, 0, 0)


def test_open_clocks_that_stand_still_and_breaches_that_were_escalated_are_counted_beside() -> None:
    def beside(*envelopes: Envelope) -> tuple[Cell, ...]:
        (row,) = rows_of(SLA, STARTED, *envelopes)
        return row["open"], row["paused"], row["breached"], row["escalated"]

    paused = told(clock(SlaPaused, due=None, status="Later", revision=1), 10)
    resumed = told(clock(SlaResumed, due=50, status="Open", revision=2), 30)
    escalated = told(clock(SlaEscalated, level=1, after="30m", to="manager"), 60)
    retracted = told(clock(SlaBreachRetracted, due=None, revision=1, now="open"), 30, recorded=60)
    assert beside() == (1, 0, 0, 0)
    assert beside(paused) == (1, 1, 0, 0)
    assert beside(paused, resumed) == (1, 0, 0, 0)
    assert beside(BREACHED, escalated, escalated) == (0, 0, 1, 1)
    assert beside(BREACHED, escalated, retracted) == (1, 1, 0, 0)


def test_clauses_versions_and_agreements_are_counted_apart_and_cycles_together() -> None:
    rows = rows_of(
        SLA,
        STARTED,
        told(clock(SlaStarted, cycle=2, target="30m")),
        told(clock(SlaStarted, "effort", target="1h")),
        told(clock(SlaStarted, version=2, target="30m")),
        told(clock(SlaStarted, agreement="other", target="30m"), lead="bob"),
    )
    assert {(row["agreement"], row["clause"], row["version"]): row["started"] for row in rows} == {
        ("inbound", "first_response", 1): 2,
        ("inbound", "effort", 1): 1,
        ("inbound", "first_response", 2): 1,
        ("other", "first_response", 1): 1,
    }


def test_clocks_of_test_leads_are_left_out() -> None:
    assert rows_of(SLA, told(LeadCaptured(is_test=True)), STARTED) == []
