"""How touches count for clocks that need some: those of the lead, and those of a merged one as long as it is merged."""

from collections.abc import Callable

from msgspec.structs import replace

from events.envelope import Envelope
from events.fact import Fact
from events.identity import LeadHistoryShared, LeadHistoryTakenBack, LeadUnmerged, SharedTouch
from events.instants import to_us
from events.lead import LeadTouched
from projections.views.clock_row import Clocks, Lent, Row
from projections.views.merged_lives import shared, taken_back
from projections.views.merging import goes_on, leaves, unmerged
from projections.views.view import Handler


def _touched(row: Clocks, fact: LeadTouched, envelope: Envelope) -> Clocks:
    """One touch less is missing where touches are counted; those of a former cycle do not count."""
    if fact.direction != "outbound" or not any(clock.needs for clock in row.clocks):
        return row
    at = to_us(envelope.time)
    return replace(row, clocks=tuple(_one_less(clock, fact, at) for clock in row.clocks))


def _shared(row: Clocks, fact: LeadHistoryShared, envelope: Envelope) -> Clocks:
    """What was done for a merged lead counts for this one, until it is unmerged."""
    row = shared(row, fact, envelope)
    if not goes_on(row.heard, fact, envelope):
        return row
    if fact.begins:
        others = tuple(each for each in row.heard if each[0] != fact.lead)
        row = _without(replace(row, heard=(*others, (fact.lead, fact.through))), lambda lent: lent[0] == fact.lead)
    for touch in fact.touches:
        if touch.direction == "outbound" and any(clock.needs for clock in row.clocks):
            lent, at = (fact.lead, fact.through, touch.channel), to_us(touch.at)
            row = replace(row, clocks=tuple(_one_less(clock, touch, at, lent) for clock in row.clocks))
    return row


def _one_less(clock: Row, touch: LeadTouched | SharedTouch, at: int, lent: Lent | None = None) -> Row:
    if clock.side != touch.side or not (at > clock.counts_after or at >= clock.started_at):
        return clock
    left = ((channel, count - (channel == touch.channel)) for channel, count in clock.needs)
    needs = tuple(need for need in left if need[1])
    if needs == clock.needs:
        return clock
    return replace(clock, needs=needs, lent=clock.lent if lent is None else (*clock.lent, lent))


def _taken_back(row: Clocks, fact: LeadHistoryTakenBack | LeadUnmerged, envelope: Envelope) -> Clocks:
    if fact.into != envelope.subject:
        return row
    row = taken_back(row, fact, envelope)
    heard = tuple(each for each in row.heard if not leaves(*each, fact))
    row = row if heard == row.heard else replace(row, heard=heard)
    return _without(row, lambda lent: leaves(lent[0], lent[1], fact))


def _unmerged(row: Clocks, fact: LeadUnmerged, envelope: Envelope) -> Clocks:
    return _taken_back(unmerged(row, fact, envelope), fact, envelope)


def _without(row: Clocks, gone: Callable[[Lent], bool]) -> Clocks:
    """Touches that were lent are missing again."""
    if not any(gone(lent) for clock in row.clocks for lent in clock.lent):
        return row
    return replace(row, clocks=tuple(_given_back(clock, gone) for clock in row.clocks))


def _given_back(clock: Row, gone: Callable[[Lent], bool]) -> Row:
    needs = dict(clock.needs)
    for lent in clock.lent:
        if gone(lent):
            needs[lent[2]] = needs.get(lent[2], 0) + 1
    return replace(clock, needs=tuple(needs.items()), lent=tuple(lent for lent in clock.lent if not gone(lent)))


TOUCHES: dict[type[Fact], Handler[Clocks]] = {
    LeadTouched: _touched,
    LeadUnmerged: _unmerged,
    LeadHistoryShared: _shared,
    LeadHistoryTakenBack: _taken_back,
}
"""What these facts do to the clocks of a lead."""
