"""`companies`: who a company's people are, and what their scores add up to.

A score fades all the time, and a sum of faded, capped and rounded scores cannot be got from an earlier sum. So the rows
are one per lead, with the score as told last and its instant. The SQL view adds those up and says how old the oldest
is; the front door scores each person anew for the instant asked, by the decider's own function.
"""

from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from events.envelope import Envelope
from events.fact import Fact
from events.instants import to_us
from events.lead import (
    LeadArchived,
    LeadCaptured,
    LeadConverted,
    LeadHandedOver,
    LeadProfileUpdated,
    LeadScored,
    LeadStatusChanged,
)
from projections.views.company_names import company_key
from projections.views.times import instant_text, instant_text_or_none, is_earlier, recorded_at
from projections.views.view import Cells, Column, Detail, Handler, Kind

_NAME, _DOMAIN = "company.name", "company.domain"


class Person(Struct, frozen=True, gc=False, array_like=True):
    """Base row: a lead as one of a company's people. Instants in microseconds; `status_order` as in `leads`."""

    is_test: bool = False
    captured_at: int | None = None
    name: str = ""
    name_at: int = 0
    domain: str = ""
    domain_at: int = 0
    account: str | None = None
    agreement: str | None = None
    version: int | None = None
    status: str | None = None
    status_order: tuple[int, str, str] | None = None
    closed: str | None = None
    score: int | None = None
    scored_at: int | None = None


def _captured(row: Person, fact: LeadCaptured, envelope: Envelope) -> Person:
    at = to_us(envelope.time)
    first = at if is_earlier(at, row.captured_at) else row.captured_at
    row = replace(row, is_test=row.is_test or fact.is_test, captured_at=first, agreement=fact.agreement)
    return _learned(row, fact, envelope)


def _learned(row: Person, fact: LeadCaptured | LeadProfileUpdated, envelope: Envelope) -> Person:
    at, told = to_us(envelope.time), fact.profile
    name, domain = told.get(_NAME), told.get(_DOMAIN)
    if isinstance(name, str) and at >= row.name_at:
        row = replace(row, name=name, name_at=at)
    if isinstance(domain, str) and at >= row.domain_at:
        row = replace(row, domain=domain, domain_at=at)
    return row


def _status_changed(row: Person, fact: LeadStatusChanged, envelope: Envelope) -> Person:
    order = (to_us(envelope.time), envelope.source, envelope.id)
    if row.status_order is not None and order < row.status_order:
        return row
    return replace(row, status=fact.status, status_order=order)


def _handed_over(row: Person, fact: LeadHandedOver, _: Envelope) -> Person:
    return row if fact.agreement == row.agreement else replace(row, agreement=fact.agreement)


def _scored(row: Person, fact: LeadScored, envelope: Envelope) -> Person:
    told = replace(row, agreement=fact.agreement, version=fact.version, score=fact.score)
    return replace(told, scored_at=recorded_at(envelope))


def _converted(row: Person, fact: LeadConverted, _: Envelope) -> Person:
    return replace(row, closed="converted", account=fact.account or row.account)


def _archived(row: Person, _: LeadArchived, __: Envelope) -> Person:
    return row if row.closed else replace(row, closed="archived")


_ON: dict[type[Fact], Handler[Person]] = {
    LeadCaptured: _captured,
    LeadProfileUpdated: _learned,
    LeadStatusChanged: _status_changed,
    LeadHandedOver: _handed_over,
    LeadScored: _scored,
    LeadConverted: _converted,
    LeadArchived: _archived,
}


def _entries(row: Person) -> dict[Cells, Any]:
    known = row.account or row.name or row.domain
    return {(): row} if known and row.captured_at is not None and not row.is_test else {}


def _render(lead: str, _: Cells, row: Person) -> Cells:
    company = row.account or company_key(row.name) or row.domain.casefold() or row.name
    return (
        lead,
        company,
        row.account,
        row.name or row.domain,
        row.agreement,
        row.version,
        row.status,
        row.closed,
        instant_text(row.captured_at or 0),
        row.score,
        instant_text_or_none(row.scored_at),
    )


_COMPANY = Column("company", Kind.TEXT, "account id where known; else the name without legal form, or the domain")
_ACCOUNT = Column("account", Kind.TEXT, "account its people were converted into or matched to", True)

COMPANIES = Detail(
    name="companies",
    version=1,
    meaning="Companies with their people and the sum of their scores; `leadstream view` scores them for the instant.",
    initial=Person(),
    on=_ON,
    columns=(
        Column("lead", Kind.TEXT, "lead id"),
        _COMPANY,
        _ACCOUNT,
        Column("name", Kind.TEXT, "company name, or domain, as told last"),
        Column("agreement", Kind.TEXT, "the agreement that governs the lead", True),
        Column("version", Kind.INTEGER, "version of the agreement that scored it last", True),
        Column("status", Kind.TEXT, "the company's own status that happened last", True),
        Column("closed", Kind.TEXT, "converted or archived; empty while neither", True),
        Column("captured_at", Kind.INSTANT, "its earliest capture"),
        Column("score", Kind.INTEGER, "shown score, whole points, at `scored_at`", True),
        Column("scored_at", Kind.INSTANT, "instant the score was told for", True),
    ),
    key=1,
    answer=(
        _COMPANY,
        _ACCOUNT,
        Column("name", Kind.TEXT, "one of the names its people gave, the first in the alphabet"),
        Column("people", Kind.INTEGER, "captured leads of the company; test leads left out"),
        Column("open_leads", Kind.INTEGER, "those on whom somebody has to act: not converted, archived or unqualified"),
        Column(
            "score",
            Kind.INTEGER,
            "sum of its people's scores, at most the highest `accounts.score_cap` of theirs",
            True,
        ),
        Column("scored_at", Kind.INSTANT, "the instant asked; in SQL that of the oldest score in the sum", True),
    ),
    order=("company", "account"),
    entries=_entries,
    render=_render,
)
