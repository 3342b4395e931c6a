"""What keeps an instant from being final, judged by where tasks stand and what they have not come to."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from engine.ports import GroupSpec
from engine.position import Position, decode_position, encode_position
from leadstream.finality import EVER, Finality, Hold, Stand, Unread, copied, holds_of
from projections.catalogue import OF_COUNCILS

GROUP = GroupSpec("deals", ("in",), "state", "dead")
SECOND = 1_000_000
HOLDS = st.lists(st.builds(Hold, st.integers(0, 9), st.text(min_size=1, max_size=2)))


def stand(*, time: int = 9 * SECOND, overdue: int | None = None, at: int = 4) -> Stand:
    return Stand(GROUP, 1, Position({"in": at}, time, ahead={"in": ((6, 8),)}, overdue=overdue), {"in": 2})


@given(HOLDS, st.integers(0, 9))
def test_an_instant_is_final_or_something_is_said_against_it(holds: list[Hold], at: int) -> None:
    known = Finality(holds)
    assert (known.against(at) == "") is (at < known.before)
    assert known.before == min([hold.since for hold in holds], default=EVER)


def test_what_holds_an_instant_longest_is_said_first_and_no_more_than_three() -> None:
    known = Finality([Hold(4, "d"), Hold(1, "a"), Hold(3, "c"), Hold(2, "b"), Hold(9, "late")])
    assert known.against(0) == ""
    assert known.against(2) == "a; b"
    assert known.against(4) == "a; b; c; and 1 more"


def test_a_task_holds_from_its_time_on_or_from_what_is_overdue_in_it() -> None:
    assert list(holds_of([stand()], ())) == [Hold(9 * SECOND, "deals-1 has let time pass to 1970-01-01T00:00:09Z")]
    assert [hold.since for hold in holds_of([stand(overdue=5)], ())] == [5]


def test_a_task_that_never_ran_holds_what_is_to_come_by_the_time_of_others() -> None:
    fresh = Stand(GROUP, 0, None, {"in": 3})
    assert list(holds_of([fresh], ())) == [Hold(0, "deals-0 has never run")]
    assert [hold.since for hold in holds_of([fresh, stand(), stand(time=SECOND)], ())] == [
        9 * SECOND, 9 * SECOND, SECOND,
    ]  # fmt: skip
    assert (fresh.next_offset("in"), fresh.has_decided("in", 6)) == (3, False)
    (hold,) = holds_of((), [Unread(fresh, "in", 2, SECOND)])
    assert hold == Hold(
        SECOND, "deals-0 has not come to 2 records of in-0 from offset 3 on, the earliest of 1970-01-01T00:00:01Z"
    )


def test_what_is_decided_ahead_is_not_unread_and_what_is_gone_cannot_be_read() -> None:
    known = stand()
    assert [offset for offset in range(4, 10) if known.has_decided("in", offset)] == [6, 7]
    assert (known.next_offset("in"), stand(at=1).next_offset("in")) == (4, 2)


def test_rows_that_the_tables_have_not_taken_hold_every_instant() -> None:
    ends = {view.topic: [2, 0] for view in OF_COUNCILS.views}
    positions = {(view.topic, 0): 2 for view in OF_COUNCILS.views}
    assert list(copied([OF_COUNCILS], ends, positions)) == []
    behind = positions | {("view.targets", 0): 1}
    assert list(copied([OF_COUNCILS], ends, behind)) == [Hold(0, "the tables have view.targets-0 up to offset 1 of 2")]


def test_a_position_says_what_is_overdue_only_where_something_is_and_older_ones_are_read() -> None:
    assert b"overdue" not in encode_position(Position({"in": 4}, 9))
    late = Position({"in": 4}, 9, overdue=5)
    assert (decode_position(encode_position(late)), late.passed) == (late, 5)
    older = msgspec.json.decode(b'{"offsets":{"in":4},"time":9}', type=Position)
    assert (older.passed, older.overdue) == (9, None)
