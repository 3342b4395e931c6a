"""`targets`: what is to be reached in a quarter, every word that was said of it, so that any past day can be asked."""

from typing import Any

from msgspec import Struct

from events.envelope import Envelope
from events.instants import to_us
from events.opportunity import TargetSet
from projections.views.times import instant_text, recorded_at
from projections.views.view import Cells, Column, Detail, Kind


class Said(Struct, frozen=True, gc=False, array_like=True):
    """A target as it was set; instants in microseconds."""

    set_at: int
    recorded_at: int
    fact: dict[str, Any]


class Plan(Struct, frozen=True, gc=False, array_like=True):
    """Base row: the targets of a plan, in the order in which they became known."""

    said: tuple[Said, ...] = ()


_TOLD = ("quarter", "kind", "product", "region", "segment", "source", "role", "owner", "amount_minor", "currency", "by")


def _set(row: Plan, fact: TargetSet, envelope: Envelope) -> Plan:
    told = {name: value for name in _TOLD if (value := getattr(fact, name)) is not None}
    return Plan((*row.said, Said(to_us(envelope.time), recorded_at(envelope), told)))


def _entries(row: Plan) -> dict[Cells, Any]:
    return {(number,): said for number, said in enumerate(row.said, start=1)}


def _render(plan: str, identity: Cells, said: Said) -> Cells:
    told = (said.fact.get(name) for name in _TOLD)
    return (plan, *identity, *told, instant_text(said.set_at), instant_text(said.recorded_at))


_COLUMNS = (
    Column("plan", Kind.TEXT, "the plan, or the council that looks after it"),
    Column("number", Kind.INTEGER, "place in the plan, from 1"),
    Column("quarter", Kind.TEXT, "such as 2026Q3"),
    Column("kind", Kind.TEXT, "what is counted: closed (amounts won) or pipe_generation (amounts opened)"),
    Column("product", Kind.TEXT, "of this product alone", True),
    Column("region", Kind.TEXT, "of this region alone", True),
    Column("segment", Kind.TEXT, "of this segment alone", True),
    Column("source", Kind.TEXT, "of this marketing source alone", True),
    Column("role", Kind.TEXT, "of openers in this role alone", True),
    Column("owner", Kind.TEXT, "of this owner alone", True),
    Column("amount_minor", Kind.INTEGER, "in minor units; 0 takes the target away"),
    Column("currency", Kind.TEXT, "ISO 4217 code"),
    Column("by", Kind.TEXT, "who set it", True),
    Column("set_at", Kind.INSTANT, "since when it holds"),
    Column("recorded_at", Kind.INSTANT, "when it became known"),
)

TARGETS = Detail(
    name="targets",
    version=1,
    meaning="What is to be reached in a quarter, as it was set; a later row takes the place of an earlier one.",
    initial=Plan(),
    on={TargetSet: _set},
    columns=_COLUMNS,
    key=2,
    answer=_COLUMNS,
    order=("quarter", "plan", "number"),
    indexes=(("quarter",),),
    entries=_entries,
    render=_render,
)
