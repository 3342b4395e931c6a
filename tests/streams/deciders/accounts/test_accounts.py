"""Accounts know what upstream says of them, and tell the leads that ask who looks after them."""

from hypothesis import given, settings
from hypothesis import strategies as st

from events.account import AccountAmended, AccountOpened, AccountOwnerChanged, AccountOwnerTold, AccountRelated
from events.fact import Fact
from events.identity import AccountClaimed
from events.instants import MINUTE, from_us, to_us
from events.opportunity import OpportunityOwnerTold
from events.registry import wrap
from events.routing import LeadAccountAsked
from events.topics import ACCOUNT_EVENTS, ACCOUNT_INBOX, LEAD_INBOX
from streams.deciders.accounts import ACCOUNT, Account
from tests.streams.agents.house import House, sent
from tests.support.given import MONDAY, happened, minute
from tests.support.laws import examples
from tests.support.subjects import Ledger

OPENED = AccountOpened(name="Müller & Söhne GmbH", domain="mueller.example", owner="rep-1")
ASKED = LeadAccountAsked(account="acme", number=1)


def acme() -> Ledger[Account]:
    return Ledger(ACCOUNT, "acme")


def test_a_lead_that_asks_is_told_who_looks_after_the_account() -> None:
    ledger = acme()
    ledger.hears(OPENED, 0)
    (answer,) = ledger.hears(ASKED, 5, "/leadstream/anna")
    assert answer == AccountOwnerTold(lead="anna", number=1, owner="rep-1")
    assert to_us(ledger.facts[-1].time) == minute(5)


def test_an_account_nobody_has_heard_of_is_looked_after_by_nobody() -> None:
    (answer,) = acme().hears(ASKED, 5, "/leadstream/anna")
    assert answer == AccountOwnerTold(lead="anna", number=1)


def test_an_answer_happens_no_earlier_than_what_it_says() -> None:
    ledger = acme()
    ledger.hears(AccountOwnerChanged(owner="rep-2"), 9)
    ledger.hears(ASKED, 5, "/leadstream/anna")
    assert to_us(ledger.facts[-1].time) == minute(9)


def test_the_owner_who_came_last_holds_and_nobody_is_an_owner_too() -> None:
    ledger = acme()
    ledger.hears(AccountOwnerChanged(owner="rep-3"), 20)
    ledger.hears(OPENED, 0)
    assert ledger.state.owner == "rep-3"
    ledger.hears(AccountOwnerChanged(by="Head of Sales"), 30)
    assert ledger.state.owner is None


def test_of_each_field_the_later_word_holds_however_they_come() -> None:
    ledger = acme()
    ledger.hears(AccountAmended(domain="new.example"), 10)
    ledger.hears(OPENED, 0)
    assert ledger.state.known == {"name": "Müller & Söhne GmbH", "domain": "new.example"}
    assert ledger.state.opened_at == MONDAY


def test_relations_end_and_an_older_word_about_one_changes_nothing() -> None:
    ledger = acme()
    ledger.hears(AccountRelated(other="b", kind="partner"), 0)
    ledger.hears(AccountRelated(other="b", kind="investor"), 0)
    ledger.hears(AccountRelated(other="b", kind="partner", ended=True), 10)
    ledger.hears(AccountRelated(other="b", kind="partner"), 5)
    assert [(each.kind, each.ended) for each in ledger.state.related] == [("investor", False), ("partner", True)]


def told(at: float, owner: str | None, *, is_open: bool = True) -> OpportunityOwnerTold:
    return OpportunityOwnerTold(account="acme", is_open=is_open, opened_at=from_us(minute(at)), owner=owner)


def selling(ledger: Ledger[Account], at: float) -> str | None:
    (answer,) = ledger.hears(ASKED, at, "/leadstream/anna")
    assert isinstance(answer, AccountOwnerTold)
    return answer.opportunity_owner


def test_a_lead_that_asks_is_told_who_has_the_oldest_open_opportunity_that_somebody_has() -> None:
    ledger = acme()
    for name, opened_at, owner in (("d3", 30, "rep-3"), ("d1", 10, None), ("d4", 20, "rep-4"), ("d2", 20, "rep-2")):
        ledger.hears(told(opened_at, owner), 40, f"/leadstream/{name}")
    assert selling(ledger, 50) == "rep-2"
    ledger.hears(told(20, None, is_open=False), 60, "/leadstream/d2")
    assert selling(ledger, 70) == "rep-4"
    ledger.hears(told(20, "rep-5"), 80, "/leadstream/d4")
    assert selling(ledger, 90) == "rep-5"
    for name in ("d3", "d4"):
        ledger.hears(told(20, None, is_open=False), 95, f"/leadstream/{name}")
    assert selling(ledger, 99) is None


def test_an_answer_happens_no_earlier_than_what_it_says_of_an_opportunity() -> None:
    ledger = acme()
    ledger.hears(told(0, "rep-2"), 9, "/leadstream/d1")
    ledger.hears(ASKED, 5, "/leadstream/anna")
    assert to_us(ledger.facts[-1].time) == minute(9)


UPSTREAM = st.one_of(
    st.builds(AccountOpened, name=st.sampled_from(["A", "B"]), domain=st.sampled_from([None, "a", "b"])),
    st.builds(AccountAmended, name=st.sampled_from([None, "C"]), phone=st.sampled_from([None, "1", "2"])),
    st.builds(AccountOwnerChanged, owner=st.sampled_from([None, "rep-1", "rep-2"])),
    st.builds(AccountRelated, other=st.sampled_from("xy"), kind=st.just("group"), ended=st.booleans()),
)


@settings(max_examples=examples(100), deadline=None)
@given(
    st.lists(UPSTREAM, max_size=8).flatmap(lambda facts: st.tuples(st.just(facts), st.permutations(range(len(facts)))))
)
def test_what_is_known_does_not_depend_on_the_order_of_arrival(drawn: tuple[list[Fact], list[int]]) -> None:
    facts, order = drawn
    first, second = acme(), acme()
    for number, fact in enumerate(facts):
        first.hears(fact, number)
    for number in order:
        second.hears(facts[number], number, recorded=20)
    one, other = first.state, second.state
    assert (one.known, one.owner, one.related, one.opened_at) == (
        other.known,
        other.owner,
        other.related,
        other.opened_at,
    )


async def test_accounts_are_told_through_their_own_inbox_and_answer_leads_through_theirs() -> None:
    house = await House().open()
    await house.send(sent(happened(OPENED, 0), "acme"), inbox=ACCOUNT_INBOX)
    asked = wrap(ASKED, id="a", source="/leadstream", subject="anna", time=from_us(MONDAY + MINUTE))
    await house.speak(ACCOUNT_INBOX, "acme", asked)
    await house.run()
    told = await house.told("acme", ACCOUNT_EVENTS)
    assert [type(each.data) for each in told if not isinstance(each.data, AccountClaimed)] == [
        AccountOpened,
        LeadAccountAsked,
        AccountOwnerTold,
    ]
    (heard,) = await house.told("anna")
    assert (heard.data, heard.source) == (told[-1].data, "/leadstream/acme")
    assert [record.key for record in await house.records(LEAD_INBOX)] == [b"anna"]


async def test_nobody_outside_speaks_for_a_lead_or_an_account() -> None:
    house = await House().open()
    await house.send(sent(happened(ASKED, 0), "acme"), inbox=ACCOUNT_INBOX)
    await house.send(sent(happened(AccountOwnerTold(lead="anna", number=1), 0)))
    await house.run()
    assert [reason["dlq.reason"] for _, reason in await house.dead()] == ["not_upstream", "not_upstream"]
