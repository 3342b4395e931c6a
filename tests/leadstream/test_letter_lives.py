"""What became of a dead letter follows from the log, and from nothing but what was told of it."""

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.letters import Outcome
from engine.memory.log import MemoryLog
from engine.ports import NewRecord
from events.topics import DEAD_LETTERS, OUTCOMES, RAW
from leadstream.deployment import topic_specs
from leadstream.letter_lives import Told, about_requests, lives, read_lives, tell
from leadstream.letters import Letter
from tests.support.laws import examples

MENDED, REFUSED = Outcome("0-1", "mended", "import"), Outcome("0-1", "refused", "retry", "time", "is blank")


def letter(place: str = "0-1", at: int = 10, retried: str = "") -> Letter:
    return Letter(place, at, "invalid", "data", "wrong", "", "7", "a.csv", "key", 3, retried=retried)


def test_a_letter_is_open_until_something_is_told_of_it() -> None:
    other = Told(50, Outcome("0-2", "mended", "retry"))
    (life,) = lives([letter()], [other])
    assert (life.status, life.changed_at, life.tries, life.by) == ("open", 10, 0, "")
    assert life.letter == letter()


def test_what_was_taken_is_mended_and_stays_so_though_a_later_try_fails() -> None:
    (life,) = lives([letter()], [Told(20, MENDED), Told(30, MENDED), Told(40, REFUSED)])
    assert (life.status, life.changed_at, life.tries, life.by) == ("mended", 20, 3, "import")
    assert (life.letter.field, life.letter.detail) == ("data", "wrong")


def test_what_is_refused_again_stays_open_and_says_why_it_is_refused_now() -> None:
    (life,) = lives([letter()], [Told(20, REFUSED)])
    assert (life.status, life.changed_at, life.tries, life.by) == ("open", 20, 1, "retry")
    assert (life.letter.field, life.letter.detail) == ("time", "is blank")
    (life,) = lives([letter()], [Told(20, REFUSED), Told(30, MENDED)])
    assert (life.status, life.changed_at, life.tries) == ("mended", 30, 2)


def test_a_letter_whose_record_became_another_letter_is_superseded_by_it() -> None:
    first, second = lives([letter(), letter("0-2", 20, retried="0-1")], [])
    assert (first.status, first.changed_at, first.tries, first.by) == ("superseded", 20, 1, "0-2")
    assert (second.status, second.tries) == ("open", 0)


def test_what_waited_for_something_else_and_was_given_up_later_is_open_as_another_letter() -> None:
    first, second = lives([letter(), letter("0-2", 30, retried="0-1")], [Told(20, MENDED)])
    assert (first.status, first.by, second.status) == ("superseded", "0-2", "open")


events = st.lists(st.tuples(st.integers(11, 40), st.sampled_from([MENDED, REFUSED])), max_size=6)


@given(told=events, again=st.lists(st.integers(11, 40), max_size=2))
@settings(max_examples=examples(100))
def test_a_letter_is_mended_if_it_was_taken_after_it_last_became_another_one(
    told: list[tuple[int, Outcome]], again: list[int]
) -> None:
    followers = [letter(f"0-{number}", at, retried="0-1") for number, at in enumerate(again, 2)]
    outcomes = [Told(*each) for each in told]
    first, *_ = lives([letter(), *followers], sorted(outcomes, key=lambda each: each.at))
    taken = max((at for at, outcome in told if outcome is MENDED), default=0)
    last = max(again, default=0)
    if taken != last or not taken:  # at the same instant either may have been first
        wanted = "mended" if taken > last else "superseded" if last else "open"
        assert first.status == wanted
    assert first.tries == len(told) + len(again)


@given(told=events)
@settings(max_examples=examples(50))
def test_what_is_told_twice_counts_as_another_try_and_changes_nothing_else(told: list[tuple[int, Outcome]]) -> None:
    ordered = [Told(*each) for each in sorted(told, key=lambda each: each[0])]
    (once,) = lives([letter()], ordered)
    (twice,) = lives([letter()], [each for told_once in ordered for each in (told_once, told_once)])
    assert twice == once._replace(tries=2 * once.tries)


async def test_lives_are_read_from_the_log_and_what_is_no_outcome_is_passed_over() -> None:
    log = MemoryLog(clock=lambda: 77)
    await log.create_topics(topic_specs(2))
    for partition in (0, 1):
        await log.append({(DEAD_LETTERS, partition): [NewRecord(b"k", b"{}", [("dlq.reason", b"invalid")])]})
    await log.append({(OUTCOMES, 0): [NewRecord(b"x", b"\xff"), NewRecord(b"y", None), NewRecord(b"z", b"{}")]})
    await tell(log, [Outcome("1-0", "mended", "retry"), Outcome("1-9", "mended", "retry")])
    await tell(log, [])
    assert [(life.letter.id, life.status) for life in await read_lives(log)] == [("0-0", "open"), ("1-0", "mended")]
    assert [len((await log.read(OUTCOMES, partition, 0)).records) for partition in (0, 1)] == [3, 2]


async def test_of_letters_that_are_not_meant_only_what_they_took_the_place_of_is_known() -> None:
    log = MemoryLog(clock=lambda: 77)
    await log.create_topics(topic_specs(1))
    first, again = [("dlq.reason", b"invalid")], [("dlq.retried", b"0-0"), ("dlq.reason", b"too_large")]
    await log.append({(DEAD_LETTERS, 0): [NewRecord(b"k", b"{}", first), NewRecord(b"k", b"{}", again)]})
    (life,) = await read_lives(log, lambda each: each.reason == "invalid")
    assert (life.letter.id, life.status, life.by) == ("0-0", "superseded", "0-1")


def test_open_letters_about_requests_are_found_by_the_request() -> None:
    about = letter()._replace(topic=RAW, came_at=5)
    other = about._replace(id="0-2")
    found = lives([about, other, letter("0-3"), about._replace(id="0-4", came_at=6)], [Told(20, MENDED)])
    assert about_requests(found) == {("key", 5): ["0-2"], ("key", 6): ["0-4"]}
