"""`consents`: what each person allows, and where and when they said so."""

from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from events.envelope import Envelope
from events.fact import Fact
from events.instants import to_us
from events.lead import LeadCaptured
from events.life import LeadConsentChanged
from projections.views.times import instant_text, recorded_at
from projections.views.view import Cells, Column, Detail, Handler, Kind


class Consent(Struct, frozen=True, gc=False, array_like=True):
    """What was said last about one purpose; `order` is (occurred in microseconds, source, id)."""

    purpose: str
    order: tuple[int, str, str]
    granted: bool
    basis: str | None
    source: str | None
    text_version: str | None
    known_at: int


class Consents(Struct, frozen=True, gc=False, array_like=True):
    """Base row: the consents of a lead."""

    is_test: bool = False
    consents: tuple[Consent, ...] = ()


def _captured(row: Consents, fact: LeadCaptured, _: Envelope) -> Consents:
    return replace(row, is_test=True) if fact.is_test and not row.is_test else row


def _changed(row: Consents, fact: LeadConsentChanged, envelope: Envelope) -> Consents:
    """The one that happened last holds, whatever came first."""
    order = (to_us(envelope.time), envelope.source, envelope.id)
    old = next((each for each in row.consents if each.purpose == fact.purpose), None)
    if old is not None and order < old.order:
        return row
    new = Consent(
        fact.purpose, order, fact.granted, fact.basis, fact.source, fact.text_version, known_at=recorded_at(envelope)
    )
    others = tuple(each for each in row.consents if each is not old)
    return replace(row, consents=(*others, new))


_ON: dict[type[Fact], Handler[Consents]] = {LeadCaptured: _captured, LeadConsentChanged: _changed}


def _entries(row: Consents) -> dict[Cells, Any]:
    return {} if row.is_test else {(each.purpose,): each for each in row.consents}


def _render(lead: str, identity: Cells, consent: Consent) -> Cells:
    return (
        lead,
        *identity,
        consent.granted,
        consent.basis,
        consent.source or None,
        consent.text_version,
        instant_text(consent.order[0]),
        instant_text(consent.known_at),
    )


_COLUMNS = (
    Column("lead", Kind.TEXT, "lead id"),
    Column("purpose", Kind.TEXT, "what for, such as marketing_email"),
    Column("granted", Kind.BOOLEAN, "allowed; false when it was taken back or refused"),
    Column("basis", Kind.TEXT, "the legal basis", True),
    Column("source", Kind.TEXT, "where they said so", True),
    Column("text_version", Kind.TEXT, "version of the text they agreed to", True),
    Column("said_at", Kind.INSTANT, "when they said so"),
    Column("known_at", Kind.INSTANT, "when it became known"),
)

CONSENTS = Detail(
    name="consents",
    version=1,
    meaning="What each person allows or refuses, purpose by purpose, as they said last; test leads left out.",
    initial=Consents(),
    on=_ON,
    columns=_COLUMNS,
    key=2,
    answer=_COLUMNS,
    order=("lead", "purpose"),
    indexes=(("purpose", "granted"),),
    entries=_entries,
    render=_render,
)
