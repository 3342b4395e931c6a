"""Accounts that have to do with a customer, from facts about accounts and opportunities to rows."""

from itertools import count
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from events.account import AccountAmended, AccountOpened, AccountOwnerChanged, AccountRelated
from events.envelope import Envelope
from events.fact import Fact
from events.opportunity import OpportunityClosedLost, OpportunityClosedWon, OpportunityProductAdded, OpportunityReopened
from events.registry import wrap
from events.topics import ACCOUNT_EVENTS, OPPORTUNITY_EVENTS
from projections.verify import verify_views
from projections.views.view import Cell
from tests.projections.house import House, house
from tests.projections.pipeline.asking import asked
from tests.projections.pipeline.facts import instant, opening, said, text
from tests.support.laws import examples

_numbers = count(1)


def account(name: str, day: float, fact: Fact, recorded: float | None = None) -> Envelope:
    """A fact about an account that happened on a day, and was recorded then or later."""
    number, known = next(_numbers), instant(day if recorded is None else recorded)
    return wrap(
        fact, subject=name, id=f"a-{number}", source="/crm", time=instant(day), recordedat=known,
        sequence=f"{number:012d}",
    )  # fmt: skip


def related(other: str, kind: Any, *, ended: bool = False) -> AccountRelated:
    return AccountRelated(other=other, kind=kind, ended=ended)


async def shown(*accounts: Envelope, deals: tuple[Envelope, ...], partitions: int = 1) -> House:
    built = await house(partitions=partitions)
    await built.write(*accounts, log=ACCOUNT_EVENTS)
    await built.write(*deals, log=OPPORTUNITY_EVENTS)
    await built.show()
    return built


def pairs(rows: list[dict[str, Cell]]) -> list[tuple[Cell, ...]]:
    return [(row["account"], row["relation"], row["bought_by"]) for row in rows]


def won(name: str, of: str, opened: float, closed: float, amount: int = 100) -> tuple[Envelope, ...]:
    return said(name, opened, opening(amount, account=of, product="app")), said(name, closed, OpportunityClosedWon())


MILLS = (
    account("holding", 0, AccountOpened(name="Mill Holding", owner="ines")),
    account("mill", 0, AccountOpened(name="Mill", parent="holding")),
    account("sister", 0, AccountOpened(name="Mill South", parent="holding", owner="radu")),
    account("mill", 1, related("bank", "investor")),
    account("rival", 1, related("mill", "competitor")),
    account("mill", 1, related("fitter", "partner")),
)


async def test_everybody_who_has_to_do_with_a_customer_and_is_sold_nothing_is_listed() -> None:
    deals = (*won("deal", "mill", 2, 9), said("busy", 3, opening(5, account="rival")))
    built = await shown(*MILLS, deals=deals)
    assert pairs(asked(built, "cross-sell", 20)) == [
        ("bank", "investor", "mill"), ("fitter", "partner", "mill"), ("holding", "group", "mill"),
        ("sister", "group", "mill"),
    ]  # fmt: skip
    assert asked(built, "cross-sell", 8) == [], "nothing was won by then"
    lost = await shown(*MILLS, deals=(*deals, said("busy", 10, OpportunityClosedLost(reason="price"))))
    assert ("rival", "competitor", "mill") in pairs(asked(lost, "cross-sell", 20))


async def test_a_row_says_whom_to_call_and_what_was_bought() -> None:
    more = (
        said("two", 2, opening(0, account="mill")),
        said("two", 2, OpportunityProductAdded(line="1", product="care", amount_minor=30)),
        said("two", 12, OpportunityClosedWon()),
    )
    built = await shown(*MILLS, deals=(*won("deal", "mill", 2, 9), *more, *won("own", "sister", 2, 4)))
    row = next(row for row in asked(built, "cross-sell", 20) if row["account"] == "sister")
    named = ("name", "owner", "customer", "bought_by_name", "opportunities", "won_minor", "currency", "products")
    assert [row[name] for name in named] == ["Mill South", "radu", True, "Mill", 2, 130, "EUR", "app, care"]
    assert row["last_won_at"] == text(12)


async def test_a_sale_that_was_reopened_makes_no_customer() -> None:
    deals = (*won("deal", "mill", 2, 9), said("deal", 11, OpportunityReopened(stage="discovery")))
    built = await shown(*MILLS, deals=deals)
    assert asked(built, "cross-sell", 20) == []
    assert len(asked(built, "cross-sell", 10)) == 5


