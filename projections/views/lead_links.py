"""`lead-links`: what ties leads to opportunities and to one another, word by word, so that any past day can be asked.

The views of leads and conversions show what holds now. Here nothing is overwritten: who was which lead's customer, or
one with which lead, by what was known at any instant, is a fold of these rows.
"""

from events.envelope import Envelope
from events.fact import Fact
from events.identity import LeadMerged, LeadUnmerged
from events.instants import to_us
from events.lead import LeadConverted, LeadQualified
from events.life import LeadUnconverted
from projections.views.times import instant_text, recorded_at, sequence_of
from projections.views.view import Cells, Column, Journal, Kind

CONVERTED, UNCONVERTED, QUALIFIED, MERGED, UNMERGED = "converted", "unconverted", "qualified", "merged", "unmerged"


def _said(fact: Fact) -> tuple[str, str | None] | None:
    """What a fact ties, and to whom."""
    match fact:
        case LeadConverted():
            return CONVERTED, fact.opportunity
        case LeadUnconverted():
            return UNCONVERTED, None
        case LeadQualified():
            return QUALIFIED, None
        case LeadMerged():
            return MERGED, fact.into
        case LeadUnmerged():
            return UNMERGED, fact.lead
        case _:
            return None


def _write(lead: str, envelope: Envelope) -> Cells | None:
    said = _said(envelope.data)
    if said is None:
        return None
    return (
        lead,
        sequence_of(envelope),
        *said,
        instant_text(to_us(envelope.time)),
        instant_text(recorded_at(envelope)),
    )


_COLUMNS = (
    Column("lead", Kind.TEXT, "lead id"),
    Column("sequence", Kind.INTEGER, "place in the lead's history, from 1"),
    Column("kind", Kind.TEXT, "converted, unconverted, qualified, merged or unmerged"),
    Column("other", Kind.TEXT, "the opportunity it was converted to, the lead it was merged into, or who parted", True),
    Column("occurred_at", Kind.INSTANT, "when it happened"),
    Column("recorded_at", Kind.INSTANT, "when it became known"),
)

LEAD_LINKS = Journal(
    name="lead-links",
    version=1,
    meaning="What ties leads to opportunities and to one another, in the order in which it became known.",
    columns=_COLUMNS,
    key=2,
    answer=_COLUMNS,
    order=("lead", "sequence"),
    indexes=(("kind", "other"),),
    write=_write,
)
