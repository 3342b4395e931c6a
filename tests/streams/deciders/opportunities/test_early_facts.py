"""What is told of an opportunity before it is opened waits for the opening, and is decided as if it had come after."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from events.fact import Fact
from events.instants import to_us
from events.opportunity import (
    OpportunityAmended,
    OpportunityClosedLost,
    OpportunityClosedWon,
    OpportunityContactAdded,
    OpportunityOpened,
    OpportunityOwnerTold,
    OpportunityProductAdded,
    OpportunityProductRemoved,
    OpportunityReopened,
    OpportunityStageChanged,
)
from streams.deciders.opportunities import Opportunity
from streams.deciders.waiting import MOST_BYTES, MOST_WAITING
from tests.streams.deciders.opportunities.deals import (
    CONTACT,
    CONVERTED,
    DAYS,
    LINE,
    OPENED,
    QUIET,
    STAGED,
    deal,
    flags,
)
from tests.support.given import minute
from tests.support.laws import examples
from tests.support.subjects import Ledger

LATER: tuple[Fact, ...] = (
    OpportunityAmended(region="DACH"),
    OpportunityStageChanged(stage="Proposal"),
    LINE,
    OpportunityProductRemoved(line="1"),
    CONTACT,
    OpportunityClosedWon(),
    OpportunityClosedLost(reason="no_need"),
    OpportunityReopened(),
)


def said(ledger: Ledger[Opportunity]) -> list[tuple[str, str]]:
    return [(each.reason, each.field) for each in ledger.refused]


@pytest.mark.parametrize("fact", LATER)
def test_what_comes_before_the_opening_says_nothing_and_is_not_refused(fact: Fact) -> None:
    ledger = deal()
    assert ledger.hears(fact, 0) == []
    assert (ledger.refused, ledger.facts, ledger.state.sequence) == ([], [], 0)
    assert len(ledger.state.waiting) == 1


def test_the_opening_lets_in_what_waits_in_the_order_in_which_it_happened() -> None:
    ledger = deal()
    ledger.hears(OpportunityClosedWon(), 30)
    ledger.hears(OpportunityStageChanged(stage="Proposal"), 20, recorded=40)
    ledger.hears(LINE, 20, recorded=50)
    ledger.hears(OPENED, 10, recorded=60)
    told = [each.data for each in ledger.facts if not isinstance(each.data, OpportunityOwnerTold)]
    assert [type(each) for each in told] == [
        OpportunityOpened,
        OpportunityStageChanged,
        OpportunityProductAdded,
        OpportunityClosedWon,
    ]
    assert (ledger.state.closed, ledger.state.waiting, ledger.state.turned_at) == ("won", [], minute(30))


def test_a_conversion_lets_in_what_waits_as_an_opening_does() -> None:
    ledger = deal()
    ledger.hears(OpportunityClosedWon(), 10)
    ledger.hears(replace(CONVERTED, account=None), 5, "/leadstream/bert", recorded=15)
    assert len(ledger.state.waiting) == 1
    ledger.hears(CONVERTED, 10, "/leadstream/anna", recorded=20)
    assert (ledger.state.closed, ledger.refused) == ("won", [])


def test_what_cannot_be_taken_is_refused_when_it_is_let_in() -> None:
    ledger = deal()
    ledger.hears(OpportunityStageChanged(stage="Nowhere"), 5)
    ledger.hears(OpportunityClosedWon(), 6)
    ledger.hears(OPENED, 8)
    assert said(ledger) == [("unknown_stage", "data.stage"), ("before_opening", "time")]
    assert (ledger.state.is_open, ledger.state.waiting) == (True, [])


def test_a_delivery_that_comes_again_waits_once_and_is_dropped_after_it_was_let_in() -> None:
    ledger = deal()
    for recorded in (5, 6, 7):
        ledger.hears(LINE, 5, recorded=recorded, fact_id="line")
    assert len(ledger.state.waiting) == 1
    ledger.hears(OPENED, 4, recorded=8)
    ledger.hears(LINE, 5, recorded=9, fact_id="line")
    assert (len(ledger.told(OpportunityProductAdded)), ledger.refused) == (1, [])


def test_nothing_is_called_untidy_that_what_waits_has_mended() -> None:
    ledger = deal(STAGED)
    ledger.hears(CONTACT, 60, recorded=3 * DAYS)
    ledger.hears(LINE, 90, recorded=3 * DAYS)
    ledger.hears(OPENED, 0, recorded=4 * DAYS)
    assert flags(ledger) == []


def test_it_waits_for_seven_days_of_record_time_and_is_given_up_then() -> None:
    ledger = deal()
    ledger.hears(LINE, 0, recorded=60)
    ledger.hears(CONTACT, 30, recorded=120)
    ledger.passes(minute(7 * DAYS + 61))
    assert [each.data for each in ledger.given_up] == [LINE]
    ledger.hears(OPENED, 0, recorded=7 * DAYS + 61)
    ledger.passes(minute(20 * DAYS))
    assert [each.data for each in ledger.given_up] == [LINE]
    assert [each.contact for each in ledger.state.contacts] == ["ada"]


def test_so_many_wait_at_most_and_the_next_one_is_refused() -> None:
    ledger = deal()
    for number in range(MOST_WAITING + 2):
        ledger.hears(OpportunityContactAdded(contact=f"c{number}"), number)
    assert said(ledger) == [("not_opened", "subject")] * 2
    ledger.hears(OPENED, 0, recorded=500)
    assert len(ledger.state.contacts) == MOST_WAITING


def test_so_many_bytes_wait_at_most() -> None:
    ledger, long = deal(), "x" * 4000
    while not ledger.refused:
        ledger.hears(OpportunityAmended(name=long), 0)
    assert sum(len(each.value) for each in ledger.state.waiting) in range(MOST_BYTES - 5000, MOST_BYTES + 1)


amounts = st.sampled_from([None, 0, 40_000, 100_000])
lines = st.sampled_from("abc")
STORY = st.lists(
    st.one_of(
        st.builds(OpportunityAmended, amount_minor=amounts, region=st.sampled_from([None, "north", "south"])),
        st.builds(OpportunityAmended, currency=st.sampled_from(["EUR", "USD", "GBP"]), amount_minor=amounts),
        st.builds(OpportunityStageChanged, stage=st.sampled_from(["Discovery", "Proposal", "Won", "Nowhere"])),
        st.builds(OpportunityProductAdded, line=lines, product=st.just("p"), amount_minor=st.just(40_000)),
        st.builds(OpportunityProductRemoved, line=lines),
        st.builds(OpportunityContactAdded, contact=st.sampled_from(["ada", "bob"]), primary=st.booleans()),
        st.just(OpportunityClosedWon()),
        st.just(OpportunityClosedLost(reason="no_need")),
        st.just(OpportunityReopened()),
    ),
    max_size=10,
)


def delivered(agreement: str, story: list[Fact], order: list[int], opened_after: int) -> Ledger[Opportunity]:
    """What becomes of a story of a fact an hour, delivered in some order, the opening after so many of them."""
    ledger, now = deal(agreement), 30 * DAYS
    for place, number in enumerate([*order[:opened_after], -1, *order[opened_after:]]):
        fact = OPENED if number < 0 else story[number]
        ledger.hears(fact, 60 * (number + 1), recorded=now, fact_id=f"fact-{number}")
        assert place != opened_after or not ledger.state.waiting
    return ledger


@st.composite
def deliveries(draw: st.DrawFn) -> tuple[list[Fact], list[int], int]:
    """A story, and an order of delivery: in disorder before the opening, in order after it."""
    story = draw(STORY)
    opened_after = draw(st.integers(0, len(story)))
    before = draw(st.permutations(range(opened_after)))
    return story, [*before, *range(opened_after, len(story))], opened_after


@settings(max_examples=examples(300), deadline=None)
@given(deliveries())
def test_wherever_the_opening_comes_the_log_is_the_one_of_a_delivery_in_order(
    delivery: tuple[list[Fact], list[int], int],
) -> None:
    story, order, opened_after = delivery
    in_order = delivered(QUIET, story, list(range(len(story))), 0)
    found = delivered(QUIET, story, order, opened_after)
    assert (found.facts, found.refused) == (in_order.facts, in_order.refused)
    assert found.state == in_order.state


@settings(max_examples=examples(200), deadline=None)
@given(deliveries())
def test_wherever_the_opening_comes_the_same_is_untidy_in_the_end(
    delivery: tuple[list[Fact], list[int], int],
) -> None:
    story, order, opened_after = delivery
    in_order = delivered(STAGED, story, list(range(len(story))), 0)
    found = delivered(STAGED, story, order, opened_after)
    for ledger in (in_order, found):
        ledger.passes(minute(100 * DAYS))
    kinds = [set(ledger.state.flags) for ledger in (in_order, found)]
    assert kinds[0] == kinds[1]
    assert {to_us(each.time) for each in found.told(OpportunityOpened)} == {minute(0)}
