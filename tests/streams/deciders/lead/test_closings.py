from random import Random

import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from events.instants import from_us
from events.lead import LeadQualified
from events.registry import wrap
from events.sla import SlaStarted
from streams.agreement.compiled import Agreement
from streams.agreement.known import Known
from streams.deciders.lead.closed import closed_at, ends, is_open
from streams.deciders.lead.closings import LASTING, UNDONE_BY, Closing, How, add, is_told, lasting, spans
from streams.deciders.lead.entries import Clock, StatusEntry
from streams.deciders.lead.evolve import evolve
from streams.deciders.lead.given import Given, Kept, Live
from streams.deciders.lead.ruled import history_of
from streams.deciders.lead.sla import start
from streams.deciders.lead.state import Lead
from tests.streams.deciders.lead.desk import DESK, QUALIFYING
from tests.support.given import captured, dotted, given, minute, published
from tests.support.laws import examples


def desk() -> Agreement:
    found = Known.of([published(DESK)]).version("desk", 1)
    assert found is not None
    return found


AGREEMENT = desk()
ALL: list[How] = [*sorted(LASTING), "recycled", "rejected", *UNDONE_BY]


def lead(*happened: tuple[int, How] | tuple[int, How, int], statuses: tuple[tuple[int, str], ...] = ()) -> Lead:
    """A lead to which this happened, told in this order."""
    made = Lead(statuses=[StatusEntry(at, "/crm", str(n), status) for n, (at, status) in enumerate(statuses)])
    for each in happened:
        add(made.closings, Closing(*each))
    return made


@pytest.mark.parametrize("opening", UNDONE_BY)
def test_what_closed_a_lead_is_undone_by_its_own_opening_alone(opening: How) -> None:
    closing = UNDONE_BY[opening]
    assert lasting(lead((5, closing), (7, opening)).closings) == []
    for other in UNDONE_BY:
        if other != opening:
            assert lasting(lead((5, closing), (7, other)).closings) == [closing]


def test_a_lead_that_is_erased_stays_closed() -> None:
    found = lead((5, "erased"), *((7, opening) for opening in UNDONE_BY))
    assert (found.closed, is_open(found, AGREEMENT)) == (True, False)


def test_a_lead_closed_in_two_ways_is_open_once_both_are_undone() -> None:
    twice = lead((1, "converted"), (2, "archived"), (3, "reopened"))
    assert (twice.converted, twice.archived, is_open(twice, AGREEMENT)) == (True, False, False)
    add(twice.closings, Closing(4, "unconverted"))
    assert (twice.converted, twice.closed, is_open(twice, AGREEMENT)) == (False, False, True)


def test_a_lead_given_back_is_open_for_the_next_cycle() -> None:
    assert is_open(lead((5, "rejected", 1), (6, "recycled", 1)), AGREEMENT)


def test_a_lead_closed_by_its_status_is_opened_by_another_status_or_by_being_reopened() -> None:
    unqualified = (5, "Unqualified")
    assert not is_open(lead(statuses=(unqualified,)), AGREEMENT)
    assert is_open(lead(statuses=(unqualified, (6, "Contacted"))), AGREEMENT)
    assert is_open(lead((5, "reopened"), statuses=(unqualified,)), AGREEMENT)
    assert not is_open(lead((4, "reopened"), statuses=(unqualified,)), AGREEMENT)


def test_taking_back_a_conversion_opens_a_status_that_converted_and_no_other() -> None:
    assert is_open(lead((5, "converted"), (6, "unconverted"), statuses=((5, "Won"),)), AGREEMENT)
    assert not is_open(lead((5, "converted"), (6, "unconverted"), statuses=((5, "Unqualified"),)), AGREEMENT)


@pytest.mark.parametrize(
    ("at", "why"), [(5, None), (6, "archived"), (9, "archived"), (10, None), (15, None), (16, "converted")]
)
def test_a_lead_is_closed_after_its_closing_and_open_again_at_its_opening(at: int, why: str | None) -> None:
    assert closed_at(lead((5, "archived"), (10, "reopened"), (15, "converted")), AGREEMENT, at) == why


def test_the_first_end_after_the_start_ends_a_clock_even_if_the_lead_is_opened_again() -> None:
    found = lead((5, "archived"), (10, "reopened", 1), (15, "converted"))
    assert ends(found, AGREEMENT, 3, 1)[0] == (5, "archived")
    assert ends(found, AGREEMENT, 7, 1)[0] == (7, "archived")
    assert ends(found, AGREEMENT, 12, 1)[0] == (15, "converted")


def test_a_clock_that_a_capture_started_belongs_to_no_cycle_and_ends_with_what_comes_first() -> None:
    found = lead((5, "archived"), (6, "reopened", 0))
    assert ends(found, AGREEMENT, 3, 0) == [(5, "archived")]


