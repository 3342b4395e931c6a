"""Every view is asked for another time than now, and shows what a house shows that has heard no more."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from events.account import AccountAmended, AccountOpened, AccountOwnerChanged
from events.agreement import AgreementPublished
from events.envelope import Envelope
from events.instants import to_us
from events.opportunity import OpportunityOpened, TargetSet
from events.topics import ACCOUNT_EVENTS, AGREEMENTS, COUNCIL_EVENTS, LEAD_EVENTS, OPPORTUNITY_EVENTS
from leadstream.viewing import Question, rows_in, rows_of
from projections.catalogue import BY_NAME, OF_OPPORTUNITIES, SHOWN, VIEWS
from projections.past import made_of
from projections.sink import sink_once
from projections.stores.postgresql import PostgresStore
from projections.views.times import recorded_at
from projections.views.view import BadQuery, Cell, OnRead
from streams.agreement.load import document, load
from tests.projections.given import told
from tests.projections.house import House, house, record
from tests.projections.pipeline.facts import instant, pipelines, said
from tests.projections.pipeline.test_council_views import councils
from tests.projections.pipeline.test_cross_sell import account, won, worlds
from tests.projections.strategies import histories
from tests.support.laws import examples

COMPLETE = 60 * 24 * 150
"""Minutes up to which the write side has decided, in every house: later than all that is told."""
ONLY_NOW = {"partitions"}
"""Views that have no past; whoever adds one says here that it is meant."""
TERMS = ("inbound", "partners")
AGREEMENT = """
agreement: {name}
version: 1
effective_from: 2025-01-01T00:00:00Z
statuses:
  Open: {{means: working}}
  Won: {{means: working}}
  Lost: {{means: unqualified}}
scoring:
  engagement:
    decay: {{linear: 50%, per: 1h}}
    groups: {{interest: {{cap: 30}}}}
    rules:
      - {{points: 20, group: interest, touch: {{channel: call}}}}
  cap: 100
  grades: {{A: 10, C: 0}}
sales_clauses:
  first_response: {{starts_on: captured, stopped_by: {{touch: {{direction: outbound}}}}, within: 24h}}
pipeline:
  stages: {{discovery: {{forecast: pipeline}}, a: {{forecast: best_case}}, b: {{forecast: commit}}}}
  currency: EUR
  timezone: Europe/Bucharest
