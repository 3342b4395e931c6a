"""What became of the leads that were merged into one: it counts there as long as they are one, as their touches do."""

from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from events.envelope import Envelope
from events.fact import Fact
from events.identity import LeadHistoryShared, LeadHistoryTakenBack, LeadMerged, LeadUnmerged
from events.instants import to_us, us_or_none
from events.shared_life import SharedHandOver, SharedStatus, SharedTurn
from projections.views.merging import goes_on, leaves, merged, unmerged
from projections.views.view import Handler

Entered = tuple[int, str, str]
"""A status entered, ordered: (occurred, source, id)."""


class Life(Struct, frozen=True, gc=False, array_like=True):
    """A merged lead, and through which leads it was handed on; instants in microseconds.

    `statuses` holds each status once; `converted_at` and `last_converted_at` are those of conversions that stand,
    `back_at` when one was taken back last; `archived_at` when sales put it aside, until it is opened again;
    `qualified_at` its first qualification, under `agreement`.
    """

    lead: str
    through: tuple[str, ...]
    statuses: tuple[str, ...] = ()
    status: str | None = None
    entered: Entered = (-1, "", "")
    converted_at: int | None = None
    last_converted_at: int | None = None
    back_at: int = -1
    account: str | None = None
    archived_at: int | None = None
    qualified_at: int | None = None
    agreement: str = ""


Lives = tuple[Life, ...]


def heard(lives: Lives, fact: LeadHistoryShared, envelope: Envelope) -> Lives:
    """The lives after a piece of one; a history that begins takes the place of what was told of it."""
    if not goes_on(((each.lead, each.through) for each in lives), fact, envelope):
        return lives
    known = None if fact.begins else next(each for each in lives if each.lead == fact.lead)
    life = known or Life(fact.lead, fact.through)
    for status in fact.statuses:
        life = _entered(life, status)
    for turn in fact.turns:
        life = _turned(life, turn)
    for handed_over in fact.handed_over:
        life = _handed_over(life, handed_over)
    if life is known:
        return lives
    return tuple(sorted((*(each for each in lives if each.lead != fact.lead), life), key=lambda each: each.lead))


def left(lives: Lives, fact: LeadHistoryTakenBack | LeadUnmerged, envelope: Envelope) -> Lives:
    """The lives that still count when a lead has left, with what came through it."""
    if fact.into != envelope.subject:
        return lives
    found = tuple(each for each in lives if not leaves(each.lead, each.through, fact))
    return lives if len(found) == len(lives) else found


def in_row(row: Any, lives: Lives) -> Any:
    """A base row with these lives in its field `lives`, the same one where nothing changed."""
    return row if lives is row.lives else replace(row, lives=lives)


def shared(row: Any, fact: LeadHistoryShared, envelope: Envelope) -> Any:
    """A base row that keeps lives hears a piece of one."""
    return in_row(row, heard(row.lives, fact, envelope))


def taken_back(row: Any, fact: LeadHistoryTakenBack | LeadUnmerged, envelope: Envelope) -> Any:
    """A base row that keeps lives hears that one has left."""
    return in_row(row, left(row.lives, fact, envelope))


def parted(row: Any, fact: LeadUnmerged, envelope: Envelope) -> Any:
    """A base row that keeps lives hears of an unmerge: its own lead stands alone again, or one has left it."""
    return taken_back(unmerged(row, fact, envelope), fact, envelope)


LIVING: Mapping[type[Fact], Handler[Any]] = {
    LeadMerged: merged,
    LeadUnmerged: parted,
    LeadHistoryShared: shared,
    LeadHistoryTakenBack: taken_back,
}
"""What a view that counts leads, and what became of those merged into them, does about merges."""


def earliest(own: int | None, others: Iterable[int | None]) -> int | None:
    """The earliest of the instants that are known."""
    return min((at for at in (own, *others) if at is not None), default=None)


def _entered(life: Life, told: SharedStatus) -> Life:
    order = (to_us(told.at), told.source, told.id)
    if told.status not in life.statuses:
        life = replace(life, statuses=(*life.statuses, told.status))
    return life if order < life.entered else replace(life, status=told.status, entered=order)


def _turned(life: Life, told: SharedTurn) -> Life:
    at = to_us(told.at)
    match told.how:
        case "converted":
            account = told.account or life.account
            if at <= life.back_at:  # it was taken back before it became known
                return replace(life, account=account)
            last = max(at, life.last_converted_at or at)
            return replace(
                life, account=account, converted_at=earliest(at, (life.converted_at,)), last_converted_at=last
            )
        case "unconverted":
            last_at = life.last_converted_at
            stands = last_at if last_at is not None and last_at > at else None
            return replace(
                life,
                back_at=max(at, life.back_at),
                converted_at=stands,
                last_converted_at=stands,
                account=None if stands is None else life.account,
            )
        case "archived":
            return replace(life, archived_at=earliest(at, (life.archived_at,)))
        case "reopened":
            return life if life.archived_at is None or life.archived_at > at else replace(life, archived_at=None)


def _handed_over(life: Life, told: SharedHandOver) -> Life:
    return replace(life, qualified_at=us_or_none(told.qualified_at), agreement=told.agreement)
