"""`accounts`: one row an account, as it stands now, and `account-relations`: what accounts are to one another."""

from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from events.account import AccountAmended, AccountOpened, AccountOwnerChanged, AccountRelated
from events.envelope import Envelope
from events.fact import Fact
from events.instants import to_us
from projections.views.times import instant_text, instant_text_or_none, recorded_at, sequence_of
from projections.views.view import Cells, Column, Detail, Handler, Journal, Kind

_FIELDS = ("name", "domain", "country", "parent")
PARENT = "parent"
"""What an account is told to belong to; the other kinds are those of the fact."""


class Account(Struct, frozen=True, gc=False, array_like=True):
    """Base row: what is known of an account; instants in microseconds. `known` holds [field, since, value]."""

    opened_at: int | None = None
    known: tuple[tuple[str, int, str], ...] = ()
    owner: str | None = None
    owner_at: int = 0
    updated_at: int = 0


def _learned(row: Account, fact: AccountOpened | AccountAmended, envelope: Envelope) -> Account:
    """Of each field the later word holds, by when it happened."""
    at, known = to_us(envelope.time), {name: (since, value) for name, since, value in row.known}
    for name in _FIELDS:
        value = getattr(fact, name)
        if value is not None and at >= known.get(name, (at, ""))[0]:
            known[name] = at, value
    entries = tuple((name, *known[name]) for name in _FIELDS if name in known)
    return replace(row, known=entries, updated_at=recorded_at(envelope))


def _opened(row: Account, fact: AccountOpened, envelope: Envelope) -> Account:
    at = to_us(envelope.time)
    row = _learned(row, fact, envelope)
    row = replace(row, opened_at=at if row.opened_at is None else min(at, row.opened_at))
    return row if fact.owner is None else _owned(row, fact.owner, at)


def _owner_changed(row: Account, fact: AccountOwnerChanged, envelope: Envelope) -> Account:
    return _owned(replace(row, updated_at=recorded_at(envelope)), fact.owner, to_us(envelope.time))


def _owned(row: Account, owner: str | None, at: int) -> Account:
    return row if at < row.owner_at else replace(row, owner=owner, owner_at=at)


_ON: dict[type[Fact], Handler[Account]] = {
    AccountOpened: _opened,
    AccountAmended: _learned,
    AccountOwnerChanged: _owner_changed,
}


def _entries(row: Account) -> dict[Cells, Any]:
    return {(): row}


def _render(account: str, _: Cells, row: Account) -> Cells:
    known = {name: value for name, _, value in row.known}
    told = (known.get(name) for name in _FIELDS)
    return (account, *told, row.owner, instant_text_or_none(row.opened_at), instant_text(row.updated_at))


_OF_ACCOUNTS = (
    Column("account", Kind.TEXT, "account id"),
    Column("name", Kind.TEXT, "its name, as the system that has it writes it", True),
    Column("domain", Kind.TEXT, "its internet domain", True),
    Column("country", Kind.TEXT, "of its main address", True),
    Column("parent", Kind.TEXT, "id of the account it belongs to", True),
    Column("owner", Kind.TEXT, "who looks after it", True),
    Column("opened_at", Kind.INSTANT, "when it became one; empty of one that only later facts speak of", True),
    Column("updated_at", Kind.INSTANT, "when something last became known of it"),
)

ACCOUNTS = Detail(
    name="accounts",
    version=1,
    meaning="One row an account, as it stands now.",
    initial=Account(),
    on=_ON,
    columns=_OF_ACCOUNTS,
    key=1,
    answer=_OF_ACCOUNTS,
    order=("account",),
    indexes=(("parent",),),
    entries=_entries,
    render=_render,
)


def _word(account: str, envelope: Envelope) -> Cells | None:
    match envelope.data:
        case AccountRelated(other=other, kind=kind, ended=ended):
            said: Cells = (other, kind, ended)
        case AccountOpened(parent=str(parent)) | AccountAmended(parent=str(parent)):
            said = (parent, PARENT, False)
        case _:
            return None
    times = instant_text(to_us(envelope.time)), instant_text(recorded_at(envelope))
    return (account, sequence_of(envelope), *said, *times)


_OF_RELATIONS = (
    Column("account", Kind.TEXT, "account id"),
    Column("sequence", Kind.INTEGER, "place in the account's history, from 1"),
    Column("other", Kind.TEXT, "id of the other account"),
    Column("kind", Kind.TEXT, "what the other is to it: parent, group, partner, investor or competitor"),
    Column("ended", Kind.BOOLEAN, "it is so no longer"),
    Column("occurred_at", Kind.INSTANT, "since when, or until when"),
    Column("recorded_at", Kind.INSTANT, "when it became known"),
)

ACCOUNT_RELATIONS = Journal(
    name="account-relations",
    version=1,
    meaning="What accounts are to one another, every word of it, in the order in which it became known.",
    columns=_OF_RELATIONS,
    key=2,
    answer=_OF_RELATIONS,
    order=("account", "sequence"),
    indexes=(("other",),),
    write=_word,
)
