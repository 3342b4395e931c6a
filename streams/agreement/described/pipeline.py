"""Stages of opportunities, money and tidiness, in words."""

from calendar import month_name
from collections.abc import Iterator

from streams.agreement.described.items import Section, duration_words, every, section
from streams.agreement.written_pipeline import HygienePart, PipelinePart

_Pairs = Iterator[tuple[str, str]]
_LATER = "untouched"
_DATED = "close_date_past"


def pipeline_section(part: PipelinePart) -> Section:
    """What is agreed about opportunities."""
    return section("Opportunities", "sales", (*_stages(part), *_money(part), *_hygiene(part.hygiene)))


def _stages(part: PipelinePart) -> _Pairs:
    for name, stage in (part.stages or {}).items():
        won = "; entering it wins the opportunity" if stage.forecast == "closed" else ""
        yield f"stage {name}", f"{name} counts as {stage.forecast.replace('_', ' ')} in the forecast{won}"
    if part.stages is not None:
        yield "order", f"the stages come in this order: {', '.join(part.stages)}"


def _money(part: PipelinePart) -> _Pairs:
    if part.currency is not None:
        yield "currency", f"amounts are reported in {part.currency}"
    for code, rates in part.rates.items():
        dated = [f"{each.rate} from {each.from_}" for each in rates]
        yield f"rate {code}", f"1 {code} is worth in {part.currency}: {', '.join(dated)}"
    yield "days", f"days end at midnight in {part.timezone}"
    if part.year_begins != 1:
        yield "fiscal year", f"the fiscal year begins in {month_name[part.year_begins]}"
    paces = part.paces
    yield "paces", f"figures are green from {paces.green} of the pace the quarter asks for, yellow from {paces.yellow}"
    for season in part.seasons:
        yield f"season {season.from_}", f"of quarters that begin on {season.from_} or later {_expected(season.months)}"


def _expected(months: tuple[str, ...] | None) -> str:
    """How the target of a quarter falls on it, in words."""
    if months is None:
        return "every day is expected to bring alike"
    return f"the three months are expected to bring {', '.join(months[:-1])} and {months[-1]} of the target"


def _hygiene(part: HygienePart) -> _Pairs:
    missing = [each.replace("_", " ") for each in part.checks if each not in (_LATER, _DATED)]
    if missing:
        yield "missing", f"untidy after {duration_words(part.grace)}: {every(missing)}"
    if _DATED in part.checks:
        yield "close date", "untidy from the day after the one on which it was to close"
    if _LATER in part.checks:
        yield "untouched", f"untidy when nothing is told of it for {duration_words(part.untouched_for)}"
