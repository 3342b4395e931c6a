"""`timeline`: one row for every fact about a lead, in the order in which it became known."""

from events.envelope import Envelope
from events.instants import SECOND, to_us
from events.registry import WIRE_TYPE
from events.words import says
from projections.views.times import instant_text, recorded_at, sequence_of
from projections.views.view import Cells, Column, Journal, Kind


def _write(lead: str, envelope: Envelope) -> Cells:
    return (lead, sequence_of(envelope), *told(envelope), envelope.late is True)


def told(envelope: Envelope) -> Cells:
    """The cells of `of_fact`."""
    occurred, recorded = to_us(envelope.time), recorded_at(envelope)
    return (
        WIRE_TYPE[type(envelope.data)].rpartition(".v")[0],
        instant_text(occurred),
        instant_text(recorded),
        max(0, recorded - occurred) // SECOND,
        envelope.source,
        says(envelope),
    )


def of_fact(example: str) -> tuple[Column, ...]:
    """What a timeline says of a fact, whatever the fact is about; the example is the name of one."""
    return (
        Column("fact", Kind.TEXT, f"what kind of fact, such as {example}"),
        Column("occurred_at", Kind.INSTANT, "when it happened"),
        Column("recorded_at", Kind.INSTANT, "when it became known"),
        Column("lag_seconds", Kind.INTEGER, "recorded less occurred, completed seconds"),
        Column("source", Kind.TEXT, "who says so; /leadstream for what follows from other facts"),
        Column("says", Kind.TEXT, "its own fields in one line"),
    )


_COLUMNS = (
    Column("lead", Kind.TEXT, "lead id"),
    Column("sequence", Kind.INTEGER, "place in the lead's history, from 1"),
    *of_fact("lead.touched"),
    Column("late", Kind.BOOLEAN, "it came too late to change a verdict"),
)

TIMELINE = Journal(
    name="timeline",
    version=1,
    meaning="One row for every fact about a lead, in the order in which it became known.",
    columns=_COLUMNS,
    key=2,
    answer=_COLUMNS,
    order=("lead", "sequence"),
    indexes=(("source", "recorded_at"),),
    only_shown=True,
    write=_write,
)