async def test_a_relation_that_ended_is_gone_from_then_on_and_known_so_from_when_it_was_told() -> None:
    ended = account("mill", 15, related("fitter", "partner", ended=True), 30)
    built = await shown(*MILLS, ended, deals=won("deal", "mill", 2, 9))
    fitter = ("fitter", "partner", "mill")
    assert fitter in pairs(asked(built, "cross-sell", 14))
    assert fitter not in pairs(asked(built, "cross-sell", 16))
    assert fitter in pairs(asked(built, "cross-sell", 16, 29))


async def test_an_account_stands_as_it_was_told_last_by_when_it_happened() -> None:
    built = await shown(
        account("mill", 5, AccountOpened(name="Mill", domain="mill.example", owner="ines")),
        account("mill", 7, AccountAmended(name="Mill AG", country="RO")),
        account("mill", 6, AccountAmended(name="Mill GmbH", parent="holding"), 8),
        account("mill", 9, AccountOwnerChanged()),
        account("mill", 8, AccountOwnerChanged(owner="radu"), 10),
        deals=(),
    )
    (row,) = built.view("accounts")
    named = ("name", "domain", "country", "parent", "owner", "opened_at", "updated_at")
    assert [row[name] for name in named] == [
        "Mill AG", "mill.example", "RO", "holding", None, text(5), text(10),
    ]  # fmt: skip


NAMES = st.sampled_from(["mill", "port", "farm", "bank"])
ACCOUNT_FACTS = st.one_of(
    st.builds(AccountOpened, name=st.just("A"), parent=st.none() | NAMES, owner=st.none() | st.just("ines")),
    st.builds(AccountAmended, name=st.none() | st.just("B"), parent=st.none() | NAMES),
    st.builds(AccountOwnerChanged, owner=st.none() | st.just("radu")),
    st.builds(
        AccountRelated,
        other=NAMES,
        kind=st.sampled_from(["group", "partner", "investor", "competitor"]),
        ended=st.booleans(),
    ),
)
DEAL_FACTS = st.sampled_from(
    [OpportunityClosedWon(), OpportunityClosedWon(), OpportunityClosedLost(reason="x"), OpportunityReopened(stage="a")]
)


@st.composite
def worlds(draw: st.DrawFn) -> tuple[list[Envelope], list[Envelope]]:
    """Facts about accounts, and about opportunities of theirs, in the order in which they became known."""
    accounts, deals, recorded = list[Envelope](), list[Envelope](), -10
    opened = set[str]()
    for _ in range(draw(st.integers(0, 20))):
        recorded += draw(st.sampled_from([0, 1, 4]))
        at = recorded - draw(st.sampled_from([0, 0, 3]))
        if draw(st.booleans()):
            accounts.append(account(draw(NAMES), at, draw(ACCOUNT_FACTS), recorded))
        else:
            name = draw(NAMES)
            fact = draw(DEAL_FACTS) if name in opened else opening(100, account=name)
            opened.add(name)
            deals.append(said(f"of-{name}", at, fact, recorded))
    return accounts, deals


@settings(deadline=None, max_examples=examples(25))
@given(worlds(), st.integers(-10, 40), st.integers(-10, 40))
async def test_who_could_be_sold_to_is_the_same_however_partitions_fall_and_as_it_was_known(
    world: tuple[list[Envelope], list[Envelope]], day: int, known: int
) -> None:
    accounts, deals = world
    built = await shown(*accounts, deals=tuple(deals))
    spread = await shown(*accounts, deals=tuple(deals), partitions=4)
    assert asked(built, "cross-sell", day) == asked(spread, "cross-sell", day)
    assert (await verify_views(built.log, 1)).differences == []

    def heard(facts: list[Envelope]) -> list[Envelope]:
        return [each for each in facts if each.recordedat <= instant(known)]  # type: ignore[operator]

    other = await shown(*heard(accounts), deals=tuple(heard(deals)))
    told_now = ("name", "owner", "bought_by_name")
    found, expected = (
        [
            {name: cell for name, cell in row.items() if name not in told_now}
            for row in asked(one, "cross-sell", day, known)
        ]
        for one in (built, other)
    )
    assert found == expected
