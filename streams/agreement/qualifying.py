"""The qualified-lead definition and the conditions of a conversion, ready to be asked."""

from collections.abc import Iterator
from typing import Any, Literal

from events.lead import Condition as HeldCondition
from streams.agreement.conditions import Condition, ScoreTest, each_test
from streams.agreement.evaluate import Compiled, FitOf, Lists, Profile, Seen, compiled, present
from streams.agreement.grammar import ConversionPart, QualifiedLead
from streams.scoring import Score, Threshold

PartName = Literal["required", "demographic", "situational", "behavioural"]


class Definition:
    """Qualified = required fields present, and each part that is written down holds.

    Args:
        spec: the definition as written.
        fit_of: finds the fit of a profile.
        lists: what the names of lists stand for.

    Attributes:
        thresholds: points that the definition asks for.
    """

    __slots__ = ("_by_profile", "_by_score", "_parts", "thresholds")

    def __init__(self, spec: QualifiedLead, fit_of: FitOf | None, lists: Lists) -> None:
        conditions = {
            "demographic": spec.demographic,
            "situational": spec.situational,
            "behavioural": spec.behavioural,
        }
        written = {name: condition for name, condition in conditions.items() if condition is not None}
        self._parts: list[tuple[Any, Compiled]] = [("required", present(field)) for field in spec.required_fields]
        self._parts += [(name, compiled(condition, fit_of, lists)) for name, condition in written.items()]
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


class Converting:
    """A lead can be converted = required fields present, and the criteria hold.

    Args:
        spec: as written; None where the agreement asks for nothing.
        fit_of: finds the fit of a profile.
        lists: what the names of lists stand for.

    Attributes:
        confirm: whether a person has to confirm it.
    """

    __slots__ = ("_parts", "confirm")

    def __init__(self, spec: ConversionPart | None, fit_of: FitOf | None, lists: Lists) -> None:
        spec = spec or ConversionPart()
        self.confirm = spec.confirm
        self._parts = [present(field) for field in spec.required_fields]
        if spec.criteria is not None:
            self._parts.append(compiled(spec.criteria, fit_of, lists))

    def missing(self, profile: Profile, score: Score | None) -> tuple[str, ...]:
        """Every required field and condition that fails, in words.

        Args:
            profile: what is known about the lead.
            score: its score, None only where the agreement has no scoring.
        """
        return tuple(seen.words for part in self._parts for seen in part.seen(profile, score) if not seen.holds)


def _score_tests(condition: Condition) -> list[ScoreTest]:
    return [test for _, test in each_test(condition, ()) if isinstance(test, ScoreTest)]
