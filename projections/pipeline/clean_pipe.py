"""The view `clean-pipe`: what share of each owner's open pipe is tidy."""

from fractions import Fraction

from projections.pipeline.asking import CURRENCY, OPPORTUNITIES, rates_asked
from projections.pipeline.quarters import local_day
from projections.pipeline.reading import stages_until
from projections.pipeline.terms import instant_of, terms_at
from projections.pipeline.velocity import too_old
from projections.rounding import real
from projections.views.view import Asked, Cells, Column, Computed, Kind, Query

_FLAGGED = "SELECT DISTINCT opportunity FROM hygiene_base WHERE cleared_at IS NULL"


def _clean(query: Query, asked: Asked) -> list[Cells]:
    at = instant_of(query, asked)
    if at is None:
        return []
    terms = terms_at(query, at)
    day = local_day(at, terms.zone)
    untidy = {str(opportunity) for (opportunity,) in query(_FLAGGED, ())}
    every = dict(stages_until(query, at, asked.known_at))
    old_ones = {opportunity for opportunity, *_ in too_old(every, at)}
    sums: dict[str, list[int]] = {}
    for opportunity, known in every.items():
        deal = known[-1].deal
        if not deal.is_open:
            continue
        is_old = opportunity in old_ones
        is_clean = opportunity not in untidy and not is_old
        with rates_asked():
            amount = sum(terms.rates.converted(part.amount_minor, deal.currency, day) for part in deal.parts())
        of = sums.setdefault(deal.owner, [0] * 5)
        for place, value in enumerate((1, is_clean, is_old, amount, amount * is_clean)):
            of[place] += value
    return [
        (
            owner,
            deals,
            clean,
            old,
            amount,
            tidy,
            terms.rates.reporting,
            real(Fraction(tidy, amount) if amount else None),
        )
        for owner, (deals, clean, old, amount, tidy) in sorted(sums.items())
    ]


CLEAN_PIPE = Computed(
    name="clean-pipe",
    meaning="How much of each owner's open pipe is tidy: without a flag of `hygiene`, and in no stage for too long.",
    answer=(
        Column("owner", Kind.TEXT, "who has the opportunities; blank for nobody"),
        Column("opportunities", Kind.INTEGER, "open ones"),
        Column("clean", Kind.INTEGER, "those of them about which nothing is untidy"),
        Column("stage_old", Kind.INTEGER, "longer in their stage than nine in ten of the stays that ended"),
        Column("open_minor", Kind.INTEGER, "open pipe, whatever its close date"),
        Column("clean_minor", Kind.INTEGER, "that of the clean ones"),
        CURRENCY,
        Column("clean_share", Kind.REAL, "clean ÷ open pipe, four digits; empty where all amounts are 0", True),
    ),
    order=("owner",),
    compute=_clean,
    rests_on=(OPPORTUNITIES,),
    folded=True,
)
