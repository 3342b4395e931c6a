"""`conversions`: what each conversion of a lead made or joined, also when it was taken back."""

from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from events.envelope import Envelope
from events.fact import Fact
from events.instants import to_us
from events.lead import LeadCaptured, LeadConverted
from events.life import LeadUnconverted
from projections.views.times import instant_text, instant_text_or_none
from projections.views.view import Cells, Column, Detail, Handler, Kind


class Conversion(Struct, frozen=True, gc=False, array_like=True):
    """A conversion; instants in microseconds, `back_at` None while it stands."""

    at: int
    account: str | None
    contact: str | None
    opportunity: str | None
    made: tuple[str, ...]
    amount_minor: int | None
    currency: str | None
    by: str | None
    group: str | None
    status: str | None
    told_by: str
    back_at: int | None = None
    back_by: str | None = None
    back_because: str | None = None


class Conversions(Struct, frozen=True, gc=False, array_like=True):
    """Base row: the conversions of a lead, in the order in which they became known."""

    is_test: bool = False
    conversions: tuple[Conversion, ...] = ()


def _captured(row: Conversions, fact: LeadCaptured, _: Envelope) -> Conversions:
    return replace(row, is_test=True) if fact.is_test and not row.is_test else row


def _converted(row: Conversions, fact: LeadConverted, envelope: Envelope) -> Conversions:
    new = Conversion(
        to_us(envelope.time),
        fact.account,
        fact.contact,
        fact.opportunity,
        made=fact.made,
        amount_minor=fact.amount_minor,
        currency=fact.currency,
        by=fact.by,
        group=fact.group,
        status=fact.status,
        told_by=envelope.source,
    )
    return replace(row, conversions=(*row.conversions, new))


def _unconverted(row: Conversions, fact: LeadUnconverted, envelope: Envelope) -> Conversions:
    """All that stood then are taken back."""
    at = to_us(envelope.time)
    conversions = (
        replace(each, back_at=at, back_by=fact.by, back_because=fact.reason)
        if each.back_at is None and each.at <= at
        else each
        for each in row.conversions
    )
    return replace(row, conversions=tuple(conversions))


_ON: dict[type[Fact], Handler[Conversions]] = {
    LeadCaptured: _captured,
    LeadConverted: _converted,
    LeadUnconverted: _unconverted,
}


def _entries(row: Conversions) -> dict[Cells, Any]:
    return {} if row.is_test else {(number,): each for number, each in enumerate(row.conversions, 1)}


def _render(lead: str, identity: Cells, conversion: Conversion) -> Cells:
    return (
        lead,
        *identity,
        instant_text(conversion.at),
        "stands" if conversion.back_at is None else "taken_back",
        conversion.account,
        conversion.contact,
        conversion.opportunity,
        ", ".join(conversion.made) or None,
        conversion.amount_minor,
        conversion.currency,
        conversion.by,
        conversion.group,
        conversion.status,
        conversion.told_by,
        instant_text_or_none(conversion.back_at),
        conversion.back_by,
        conversion.back_because,
    )


_COLUMNS = (
    Column("lead", Kind.TEXT, "lead id"),
    Column("number", Kind.INTEGER, "1 for the conversion of the lead that became known first"),
    Column("converted_at", Kind.INSTANT, "when it happened"),
    Column("state", Kind.TEXT, "stands or taken_back"),
    Column("account", Kind.TEXT, "id of the account", True),
    Column("contact", Kind.TEXT, "id of the contact", True),
    Column("opportunity", Kind.TEXT, "id of the opportunity", True),
    Column("made", Kind.TEXT, "what is new by it of account, contact and opportunity; the rest was there before", True),
    Column("amount_minor", Kind.INTEGER, "expected amount in minor units of `currency`", True),
    Column("currency", Kind.TEXT, "ISO 4217 code", True),
    Column("converted_by", Kind.TEXT, "who converted it", True),
    Column("opportunity_group", Kind.TEXT, "the opportunity group it was asked for", True),
    Column("status", Kind.TEXT, "the status whose meaning made it a conversion, where that was the cause", True),
    Column("told_by", Kind.TEXT, "who says so, as CloudEvents' source; /leadstream where it was decided here"),
    Column("taken_back_at", Kind.INSTANT, "when it was taken back", True),
    Column("taken_back_by", Kind.TEXT, "who took it back", True),
    Column("taken_back_because", Kind.TEXT, "why it was, in words", True),
)

CONVERSIONS = Detail(
    name="conversions",
    version=1,
    meaning="What each conversion made or joined, also when it was taken back; test leads left out.",
    initial=Conversions(),
    on=_ON,
    columns=_COLUMNS,
    key=2,
    answer=_COLUMNS,
    order=("converted_at", "lead", "number"),
    indexes=(("account",), ("opportunity",)),
    entries=_entries,
    render=_render,
)