"""
World = dict[str, list[Envelope]]


@st.composite
def everything(draw: st.DrawFn) -> World:
    """Facts of every canonical log."""
    accounts, deals = draw(worlds())
    target = TargetSet(quarter="2026Q1", amount_minor=100, currency="EUR", region="a")
    return {
        LEAD_EVENTS: draw(histories(max_size=25)),
        OPPORTUNITY_EVENTS: [*draw(pipelines()), *deals],
        COUNCIL_EVENTS: [said("emea", 2, target, 9), *draw(councils())],
        ACCOUNT_EVENTS: accounts,
    }


def agreed(name: str) -> Envelope:
    """The agreement as it was published; scores fade by it."""
    terms = document(load(AGREEMENT.format(name=name)))
    fact = AgreementPublished(name=name, version=1, effective_from=instant(-365), document=terms)
    return told(fact, -60 * 24 * 365, lead=name)


async def shown(world: World, complete: float = COMPLETE) -> House:
    built = await house(partitions=2)
    await built.log.append({(AGREEMENTS, 0): [record(agreed(name)) for name in TERMS]})
    for log, facts in world.items():
        await built.write(*facts, log=log)
    await built.writer_at(complete)
    await built.project(until=complete)
    await sink_once(built.log, built.store)
    return built


class Times(NamedTuple):
    """The instants asked for, in microseconds."""

    as_of: int | None
    known_at: int | None

    def count(self, fact: Envelope) -> bool:
        """Whether a house of that time has heard of a fact."""
        return (self.as_of is None or to_us(fact.time) <= self.as_of) and (
            self.known_at is None or recorded_at(fact) <= self.known_at
        )


def opened_once(facts: Sequence[Envelope]) -> list[Envelope]:
    """Without second openings: what these say holds from the first one on, which their own time does not tell."""
    first = dict[str, str]()
    for each in facts:
        if isinstance(each.data, OpportunityOpened):
            first.setdefault(each.subject, each.id)
    return [each for each in facts if not isinstance(each.data, OpportunityOpened) or first[each.subject] == each.id]


@st.composite
def asked(draw: st.DrawFn, kinds: Sequence[str]) -> tuple[World, Times]:
    """A world, and instants of it: those at which something happened or became known, and just before."""
    world = draw(everything())
    if "as_of" in kinds:
        world[OPPORTUNITY_EVENTS] = opened_once(world[OPPORTUNITY_EVENTS])
    facts = [fact for told in world.values() for fact in told]
    known = sorted({to_us(fact.time) for fact in facts} | {recorded_at(fact) for fact in facts})
    instants = st.builds(lambda at, before: at - before, st.sampled_from(known), st.sampled_from([0, 0, 1]))
    return world, Times(*(draw(instants) if kind in kinds else None for kind in Times._fields))


async def answer(log: Any, store: Any, question: Question, how: Any) -> list[dict[str, Cell]]:
    found: list[dict[str, Cell]] = await how(log, store, question)
    return found


@pytest.mark.slow
@pytest.mark.parametrize("kinds", [("as_of",), ("known_at",), ("as_of", "known_at")], ids="+".join)
@settings(deadline=None, max_examples=examples(10))
@given(data=st.data())
async def test_every_view_shows_at_any_time_what_a_house_shows_that_has_heard_no_more(
    kinds: tuple[str, ...], data: st.DataObject
) -> None:
    world, times = data.draw(asked(kinds))
    built, meant = await shown(world), times
    times = Times(
        meant.known_at if meant.as_of is None else meant.as_of, meant.known_at
    )  # as it stood when it was known
    other = await shown({log: [fact for fact in facts if times.count(fact)] for log, facts in world.items()})
    for view in SHOWN:
        if view.name in ONLY_NOW:
            continue
        found = await answer(
            built.log, built.store, Question(view.name, as_of=meant.as_of, known_at=meant.known_at), rows_of
        )
        question = Question(view.name, as_of=times.as_of, known_at=times.known_at)
        assert found == await answer(other.log, other.store, question, rows_in), view.name


@pytest.mark.slow
@settings(deadline=None, max_examples=examples(5))
@given(made=asked(("known_at",)))
async def test_what_was_known_at_a_past_instant_is_answered_for_ever_as_it_was(made: tuple[World, Times]) -> None:
    world, times = made
    early = {log: [fact for fact in facts if times.count(fact)] for log, facts in world.items()}
    then, later = await shown(early), await shown(world, COMPLETE + 60 * 24 * 100)
    for view in SHOWN:
        if view.name not in ONLY_NOW:
            question = Question(view.name, known_at=times.known_at)
            before = await answer(then.log, then.store, question, rows_of)
            after = await answer(later.log, later.store, question, rows_of)
            for row in (*before, *after):
                row.pop("complete_to")
            assert before == after, view.name


@pytest.mark.postgresql
@settings(deadline=None, max_examples=examples(3), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(made=asked(("as_of", "known_at")))
async def test_every_view_shows_it_from_postgresql_as_from_sqlite(
    postgresql_url: str, made: tuple[World, Times]
) -> None:
    (world, times), store = made, PostgresStore(postgresql_url)
    try:
        built = await shown(world)
        store.reset()
        await sink_once(built.log, store)
        for view in SHOWN:
            if view.name not in ONLY_NOW:
                question = Question(view.name, as_of=times.as_of, known_at=times.known_at)
                found = await answer(built.log, store, question, rows_of)
                assert found == await answer(built.log, built.store, question, rows_of), view.name
    finally:
        store.close()


async def test_what_an_account_was_called_and_who_looked_after_it_is_as_it_was_known() -> None:
    accounts = (
        account("holding", 0, AccountOpened(name="Mill Holding", owner="ines")),
        account("mill", 0, AccountOpened(name="Mill", parent="holding")),
        account("holding", 20, AccountAmended(name="Port Holding")),
        account("holding", 20, AccountOwnerChanged(owner="radu")),
    )
    built = await shown({ACCOUNT_EVENTS: list(accounts), OPPORTUNITY_EVENTS: list(won("deal", "mill", 2, 9))})
    for times, called in (({}, ("Port Holding", "radu")), ({"known_at": to_us(instant(12))}, ("Mill Holding", "ines"))):
        (row,) = await rows_of(built.log, built.store, Question("cross-sell", **times))
        assert (row["name"], row["owner"]) == called


def test_views_without_a_past_are_named_and_say_why() -> None:
    assert {view.name for view in SHOWN if isinstance(view, OnRead) and view.only_now} == ONLY_NOW


@pytest.mark.parametrize("name", sorted(ONLY_NOW))
async def test_a_view_without_a_past_refuses_with_its_reason(name: str) -> None:
    built, view = await shown({}), BY_NAME[name]
    assert isinstance(view, OnRead)
    for times in ({"as_of": 1}, {"known_at": 1}):
        with pytest.raises(BadQuery, match=f"view {name} can be asked for no other time: {view.only_now}"):
            await rows_of(built.log, built.store, Question(name, **times))


def test_an_answer_is_made_of_what_its_sql_names_however_deep() -> None:
    def names(view: str) -> set[str]:
        return {each.name for each in made_of(BY_NAME[view]).views}

    assert names("hygiene") == {"hygiene"}
    assert names("companies") == {"companies", "leads", "prospects"}
    assert names("opportunity-history") == {"opportunity-history", "opportunities"}
    assert names("clean-pipe") == {each.name for each in OF_OPPORTUNITIES.views} - {"opportunity-timeline"}
    assert names("sources") == {"timeline"}
    assert all(view.name in names(view.name) for view in VIEWS)
    assert all(names(view.name) for view in SHOWN if view.name not in ONLY_NOW)


async def test_scores_of_an_instant_are_of_what_holds_now() -> None:
    built = await shown({})
    with pytest.raises(BadQuery, match="ask for one time or for the other"):
        await rows_of(built.log, built.store, Question("leads", scores_as_of=1, as_of=1))
    with pytest.raises(BadQuery, match="since is of waterfall, velocity"):
        await rows_of(built.log, built.store, Question("leads", since=1))
