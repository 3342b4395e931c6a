"""Refusals hold what senders wrote: what is kept of them has an end, what was accepted is kept for ever."""

from events.agreement import CommandAnswered
from streams.deciders.agreement.state import MOST_REFUSAL_BYTES, MOST_REFUSALS, AgreementState, encode, evolve
from tests.streams.deciders.agreement.desk import Desk, propose, publish


def refused(number: int, problems: int = 50, letters: int = 1000) -> CommandAnswered:
    missing = ("x" * letters,) * problems
    return CommandAnswered(command=f"r{number}", accepted=False, facts=(), reason="invalid document", missing=missing)


def test_refusals_never_outgrow_the_state() -> None:
    state = AgreementState()
    for number in range(2 * MOST_REFUSALS):
        evolve(state, refused(number))
    assert len(encode(state)) < MOST_REFUSAL_BYTES + 10_000
    assert list(state.answers)[-1] == f"r{2 * MOST_REFUSALS - 1}"


def test_the_oldest_refusals_are_forgotten_however_short_they_are() -> None:
    state = AgreementState()
    for number in range(MOST_REFUSALS + 3):
        evolve(state, refused(number, problems=0))
    assert list(state.answers) == [f"r{number}" for number in range(3, MOST_REFUSALS + 3)]


def test_what_was_accepted_is_kept_however_many_refusals_come_between() -> None:
    desk = Desk()
    first = desk.tell(publish(1), id="one")
    state = desk.state()
    for number in range(2 * MOST_REFUSALS):
        evolve(state, refused(number))
    desk.raw = encode(state)
    assert desk.decide(publish(1), id="one").answer == first


def test_a_refusal_is_told_whole_the_first_time_and_in_short_when_its_command_comes_again() -> None:
    desk = Desk()
    broken = propose(1, **{f"key{number}": "x" for number in range(30)})
    first, again = desk.tell(broken, id="one"), desk.tell(broken, id="one")
    assert len(first.missing) == 30
    assert again.missing == (*(each[:200] for each in first.missing[:10]), "and 20 more")
    assert desk.tell(broken, id="one") == again
