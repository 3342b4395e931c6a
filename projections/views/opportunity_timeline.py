"""`opportunity-timeline`: one row for every fact about an opportunity, in the order in which it became known."""

from msgspec import UNSET

from events.envelope import Envelope
from projections.views.timeline import of_fact, told
from projections.views.times import sequence_of
from projections.views.view import Cells, Column, Journal, Kind


def _write(opportunity: str, envelope: Envelope) -> Cells:
    cause = envelope.causationid
    return (opportunity, sequence_of(envelope), *told(envelope), envelope.id, None if cause is UNSET else cause)


_COLUMNS = (
    Column("opportunity", Kind.TEXT, "opportunity id"),
    Column("sequence", Kind.INTEGER, "place in the opportunity's history, from 1"),
    *of_fact("opportunity.amended"),
    Column("fact_id", Kind.TEXT, "id of the fact"),
    Column("cause", Kind.TEXT, "id of the fact that made this one", True),
)

OPPORTUNITY_TIMELINE = Journal(
    name="opportunity-timeline",
    version=1,
    meaning="One row for every fact about an opportunity, in the order in which it became known.",
    columns=_COLUMNS,
    key=2,
    answer=_COLUMNS,
    order=("opportunity", "sequence"),
    only_shown=True,
    write=_write,
)
