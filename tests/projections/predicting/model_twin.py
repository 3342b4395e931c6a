"""The definition of the prediction said once more, slowly: counted case by case, multiplied in logarithms."""

from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal, localcontext

from projections.predicting.evaluation import Case

Stages = Mapping[str, Sequence[str]]
SEED = Decimal("0.1")


def passed(case: Case, stages: Stages) -> Sequence[str]:
    """The stages that a case counts in: all of a won one, the current and earlier ones of a lost one."""
    way = list(dict.fromkeys(["captured", *stages.get(case.team, ())]))
    if case.won:
        return way
    stage = case.features.get("stage")
    return way[: way.index(stage) + 1] if stage in way else []


def has(case: Case, field: str, value: str, stages: Stages) -> bool:
    return value in passed(case, stages) if field == "stage" else case.features.get(field) == value


def values(cases: Sequence[Case], field: str, stages: Stages) -> list[str]:
    if field == "stage":
        teams = {case.team for case in cases if "stage" in case.features}
        return list(dict.fromkeys(stage for team in sorted(teams) for stage in ["captured", *stages.get(team, ())]))
    return sorted({case.features[field] for case in cases if field in case.features})


def probability(
    cases: Sequence[Case], team: str, features: Mapping[str, str], stages: Stages, *, stage: bool = True
) -> Decimal | None:
    """Percent, rounded half up to two digits."""
    own = [case for case in cases if case.team == team] or list(cases)
    staged = {case.team for case in own if "stage" in case.features}
    if not own:
        return None
    sides = {won: [case for case in own if case.won is won] for won in (True, False)}
    if not sides[True] or not sides[False]:
        return Decimal("99.99") if sides[True] else Decimal("0.01")
    with localcontext() as context:
        context.prec = 60
        logs = {won: (Decimal(len(those)) / len(own)).ln() for won, those in sides.items()}
        for field, value in features.items():
            known = values(own, field, stages)
            if value not in known or (field == "stage" and not stage):
                continue
            totals = ["captured"] if field == "stage" else known
            for won, those in sides.items():
                found = [case for case in those if field != "stage" or case.team in staged]
                total = sum(SEED + sum(has(case, field, each, stages) for case in found) for each in totals)
                logs[won] += ((SEED + sum(has(case, field, value, stages) for case in found)) / total).ln()
        share = 100 / (1 + (logs[False] - logs[True]).exp())
        rounded = share.quantize(Decimal("0.01"), ROUND_HALF_UP)
        return min(max(rounded, Decimal("0.01")), Decimal("99.99"))
