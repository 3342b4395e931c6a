"""An opportunity at one instant, and what a fact does to it."""

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

OPENED, AMENDED, STAGE, LINE, LINE_GONE, CONTACT, WON, LOST, REOPENED = (
    "opened", "amended", "stage", "line", "line_gone", "contact", "won", "lost", "reopened"
)  # fmt: skip
"""What a step is. Short words: every fact of an opportunity is kept as one."""
TURNS = frozenset({WON, LOST, REOPENED})
"""It ends, or goes on."""
OPEN = "open"
"""Besides it, `won`, `lost`, and nothing before the opening."""


class Line(Struct, frozen=True, gc=False, array_like=True):
    """A product line; the amount is that of the whole line, in minor units of the opportunity's currency."""

    line: str
    product: str
    amount_minor: int


class Deal(Struct, frozen=True, gc=False, array_like=True):
    """An opportunity at one instant; instants in microseconds, texts blank where nothing was said.

    Attributes:
        status: open, won, lost; blank before it is opened.
        amount_minor: in minor units of `currency`, lines and all.
        close_date: ISO 8601 text, which sorts as days do.
        lines: by id of the line.
        contacts: ids of people.
        stage_since: when it entered the stage it is in; no edit of anything else moves it.
        closed_at: when it was won or lost, while it is.
        reopened: how many times.
    """

    status: str = ""
    name: str = ""
    account: str = ""
    stage: str = ""
    forecast: str = ""
    amount_minor: int = 0
    currency: str = ""
    close_date: str = ""
    lines: tuple[Line, ...] = ()
    product: str = ""
    region: str = ""
    segment: str = ""
    source: str = ""
    campaign: str = ""
    owner: str = ""
    opener: str = ""
    opener_role: str = ""
    lead: str = ""
    next_step: str = ""
    contacts: tuple[str, ...] = ()
    opened_at: int | None = None
    closed_at: int | None = None
    stage_since: int | None = None
    reason: str = ""
    reopened: int = 0

    @property
    def is_open(self) -> bool:
        """Whether it is in the pipe."""
        return self.status == OPEN

    @property
    def has_amount(self) -> bool:
        """Whether it was opened, and has an amount."""
        return bool(self.amount_minor and self.status)

    def parts(self) -> tuple[Line, ...]:
        """What the amount is made of: its lines, or all of it for the product it is about."""
        return self.lines or (Line("", self.product, self.amount_minor),)


NOTHING = Deal()
"""Before the first fact."""

DIMENSIONS = ("product", "region", "segment", "source", "campaign", "owner", "opener_role")
"""By which every figure can be cut; of the product each line has its own."""


def value_of(deal: Deal, part: Line, dimension: str) -> str:
    """What a part of an opportunity counts to, in one dimension."""
    return part.product if dimension == "product" else str(getattr(deal, dimension))


Group = tuple[str, ...]
"""Values of the dimensions one cuts by, in their order."""


def sliced(deal: Deal, by: Sequence[str]) -> dict[Group, tuple[Line, ...]]:
    """The parts of an opportunity by the slices they count to; with several products it is in several slices."""
    found: dict[Group, tuple[Line, ...]] = {}
    for part in deal.parts():
        group = tuple(value_of(deal, part, name) for name in by)
        found[group] = (*found.get(group, ()), part)
    return found


class Step(Struct, frozen=True, gc=False, array_like=True):
    """A fact, as far as it changes an opportunity.

    Attributes:
        at: when it happened, in microseconds.
        recorded: when it became known.
        kind: what it is.
        told: the fields it sets, and of lines and contacts which.
    """

    at: int
    recorded: int
    kind: str
    told: dict[str, Any] = {}


def applied(deal: Deal, kind: str, told: Mapping[str, Any], at: int) -> Deal:
    """The opportunity after a fact that happened at an instant in microseconds.

    As long as there are lines the amount is their sum, whatever else is said of it.
    """
    if kind in (LINE, LINE_GONE):
        return _with_line(deal, kind, told)
    if kind == CONTACT:
        there = told["contact"] in deal.contacts
        return deal if there else replace(deal, contacts=(*deal.contacts, told["contact"]))
    new = replace(deal, **told) if told else deal
    if deal.lines and new.amount_minor != deal.amount_minor:
        new = replace(new, amount_minor=deal.amount_minor)
    if kind in (WON, LOST):
        return new if deal.status == kind else replace(new, status=kind, closed_at=at)
    if kind == OPENED and not deal.status:
        new = replace(new, status=OPEN, opened_at=at)
    if kind == REOPENED and deal.status in (WON, LOST):
        return replace(new, status=OPEN, closed_at=None, reason="", stage_since=at, reopened=deal.reopened + 1)
    return new if new.stage == deal.stage else replace(new, stage_since=at)


def _with_line(deal: Deal, kind: str, told: Mapping[str, Any]) -> Deal:
    others = tuple(each for each in deal.lines if each.line != told["line"])
    lines = others
    if kind == LINE:
        new = Line(told["line"], told["product"], told["amount_minor"])
        lines = tuple(sorted((*others, new), key=lambda each: each.line))
    if lines == deal.lines:
        return deal
    amount = sum(line.amount_minor for line in lines) if lines else deal.amount_minor
    return replace(deal, lines=lines, amount_minor=amount)
