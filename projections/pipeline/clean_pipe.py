"""The view `clean-pipe`: what share of each owner's, or each team's, open pipe is tidy."""

from collections.abc import Mapping
from fractions import Fraction

from projections.pipeline.asking import CURRENCY, LEFT_OUT, OPPORTUNITIES, left_out_of
from projections.pipeline.figures import Cut
from projections.pipeline.quarters import local_day, quarter_of
from projections.pipeline.reading import deals_at
from projections.pipeline.stages import courses, lengths_of, open_at
from projections.pipeline.teams import teams_at
from projections.pipeline.terms import instant_of, terms_at
from projections.pipeline.totals import open_amounts
from projections.pipeline.velocity import is_too_old, too_long
from projections.pipeline.worth import Unsure
from projections.rounding import real
from projections.views.view import Asked, Cells, Column, Computed, Kind, Query

OWNER, TEAM = "owner", "team"
_FLAGGED = "SELECT DISTINCT opportunity FROM hygiene_base WHERE cleared_at IS NULL"


def _clean(query: Query, asked: Asked) -> list[Cells]:
    at = instant_of(query, asked)
    if at is None:
        return []
    terms, known = terms_at(query, at, asked.known_at), asked.known_at
    cut = Cut(quarter_of(local_day(at, terms.zone), terms.begins), at, (), terms)
    untidy = {str(opportunity) for (opportunity,) in query(_FLAGGED, ())}
    limits = too_long(lengths_of(courses(query, at, known).values()))
    amounts = _amounts(query, cut, known)
    teams, by_team = teams_at(query, at), asked.by == TEAM and OWNER not in asked.equal
    sums: dict[tuple[str, str], list[int]] = {}
    for each in open_at(query, at, known):
        is_old = each.stage_since is not None and is_too_old(at - each.stage_since, each.stage, limits)
        is_clean = each.opportunity not in untidy and not is_old
        group = "" if by_team else each.owner, teams.get(each.owner, "")
        of, amount = sums.setdefault(group, [0] * 5), amounts.get(each.opportunity, 0)
        for place, value in enumerate((1, is_clean, is_old, amount, amount * is_clean)):
            of[place] += value
    left_out = left_out_of(terms)
    return [
        (
            None if by_team else owner,
            team,
            deals,
            clean,
            old,
            amount,
            tidy,
            terms.rates.reporting,
            real(Fraction(tidy, amount) if amount else None),
            left_out,
        )
        for (owner, team), (deals, clean, old, amount, tidy) in sorted(sums.items())
    ]


def _amounts(query: Query, cut: Cut, known: int | None) -> Mapping[str, int]:
    """What each open opportunity is worth."""
    try:
        return open_amounts(query, cut, known)
    except Unsure:
        rates = cut.terms.rates
        return {
            opportunity: sum(
                rates.counted(part.amount_minor, deal.currency, cut.day, opportunity) for part in deal.parts()
            )
            for opportunity, deal in deals_at(query, cut.at, known)
            if deal.is_open
        }


CLEAN_PIPE = Computed(
    name="clean-pipe",
    meaning="How much of each owner's or team's open pipe is tidy: no flag of `hygiene`, and in no stage for too long.",
    answer=(
        Column(OWNER, Kind.TEXT, "who has the opportunities, blank for nobody; empty where it is split by team", True),
        Column(TEAM, Kind.TEXT, "the first pool that the agreement names them in; blank where it names them in none"),
        Column("opportunities", Kind.INTEGER, "open ones"),
        Column("clean", Kind.INTEGER, "those of them about which nothing is untidy"),
        Column("stage_old", Kind.INTEGER, "longer in their stage than nine in ten of the stays that ended"),
        Column("open_minor", Kind.INTEGER, "open pipe, whatever its close date"),
        Column("clean_minor", Kind.INTEGER, "that of the clean ones"),
        CURRENCY,
        Column("clean_share", Kind.REAL, "clean ÷ open pipe, four digits; empty where all amounts are 0", True),
        LEFT_OUT,
    ),
    order=(OWNER, TEAM),
    groupings=(OWNER, TEAM),
    compute=_clean,
    rests_on=(OPPORTUNITIES,),
    folded=True,
)
