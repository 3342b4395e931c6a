"""The qualified-lead definition, ready to be asked."""

from collections.abc import Iterator
from typing import Any, Literal

from events.lead import Condition as HeldCondition
from streams.agreement.conditions import Condition, ScoreTest, each_test
from streams.agreement.evaluate import Compiled, FitOf, Profile, Seen, compiled, present
from streams.agreement.grammar import QualifiedLead
from streams.scoring import Score, Threshold

PartName = Literal["required", "demographic", "situational", "behavioural"]


class Definition:
    """Qualified = required fields present, and each part that is written down holds.

    Args:
        spec: the definition as written.
        fit_of: finds the fit of a profile.

    Attributes:
        thresholds: points that the definition asks for.
    """

    __slots__ = ("_by_profile", "_by_score", "_parts", "thresholds")

    def __init__(self, spec: QualifiedLead, fit_of: FitOf | None) -> None:
        conditions = {
            "demographic": spec.demographic,
            "situational": spec.situational,
            "behavioural": spec.behavioural,
        }
        written = {name: condition for name, condition in conditions.items() if condition is not None}
        self._parts: list[tuple[Any, Compiled]] = [("required", present(field)) for field in spec.required_fields]
        self._parts += [(name, compiled(condition, fit_of)) for name, condition in written.items()]
        asked = {name: _score_tests(condition) for name, condition in written.items()}
        self.thresholds = tuple(Threshold(test.score, test.at_least) for tests in asked.values() for test in tests)
        self._by_profile = tuple(part.holds for name, part in self._parts if not asked.get(name))
        self._by_score = tuple(part.holds for name, part in self._parts if asked.get(name))

    def suits(self, profile: Profile) -> bool:
        """Whether the parts hold that depend on who they are alone."""
        for holds in self._by_profile:  # noqa: SIM110 - a generator would cost as much as the tests
            if not holds(profile, None):
                return False
        return True

    def reached(self, profile: Profile, score: Score | None) -> bool:
        """Whether the parts hold that depend on the score as well."""
        for holds in self._by_score:  # noqa: SIM110
            if not holds(profile, score):
                return False
        return True

    def met(self, profile: Profile, score: Score | None) -> bool:
        """Whether the lead is qualified."""
        return self.reached(profile, score) and self.suits(profile)

    def conditions(self, profile: Profile, score: Score | None) -> tuple[HeldCondition, ...]:
        """Every condition that holds, with the value it saw."""
        return tuple(
            HeldCondition(part=part, test=seen.words, saw=seen.saw)
            for part, seen in self._seen(profile, score)
            if seen.holds
        )

    def missing(self, profile: Profile, score: Score | None) -> tuple[str, ...]:
        """Every condition that fails, in words."""
        return tuple(seen.words for _, seen in self._seen(profile, score) if not seen.holds)

    def _seen(self, profile: Profile, score: Score | None) -> Iterator[tuple[PartName, Seen]]:
        for part, condition in self._parts:
            for seen in condition.seen(profile, score):
                yield part, seen


def _score_tests(condition: Condition) -> list[ScoreTest]:
    return [test for _, test in each_test(condition, ()) if isinstance(test, ScoreTest)]
