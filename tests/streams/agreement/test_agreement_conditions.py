from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.agreement.conditions import Condition, each_test
from streams.agreement.evaluate import Compiled, Seen, compiled
from streams.agreement.load import from_document
from streams.scoring import Fit, Score
from tests.streams.agreement.agreement_texts import SMALL

SCORE = Score(score=60, fit=20, engagement=40, grade="C2")


def parsed(written: Any) -> Condition:
    behavioural = {"behavioural": written}
    found = from_document(SMALL | {"scoring": {}, "qualified_lead": behavioural}).qualified_lead
    assert found is not None
    assert found.behavioural is not None
    return found.behavioural


def of(written: Any) -> Compiled:
    return compiled(parsed(written), lambda profile: Fit(0, profile.get("raw", 0), ()))


@pytest.mark.parametrize(
    ("test", "holding", "failing"),
    [
        ({"equals": True}, [True], [1, "true", False, None]),
        ({"equals": 1}, [1, 1.0], [True, "1", 2, None]),
        ({"equals": "RO"}, ["RO"], ["ro", "ROM", None, 0]),
        ({"in": ["RO", 7, False]}, ["RO", 7, False], ["MD", "7", 0, None]),
        ({"in": "free_mail"}, ["gmail.com", "Yahoo.COM"], ["company.example", 3, None]),
        ({"at_least": 100}, [100, 100.5, 10**9], [99.9, "100", True, None]),
        ({"at_most": 0.5}, [0.5, -3], [0.6, "0", False, None]),
        ({"at_least": 5, "at_most": 7}, [5, 6, 7], [4, 8, None]),
        ({"matches": "(?i)chief|head of"}, ["CHIEF", "the head of it"], ["header", 5, None]),
        ({"present": True}, ["x", 0, False], ["", None]),
        ({"present": False}, ["", None], ["x", 0, False]),
    ],
)
def test_a_field_is_tested_as_what_it_is(test: dict[str, Any], holding: list[Any], failing: list[Any]) -> None:
    condition = of({"field": "f"} | test)
    for value, expected in [*((value, True) for value in holding), *((value, False) for value in failing)]:
        profile = {} if value is None else {"f": value}
        assert condition.holds(profile, SCORE) is expected
        assert list(condition.seen(profile, SCORE)) == [Seen(condition.words, value, expected)]


def test_only_the_beginning_of_a_long_text_is_searched() -> None:
    condition = of({"field": "f", "matches": "x"})
    assert condition.holds({"f": "a" * 199 + "x"}, None)
    assert not condition.holds({"f": "a" * 200 + "x"}, None)


def test_the_domain_is_found_behind_the_address_unless_it_is_told() -> None:
    condition = of({"field": "person.email_domain", "in": "free_mail"})
    assert condition.holds({"person.email": "a@b@GMAIL.com"}, None)
    assert not condition.holds({"person.email": "a@gmail.com", "person.email_domain": "company.example"}, None)
    assert not condition.holds({"person.email": "gmail.com"}, None)
    assert not condition.holds({}, None)


def test_an_answer_is_a_field_below_answers() -> None:
    assert parsed({"answer": "budget", "at_least": 5}) == parsed({"field": "answers.budget", "at_least": 5})


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ({"field": "company.employees", "at_least": 100}, "company.employees at least 100"),
        ({"field": "f", "at_least": 1, "at_most": 2.5}, "f at least 1 and at most 2.5"),
        ({"field": "f", "equals": True}, "f is true"),
        ({"field": "f", "in": ["a", 1]}, "f in a, 1"),
        ({"field": "f", "in": "free_mail"}, "f in free_mail"),
        ({"field": "f", "present": False}, "f absent"),
        ({"score": "total", "at_least": 50}, "total score at least 50"),
        ({"fit": "below", "value": 0}, "fit below 0"),
        ({"all": [{"field": "f", "equals": 1}]}, "f is 1"),
        (
            {"any": [{"field": "f", "equals": 1}, {"not": {"field": "g", "present": True}}]},
            "(f is 1 or not (g present))",
        ),
    ],
)
def test_a_condition_says_itself_in_words(written: Any, words: str) -> None:
    assert of(written).words == words


def test_very_long_words_are_cut_so_that_they_fit_into_facts() -> None:
    assert len(of({"field": "f", "in": ["x" * 1000] * 10}).words) < 1100
    assert len(of({"any": [{"field": "f", "equals": "x" * 900}] * 10}).words) < 1100


@pytest.mark.parametrize(
    ("written", "holds"),
    [
        ({"score": "engagement", "at_least": 40}, True),
        ({"score": "engagement", "at_least": 41}, False),
        ({"score": "fit", "at_least": 21}, False),
        ({"score": "total", "at_least": 60}, True),
        ({"fit": "below", "value": -4}, True),
        ({"fit": "below", "value": -5}, False),
    ],
)
def test_points_are_tested_as_shown_and_fit_before_it_is_clamped(written: Any, holds: bool) -> None:
    assert of(written).holds({"raw": -5}, SCORE) is holds


def test_of_an_any_only_what_holds_is_seen() -> None:
    condition = of({"any": [{"field": "a", "equals": 1}, {"field": "b", "equals": 2}]})
    assert list(condition.seen({"a": 9, "b": 2}, None)) == [Seen("b is 2", 2, holds=True)]
    assert list(condition.seen({}, None)) == [Seen("(a is 1 or b is 2)", None, holds=False)]


LEAVES = st.builds(lambda name, value: {"field": name, "equals": value}, st.sampled_from("abc"), st.booleans())
TREES: st.SearchStrategy[Any] = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"all": parts}),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"any": parts}),
        inner.map(lambda part: {"not": part}),
    ),
    max_leaves=8,
)


def truth(written: Any, profile: dict[str, bool]) -> bool:
    match written:
        case {"all": parts}:
            return all(truth(part, profile) for part in parts)
        case {"any": parts}:
            return any(truth(part, profile) for part in parts)
        case {"not": part}:
            return not truth(part, profile)
        case _:
            return profile.get(written["field"]) is written["equals"]


@given(TREES, st.dictionaries(st.sampled_from("abc"), st.booleans()))
def test_all_any_and_not_join_as_in_logic(written: Any, profile: dict[str, bool]) -> None:
    condition = of(written)
    assert condition.holds(profile, None) is truth(written, profile)
    seen = list(condition.seen(profile, None))
    assert all(each.holds for each in seen) is truth(written, profile)


def test_every_test_is_found_with_its_place() -> None:
    written = {"all": [{"field": "a", "equals": 1}, {"not": {"any": [{"score": "fit", "at_least": 1}]}}]}
    assert [place for place, _ in each_test(parsed(written), ("p",))] == [
        ("p", "all", 0),
        ("p", "all", 1, "not", "any", 0),
    ]
