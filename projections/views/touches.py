"""`touches`: one row for every touch of a lead, in the order in which it became known."""

from events.envelope import Envelope
from events.instants import to_us
from events.lead import LeadTouched
from projections.views.times import instant_text, recorded_at, sequence_of
from projections.views.view import Cells, Column, Journal, Kind


def _write(lead: str, envelope: Envelope) -> Cells | None:
    fact = envelope.data
    if not isinstance(fact, LeadTouched):
        return None
    return (
        lead,
        sequence_of(envelope),
        envelope.source,
        envelope.id,
        instant_text(to_us(envelope.time)),
        instant_text(recorded_at(envelope)),
        fact.direction,
        fact.side,
        fact.channel,
        fact.kind,
        fact.campaign,
        fact.asset,
    )


_COLUMNS = (
    Column("lead", Kind.TEXT, "lead id, of the lead that was touched itself, also when it was merged since"),
    Column("sequence", Kind.INTEGER, "place in the lead's history, from 1"),
    Column("told_by", Kind.TEXT, "who says so, as CloudEvents' source"),
    Column("touch", Kind.TEXT, "id of the touch, one of its kind for who says so"),
    Column("occurred_at", Kind.INSTANT, "when it happened"),
    Column("recorded_at", Kind.INSTANT, "when it became known"),
    Column("direction", Kind.TEXT, "inbound: the prospect acted; outbound: we did"),
    Column("side", Kind.TEXT, "of an outbound one: sales or marketing"),
    Column("channel", Kind.TEXT, "landing_page, webinar, email, call, ..."),
    Column("kind", Kind.TEXT, "submitted, attended, clicked, dialled, ..."),
    Column("campaign", Kind.TEXT, "the campaign it belongs to", True),
    Column("asset", Kind.TEXT, "page, document or event", True),
)

TOUCHES = Journal(
    name="touches",
    version=1,
    meaning="One row for every touch of a lead, in the order in which it became known.",
    columns=_COLUMNS,
    key=2,
    answer=_COLUMNS,
    order=("lead", "sequence"),
    indexes=(("occurred_at",), ("campaign",)),
    write=_write,
)
