"""What holds for every kind of subject, tried on one that only counts touches and remembers how many there were."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from events.commands import AcceptLead
from events.envelope import Envelope
from events.ids import fingerprint
from events.instants import MINUTE, from_us, to_us
from events.lead import LeadArchived, LeadTouched
from events.registry import wrap
from events.sources import OWN_SOURCE
from streams.agreement.known import Known
from streams.deciders.subject import Around, Kind, Subject, command, decide, fold, is_duplicate, wake
from streams.deciders.told import Told
from tests.support.given import MONDAY

WAIT = 10 * MINUTE


class Count(Subject):
    touches: int = 0
    full_at: int | None = None
    archived: int = 0


def evolve(state: Count, envelope: Envelope, at: int) -> None:
    if isinstance(envelope.data, LeadTouched):
        state.touches += 1
        state.full_at = at + WAIT
    else:
        state.archived += 1
        state.full_at = None


def react(state: Count, envelope: Envelope, at: int, _around: Around) -> Sequence[Told]:
    full = isinstance(envelope.data, LeadTouched) and state.touches % 3 == 0
    return (Told(LeadArchived(reason="third"), at), Told(LeadArchived(reason="and again"), at)) if full else ()


COUNTS = Kind(
    state=Count,
    outside=frozenset({LeadTouched}),
    tasks=frozenset(),
    evolve=evolve,
    react=react,
    next_wake=lambda state, _around: state.full_at,
    wake=lambda _state, due, _around: (Told(LeadArchived(reason="time"), due),),
)


def touch(number: int) -> Envelope:
    fact = LeadTouched(channel="call", kind="dialled", direction="outbound")
    at = from_us(MONDAY + number * MINUTE)
    return wrap(fact, id=f"touch-{number}", source="/calls", subject="desk", time=at)


def around(number: int) -> Around:
    return Around(Known(), MONDAY + number * MINUTE, "desk")


def told(state: Count, *numbers: int) -> list[Envelope]:
    found: list[Envelope] = []
    for number in numbers:
        envelope = touch(number)
        mark = fingerprint(envelope.source, envelope.id)
        if not is_duplicate(state, mark):
            found += decide(COUNTS, state, envelope, mark, around(max(number, *numbers)))
    return found


@given(st.lists(st.integers(0, 30), min_size=1))
def test_the_state_is_the_fold_of_the_log(numbers: list[int]) -> None:
    state, twin = Count(), Count()
    facts = told(state, *numbers)
    if state.full_at is not None:
        facts += wake(COUNTS, state, state.full_at, around(60))
    for envelope in facts:
        fold(COUNTS, twin, envelope)
    assert twin == state
    assert [int(str(each.sequence)) for each in facts] == list(range(1, len(facts) + 1))


@given(st.lists(st.integers(0, 5), min_size=1))
def test_a_fact_that_comes_again_changes_nothing(numbers: list[int]) -> None:
    once, twice = Count(), Count()
    assert told(once, *numbers, *numbers) == told(twice, *numbers)
    assert once == twice


def test_what_follows_names_its_cause_and_comes_from_here() -> None:
    facts = told(Count(), 1, 2, 3)
    assert [each.source for each in facts] == ["/calls", "/calls", "/calls", OWN_SOURCE, OWN_SOURCE]
    assert {each.causationid for each in facts[3:]} == {"touch-3"}
    assert len({each.id for each in facts}) == len(facts)


def test_what_time_brings_about_happened_at_its_due_time() -> None:
    state = Count()
    told(state, 1)
    (fact,) = wake(COUNTS, state, MONDAY + 11 * MINUTE, around(500))
    assert to_us(fact.time) == MONDAY + 11 * MINUTE
    assert COUNTS.next_wake(state, around(500)) is None


def test_a_kind_of_subject_that_takes_no_commands_refuses_them_and_stays_as_it_is() -> None:
    state = Count()
    asked = wrap(AcceptLead(by="ines"), id="c", source="/desk", subject="desk", time=from_us(MONDAY))
    told, answer = command(COUNTS, state, asked, around(0))
    assert (told, answer.accepted, answer.reason) == ([], False, "unknown command")
    assert state == Count()
