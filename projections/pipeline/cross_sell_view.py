"""The view `cross-sell`: accounts that have to do with a customer and that nobody is selling to."""

from collections.abc import Mapping

from projections.pipeline.asking import AS_OF, CURRENCY, KNOWN_AT, LEFT_OUT, OPPORTUNITIES, left_out_of
from projections.pipeline.figures import Cut
from projections.pipeline.purchases import bought, purchases, sold_to
from projections.pipeline.quarters import local_day, quarter_of
from projections.pipeline.reading import closed
from projections.pipeline.relations import Word, related
from projections.pipeline.terms import instant_of, terms_at
from projections.pipeline.worth import Unsure
from projections.views.times import instant_text, instant_text_or_none, text_or_ever, us_of_cell
from projections.views.view import Asked, Cells, Column, Computed, Kind, Query

ACCOUNTS = "account_completeness"
_WORDS = """
SELECT account, other, kind, ended, occurred_at FROM account_relations_base
WHERE occurred_at <= ? AND recorded_at <= ? ORDER BY account, sequence
"""
_NAMES = "SELECT account, name, owner FROM accounts_base"


def _words(query: Query, at: int, known: int | None) -> list[Word]:
    return [
        Word(str(account), str(other), str(kind), bool(ended), us_of_cell(since))
        for account, other, kind, ended, since in query(_WORDS, (instant_text(at), text_or_ever(known)))
    ]


def _cross_sell(query: Query, asked: Asked) -> list[Cells]:
    at = instant_of(query, asked)
    if at is None:
        return []
    terms = terms_at(query, at, asked.known_at)
    cut = Cut(quarter_of(local_day(at, terms.zone), terms.begins), at, (), terms)
    try:
        customers = purchases(query, cut, asked.known_at)
    except Unsure:
        customers = bought(closed(query, 0, at, asked.known_at), terms)
    busy = sold_to(query, at, asked.known_at)
    of: Mapping[str, Cells] = {str(account): (name, owner) for account, name, owner in query(_NAMES, ())}
    nobody: Cells = (None, None)
    times = instant_text(at), instant_text_or_none(asked.known_at)
    left_out = left_out_of(terms)
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
            left_out,
        )
        for account, relation, other in related(_words(query, at, asked.known_at))
        if account not in busy and (sold := customers.get(other)) is not None
    ]


CROSS_SELL = Computed(
    name="cross-sell",
    meaning="Accounts that have to do with one that bought, and that have no open opportunity.",
    answer=(
        Column("account", Kind.TEXT, "id of the account that could be sold to"),
        Column("name", Kind.TEXT, "its name", True),
        Column("owner", Kind.TEXT, "who looks after it", True),
        Column("customer", Kind.BOOLEAN, "it bought something itself"),
        Column(
            "relation",
            Kind.TEXT,
            "what it is to the one that bought: group, partner, competitor, investor (in it) or invested (in by it)",
        ),
        Column("bought_by", Kind.TEXT, "id of the account that bought"),
        Column("bought_by_name", Kind.TEXT, "its name", True),
        Column("opportunities", Kind.INTEGER, "opportunities won there"),
        Column("won_minor", Kind.INTEGER, "their amounts, each by the rate of the day it was won"),
        CURRENCY,
        Column("products", Kind.TEXT, "what was bought; blank where no product was said"),
        Column("last_won_at", Kind.INSTANT, "when the last one was won"),
        AS_OF,
        KNOWN_AT,
        LEFT_OUT,
    ),
    order=("account", "relation", "bought_by"),
    compute=_cross_sell,
    rests_on=(OPPORTUNITIES, ACCOUNTS),
    folded=True,
)
