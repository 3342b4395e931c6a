"""What databases count and sum of what was decided is what the law says."""

from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from events.envelope import Envelope
from events.instants import to_us
from events.opportunity import OpportunityOpened
from projections.pipeline.deal import DIMENSIONS
from projections.pipeline.figures import Cut, Terms
from projections.pipeline.paces import paces
from projections.pipeline.purchases import bought, purchases, sold_to
from projections.pipeline.quarters import quarter_named
from projections.pipeline.reading import closed, open_or_closed
from projections.pipeline.standing import microseconds
from projections.pipeline.velocity import velocities
from projections.views.times import instant_text
from tests.projections.pipeline.asking import shown
from tests.projections.pipeline.facts import instant, pipelines
from tests.projections.pipeline.test_totals import TERMS
from tests.support.laws import examples


def cut_at(day: int, *by: str, terms: Terms = TERMS) -> Cut:
    return Cut(quarter_named("2026Q1"), to_us(instant(day)), by, terms)


@settings(deadline=None, max_examples=examples(60))
@given(
    facts=pipelines(("EUR", "USD", "JPY")), by=st.lists(st.sampled_from(DIMENSIONS), unique=True, max_size=2),
    since=st.integers(-30, 60), day=st.integers(-30, 110), known=st.none() | st.integers(-30, 110),
)  # fmt: skip
async def test_the_database_counts_what_makes_velocity_as_the_law_does(
    facts: list[Envelope], by: list[str], since: int, day: int, known: int | None
) -> None:
    query = (await shown(*facts)).store.query
    cut, begin, heard = cut_at(day, *by), to_us(instant(since)), None if known is None else to_us(instant(known))
    law = velocities(open_or_closed(query, begin, cut.at, heard), cut.by, TERMS)
    assert paces(query, cut, begin, heard, {}) == law
    for place, dimension in enumerate(by):
        for value in {group[place] for group in law}:
            only = {group: each for group, each in law.items() if group[place] == value}
            assert paces(query, cut, begin, heard, {dimension: value}) == only


@settings(deadline=None, max_examples=examples(40))
@given(facts=pipelines(("EUR", "USD")), day=st.integers(-30, 110), known=st.none() | st.integers(-30, 110))
async def test_the_database_sums_what_accounts_bought_as_the_law_does(
    facts: list[Envelope], day: int, known: int | None
) -> None:
    of = {"one": "mill", "two": "mill", "three": "bank"}
    told = [
        replace(each, data=replace(each.data, account=of.get(each.subject, "rival")))
        if isinstance(each.data, OpportunityOpened) else each
        for each in facts
    ]  # fmt: skip
    query = (await shown(*told)).store.query
    cut, heard = cut_at(day), None if known is None else to_us(instant(known))
    assert purchases(query, cut, heard) == bought(closed(query, 0, cut.at, heard), TERMS)
    every = open_or_closed(query, 0, cut.at, heard)
    assert sold_to(query, cut.at, heard) == {deal.account for deal in every if deal.is_open}


@settings(deadline=None, max_examples=examples(60))
@given(told=st.lists(st.datetimes(timezones=st.just(UTC)), max_size=20))
async def test_the_database_reads_instants_to_the_microsecond(told: list[datetime]) -> None:
    query = (await shown()).store.query
    for each in map(to_us, told):
        sql = f"SELECT {microseconds('w.told')} FROM (SELECT CAST(? AS TEXT) AS told) AS w"
        assert query(sql, (instant_text(each),)) == [(each,)]
