"""Conditions as closures, and the words they go by."""

import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from streams.agreement.conditions import AllOf, AnyOf, Condition, FieldTest, FitTest, NotOf, ScoreTest
from streams.agreement.lists import BUILT_IN
from streams.agreement.regex import searcher
from streams.scoring import Fit, Score

Profile = Mapping[str, Any]
Holds = Callable[[Profile, Score | None], bool]
FitOf = Callable[[Profile], Fit]
Lists = Mapping[str, frozenset[str]]
"""Lists that conditions may name, by name."""
_LONGEST = 1000
"""Characters of words that still fit into facts."""
_DOMAIN, _EMAIL = "person.email_domain", "person.email"
_SCORE_PARTS = {"engagement": "engagement", "fit": "fit", "total": "score"}


class Seen(NamedTuple):
    """A test and the value it saw.

    Attributes:
        words: the test for people.
        saw: the value; None when the field was not set.
        holds: whether the test holds.
    """

    words: str
    saw: Any
    holds: bool


@dataclass(frozen=True, eq=False)
class Compiled:
    """A condition, ready to be asked.

    Attributes:
        words: the condition for people.
        holds: whether it holds for profile and score.
        seen: its tests with the values they see; of an `any` that holds only those that do.
    """

    words: str
    holds: Holds
    seen: Callable[[Profile, Score | None], Iterator[Seen]]


def compiled(condition: Condition, fit_of: FitOf | None = None, lists: Lists = BUILT_IN) -> Compiled:
    """Compile a condition.

    Args:
        condition: checked before.
        fit_of: finds the fit of a profile, for tests on points below 0.
        lists: what the names of lists stand for.
    """
    words = _shortened(words_of(condition))
    match condition:
        case AllOf():
            return _all([compiled(part, fit_of, lists) for part in condition.all_], words)
        case AnyOf():
            return _any([compiled(part, fit_of, lists) for part in condition.any_], words)
        case NotOf():
            return _not(compiled(condition.not_, fit_of, lists), words)
        case FieldTest():
            return _field(condition, lists, words)
        case ScoreTest():
            part = operator.attrgetter(_SCORE_PARTS[condition.score])
            least = condition.at_least
            return _single(words, lambda value: value >= least, lambda _, score: part(score))
        case FitTest():
            assert fit_of is not None, "checked: points are tested only where there is scoring"
            raw, below = fit_of, condition.value
            return _single(words, lambda value: value < below, lambda profile, _: raw(profile).raw)


def words_of(condition: Condition) -> str:
    """The whole condition for people, however long."""
    match condition:
        case AllOf():
            return _joined(condition.all_, " and ")
        case AnyOf():
            return _joined(condition.any_, " or ")
        case NotOf():
            return f"not ({words_of(condition.not_)})"
        case FieldTest():
            return f"{condition.field} {' and '.join(words for words, _ in _tests(condition, BUILT_IN))}"
        case ScoreTest():
            return f"{condition.score} score at least {condition.at_least}"
        case FitTest():
            return f"fit below {condition.value}"


def present(field: str) -> Compiled:
    """The condition that a field is set."""
    return compiled(FieldTest(field=field, present=True))


def value_of(field: str) -> Callable[[Profile], Any]:
    """How to read a field: None when it is not set. The domain of an e-mail address need not be told apart from it."""
    if field != _DOMAIN:
        return lambda profile: profile.get(field)

    def domain(profile: Profile) -> Any:
        told = profile.get(_DOMAIN)
        if told is not None:
            return told
        address = profile.get(_EMAIL)
        return address.rpartition("@")[2].lower() if isinstance(address, str) and "@" in address else None

    return domain


def _single(words: str, test: Callable[[Any], bool], read: Callable[[Profile, Score | None], Any]) -> Compiled:
    def seen(profile: Profile, score: Score | None) -> Iterator[Seen]:
        value = read(profile, score)
        yield Seen(words, value, test(value))

    return Compiled(words, lambda profile, score: test(read(profile, score)), seen)


