"""What was decided about leads that were merged into one, for as long as they are."""

from msgspec.structs import replace

from events.envelope import Envelope
from events.fact import Fact
from events.identity import LeadHistoryShared, LeadHistoryTakenBack, LeadMerged, LeadUnmerged
from projections.views.merged_lives import Life, heard, left
from projections.views.merging import merged, unmerged
from projections.views.prospect_row import Decided, Lent, Prospect, decided_now
from projections.views.view import Handler


def _shared(row: Prospect, fact: LeadHistoryShared, envelope: Envelope) -> Prospect:
    lives = heard(row.lives, fact, envelope)
    return row if lives is row.lives else _lend(replace(row, lives=lives))


def _parted(row: Prospect, fact: LeadUnmerged | LeadHistoryTakenBack, envelope: Envelope) -> Prospect:
    if isinstance(fact, LeadUnmerged):
        row = unmerged(row, fact, envelope)
    lives = left(row.lives, fact, envelope)
    return row if lives is row.lives else _lend(replace(row, lives=lives))


def _lend(row: Prospect) -> Prospect:
    """Decide again what merged leads lend; a decision that still stands keeps what was known when it was heard."""
    known = {each.lead: each for each in row.lent}
    return replace(row, lent=tuple(_lent(row, life, known.get(life.lead)) for life in row.lives))


def _lent(row: Prospect, life: Life, known: Lent | None) -> Lent:
    was = known or Lent(life.lead)
    entered = was.entered
    converted = _again(row, was.converted, "converted", life.converted_at)
    archived = _again(row, was.archived, "archived", life.archived_at)
    if life.status is None:
        entered = None
    elif entered is None or (entered.at, entered.status) != (life.entered[0], life.status):
        entered = decided_now(row, "status", life.entered[0], life.status)
    return Lent(life.lead, converted, archived, entered)


def in_team(lent: Lent, team: str) -> Lent:
    """Decisions of before the capture belong to the team that is known now."""
    told = (lent.converted, lent.archived, lent.entered)
    decided = (each if each is None or each.team else replace(each, team=team) for each in told)
    return Lent(lent.lead, *decided)


def _again(row: Prospect, was: Decided | None, how: str, at: int | None) -> Decided | None:
    """The decision of an instant, the one that was recorded where that is it."""
    if at is None or (was is not None and was.at == at):
        return None if at is None else was
    return decided_now(row, how, at)


MERGING: dict[type[Fact], Handler[Prospect]] = {
    LeadMerged: merged,
    LeadUnmerged: _parted,
    LeadHistoryShared: _shared,
    LeadHistoryTakenBack: _parted,
}
"""What these facts do to what is known of a lead."""
