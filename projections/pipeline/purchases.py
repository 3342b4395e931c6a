"""What accounts bought, summed by the database, and which of them are being sold to: the same as the law."""

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from projections.pipeline.deal import OPEN, WON, Deal
from projections.pipeline.figures import Cut, Terms
from projections.pipeline.left_out import lacking_columns, note_left_out
from projections.pipeline.quarters import local_day
from projections.pipeline.standing import Sql, also, standing_at
from projections.pipeline.worth import EVERY, HALF, LOW, rates_between, whole, worth
from projections.views.times import instant_text, us_of_cell
from projections.views.view import Query


class Bought(NamedTuple):
    """What an account bought: how many times, for how much in minor units of the reporting currency, what, and when."""

    times: int
    amount_minor: int
    products: frozenset[str]
    last_at: int


def bought(every: Iterable[Deal], terms: Terms) -> dict[str, Bought]:
    """What each account bought, by the rate of the day of each sale; without one it counts for nothing."""
    found: dict[str, Bought] = {}
    for deal in every:
        if deal.status == WON and deal.closed_at is not None:
            day, known = local_day(deal.closed_at, terms.zone), found.get(deal.account, Bought(0, 0, frozenset(), 0))
            amount = sum(terms.rates.counted(part.amount_minor, deal.currency, day, deal) for part in deal.parts())
            products = known.products | {part.product for part in deal.parts() if part.product}
            last_at = max(known.last_at, deal.closed_at)
            found[deal.account] = Bought(known.times + 1, known.amount_minor + amount, products, last_at)
    return found


def purchases(query: Query, cut: Cut, known: int | None) -> dict[str, Bought]:
    """What each account bought up to an instant, as it is known.

    Args:
        query: asks the store.
        cut: the instant, and the rates.
        known: by what was recorded up to then, in microseconds; None: by all that is known.

    Raises:
        Unsure: a rate has too many digits.
    """
    is_won = Sql(f"h.status = '{WON}' AND h.closed_at >= ?", (instant_text(0),))
    rates = rates_between(cut, date.min, cut.day, "closed_at")
    amount = worth(rates, "h.part_amount")
    columns = f"h.account, h.opportunity, h.closed_at, h.part_product AS product, {amount} AS amount"
    sold = standing_at((cut.at, known), columns, is_won, parts=True)
    sums = f"""
SELECT w.account, COUNT(DISTINCT w.opportunity), COUNT(*) - COUNT(w.amount), SUM(w.amount >> {HALF}),
    SUM(w.amount & {LOW}), MAX(w.closed_at)
FROM ({sold.text} LIMIT {EVERY}) AS w GROUP BY w.account
"""  # noqa: S608 - our identifiers
    what = standing_at((cut.at, known), "h.account, h.part_product AS product", is_won, parts=True)
    products: dict[str, set[str]] = {}
    for account, product in query(f"SELECT DISTINCT * FROM ({what.text}) AS w WHERE w.product <> ''", what.values):  # noqa: S608 - our identifiers
        products.setdefault(str(account), set()).add(str(product))
    found: dict[str, Bought] = {}
    lacking = False
    for account, times, lacks, high, low, last in query(sums, sold.values):
        lacking = lacking or bool(lacks)
        own = frozenset(products.get(str(account), ()))
        found[str(account)] = Bought(int(times or 0), whole(high, low), own, us_of_cell(last))
    if lacking:
        unrated = also(is_won, Sql(f"{amount} IS NULL"))
        note_left_out(query, cut, standing_at((cut.at, known), lacking_columns(rates), unrated, parts=True))
    return found


def sold_to(query: Query, at: int, known: int | None) -> set[str]:
    """The accounts that have an open opportunity at an instant, as it is known."""
    asked = standing_at((at, known), "h.account", Sql(f"h.status = '{OPEN}'"))
    return {str(account) for (account,) in query(f"SELECT DISTINCT w.account FROM ({asked.text}) AS w", asked.values)}  # noqa: S608 - our identifiers
