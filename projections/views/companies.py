"""`companies`: who a company's people are, and what their scores add up to.

A score fades all the time, and a sum of faded, capped and rounded scores cannot be got from an earlier sum. So the rows
are one per lead and say only where it belongs. The SQL view adds up what `leads` has of them and says how old the
oldest score is; the front door scores each person anew for the instant asked, by the decider's own function.
"""

from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from events.company_names import company_name_of
from events.envelope import Envelope
from events.fact import Fact
from events.identity import LeadHistoryShared, LeadHistoryTakenBack, LeadMatched, LeadUnmerged
from events.instants import to_us
from events.lead import LeadCaptured, LeadConverted, LeadProfileUpdated
from events.life import LeadUnconverted
from projections.views.merged_lives import Lives, shared, taken_back
from projections.views.view import Cells, Column, Detail, Handler, Kind

_NAME, _DOMAIN = "company.name", "company.domain"


class Place(Struct, frozen=True, gc=False, array_like=True):
    """Base row: where a lead belongs, as told for the latest instant, in microseconds."""

    name: str = ""
    name_at: int = 0
    domain: str = ""
    domain_at: int = 0
    converted_into: str | None = None
    matched: str | None = None
    lives: Lives = ()

    @property
    def account(self) -> str | None:
        """The account of its conversion, or of that of a lead merged into it, before one it was matched to."""
        return self.converted_into or next((life.account for life in self.lives if life.account), None) or self.matched


def _learned(row: Place, fact: LeadCaptured | LeadProfileUpdated, envelope: Envelope) -> Place:
    told = fact.profile
    if _NAME not in told and _DOMAIN not in told:
        return row
    at, name, domain = to_us(envelope.time), told.get(_NAME), told.get(_DOMAIN)
    if isinstance(name, str) and at >= row.name_at:
        row = replace(row, name=name, name_at=at)
    if isinstance(domain, str) and at >= row.domain_at:
        row = replace(row, domain=domain, domain_at=at)
    return row


def _converted(row: Place, fact: LeadConverted, _: Envelope) -> Place:
    return row if fact.account is None else replace(row, converted_into=fact.account)


def _unconverted(row: Place, _: LeadUnconverted, __: Envelope) -> Place:
    return row if row.converted_into is None else replace(row, converted_into=None)


def _matched(row: Place, fact: LeadMatched, _: Envelope) -> Place:
    return row if fact.account == row.matched else replace(row, matched=fact.account)


_ON: dict[type[Fact], Handler[Place]] = {
    LeadCaptured: _learned,
    LeadProfileUpdated: _learned,
    LeadConverted: _converted,
    LeadUnconverted: _unconverted,
    LeadMatched: _matched,
    LeadUnmerged: taken_back,
    LeadHistoryShared: shared,
    LeadHistoryTakenBack: taken_back,
}


def _entries(row: Place) -> dict[Cells, Any]:
    return {(): row} if row.account or row.name or row.domain else {}


def _render(lead: str, _: Cells, row: Place) -> Cells:
    company = row.account or company_name_of(row.name) or row.domain.casefold() or row.name
    return lead, company, row.account, row.name or row.domain


_COMPANY = Column("company", Kind.TEXT, "account id where known; else the name without legal form, or the domain")
_ACCOUNT = Column("account", Kind.TEXT, "account its people were converted into or matched to", True)
_CAPPED = "sum of its people's scores, at most the highest `accounts.score_cap` of their agreements"

COMPANIES = Detail(
    name="companies",
    version=2,
    meaning="Companies with their people and the sum of their scores; `leadstream view` scores them for the instant.",
    initial=Place(),
    on=_ON,
    columns=(
        Column("lead", Kind.TEXT, "lead id"),
        _COMPANY,
        _ACCOUNT,
        Column("name", Kind.TEXT, "company name, or domain, as told last"),
    ),
    key=1,
    answer=(
        _COMPANY,
        _ACCOUNT,
        Column("name", Kind.TEXT, "one of the names its people gave, the first in the alphabet"),
        Column("people", Kind.INTEGER, "captured leads of the company; test leads left out"),
        Column("open_leads", Kind.INTEGER, "those on whom somebody has to act: not converted, archived or unqualified"),
        Column("score", Kind.INTEGER, _CAPPED, True),
        Column("scored_at", Kind.INSTANT, "the instant asked; in SQL that of the oldest score in the sum", True),
    ),
    order=("company", "account"),
    entries=_entries,
    render=_render,
)
