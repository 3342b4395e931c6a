"""Naive Bayes over the company's own outcomes, in whole numbers.

A team is an agreement. For each team and value it is counted how often leads with that value were won and lost, each
count seeded with a tenth. Then, with the team's own share of won leads as prior,

    W = won · Π won(value) / won(all values of the field)        L alike
    p = 100 · W / (W + L), rounded half up to two digits

over the fields that are set. Products of thirty counts are no more than long integers, which Python multiplies exactly:
where others add logarithms so as not to run out of floating point, nothing is lost here, and nothing has to be said
about the machine.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

from projections.predicting.features import CAPTURED, STAGE

TENTHS, SEED = 10, 1
"""Counts are kept in tenths; each begins with one of them."""
WHOLE = 10_000
"""A probability of one, in hundredths of a percent."""

Features = Mapping[str, str]


class Outcomes(NamedTuple):
    """Won and lost leads."""

    won: int
    lost: int

    def plus(self, other: "Outcomes") -> "Outcomes":
        """Both together."""
        return Outcomes(self.won + other.won, self.lost + other.lost)


NOTHING = Outcomes(0, 0)


class Counted(NamedTuple):
    """So many leads of a team had this value before they were decided; a blank field counts the leads themselves."""

    team: str
    field: str
    value: str
    outcomes: Outcomes


@dataclass(frozen=True, slots=True)
class Experience:
    """What one team has lived through.

    Attributes:
        all: its outcomes.
        values: outcomes by field and value.
        totals: what the values of a field add up to, in tenths, seeds and all; of the stage, those of its first one.
    """

    all: Outcomes
    values: Mapping[str, Mapping[str, Outcomes]]
    totals: Mapping[str, Outcomes]


class Weighed(NamedTuple):
    """One value of a lead: how many times as often it is found among the won as among the lost."""

    field: str
    value: str
    ratio: Fraction


@dataclass(frozen=True, slots=True)
class Model:
    """What all teams have lived through, each by itself and together.

    Attributes:
        teams: by name, those that have outcomes.
        together: all of them, for a team without.
    """

    teams: Mapping[str, Experience]
    together: Experience

    def of(self, team: str) -> Experience:
        """What a lead of a team is judged by."""
        return self.teams.get(team, self.together)

    def probability(self, team: str, features: Features, *, stage: bool = True) -> int | None:
        """How likely an open lead is won, in hundredths of a percent, 1..9999; None where nothing was ever decided.

        Args:
            team: the lead's.
            features: field -> value; values that no outcome has had say nothing.
            stage: False leaves out how far it has come: then it says how much it looks like those that were won.
        """
        known = self.of(team)
        won, lost = known.all
        if won + lost == 0:
            return None
        for field, value in features.items():
            weight = _weight(known, field, value) if stage or field != STAGE else None
            if weight is not None:
                won, lost = won * weight.numerator, lost * weight.denominator
        return min(max((2 * WHOLE * won + won + lost) // (2 * (won + lost)), 1), WHOLE - 1)

    def weighed(self, team: str, features: Features) -> list[Weighed]:
        """What each value says, the fields in order of their names; values that no outcome has had are left out."""
        known = self.of(team)
        found = ((field, value, _weight(known, field, value)) for field, value in sorted(features.items()))
        return [Weighed(field, value, weight) for field, value, weight in found if weight is not None]


def _weight(known: Experience, field: str, value: str) -> Fraction | None:
    """(won(v) / won(field)) / (lost(v) / lost(field))."""
    outcomes = known.values.get(field, {}).get(value)
    if outcomes is None:
        return None
    won, lost = _seeded(outcomes)
    total = known.totals[field]
    return Fraction(won * total.lost, lost * total.won)


def _seeded(outcomes: Outcomes) -> Outcomes:
    return Outcomes(TENTHS * outcomes.won + SEED, TENTHS * outcomes.lost + SEED)


def model_of(counts: Iterable[Counted], stages: Mapping[str, Sequence[str]]) -> Model:
    """The model that follows from the counts of all partitions, in any order.

    Args:
        counts: several of a kind are added up.
        stages: the statuses of each team that a lead passes through, in their order; `captured` comes before them.
    """
    by_team: dict[str, dict[str, dict[str, Outcomes]]] = {}
    for team, field, value, outcomes in counts:
        values = by_team.setdefault(team, {}).setdefault(field, {})
        values[value] = values.get(value, NOTHING).plus(outcomes)
    teams = {}
    for team, fields in by_team.items():
        whole = fields.pop("", {}).get("", NOTHING)
        if STAGE in fields:
            fields[STAGE] = _passed(fields[STAGE], whole, [CAPTURED, *stages.get(team, ())])
        if whole != NOTHING:
            teams[team] = _experience(whole, fields)
    return Model(teams, _together(teams.values()))


def _together(teams: Iterable[Experience]) -> Experience:
    whole, together = NOTHING, dict[str, dict[str, Outcomes]]()
    for known in teams:
        whole = whole.plus(known.all)
        for field, values in known.values.items():
            merged = together.setdefault(field, {})
            for value, outcomes in values.items():
                merged[value] = merged.get(value, NOTHING).plus(outcomes)
    return _experience(whole, together)


def _passed(last: Mapping[str, Outcomes], whole: Outcomes, stages: Sequence[str]) -> dict[str, Outcomes]:
    """Outcomes by stage passed, from those by last stage: who was won has passed all, who was lost the earlier ones."""
    lost, passed = 0, dict[str, Outcomes]()
    for stage in reversed(dict.fromkeys(stages)):
        lost += last.get(stage, NOTHING).lost
        passed[stage] = Outcomes(whole.won, lost)
    return dict(reversed(passed.items()))


def _experience(whole: Outcomes, fields: Mapping[str, Mapping[str, Outcomes]]) -> Experience:
    totals = {}
    for field, values in fields.items():
        seeded = [_seeded(outcomes) for outcomes in values.values()]
        if field == STAGE:
            totals[field] = _seeded(values.get(CAPTURED, NOTHING))
        else:
            totals[field] = Outcomes(sum(each.won for each in seeded), sum(each.lost for each in seeded))
    return Experience(whole, fields, totals)
