"""Which team somebody belongs to, as agreements say it: the pool they take turns in."""

from collections.abc import Mapping

from projections.pipeline.terms import IN_FORCE
from projections.views.times import instant_text
from projections.views.view import Query

_TEAMS = f"""
SELECT t.member, t.team FROM ({IN_FORCE}) AS dated
JOIN agreement_teams t ON t.agreement = dated.agreement AND t.version = dated.version
WHERE nth = 1 ORDER BY priority DESC, conditional DESC, dated.agreement, place
"""  # noqa: S608 - our own query


def teams_at(query: Query, at: int) -> Mapping[str, str]:
    """Person -> team, at an instant in microseconds; who is in no pool has none.

    Everybody has one team, so that the figures of all teams sum to the whole: the first pool that names them, in the
    order of the file, of the first agreement in force that does. Agreements come as they do for figures (`terms_at`).
    """
    found: dict[str, str] = {}
    for member, team in query(_TEAMS, (instant_text(at),)):
        found.setdefault(str(member), str(team))
    return found
