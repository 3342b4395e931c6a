from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.agreement import AgreementPublished, AgreementRetired
from events.instants import DAY, EPOCH, from_us, iso
from streams.agreement.known import Known
from streams.agreement.load import document, from_document
from streams.agreement.problems import AgreementError

COUNTRY = {"field": "company.country", "equals": "RO"}


def published(name: str, version: int, day: int, **parts: Any) -> AgreementPublished:
    at = EPOCH + timedelta(days=20_000 + day)
    raw = {"agreement": name, "version": version, "effective_from": at.isoformat()} | parts
    return AgreementPublished(name=name, version=version, effective_from=at, document=document(from_document(raw)))


def retired(name: str, version: int, day: int) -> AgreementRetired:
    return AgreementRetired(name=name, version=version, retired_from=EPOCH + timedelta(days=20_000 + day))


def day(number: int) -> int:
    return (20_000 + number) * DAY


def test_in_force_is_the_version_that_took_effect_last() -> None:
    known = Known.of([published("a", 2, 20), published("a", 1, 10), published("a", 3, 20)])
    found = [known.in_force("a", at) for at in (day(10) - 1, day(10), day(20) - 1, day(20), day(99))]
    assert [each and each.version for each in found] == [None, 1, 1, 3, 3]
    assert known.in_force("b", day(99)) is None


def test_a_version_is_found_in_force_or_not() -> None:
    known = Known.of([published("a", 1, 10), published("a", 2, 20)])
    assert [each and each.version for each in (known.version("a", 1), known.version("a", 3))] == [1, None]


def test_the_highest_priority_governs_then_the_condition_then_the_name() -> None:
    known = Known.of(
        [
            published("fallback", 1, 0),
            published("x", 1, 0, applies_to=COUNTRY),
            published("b", 1, 0, applies_to=COUNTRY),
            published("strong", 1, 5, applies_to={"field": "company.employees", "at_least": 9}, priority=1),
        ]
    )

    def chosen(profile: dict[str, Any], at: int) -> str | None:
        found = known.choose(profile, at)
        return None if found is None else found.name

    both = {"company.country": "RO", "company.employees": 9}
    assert chosen(both, day(4)) == "b"
    assert chosen(both, day(5)) == "strong"
    assert chosen({}, day(5)) == "fallback"
    assert chosen(both, day(-1)) is None


def test_the_next_change_is_not_before_the_asked_instant() -> None:
    known = Known.of([published("a", 1, 10), published("b", 1, 20)])
    assert [known.next_change(at) for at in (0, day(10), day(10) + 1, day(20), day(20) + 1)] == [
        day(10),
        day(10),
        day(20),
        day(20),
        None,
    ]
    assert Known().next_change(0) is None
    assert Known().choose({}, 0) is None


def test_what_is_compiled_is_kept_when_more_is_published() -> None:
    first = Known.of([published("a", 1, 10)])
    second = first.adding([published("a", 2, 20), published("a", 1, 10)])
    assert second.version("a", 1) is first.version("a", 1)
    assert first.version("a", 2) is None


def test_a_document_that_cannot_be_carried_out_is_not_passed_over() -> None:
    broken = AgreementPublished(name="a", version=1, effective_from=from_us(0), document={"agreement": "a"})
    with pytest.raises(AgreementError, match="version: is missing"):
        Known.of([broken])


def test_a_retired_version_starts_nothing_and_stays_in_force_for_what_has_started() -> None:
    known = Known.of([published("a", 1, 10), retired("a", 1, 20)])
    assert [known.starting("a", at) is None for at in (day(10) - 1, day(10), day(20) - 1, day(20))] == [
        True,
        False,
        False,
        True,
    ]
    assert [known.choose({}, at) is None for at in (day(20) - 1, day(20))] == [False, True]
    assert known.in_force("a", day(99)) is known.version("a", 1)
    assert known.next_change(day(11)) is None


def test_a_version_before_does_not_come_back_when_one_is_retired() -> None:
    known = Known.of([published("a", 1, 10), published("a", 2, 20), retired("a", 2, 30)])
    assert known.starting("a", day(30)) is None
    assert known.starting("a", day(19)) is known.version("a", 1)


def test_a_version_after_one_that_is_retired_governs() -> None:
    known = Known.of([published("a", 1, 10), retired("a", 1, 15), published("a", 2, 20)])
    found = [known.starting("a", at) for at in (day(14), day(15), day(20))]
    assert [each and each.version for each in found] == [1, None, 2]


@pytest.mark.parametrize("since", [15, 20])
def test_a_version_that_is_retired_before_it_takes_effect_never_does(since: int) -> None:
    known = Known.of([published("a", 1, 10), published("a", 2, 20), retired("a", 2, since)])
    assert known.starting("a", day(25)) is known.version("a", 1)
    assert known.next_change(day(11)) is None
    assert known.version("a", 2) is not None


def test_another_agreement_governs_where_one_is_retired() -> None:
    known = Known.of([published("a", 1, 0), published("b", 1, 0), retired("a", 1, 5)])
    found = [known.choose({}, at) for at in (day(4), day(5))]
    assert [each and each.name for each in found] == ["a", "b"]


def test_the_first_end_counts_and_an_end_of_nothing_is_none() -> None:
    known = Known.of([published("a", 1, 0)]).adding([retired("a", 1, 5), retired("a", 1, 3), retired("b", 1, 1)])
    first = known.version("a", 1)
    assert first is not None
    assert first.retired_from == day(5)
    assert known.version("b", 1) is None


def test_an_end_leaves_a_version_compiled_as_it_was() -> None:
    before = Known.of([published("a", 1, 0, scoring={})])
    after = before.adding([retired("a", 1, 5)])
    old, new = before.version("a", 1), after.version("a", 1)
    assert old is not None
    assert new is not None
    assert (old.retired_from, new.retired_from) == (None, day(5))
    assert new.scorer is old.scorer


VERSIONS = st.lists(
    st.tuples(st.sampled_from("ab"), st.integers(1, 9), st.integers(0, 6)), max_size=8, unique_by=lambda each: each[:2]
)


@given(VERSIONS, st.integers(-1, 7), st.randoms(use_true_random=False))
def test_which_version_governs_does_not_depend_on_the_order_of_publishing(
    versions: list[tuple[str, int, int]], at: int, chance: Any
) -> None:
    facts = [published(name, version, since) for name, version, since in versions]
    chance.shuffle(facts)
    known = Known.of(facts)
    for name in "ab":
        since = [(effective, version) for each, version, effective in versions if each == name and effective <= at]
        found = known.in_force(name, day(at))
        assert (found and found.version) == (max(since)[1] if since else None)


def test_the_fact_and_its_document_say_the_same_instant() -> None:
    fact = published("a", 1, 10)
    known = Known.of([fact])
    found = known.version("a", 1)
    assert found is not None
    assert iso(found.effective_from) == fact.effective_from.isoformat().replace("+00:00", "Z")
