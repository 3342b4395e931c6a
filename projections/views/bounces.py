"""`bounces`: which leads are not reached any more, by channel, until another address is known."""

from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from events.envelope import Envelope
from events.fact import Fact
from events.instants import to_us
from events.lead import LeadCaptured, LeadProfileUpdated
from events.life import LeadBounced
from projections.views.times import instant_text
from projections.views.view import Cells, Column, Detail, Handler, Kind

_FIELDS = {"person.email": ("email",), "person.phone": ("call", "sms")}
"""The field of the profile that holds the address of these channels."""


class Bounce(Struct, frozen=True, gc=False, array_like=True):
    """What bounced through one channel. `hard_at` and `address` are those of the last that never will arrive."""

    channel: str
    times: int
    last_at: int
    hard_at: int | None = None
    address: str | None = None


class Address(Struct, frozen=True, gc=False, array_like=True):
    """What a field of the profile holds, since when in microseconds."""

    field: str
    value: str
    at: int


class Bounces(Struct, frozen=True, gc=False, array_like=True):
    """Base row: where a lead is written to, and what did not arrive."""

    is_test: bool = False
    addresses: tuple[Address, ...] = ()
    bounces: tuple[Bounce, ...] = ()


def _captured(row: Bounces, fact: LeadCaptured, envelope: Envelope) -> Bounces:
    row = _learned(row, fact, envelope)
    return replace(row, is_test=True) if fact.is_test and not row.is_test else row


def _learned(row: Bounces, fact: LeadCaptured | LeadProfileUpdated, envelope: Envelope) -> Bounces:
    """The address that was told of last holds."""
    at, found = to_us(envelope.time), row.addresses
    for field in fact.profile.keys() & _FIELDS.keys():
        if all(each.at <= at for each in found if each.field == field):
            value = str(fact.profile[field])
            found = (*(each for each in found if each.field != field), Address(field, value, at))
    return row if found is row.addresses else replace(row, addresses=tuple(sorted(found, key=lambda each: each.field)))


def _bounced(row: Bounces, fact: LeadBounced, envelope: Envelope) -> Bounces:
    at = to_us(envelope.time)
    old = next((each for each in row.bounces if each.channel == fact.channel), Bounce(fact.channel, 0, at))
    new = replace(old, times=old.times + 1, last_at=max(at, old.last_at))
    if fact.hard and (old.hard_at is None or at >= old.hard_at):
        new = replace(new, hard_at=at, address=fact.address)
    return replace(row, bounces=(*(each for each in row.bounces if each is not old), new))


_ON: dict[type[Fact], Handler[Bounces]] = {
    LeadCaptured: _captured,
    LeadProfileUpdated: _learned,
    LeadBounced: _bounced,
}


def _entries(row: Bounces) -> dict[Cells, Any]:
    if row.is_test:
        return {}
    return {(each.channel,): (each, _is_undeliverable(row, each)) for each in row.bounces}


def _is_undeliverable(row: Bounces, bounce: Bounce) -> bool:
    """Whether the address that bounced for good is the one that is known now."""
    if bounce.hard_at is None:
        return False
    now = next((each for each in row.addresses if bounce.channel in _FIELDS[each.field]), None)
    if now is None:
        return True
    return now.at <= bounce.hard_at if bounce.address is None else _plain(now.value) == _plain(bounce.address)


def _plain(address: str) -> str:
    return "".join(address.split()).casefold()


def _render(lead: str, identity: Cells, found: tuple[Bounce, bool]) -> Cells:
    bounce, undeliverable = found
    return (lead, *identity, undeliverable, bounce.times, instant_text(bounce.last_at))


_COLUMNS = (
    Column("lead", Kind.TEXT, "lead id"),
    Column("channel", Kind.TEXT, "email, sms, post, ..."),
    Column("undeliverable", Kind.BOOLEAN, "nothing arrives any more at the address that is known now"),
    Column("times", Kind.INTEGER, "how often something did not arrive"),
    Column("last_at", Kind.INSTANT, "when that happened last"),
)

BOUNCES = Detail(
    name="bounces",
    version=1,
    meaning="What did not arrive at each lead, by channel, and whether nothing will any more; test leads left out.",
    initial=Bounces(),
    on=_ON,
    columns=_COLUMNS,
    key=2,
    answer=_COLUMNS,
    order=("lead", "channel"),
    indexes=(("undeliverable", "channel"),),
    entries=_entries,
    render=_render,
)
