"""What accounts are to one another."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projections.pipeline.relations import Related, Word, related, standing

NAMES = st.sampled_from("abcdef")
KINDS = st.sampled_from(["parent", "group", "partner", "investor", "competitor"])
WORDS = st.lists(st.builds(Word, NAMES, NAMES, KINDS, st.booleans(), st.integers(0, 5)), max_size=14)
_SEEN_FROM_THERE = {"investor": "invested", "invested": "investor"}


@given(WORDS)
def test_whatever_is_told_holds_for_both(words: list[Word]) -> None:
    found = related(words)
    assert found == sorted(set(found))
    for account, relation, other in found:
        assert account != other
        assert Related(other, _SEEN_FROM_THERE.get(relation, relation), account) in found


@given(WORDS)
def test_a_group_is_whoever_can_be_reached_by_parents_and_groups(words: list[Word]) -> None:
    ties = [{each.account, each.other} for each in standing(words) if each.kind in ("parent", "group")]
    expected = set[Related]()
    for account in "abcdef":
        reached = {account}
        for _ in range(len("abcdef")):
            reached |= {name for tie in ties if tie & reached for name in tie}
        expected |= {Related(account, "group", other) for other in reached - {account}}
    assert {each for each in related(words) if each.relation == "group"} == expected


@given(WORDS)
def test_accounts_may_be_told_in_any_order_of_each_other(words: list[Word]) -> None:
    mixed = sorted(words, key=lambda each: each.account)  # partitions: of each account the order is kept
    assert related(mixed) == related(words)


def test_the_later_word_holds_by_when_it_happened_and_of_parents_there_is_one() -> None:
    late = [Word("a", "b", "partner", True, 3), Word("a", "b", "partner", False, 1)]
    assert related(late) == []
    moved = [Word("a", "b", "parent", False, 1), Word("a", "c", "parent", False, 2)]
    assert related(moved) == [("a", "group", "c"), ("c", "group", "a")]


@pytest.mark.parametrize("kind", ["group", "partner", "competitor"])
def test_what_holds_for_both_is_ended_and_begun_anew_by_either(kind: str) -> None:
    told, ended = Word("a", "b", kind, False, 1), Word("b", "a", kind, True, 2)
    assert related([told, ended]) == []
    assert related([told, ended._replace(at=0)]) == related([told]), "it was told later than it ended"
    assert related([told, ended._replace(at=1)]) == [], "of the same instant the end holds"
    assert related([told, ended, told._replace(at=3)]) == related([told])


def test_who_is_invested_in_says_that_it_ended_and_the_other_cannot() -> None:
    told = Word("a", "b", "investor", False, 1)
    assert related([told, Word("b", "a", "investor", True, 2)]) == related([told]), "it never invested in b"
    assert related([told, Word("a", "b", "investor", True, 2)]) == []


def test_who_invests_is_told_apart_from_who_is_invested_in() -> None:
    assert related([Word("a", "b", "investor", False, 1)]) == [("a", "invested", "b"), ("b", "investor", "a")]
