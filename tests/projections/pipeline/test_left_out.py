"""One amount without a rate takes no figure away: it is left out, and every answer says so."""

from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events.agreement import AgreementPublished
from events.envelope import Envelope
from events.instants import to_us
from events.opportunity import OpportunityClosedWon, OpportunityProductAdded, TargetSet
from events.topics import AGREEMENTS
from projections.pipeline.deal import DIMENSIONS
from projections.pipeline.figures import OPPORTUNITY, Cut, Terms, shares, summed
from projections.pipeline.money import Rate, Rates
from projections.pipeline.quarters import quarter_named
from projections.pipeline.reading import held_in
from projections.pipeline.terms import terms_at
from projections.pipeline.totals import totals
from projections.read import read_view
from projections.sink import sink_once
from projections.stores.postgresql import PostgresStore
from projections.views.view import Cell
from tests.projections.house import House, record
from tests.projections.pipeline.asking import asked, figures, shown
from tests.projections.pipeline.facts import instant, opening, pipelines, said
from tests.projections.pipeline.test_totals import ZONE
from tests.support.laws import examples

LATE: dict[str, Any] = {
    "currency": "EUR", "timezone": "UTC", "rates": {"USD": [{"from": "2026-01-21", "rate": "0.9"}]}
}  # fmt: skip
EARLIER = {"USD": [{"from": "2025-01-01", "rate": "0.5"}, {"from": "2026-01-21", "rate": "0.9"}]}
SOLD_EARLY = (
    said("early", 2, opening(1000, currency="USD")),
    said("early", 10, OpportunityClosedWon()),
    said("eur", 3, opening(70)),
    said("eur", 12, OpportunityClosedWon()),
)
MONEY_VIEWS = (
    "matrix", "matrix-opportunities", "waterfall", "velocity", "cross-sell", "attribution", "attribution-touches",
    "clean-pipe", "left-out",
)  # fmt: skip


def words(rows: list[dict[str, Cell]]) -> set[Cell]:
    return {row["left_out"] for row in rows}


async def publish_anew(built: House, day: float, pipeline: dict[str, Any]) -> None:
    """The second version is published on a day, and takes effect on the next one."""
    document = {"statuses": {"Open": {"means": "open"}}, "pipeline": pipeline}
    fact = AgreementPublished(name="inbound", version=2, effective_from=instant(day + 1), document=document)
    await built.log.append({(AGREEMENTS, 0): [record(said("inbound", day, fact))]})
    await built.show()


async def test_a_deal_won_before_the_first_rate_is_left_out_of_the_matrix_which_says_so() -> None:
    rows = asked(await shown(*SOLD_EARLY, **LATE), "matrix", 40)
    assert (figures(rows)["closed_acv"], figures(rows)["pipe_generation"]) == (70, 70)
    assert words(rows) == {"1 opportunity: no rate to EUR from USD on 2 days from 2026-01-03 to 2026-01-11"}


async def test_where_nothing_is_left_out_nothing_is_said() -> None:
    rows = asked(await shown(*SOLD_EARLY, **{**LATE, "rates": EARLIER}), "matrix", 40)
    assert (figures(rows)["closed_acv"], words(rows)) == (570, {None})


@pytest.mark.parametrize("name", MONEY_VIEWS)
async def test_no_view_is_taken_away_by_a_currency_without_a_rate(name: str) -> None:
    built = await shown(*SOLD_EARLY, said("lei", 4, opening(500, currency="RON")), currency="EUR", timezone="UTC")
    asked(built, name, 20)


async def test_what_is_left_out_is_listed_with_the_day_whose_rate_is_missing() -> None:
    target = said("plan", -9, TargetSet(quarter="2026Q1", amount_minor=7, currency="GBP", region="west"))
    built = await shown(*SOLD_EARLY, said("lei", 4, opening(500, currency="RON")), targets=(target,), **LATE)
    names = ("kind", "name", "measure", "day", "amount_minor", "of_currency", "currency")
    assert [tuple(row[name] for name in names) for row in asked(built, "left-out", 40)] == [
        ("opportunity", "early", "closed_acv", "2026-01-11", 1000, "USD", "EUR"),
        ("opportunity", "early", "pipe_generation", "2026-01-03", 1000, "USD", "EUR"),
        ("opportunity", "lei", "open_pipe", "2026-02-10", 500, "RON", "EUR"),
        ("opportunity", "lei", "pipe_generation", "2026-01-05", 500, "RON", "EUR"),
        ("target", "2026Q1, region west", "closed", "2026-01-01", 7, "GBP", "EUR"),
    ]


async def test_a_waterfall_is_exact_where_a_rate_begins_on_the_way_and_says_what_it_leaves_out() -> None:
    built = await shown(said("usd", 5, opening(1000, currency="USD")), **LATE)
    (row,) = asked(built, "waterfall", 40, since=1)
    assert [row[f"{name}_minor"] for name in ("start", "new", "revalued", "end")] == [0, 0, 900, 900]
    assert words([row]) == {"1 opportunity: no rate to EUR from USD on 2026-01-06"}
    (each,) = asked(built, "waterfall", 40, since=1, by="opportunity")
    assert {**each, "opportunity": None} == row, "as it is walked"


