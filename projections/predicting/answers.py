"""The views that predict, from the rows of `prospects` and the counts."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import NamedTuple

import msgspec

from projections.predicting.evaluation import BANDS, Case, Quality, evaluated
from projections.predicting.model import Counted, Model, Outcomes, Weighed, model_of
from projections.rounding import hundredths, real
from projections.views.view import Asked, Cell, Cells, Column, Computed, Kind, Query

NEEDED = 120
"""With fewer conversions nothing is predicted: it would be chance."""
_REASONS = 3
_STAGES = """
SELECT agreement, status, means FROM (
    SELECT agreement, status, means, MIN(place_overall) OVER (PARTITION BY agreement, status) AS place_overall,
        ROW_NUMBER() OVER (PARTITION BY agreement, status ORDER BY version DESC) AS nth
    FROM (
        SELECT agreement, version, status, means,
            ROW_NUMBER() OVER (ORDER BY agreement, version, place) AS place_overall
        FROM agreement_statuses
    ) AS every_version
) AS ranked WHERE nth = 1 ORDER BY place_overall
"""
_COUNTS = """
SELECT team, decision, status, field, value, SUM(leads) FROM prediction_counts_base
GROUP BY team, decision, status, field, value
"""
_ROWS = "SELECT lead, team, decision, status, captured_at, decided_at, features, features_before FROM prospects_base"
_features = msgspec.json.Decoder(dict[str, str]).decode


class Statuses(NamedTuple):
    """What the agreements say of statuses.

    Attributes:
        passing: by team, those a lead passes through, in order.
        losing: (team, status) that mean unqualified.
    """

    passing: Mapping[str, Sequence[str]]
    losing: frozenset[tuple[str, str]]

    def outcome(self, team: str, decision: str, status: str) -> str:
        """What a decision comes to: won, lost, or open."""
        if decision == "status":
            return "lost" if (team, status) in self.losing else "open"
        return {"converted": "won", "archived": "lost"}.get(decision, "open")


def statuses_of(query: Query) -> Statuses:
    """As all published versions together say; of two versions the later says what a status means."""
    passing: dict[str, list[str]] = {}
    losing: set[tuple[str, str]] = set()
    for team, status, means in query(_STAGES, ()):
        if means == "unqualified":
            losing.add((str(team), str(status)))
        elif means not in ("converted", "archived"):
            passing.setdefault(str(team), []).append(str(status))
    return Statuses(passing, frozenset(losing))


def model_from(query: Query, statuses: Statuses) -> Model:
    """The model of all partial rows."""
    counts = []
    for team, decision, status, field, value, leads in query(_COUNTS, ()):
        outcome = statuses.outcome(str(team), str(decision), str(status))
        if outcome != "open":
            count = int(leads or 0)
            outcomes = Outcomes(count, 0) if outcome == "won" else Outcomes(0, count)
            counts.append(Counted(str(team), str(field), str(value), outcomes))
    return model_of(counts, statuses.passing)


def _predictions(query: Query, asked: Asked) -> list[Cells]:
    statuses = statuses_of(query)
    model = model_from(query, statuses)
    missing = max(0, NEEDED - model.together.all.won)
    lead = asked.equal.get("lead")
    rows = query(f"{_ROWS} WHERE lead = ?", (lead,)) if lead else query(f"{_ROWS} ORDER BY lead", ())
    judged: dict[tuple[str, str], Cells] = {}  # leads that are alike are judged once
    return [_prediction(model, statuses, missing, row, judged) for row in rows]


def _prediction(
    model: Model, statuses: Statuses, missing: int, row: Cells, judged: dict[tuple[str, str], Cells]
) -> Cells:
    lead, team, decision, status, _, _, now, before = row
    outcome = statuses.outcome(str(team), str(decision), str(status))
    if missing:
        return lead, team, outcome, None, None, None, None, missing
    kind = str(team), str(now if outcome == "open" or before is None else before)
    if kind not in judged:
        judged[kind] = _judged(model, *kind)
    probability, *more = judged[kind]
    return lead, team, outcome, {"won": 100.0, "lost": 0.0}.get(outcome, probability), *more, 0


def _judged(model: Model, team: str, text: str) -> Cells:
    features = _features(text)
    weighed = model.weighed(team, features)
    return (
        _percent(model.probability(team, features)),
        _percent(model.probability(team, features, stage=False)),
        reasons(weighed, speaks_for=True),
        reasons(weighed, speaks_for=False),
    )


def reasons(weighed: Sequence[Weighed], *, speaks_for: bool) -> str:
    """The three values that speak for the lead, or against it, the strongest first, such as `source=fair x1.85`.

    The number says how many times as often the value is found among the won as among the lost.
    """
    those = [each for each in weighed if each.ratio != 1 and (each.ratio > 1) == speaks_for]
    those.sort(key=lambda each: each.ratio, reverse=speaks_for)
    return "; ".join(f"{each.field}={each.value} x{hundredths(each.ratio)}" for each in those[:_REASONS])


def _model(query: Query, _: Asked) -> list[Cells]:
    statuses = statuses_of(query)
    won, lost = model_from(query, statuses).together.all
    share = real(Fraction(won, won + lost)) if won + lost else None
    found = _quality(query, statuses, won)
    quality: Cells = (None,) * 9
    if found is not None:
        quality = (
            found.learned_from, found.tested_on, found.split_at, real(found.won_share), real(found.mean_probability),
            real(found.auc), real(found.auc_without_stage), real(found.brier), real(found.brier_of_base_rate),
        )  # fmt: skip
    return [(won, lost, share, max(0, NEEDED - won), *quality)]


def _calibration(query: Query, _: Asked) -> list[Cells]:
    statuses = statuses_of(query)
    found = _quality(query, statuses, model_from(query, statuses).together.all.won)
    if found is None:
        return []
    width = 100 // BANDS
    return [
        (band * width, (band + 1) * width, leads, real(mean), real(share))
        for band, (leads, mean, share) in found.bands.items()
    ]


def _quality(query: Query, statuses: Statuses, won: int) -> Quality | None:
    if won < NEEDED:
        return None
    cases = []
    for lead, team, decision, status, captured_at, decided_at, _, before in query(_ROWS, ()):
        outcome = statuses.outcome(str(team), str(decision), str(status))
        if outcome != "open":
            when = str(captured_at), str(decided_at)
            cases.append(Case(*when, str(lead), str(team), _features(str(before)), outcome == "won"))
    return evaluated(cases, statuses.passing)


def _percent(of_a_percent: int | None) -> Cell:
    return None if of_a_percent is None else of_a_percent / 100  # two whole numbers: rounded correctly on every machine


_MISSING = Column(
    "conversions_missing", Kind.INTEGER, f"so many more conversions are needed, {NEEDED} in all; 0: it is on"
)

PREDICTIONS = Computed(
    name="predictions",
    meaning="How likely each lead is won, by the company's own outcomes; no decider reads it, test leads left out.",
    answer=(
        Column("lead", Kind.TEXT, "lead id"),
        Column("team", Kind.TEXT, "agreement whose outcomes it is judged by; all together where it has none"),
        Column("outcome", Kind.TEXT, "open, won, or lost: archived, or in a status that means unqualified"),
        Column("probability", Kind.REAL, "percent, two digits; open leads never 0 or 100; empty while it is off", True),
        Column("looks_like_won", Kind.REAL, "the same without the stage: how much it looks like won customers", True),
        Column(
            "speaks_for", Kind.TEXT, "the three values most in its favour: how many times as often among the won", True
        ),
        Column("speaks_against", Kind.TEXT, "the three values most against it, told alike", True),
        _MISSING,
    ),
    order=("lead",),
    compute=_predictions,
    folded=True,
)

PREDICTION_MODEL = Computed(
    name="prediction-model",
    meaning="What predictions rest on, and how good they are: an earlier model, tried on the leads that came then.",
    answer=(
        Column("conversions", Kind.INTEGER, "won leads"),
        Column("losses", Kind.INTEGER, "lost leads: archived, or in a status that means unqualified"),
        Column("base_rate", Kind.REAL, "won / decided, four digits, like all shares here", True),
        _MISSING,
        Column("learned_from", Kind.INTEGER, "outcomes before `split_at`", True),
        Column("tested_on", Kind.INTEGER, "decided leads that were captured from `split_at` on", True),
        Column("split_at", Kind.INSTANT, "seven tenths of the decided leads were captured before", True),
        Column("tested_won", Kind.REAL, "share of the tested leads that were won", True),
        Column("tested_mean", Kind.REAL, "mean probability they were given", True),
        Column("auc", Kind.REAL, "chance that a won lead was given more than a lost one; 0.5 is a coin", True),
        Column("auc_without_stage", Kind.REAL, "the same of `looks_like_won`", True),
        Column("brier", Kind.REAL, "mean squared error of the probabilities; less is better", True),
        Column(
            "brier_of_base_rate", Kind.REAL, "the same if everybody were given the base rate that was learned", True
        ),
    ),
    order=(),
    compute=_model,
    folded=True,
)

PREDICTION_CALIBRATION = Computed(
    name="prediction-calibration",
    meaning="Of the tested leads that were given so many percent, how many were won.",
    answer=(
        Column("from_percent", Kind.INTEGER, "probabilities from here"),
        Column("below_percent", Kind.INTEGER, "to below here"),
        Column("leads", Kind.INTEGER, "tested leads"),
        Column("mean_probability", Kind.REAL, "mean of what they were given, as a share"),
        Column("won", Kind.REAL, "share of them that were won"),
    ),
    order=("from_percent",),
    compute=_calibration,
    folded=True,
)