def test_giving_a_lead_back_ends_the_clocks_of_its_cycle_and_of_former_ones() -> None:
    found = lead((5, "recycled", 2))
    assert ends(found, AGREEMENT, 1, 1) == ends(found, AGREEMENT, 3, 2) == [(5, "recycled")]
    assert ends(found, AGREEMENT, 5, 3) == ends(found, AGREEMENT, 6, 1) == []


def test_what_happened_at_the_instant_at_which_a_new_cycle_starts_is_no_concern_of_its_clocks() -> None:
    found = lead((5, "archived"), (5, "reopened", 1), statuses=((5, "Unqualified"),))
    assert ends(found, AGREEMENT, 5, 1)[0] == (5, "Unqualified")
    assert ends(found, AGREEMENT, 5, 2) == []


def test_what_comes_while_a_lead_is_put_aside_changes_its_status_no_more() -> None:
    statuses = ((1, "Contacted"), (6, "Nurturing"))
    assert lead((5, "archived"), statuses=statuses).status == "Contacted"
    assert lead((5, "archived"), (8, "reopened"), statuses=statuses).status == "Contacted"
    assert lead((5, "archived"), (6, "reopened"), statuses=statuses).status == "Nurturing"


def test_a_closing_that_was_undone_later_is_not_told_again() -> None:
    undone = lead((5, "converted"), (9, "unconverted")).closings
    assert [is_told(undone, "converted", at) for at in (7, 9, 10)] == [True, True, False]
    assert is_told(lead((5, "converted")).closings, "converted", 10)


def test_intervals_begin_with_the_first_closing_and_end_with_the_opening() -> None:
    found = lead((1, "archived"), (2, "archived"), (3, "reopened"), (4, "reopened"), (5, "archived")).closings
    assert spans(found, "archived") == [(1, 3), (5, None)]


histories = st.lists(st.tuples(st.integers(0, 8), st.sampled_from(ALL), st.integers(0, 2)), max_size=8)


@for_all(histories)
@settings(max_examples=examples(100), deadline=None)
def test_a_lead_is_closed_exactly_while_some_interval_lasts(happened: list[tuple[int, How, int]]) -> None:
    closings = lead(*happened).closings
    assert [each.at for each in closings] == sorted(each.at for each in closings)
    last = {how for how in LASTING for _, end in spans(closings, how) if end is None}
    assert set(lasting(closings)) == last


@for_all(histories, st.randoms(use_true_random=False))
@settings(max_examples=examples(100), deadline=None)
def test_the_order_in_which_closings_became_known_does_not_matter(
    happened: list[tuple[int, How, int]], chance: Random
) -> None:
    closings = [(at, how) for at, how, _ in happened if how in LASTING]
    shuffled = list(closings)
    chance.shuffle(shuffled)
    assert lead(*closings).closings == lead(*shuffled).closings


@for_all(histories, st.integers(0, 9), st.integers(1, 3))
@settings(max_examples=examples(100), deadline=None)
def test_a_clock_of_a_closed_lead_ends_at_its_start_and_never_before(
    happened: list[tuple[int, How, int]], start: int, cycle: int
) -> None:
    found = lead(*happened)
    told = ends(found, AGREEMENT, start, cycle)
    assert all(at >= start for at, _ in told)
    why = closed_at(found, AGREEMENT, start)
    assert why is None or told[0] == (start, why)


def test_a_new_hand_over_after_a_recycle_starts_clocks_anew() -> None:
    live = Live(lead((minute(50), "recycled", 1)), Kept())
    live.lead.agreement, live.lead.cycle = "qualifying", 2
    live.lead.clocks.append(Clock("qualifying", 1, "first_response", 1, "sales", minute(0), minute(30)))
    at = minute(50)
    told = start(live, "handed_over", at, 2, Given(Known.of([published(QUALIFYING)]), at, at, "anna"))
    assert [(type(each.fact), each.at, each.fact.cycle) for each in told] == [(SlaStarted, at, 2)]  # type: ignore[attr-defined]


def test_the_hand_over_of_a_former_cycle_still_answers_the_clock_of_that_cycle() -> None:
    story = given(QUALIFYING).history(
        captured(0, profile=dotted(company__name="Acme", company__employees=100, answers__contact_me=True))
    )
    held = story.live.lead
    agreement = story.known.version("qualifying", 1)
    assert agreement is not None
    clause = next(each for each in agreement.clauses if each.name == "hand_over")
    again = LeadQualified(agreement="qualifying", version=1, cycle=2, score=0)
    evolve(
        held, wrap(again, id="q2", source="/leadstream", subject="anna", time=from_us(minute(60))), minute(60), 0, None
    )
    assert list(history_of(held, story.clock("hand_over"), clause, agreement).answers) == [minute(0)]
