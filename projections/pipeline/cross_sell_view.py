"""The view `cross-sell`: accounts that have to do with a customer and that nobody is selling to."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from projections.pipeline.asking import AS_OF, CURRENCY, KNOWN_AT, OPPORTUNITIES, rates_asked
from projections.pipeline.deal import WON, Deal
from projections.pipeline.figures import Terms
from projections.pipeline.quarters import local_day
from projections.pipeline.reading import open_or_closed
from projections.pipeline.relations import Word, related
from projections.pipeline.terms import instant_of, terms_at
from projections.views.times import instant_text, instant_text_or_none, text_or_ever, us_of_cell
from projections.views.view import Asked, Cells, Column, Computed, Kind, Query

ACCOUNTS = "account_completeness"
_WORDS = """
SELECT account, other, kind, ended, occurred_at FROM account_relations_base
WHERE occurred_at <= ? AND recorded_at <= ? ORDER BY account, sequence
"""
_NAMES = "SELECT account, name, owner FROM accounts_base"


class Bought(NamedTuple):
    """What an account bought: how many times, for how much in minor units of the reporting currency, what, and when."""

    times: int
    amount_minor: int
    products: frozenset[str]
    last_at: int


def bought(every: Iterable[Deal], terms: Terms) -> dict[str, Bought]:
    """What each account bought, by the rate of the day of each sale.

    Raises:
        NoRate: an amount cannot be told in the reporting currency.
    """
    found: dict[str, Bought] = {}
    for deal in every:
        if deal.status == WON and deal.closed_at is not None:
            day, known = local_day(deal.closed_at, terms.zone), found.get(deal.account, Bought(0, 0, frozenset(), 0))
            amount = sum(terms.rates.converted(part.amount_minor, deal.currency, day) for part in deal.parts())
            products = known.products | {part.product for part in deal.parts() if part.product}
            last_at = max(known.last_at, deal.closed_at)
            found[deal.account] = Bought(known.times + 1, known.amount_minor + amount, products, last_at)
    return found


def _words(query: Query, at: int, known: int | None) -> list[Word]:
    return [
        Word(str(account), str(other), str(kind), bool(ended), us_of_cell(since))
        for account, other, kind, ended, since in query(_WORDS, (instant_text(at), text_or_ever(known)))
    ]


def _cross_sell(query: Query, asked: Asked) -> list[Cells]:
    at = instant_of(query, asked)
    if at is None:
        return []
    terms = terms_at(query, at)
    every = list(open_or_closed(query, 0, at, asked.known_at))
    with rates_asked():
        customers = bought(every, terms)
    busy = {deal.account for deal in every if deal.is_open}
    of: Mapping[str, Cells] = {str(account): (name, owner) for account, name, owner in query(_NAMES, ())}
    nobody: Cells = (None, None)
    times = instant_text(at), instant_text_or_none(asked.known_at)
    return [
        (
            account,
            *of.get(account, nobody),
            account in customers,
            relation,
            other,
            of.get(other, nobody)[0],
            sold.times,
            sold.amount_minor,
            terms.rates.reporting,
            ", ".join(sorted(sold.products)),
            instant_text(sold.last_at),
            *times,
        )
        for account, relation, other in related(_words(query, at, asked.known_at))
        if account not in busy and (sold := customers.get(other)) is not None
    ]


CROSS_SELL = Computed(
    name="cross-sell",
    meaning="Accounts that have to do with one that bought, and that have no open opportunity.",
    answer=(
        Column("account", Kind.TEXT, "id of the account that could be sold to"),
        Column("name", Kind.TEXT, "its name, as it is called today", True),
        Column("owner", Kind.TEXT, "who looks after it today", True),
        Column("customer", Kind.BOOLEAN, "it bought something itself"),
        Column(
            "relation",
            Kind.TEXT,
            "what it is to the one that bought: group, partner, competitor, investor (in it) or invested (in by it)",
        ),
        Column("bought_by", Kind.TEXT, "id of the account that bought"),
        Column("bought_by_name", Kind.TEXT, "its name, as it is called today", True),
        Column("opportunities", Kind.INTEGER, "opportunities won there"),
        Column("won_minor", Kind.INTEGER, "their amounts, each by the rate of the day it was won"),
        CURRENCY,
        Column("products", Kind.TEXT, "what was bought; blank where no product was said"),
        Column("last_won_at", Kind.INSTANT, "when the last one was won"),
        AS_OF,
        KNOWN_AT,
    ),
    order=("account", "relation", "bought_by"),
    compute=_cross_sell,
    rests_on=(OPPORTUNITIES, ACCOUNTS),
)