def _all(parts: list[Compiled], words: str) -> Compiled:
    tests = tuple(part.holds for part in parts)

    def seen(profile: Profile, score: Score | None) -> Iterator[Seen]:
        for part in parts:
            yield from part.seen(profile, score)

    def holds(profile: Profile, score: Score | None) -> bool:
        for test in tests:  # noqa: SIM110 - a generator would cost as much as the tests
            if not test(profile, score):
                return False
        return True

    return Compiled(words, tests[0] if len(tests) == 1 else holds, seen)


def _any(parts: list[Compiled], words: str) -> Compiled:
    tests = tuple(part.holds for part in parts)

    def holds(profile: Profile, score: Score | None) -> bool:
        for test in tests:  # noqa: SIM110
            if test(profile, score):
                return True
        return False

    def seen(profile: Profile, score: Score | None) -> Iterator[Seen]:
        holding = [part for part in parts if part.holds(profile, score)]
        for part in holding:
            yield from part.seen(profile, score)
        if not holding:
            yield Seen(words, None, holds=False)

    return Compiled(words, holds, seen)


def _not(part: Compiled, words: str) -> Compiled:
    def seen(profile: Profile, score: Score | None) -> Iterator[Seen]:
        values = [found.saw for found in part.seen(profile, score)]
        yield Seen(words, values[0] if len(values) == 1 else None, not part.holds(profile, score))

    return Compiled(words, lambda profile, score: not part.holds(profile, score), seen)


def _joined(parts: Sequence[Condition], word: str) -> str:
    return words_of(parts[0]) if len(parts) == 1 else f"({word.join(map(words_of, parts))})"


def _shortened(words: str) -> str:
    return words if len(words) <= _LONGEST else f"{words[:_LONGEST]} ..."


def _field(test: FieldTest, lists: Lists, words: str) -> Compiled:
    named = list(_tests(test, lists))
    value = value_of(test.field)
    if len(named) == 1:
        return _single(words, named[0][1], lambda profile, _: value(profile))
    tests = tuple(one for _, one in named)
    return _single(words, lambda seen: all(one(seen) for one in tests), lambda profile, _: value(profile))


def _tests(test: FieldTest, lists: Lists) -> Iterator[tuple[str, Callable[[Any], bool]]]:
    """Words and closure of each test; a field that is not set passes none but `present: false`."""
    if test.equals is not None:
        yield f"is {_word(test.equals)}", _equal_to(test.equals)
    if test.in_ is not None:
        yield _in(test.in_, lists)
    if test.at_least is not None:
        yield f"at least {test.at_least}", _compared(operator.ge, test.at_least)
    if test.at_most is not None:
        yield f"at most {test.at_most}", _compared(operator.le, test.at_most)
    if test.matches is not None:
        found = searcher(test.matches)
        yield f"matches {test.matches}", lambda value: isinstance(value, str) and found(value)
    if test.present is not None:
        wanted = test.present
        yield "present" if wanted else "absent", lambda value: (value is not None and value != "") is wanted


def _in(values: str | tuple[Any, ...], lists: Lists) -> tuple[str, Callable[[Any], bool]]:
    if isinstance(values, str):
        known = lists[values]
        return f"in {values}", lambda value: isinstance(value, str) and value.lower() in known
    tests = tuple(_equal_to(value) for value in values)
    return f"in {', '.join(map(_word, values))}", lambda value: any(test(value) for test in tests)


def _equal_to(wanted: Any) -> Callable[[Any], bool]:
    # True == 1 for Python, not for people.
    truth = isinstance(wanted, bool)
    return lambda value: value == wanted and isinstance(value, bool) is truth


def _compared(compare: Callable[[Any, Any], bool], bound: float) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, int | float) and not isinstance(value, bool) and compare(value, bound)


def _word(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
