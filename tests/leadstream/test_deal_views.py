"""What the views show of opportunities and accounts is what their deciders know."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from events.account import AccountAmended, AccountOpened, AccountOwnerChanged, AccountRelated
from events.fact import Fact
from events.instants import MINUTE, to_us
from events.opportunity import OpportunityClosedWon, OpportunityOpened
from projections.pipeline.deal import Deal
from projections.pipeline.kept import Kept
from projections.pipeline.relations import PARENT, Word, standing
from projections.views.accounts import ACCOUNT_RELATIONS, ACCOUNTS
from projections.views.opportunity_history import OPPORTUNITY_HISTORY
from streams.deciders.accounts import ACCOUNT, Account
from streams.deciders.opportunities import Opportunity
from tests.streams.deciders.opportunities.deals import CONVERTED
from tests.streams.deciders.opportunities.test_deal_laws import OPENED_FIRST, STEPS, Step, told
from tests.support.laws import examples
from tests.support.subjects import Ledger

TEXTS = (
    "name", "account", "stage", "forecast", "close_date", "product", "region", "segment", "source", "campaign", "owner",
    "opener", "opener_role", "lead", "next_step",
)  # fmt: skip


def shown(ledger: Ledger[Opportunity]) -> Deal | None:
    """The opportunity as the view has it, after all that its canonical log says."""
    row: Any = None
    for envelope in ledger.facts:
        row = OPPORTUNITY_HISTORY.project(row, envelope)
    return row.deal if isinstance(row, Kept) and row.since is not None else None


@settings(max_examples=examples(300), deadline=None)
@given(STEPS, st.none() | OPENED_FIRST)
def test_an_opportunity_is_shown_as_its_decider_knows_it(steps: list[Step], opened: Fact | None) -> None:
    ledger = told(steps, opened=opened)
    state, deal = ledger.state, shown(ledger)
    if state.opened_at is None:
        assert deal is None or not deal.status
        return
    assert deal is not None
    assert {name: getattr(deal, name) for name in TEXTS} == {name: state.known.get(name, "") for name in TEXTS}
    assert deal.status == (state.closed or "open")
    assert deal.closed_at == (None if state.closed is None else state.turned_at)
    assert (deal.opened_at, deal.amount_minor) == (state.opened_at, state.amount_minor)
    assert deal.currency == (state.currency or "")
    assert [(line.line, line.product, line.amount_minor) for line in deal.lines] == sorted(
        (line.line, line.product, line.amount_minor) for line in state.lines
    )
    assert set(deal.contacts) == {each.contact for each in state.contacts}


def test_what_was_won_as_it_was_converted_was_won_then_also_when_it_was_opened_earlier() -> None:
    opening = OpportunityOpened(account="acme", name="Acme", stage="Discovery")
    ledger = told([Step(OpportunityClosedWon(), 60, 0), Step(CONVERTED, 0, 0), Step(opening, 0, 30)])
    deal, won_at = shown(ledger), ledger.state.turned_at
    assert deal is not None
    assert (deal.status, deal.closed_at, deal.opened_at) == ("won", won_at, won_at - 30 * MINUTE)


NAMES = st.sampled_from(["bolt", "mill"])
ACCOUNT_FACTS: st.SearchStrategy[Fact] = st.one_of(
    st.builds(
        AccountOpened,
        name=st.sampled_from(["Acme", "Acme SRL"]),
        domain=st.none() | st.just("acme.example"),
        parent=st.none() | NAMES,
        owner=st.none() | st.just("ines"),
    ),
    st.builds(AccountAmended, name=st.none() | st.just("Acme AG"), country=st.none() | st.just("RO"), parent=NAMES),
    st.builds(AccountOwnerChanged, owner=st.none() | st.sampled_from(["ines", "radu"])),
    st.builds(AccountRelated, other=NAMES, kind=st.sampled_from(["partner", "investor"]), ended=st.booleans()),
)
TOLD = st.lists(st.tuples(ACCOUNT_FACTS, st.integers(0, 5), st.sampled_from([0, 0, 3])), max_size=12)


@settings(max_examples=examples(200), deadline=None)
@given(TOLD)
def test_an_account_is_shown_as_its_decider_knows_it(facts: list[tuple[Fact, int, int]]) -> None:
    ledger, now = Ledger[Account](ACCOUNT, "acme"), 10
    for fact, after, late in facts:
        now += after
        ledger.hears(fact, now - late, recorded=now)
    state, row, words = ledger.state, None, list[Word]()
    for envelope in ledger.facts:
        row = ACCOUNTS.project(row, envelope)
        if (cells := ACCOUNT_RELATIONS.write("acme", envelope)) is not None:
            account, _, other, kind, ended, _, _ = cells
            words.append(Word(str(account), str(other), str(kind), bool(ended), to_us(envelope.time)))
    if row is not None:
        cells = ACCOUNTS.render("acme", (), row)
        told = [state.known.get(name) for name in ("name", "domain", "country", "parent")]
        assert list(cells[1:6]) == [*told, state.owner]
        assert row.opened_at == state.opened_at
    holding = {(each.other, each.kind) for each in standing(words)}
    expected: set[tuple[str, str]] = {(each.other, each.kind) for each in state.related if not each.ended}
    parent = state.known.get("parent")
    assert holding == expected | ({(parent, PARENT)} if parent else set())
