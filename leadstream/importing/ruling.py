"""The rules of one file: what a row becomes."""

from collections.abc import Callable
from dataclasses import dataclass
from operator import itemgetter

from leadstream.importing.compiling import Holds, Row, Slot, compile_condition
from leadstream.importing.facts import BadFieldError, Maker, compile_fact
from leadstream.importing.given import Given
from leadstream.importing.model import FileSpec

_REMEMBERED = 10_000


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the rules say about a row.

    Attributes:
        makers: the facts to make, in order; empty where the row is skipped or unknown.
        skip: index of the rule that skips it, or -1.
        needs_time: whether one of the facts has the row's own time.
    """

    makers: tuple[Maker, ...] = ()
    skip: int = -1
    needs_time: bool = False


@dataclass(frozen=True, slots=True)
class _Rule:
    holds: Holds | None
    also: bool
    makers: tuple[Maker, ...]
    skips: bool


class Rules:
    """All rules of a file, compiled.

    Rules look at few columns, and those mostly hold few values: what was decided for one combination of them is
    remembered, within a bound, and looked up for the next row that has it.
    """

    def __init__(self, spec: FileSpec, zone: str | None, slot: Slot, given: Given) -> None:
        looked_at: dict[int, None] = {}

        def noted(column: str) -> int:
            index = slot(column)
            looked_at[index] = None
            return index

        self._rules = [
            _Rule(
                compile_condition(rule.when, noted),
                rule.also,
                tuple(compile_fact(each, zone, slot, given) for each in rule.specs),
                rule.skip is not None,
            )
            for rule in spec.rules
        ]
        self._combination: Callable[[Row], object] = itemgetter(*looked_at) if looked_at else lambda _row: None
        self._known: dict[object, Outcome] = {}

    def decide(self, row: Row) -> Outcome:
        """What becomes of a row.

        Raises:
            BadFieldError: no rule is for it.
        """
        combination = self._combination(row)
        outcome = self._known.get(combination)
        if outcome is None:
            outcome = self._asked(row)
            if len(self._known) < _REMEMBERED:
                self._known[combination] = outcome
        if not outcome.makers and outcome.skip < 0:
            raise BadFieldError("rules", "no rule is for this row")
        return outcome

    def _asked(self, row: Row) -> Outcome:
        """The first rule that holds, and those after it as long as they say `also`."""
        makers: tuple[Maker, ...] = ()
        for index, rule in enumerate(self._rules):
            if rule.holds is not None and not rule.holds(row):
                continue
            if rule.skips and not makers:
                return Outcome(skip=index)
            makers += rule.makers
            if not rule.also:
                break
        return Outcome(makers, needs_time=any(maker.at is None for maker in makers))
