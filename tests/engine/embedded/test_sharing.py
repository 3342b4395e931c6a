from hypothesis import given
from hypothesis import strategies as st

from engine.embedded.sharing import share_of

members = st.sets(st.text(max_size=3), min_size=1, max_size=9)


@given(st.integers(0, 40), members)
def test_every_partition_has_one_owner_and_shares_are_even(partitions: int, names: set[str]) -> None:
    shares = [share_of(partitions, names, name) for name in names]
    assert sorted(number for share in shares for number in share) == list(range(partitions))
    sizes = [len(share) for share in shares]
    assert max(sizes) - min(sizes) <= 1


@given(st.integers(0, 40), members, st.data())
def test_the_order_in_which_members_are_told_does_not_matter(
    partitions: int, names: set[str], data: st.DataObject
) -> None:
    told = data.draw(st.permutations(sorted(names)))
    assert all(share_of(partitions, told, name) == share_of(partitions, names, name) for name in names)


def test_who_is_no_member_owns_nothing() -> None:
    assert share_of(4, ["a", "b"], "c") == set()