async def test_a_target_without_a_rate_is_no_target_and_is_told_apart() -> None:
    targets = (said("plan", -9, TargetSet(quarter="2026Q1", amount_minor=100, currency="USD")),)
    rows = asked(await shown(*SOLD_EARLY, targets=targets, **LATE), "matrix", 40, where={"measure": "closed_acv"})
    assert [(row["target_minor"], row["colour"]) for row in rows] == [(None, "")]
    assert words(rows) == {
        "1 opportunity and 1 target: no rate to EUR from USD on 3 days from 2026-01-01 to 2026-01-11"
    }


@settings(deadline=None, max_examples=examples(40))
@given(
    facts=pipelines(("EUR", "USD", "JPY")), day=st.integers(-30, 110), since=st.integers(0, 60),
    first=st.integers(-30, 90), by=st.lists(st.sampled_from([*DIMENSIONS, OPPORTUNITY]), unique=True, max_size=2),
)  # fmt: skip
async def test_the_database_leaves_out_what_the_law_does(
    facts: list[Envelope], day: int, since: int, first: int, by: list[str]
) -> None:
    built = await shown(*facts)
    dated = [Rate("USD", date(2026, 1, 1) + timedelta(days=first), Fraction("0.92"))]
    law, found = (
        Cut(quarter_named("2026Q1"), to_us(instant(day)), tuple(by), Terms(Rates("EUR", dated), ZONE)) for _ in range(2)
    )
    every = held_in(built.store.query, law.quarter, ZONE, law.at, None)
    expected = summed(share for held in every for share in shares(held, law))
    assert summed(totals(built.store.query, found, None, {})) == expected
    assert str(found.terms.rates.left_out) == str(law.terms.rates.left_out)


@settings(deadline=None, max_examples=examples(40))
@given(facts=pipelines(("EUR", "USD")), day=st.integers(-10, 60), first=st.integers(-30, 90), later=st.integers(0, 60))
async def test_waterfalls_are_summed_as_they_are_walked_whatever_rates_are_missing(
    facts: list[Envelope], day: int, first: int, later: int
) -> None:
    since = (date(2026, 1, 1) + timedelta(days=first)).isoformat()
    built = await shown(*facts, **{**LATE, "rates": {"USD": [{"from": since, "rate": "0.92"}]}})
    for known in ("now", "then"):
        how: dict[str, Any] = {"since": day, "where": {"quarter": "2026Q1", "known": known}}
        walked = asked(built, "waterfall", day + later, by="opportunity", **how)
        summed_up = asked(built, "waterfall", day + later, **how)
        for name in ("start", "new", "won", "lost", "end", "revalued"):
            assert sum(int(row[f"{name}_minor"] or 0) for row in walked) == sum(
                int(row[f"{name}_minor"] or 0) for row in summed_up
            ), (known, name)


async def test_a_rate_of_an_earlier_day_that_is_published_later_holds_for_that_day_and_for_who_knows_it() -> None:
    built = await shown(*SOLD_EARLY, **LATE)
    before = asked(built, "matrix", 40, known=50)
    await publish_anew(built, 59, {**LATE, "rates": EARLIER})
    assert figures(asked(built, "matrix", 40))["closed_acv"] == 570
    assert asked(built, "matrix", 40, known=50) == before, "nobody knew it then"
    assert figures(asked(built, "matrix", 40, known=60))["closed_acv"] == 570


async def test_rates_that_governed_a_day_are_not_told_anew_by_a_later_version() -> None:
    built = await shown(**LATE)
    anew = {"USD": [{"from": "2025-01-01", "rate": "0.5"}, {"from": "2026-01-10", "rate": "0.7"}]}
    await publish_anew(built, 59, {**LATE, "rates": anew})
    rates = terms_at(built.store.query, to_us(instant(40))).rates
    days = (date(2025, 6, 1), date(2026, 1, 15), date(2026, 1, 21), date(2026, 3, 1))
    assert [rates.converted(100, "USD", day) for day in days] == [50, 70, 90, 90]


async def test_without_an_agreement_reports_are_in_the_currency_that_was_known_first_for_ever() -> None:
    first, second = said("eur", 0, opening(1)), said("usd", 1, opening(1000, currency="USD"))
    rows = asked(await shown(first, second), "matrix", 40)
    assert (figures(rows)["open_pipe"], {row["currency"] for row in rows}) == (1, {"EUR"})
    assert words(rows) == {"1 opportunity: no rate to EUR from USD on 2 days from 2026-01-02 to 2026-02-10"}


@pytest.mark.postgresql
async def test_postgresql_leaves_out_what_sqlite_does(postgresql_url: str) -> None:
    target = said("plan", -9, TargetSet(quarter="2026Q1", amount_minor=7, currency="GBP", region="west"))
    lines = (said("lei", 30 + n, OpportunityProductAdded(line=str(n), product="p", amount_minor=9)) for n in (1, 2))
    lei = said("lei", 4, opening(18, currency="RON", source="web"))
    built, store = await shown(*SOLD_EARLY, lei, *lines, targets=(target,), **LATE), PostgresStore(postgresql_url)
    try:
        store.reset()
        await sink_once(built.log, store)
        for name in MONEY_VIEWS:
            for known in (None, to_us(instant(50))):
                times = {"as_of": to_us(instant(40)), "known_at": known}
                assert read_view(store, name, times=times) == read_view(built.store, name, times=times), name
        spans: dict[str, Any] = {"times": {"as_of": to_us(instant(40)), "since": to_us(instant(1))}, "by": "product"}
        assert read_view(store, "waterfall", **spans) == read_view(built.store, "waterfall", **spans)
    finally:
        store.close()
