"""How good the predictions are: what was known at an instant is learned from, leads captured from then on are asked.

Everything is counted in whole numbers: probabilities are hundredths of a percent as they are shown, and figures are
exact fractions until they are written down.
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import NamedTuple

from projections.predicting.model import WHOLE, Counted, Features, Model, Outcomes, model_of

EARLIER_TENTHS = 7
"""So many tenths of the decided leads are captured before the splitting instant."""
BANDS = 10
_WON, _LOST = Outcomes(1, 0), Outcomes(0, 1)


class Case(NamedTuple):
    """A decided lead: what was known strictly before the decision, and what became of it."""

    captured_at: str
    decided_at: str
    lead: str
    team: str
    features: Features
    won: bool


class Judged(NamedTuple):
    """A probability in hundredths of a percent, and what became of the lead."""

    probability: int
    won: bool


class Quality(NamedTuple):
    """What came of it.

    Attributes:
        learned_from: outcomes before `split_at`.
        tested_on: outcomes of leads captured from then on.
        split_at: the instant.
        won_share: share of the tested leads that were won.
        mean_probability: mean probability of the tested leads, 0..1.
        auc: chance that of a won and a lost lead the won one has the higher probability, an equal one counting half.
        auc_without_stage: the same of the probability without the stage.
        brier: mean squared difference between probability and outcome; 0 is perfect.
        brier_of_base_rate: the same of giving everybody the share of won leads that was learned.
        bands: by tenth of probability: tested leads, mean probability, share won; empty ones left out.
    """

    learned_from: int
    tested_on: int
    split_at: str
    won_share: Fraction
    mean_probability: Fraction
    auc: Fraction | None
    auc_without_stage: Fraction | None
    brier: Fraction
    brier_of_base_rate: Fraction
    bands: Mapping[int, tuple[int, Fraction, Fraction]]


def evaluated(cases: Sequence[Case], stages: Mapping[str, Sequence[str]]) -> Quality | None:
    """The quality of the model as it was at an instant, on the leads that came after; None where either is missing.

    It is the model one would have had then: what was decided later is not learned from, also of earlier leads, and
    whoever was known before is not asked about.
    """
    times = sorted(case.captured_at for case in cases)
    split_at = times[len(times) * EARLIER_TENTHS // 10] if times else ""
    learned = [case for case in cases if case.decided_at < split_at]
    tested = [case for case in cases if case.captured_at >= split_at and case.decided_at >= split_at]
    if not learned or not tested:
        return None
    model = learn(learned, stages)
    judged, alike = (_judged(model, tested, stage=stage) for stage in (True, False))
    base = Fraction(model.together.all.won, len(learned))
    return Quality(
        learned_from=len(learned),
        tested_on=len(tested),
        split_at=split_at,
        won_share=Fraction(sum(case.won for case in tested), len(tested)),
        mean_probability=_mean(judged),
        auc=auc(judged),
        auc_without_stage=auc(alike),
        brier=_brier(judged),
        brier_of_base_rate=sum(((base - case.won) ** 2 for case in tested), Fraction(0)) / len(tested),
        bands=_bands(judged),
    )


def learn(cases: Sequence[Case], stages: Mapping[str, Sequence[str]]) -> Model:
    """The model of some outcomes."""
    counts = [
        Counted(case.team, field, value, _WON if case.won else _LOST)
        for case in cases
        for field, value in (("", ""), *case.features.items())
    ]
    return model_of(counts, stages)


def auc(judged: Sequence[Judged]) -> Fraction | None:
    """Area under the ROC curve; None where nobody was won, or nobody lost."""
    by_probability: dict[int, list[int]] = {}
    for probability, won in judged:
        by_probability.setdefault(probability, [0, 0])[won] += 1
    lost_below = twice = 0
    for _, (lost_here, won_here) in sorted(by_probability.items()):
        twice += won_here * (2 * lost_below + lost_here)
        lost_below += lost_here
    won_in_all = len(judged) - lost_below
    return Fraction(twice, 2 * won_in_all * lost_below) if won_in_all and lost_below else None


def _judged(model: Model, cases: Sequence[Case], *, stage: bool) -> list[Judged]:
    return [Judged(model.probability(case.team, case.features, stage=stage) or 0, case.won) for case in cases]


def _mean(judged: Sequence[Judged]) -> Fraction:
    return Fraction(sum(each.probability for each in judged), WHOLE * len(judged))


def _brier(judged: Sequence[Judged]) -> Fraction:
    return Fraction(sum((p - WHOLE * won) ** 2 for p, won in judged), WHOLE * WHOLE * len(judged))


def _bands(judged: Sequence[Judged]) -> dict[int, tuple[int, Fraction, Fraction]]:
    found: dict[int, list[Judged]] = {}
    for each in judged:
        found.setdefault(each.probability * BANDS // WHOLE, []).append(each)
    return {
        band: (len(those), _mean(those), Fraction(sum(each.won for each in those), len(those)))
        for band, those in sorted(found.items())
    }
