"""Which opportunities sums leave out, asked of the database once a sum has said that it lacks a rate."""

from projections.pipeline.figures import Cut
from projections.pipeline.quarters import local_day
from projections.pipeline.standing import Sql
from projections.pipeline.worth import DatedRates
from projections.views.times import us_of_cell
from projections.views.view import Query


def lacking_columns(rates: DatedRates, currency: str = "h.currency") -> str:
    """What `note_left_out` asks for: the opportunity, its currency, and the instant by whose day's rate it is told."""
    return f"h.opportunity, {currency} AS currency, {f'h.{rates.when}' if rates.when else 'NULL'} AS rated"


def note_left_out(query: Query, cut: Cut, lacking: Sql) -> None:
    """Note what a query finds, which selects `lacking_columns`; without an instant it is told by the day of the cut."""
    rows = query(f"SELECT DISTINCT * FROM ({lacking.text}) AS lacking", lacking.values)  # noqa: S608 - our identifiers
    for opportunity, currency, rated in rows:
        day = cut.day if rated is None else local_day(us_of_cell(rated), cut.terms.zone)
        cut.terms.rates.left_out.add(str(opportunity), str(currency), day)
