from typing import Any

import pytest

from events.envelope import Envelope
from events.fact import Fact
from events.instants import MINUTE, SECOND, from_us
from events.lead import LeadCaptured, LeadScored
from events.registry import wrap
from events.sla import (
    SlaBreached,
    SlaBreachRetracted,
    SlaCancelled,
    SlaMet,
    SlaPaused,
    SlaResumed,
    SlaRevised,
    SlaStarted,
)
from leadstream.demo.tempo import MONDAY
from leadstream.demo.watch import MOST, Breach, Move, Retraction, Running, Watch, soonest
from tests.leadstream.demo.playing import Played

NINE = MONDAY + 9 * 60 * MINUTE
DUE = NINE + 40 * SECOND


def fact(data: Fact, at: int, recorded: int | None = None, lead: str = "sim-000001") -> Envelope:
    return wrap(
        data, id=f"{at}", source="/leadstream", subject=lead, time=from_us(at), recordedat=from_us(recorded or at)
    )


def clock(kind: Any, due: int | None = DUE, **details: Any) -> Any:
    named = {"agreement": "demo", "version": 1, "clause": "first_response", "cycle": 1}
    return kind(**named, due=None if due is None else from_us(due), **details)


def scored(score: int, cause: Any = "touch") -> LeadScored:
    return LeadScored(score=score, fit=0, engagement=score, grade="B2", agreement="demo", version=1, cause=cause)


def watched(*facts: Envelope) -> Watch:
    watch = Watch()
    for each in facts:
        watch.see(each)
    return watch


def started(due: int = DUE) -> Envelope:
    return fact(clock(SlaStarted, due, target="40s"), NINE)


def test_a_started_clock_runs_until_it_is_met_or_cancelled() -> None:
    assert soonest(watched(started())) == (Running("sim-000001", "first_response", NINE, DUE),)
    for end in (clock(SlaMet, answered_at=from_us(NINE)), clock(SlaCancelled, reason="Unqualified")):
        assert soonest(watched(started(), fact(end, DUE))) == ()


def test_a_revision_moves_the_due_of_a_clock_that_still_runs() -> None:
    moved = fact(clock(SlaRevised, DUE + MINUTE, revision=1, was="open", now="open"), DUE)
    assert soonest(watched(started(), moved)) == (Running("sim-000001", "first_response", NINE, DUE + MINUTE),)


def test_a_clock_that_stands_still_runs_no_more_until_it_goes_on() -> None:
    paused = fact(clock(SlaPaused, None, status="Later", revision=1), NINE + SECOND)
    resumed = fact(clock(SlaResumed, DUE + MINUTE, status="Open", revision=2), DUE)
    assert soonest(watched(started(), paused)) == ()
    assert soonest(watched(started(), paused, resumed)) == (
        Running("sim-000001", "first_response", NINE, DUE + MINUTE),
    )


def test_a_breach_ends_the_clock_and_stands() -> None:
    watch = watched(started(), fact(clock(SlaBreached), DUE))
    assert soonest(watch) == ()
    assert watch.breaches == [Breach("sim-000001", "first_response", DUE)]


def test_a_retraction_takes_the_breach_back_and_says_how_late_the_fact_was() -> None:
    taken_back = clock(SlaBreachRetracted, revision=1, now="met", was_due=from_us(DUE), answered_at=from_us(NINE))
    told = DUE + MINUTE
    watch = watched(started(), fact(clock(SlaBreached), DUE), fact(taken_back, DUE, told))
    assert watch.breaches == []
    assert watch.retractions == [Retraction("sim-000001", "first_response", DUE, NINE, told)]


def test_a_move_says_what_the_score_was_before() -> None:
    watch = watched(fact(scored(20, "captured"), NINE), fact(scored(60), NINE + 1), fact(scored(60), NINE + 2))
    assert watch.moves == [
        Move("sim-000001", 60, 20, "B2", "touch", NINE + 1),
        Move("sim-000001", 20, None, "B2", "captured", NINE),
    ]


def test_the_newest_stands_first_whatever_the_order_of_partitions() -> None:
    watch = watched(*(fact(scored(at), NINE + at, lead=f"sim-{at}") for at in (5, 90, 1, 40)))
    assert [move.score for move in watch.moves] == [90, 40, 5, 1]


def test_no_more_is_kept_than_a_terminal_shows() -> None:
    watch = watched(*(fact(scored(at), NINE + at, lead=f"sim-{at}") for at in range(1, 100)))
    assert len(watch.moves) == MOST
    assert watch.moves[0].score == 99


def test_captures_and_facts_are_counted() -> None:
    watch = watched(fact(LeadCaptured(), NINE), fact(scored(1), NINE))
    assert (watch.facts, watch.leads) == (2, 1)


@pytest.mark.slow
def test_who_watches_a_whole_week_sees_the_clocks_that_the_view_calls_open(played: Played) -> None:
    watch = watched(*played.facts)
    assert len(watch.clocks) == sum(row["open"] for row in played.summary.clauses)
    assert watch.facts == len(played.facts)
    assert {each.lead for each in watch.retractions} <= {each.lead for each in played.summary.retractions}
    assert watch.retractions
