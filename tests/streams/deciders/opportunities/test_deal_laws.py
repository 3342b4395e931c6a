"""What holds of every opportunity, whatever is told of it, in which order and how often."""

from datetime import date
from typing import NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from events.fact import Fact
from events.instants import to_us
from events.opportunity import (
    HygieneCleared,
    HygieneFlagged,
    OpportunityAmended,
    OpportunityClosedLost,
    OpportunityClosedWon,
    OpportunityContactAdded,
    OpportunityOpened,
    OpportunityProductAdded,
    OpportunityProductRemoved,
    OpportunityReopened,
    OpportunityStageChanged,
)
from streams.deciders.opportunities import Opportunity
from streams.deciders.opportunities.hygiene import dues
from tests.streams.deciders.opportunities.deals import CONVERTED, DAYS, STAGED, deal
from tests.support.given import minute
from tests.support.laws import examples
from tests.support.subjects import Ledger

amounts = st.sampled_from([0, 1, 40_000, 100_000])
stages = st.sampled_from(["Discovery", "Proposal", "Won", "Nowhere"])
currencies = st.sampled_from([None, "EUR", "USD", "GBP"])
days = st.sampled_from([None, date(2025, 12, 1), date(2026, 1, 10), date(2026, 3, 31)])
lines = st.sampled_from("abc")
FACTS: st.SearchStrategy[Fact] = st.one_of(
    st.builds(
        OpportunityOpened,
        account=st.just("acme"),
        name=st.just("Acme"),
        stage=stages,
        amount_minor=amounts,
        currency=currencies,
        close_date=days,
        owner=st.sampled_from([None, "rep-1"]),
        next_step=st.sampled_from([None, "call"]),
    ),
    st.builds(
        OpportunityAmended,
        amount_minor=st.none() | amounts,
        currency=currencies,
        close_date=days,
        account=st.sampled_from([None, None, "bolt"]),
        next_step=st.sampled_from([None, "mail"]),
        cleared=st.sampled_from([(), ("next_step",), ("close_date",)]),
    ),
    st.builds(OpportunityStageChanged, stage=stages),
    st.builds(OpportunityProductAdded, line=lines, product=st.just("p"), amount_minor=amounts),
    st.builds(OpportunityProductAdded, line=lines, product=st.just("p"), amount_minor=amounts),
    st.builds(OpportunityProductRemoved, line=lines),
    st.builds(OpportunityContactAdded, contact=st.sampled_from(["ada", "bob"]), primary=st.booleans()),
    st.just(OpportunityClosedWon()),
    st.just(OpportunityClosedLost(reason="no_need")),
    st.builds(OpportunityReopened, stage=st.none() | stages),
    st.just(CONVERTED),
)


class Step(NamedTuple):
    """A fact: how long after the step before it became known, and how long before that it happened; minutes."""

    fact: Fact
    after: int
    late: int


STEPS = st.lists(
    st.builds(Step, FACTS, st.sampled_from([0, 1, 60, DAYS, 40 * DAYS]), st.sampled_from([0, 0, 0, 30, 2 * DAYS])),
    max_size=14,
)
OPENED_FIRST = st.builds(OpportunityOpened, account=st.just("acme"), name=st.just("Acme"), stage=st.just("Proposal"))


def told(steps: list[Step], *, opened: Fact | None = None, times: int = 1) -> Ledger[Opportunity]:
    """What becomes of an opportunity; with `times`, everything comes so often."""
    ledger, now = deal(STAGED), 0
    for number, step in enumerate([Step(opened, 0, 0)] if opened else [], start=-1):
        ledger.hears(step.fact, 0, fact_id=f"{number}")
    for number, step in enumerate(steps):
        now += step.after
        source = "/leadstream/anna" if step.fact is CONVERTED else "/crm"
        for _ in range(times):
            ledger.hears(step.fact, now - step.late, source, recorded=now, fact_id=f"{number}")
        state = ledger.state
        assert not state.lines or state.lines_minor == state.amount_minor
        assert state.amount_minor == 0 or state.currency is not None
    ledger.passes(minute(now + 100 * DAYS))
    return ledger


@settings(max_examples=examples(200), deadline=None)
@given(STEPS, OPENED_FIRST)
def test_lines_sum_to_the_amount_after_every_fact(steps: list[Step], opened: Fact) -> None:
    ledger = told(steps, opened=opened)
    assert ledger.state.opened_at is not None


@settings(max_examples=examples(100), deadline=None)
@given(STEPS, st.none() | OPENED_FIRST)
def test_deliveries_that_come_again_change_nothing(steps: list[Step], opened: Fact | None) -> None:
    assert told(steps, opened=opened, times=3).facts == told(steps, opened=opened).facts


@settings(max_examples=examples(200), deadline=None)
@given(STEPS, OPENED_FIRST)
def test_of_each_kind_flagged_and_cleared_take_turns_and_time_never_runs_back(steps: list[Step], opened: Fact) -> None:
    open_flags: dict[str, int] = {}
    last: dict[str, int] = {}
    for each in told(steps, opened=opened).facts:
        fact, at = each.data, to_us(each.time)
        if isinstance(fact, HygieneFlagged):
            assert fact.kind not in open_flags
            assert at >= last.get(fact.kind, at)
            open_flags[fact.kind] = last[fact.kind] = at
        elif isinstance(fact, HygieneCleared):
            assert open_flags.pop(fact.kind) <= at
            last[fact.kind] = at


@settings(max_examples=examples(200), deadline=None)
@given(STEPS, OPENED_FIRST)
def test_in_the_end_exactly_what_is_untidy_is_flagged(steps: list[Step], opened: Fact) -> None:
    ledger = told(steps, opened=opened)
    untidy = {kind for kind, due in dues(ledger.state, ledger.known.pipeline(ledger.time)).items() if due < ledger.time}
    assert set(ledger.state.flags) == untidy
    assert ledger.state.is_open or not untidy


@settings(max_examples=examples(100), deadline=None)
@given(STEPS, OPENED_FIRST)
def test_no_two_facts_have_one_id(steps: list[Step], opened: Fact) -> None:
    ids = [(each.source, each.id) for each in told(steps, opened=opened).facts]
    assert len(set(ids)) == len(ids)
