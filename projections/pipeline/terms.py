"""What the agreements say of figures at an instant: the reporting currency, its rates, the zone, the colours."""

from datetime import date
from fractions import Fraction
from itertools import takewhile
from zoneinfo import ZoneInfo

from projections.pipeline.figures import Terms
from projections.pipeline.money import Rate, Rates
from projections.pipeline.quarters import Season
from projections.views.times import instant_text, text_or_ever, us_of_text
from projections.views.view import Asked, Cell, Cells, Query

IN_FORCE = """
    SELECT p.*, ROW_NUMBER() OVER (PARTITION BY p.agreement ORDER BY p.effective_from DESC, p.version DESC) AS nth
    FROM agreement_pipelines p
    LEFT JOIN agreement_retired r ON r.agreement = p.agreement AND r.version = p.version
    WHERE p.effective_from <= ? AND (r.retired_from IS NULL OR r.retired_from > p.effective_from)
"""
"""Versions of agreements that have taken effect by an instant; `nth` is 1 for the last one of each."""
_GOVERNING = f"""
SELECT agreement, version, timezone, currency, year_begins, green, yellow FROM ({IN_FORCE}) AS dated
WHERE nth = 1 AND timezone IS NOT NULL ORDER BY priority DESC, conditional DESC, agreement
"""  # noqa: S608 - our own query
_SEASONS = """
SELECT since, first_month, second_month, third_month FROM agreement_seasons
WHERE agreement = ? AND version = ? ORDER BY since
"""
_STAGES = "SELECT stage, forecast FROM agreement_stages WHERE agreement = ? AND version = ? ORDER BY place"
_RATES = "SELECT currency, since, rate FROM agreement_rates WHERE agreement = ? AND version = ?"
_OTHER_RATES = """
SELECT r.currency, r.since, r.rate, r.version FROM agreement_rates r
JOIN agreement_pipelines p ON p.agreement = r.agreement AND p.version = r.version
LEFT JOIN agreement_retired d ON d.agreement = r.agreement AND d.version = r.version
WHERE r.agreement = ? AND r.version <> ? AND p.currency = ? AND p.published_at <= ?
    AND (d.retired_from IS NULL OR d.retired_from > p.effective_from)
ORDER BY p.effective_from DESC, p.version DESC, r.since
"""
_FIRST_SAID = """
SELECT agreement, version, currency FROM agreement_pipelines WHERE currency IS NOT NULL AND published_at <= ?
ORDER BY effective_from, priority DESC, agreement, version LIMIT 1
"""
_FIRST_TOLD = """
SELECT currency FROM opportunity_births_base WHERE currency <> '' AND known_from <= ?
ORDER BY known_from, opportunity LIMIT 1
"""
_LATEST = """
SELECT MAX(w.known) FROM (
    SELECT MAX(known_since) AS known FROM opportunities_base
    UNION ALL SELECT MAX(known_from) AS known FROM opportunity_history_base
) AS w
"""
"""When the last thing became known: an end becomes known together with what comes after it."""
_LAST = "SELECT MAX(since) FROM opportunities_base"
_JANUARY = 1


def instant_of(query: Query, asked: Asked) -> int | None:
    """The instant asked about, in microseconds; None before there is any opportunity.

    The one that was named, or now as far as the log says it: up to when the rows are complete, or when the last thing
    happened that is known, if that is later. A deal that was just won counts at once, while other partitions are still
    quiet. Before every partition has reported it is when the last thing became known.
    """
    if asked.as_of is not None:
        return asked.as_of
    ((latest,),) = query(_LATEST if asked.complete_to is None else _LAST, ())
    told = None if latest is None else us_of_text(str(latest))
    return max((at for at in (told, asked.complete_to) if at is not None), default=None)


def stages_at(query: Query, at: int) -> tuple[str, ...]:
    """The stages on the way to a sale by the pipeline that governs at an instant, in order; none where it lists none.

    They are those before the first one that wins: entering that is the sale itself, and what is listed after it, such
    as one where opportunities rest, is no step towards it.
    """
    governing = query(_GOVERNING, (instant_text(at),))
    listed = query(_STAGES, governing[0][:2]) if governing else ()
    return tuple(str(stage) for stage, _ in takewhile(lambda row: row[1] != "closed", listed))


def terms_at(query: Query, at: int, known: int | None = None) -> Terms:
    """The terms at an instant in microseconds.

    They are those of the pipeline that governs opportunities then: of the agreements in force, each by its version that
    took effect last, the first one that has a pipeline, by priority, those with conditions before those without, and
    name. An agreement that ended ends no pipeline. Where it says no currency of reports, or there is none yet, the
    currency is the one that was said first; where none was ever said, that of the opportunity that was known first.

    Rates say themselves on which days they hold. So days before the first rate of a currency in the version that
    governs are told by the newest version of the same agreement that has an earlier one, whenever that takes effect.

    Args:
        query: asks the store.
        at: the instant.
        known: by what was published up to then, in microseconds; None: by all that is. What was in force counts anyhow.
    """
    governing, heard = query(_GOVERNING, (instant_text(at),)), text_or_ever(known)
    agreement, version, zone, currency, begins, green, yellow = governing[0] if governing else (None,) * 7
    seasons = tuple(
        Season(date.fromisoformat(str(since)), () if None in months else tuple(int(share or 0) for share in months))
        for since, *months in (query(_SEASONS, (agreement, version)) if agreement else ())
    )
    if currency is None:
        agreement, version, currency = next(iter(query(_FIRST_SAID, (heard,))), (None, None, None))
    rates = [] if agreement is None else _rates(query, (agreement, version), str(currency), heard)
    reporting = _of_the_first(query, heard) if currency is None else str(currency)
    terms = Terms(Rates(reporting, rates), ZoneInfo(str(zone or "UTC")), int(begins or _JANUARY), seasons=seasons)
    return terms if green is None or yellow is None else terms._replace(green=int(green), yellow=int(yellow))


def _rates(query: Query, version: Cells, currency: str, heard: str) -> list[Rate]:
    """The rates of a version, and before the first one of each currency those of the newest version that has them."""
    own = [_rate(*row) for row in query(_RATES, version)]
    first: dict[str, date] = {}
    for each in own:
        first[each.currency] = min(each.since, first.get(each.currency, date.max))
    filled: dict[str, Cell] = {}
    for *row, other in query(_OTHER_RATES, (*version, currency, heard)):
        rate = _rate(*row)
        if rate.since < first.get(rate.currency, date.max) and filled.setdefault(rate.currency, other) == other:
            own.append(rate)
    return own


def _rate(currency: Cell, since: Cell, rate: Cell) -> Rate:
    return Rate(str(currency), date.fromisoformat(str(since)), Fraction(str(rate)))


def _of_the_first(query: Query, heard: str) -> str:
    """The currency of the opportunity that was known first: what comes later turns no answer of before."""
    return next((str(currency) for (currency,) in query(_FIRST_TOLD, (heard,))), "EUR")
