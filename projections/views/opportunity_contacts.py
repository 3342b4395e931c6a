"""`opportunity-contacts`: who has to do with an opportunity, in which role."""

from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from events.envelope import Envelope
from events.fact import Fact
from events.instants import to_us
from events.opportunity import OpportunityContactAdded
from projections.views.times import instant_text
from projections.views.view import Cells, Column, Detail, Handler, Kind


class Person(Struct, frozen=True, gc=False, array_like=True):
    """A contact, as it was told last; first had to do with the opportunity at an instant in microseconds."""

    contact: str
    role: str | None
    primary: bool
    since: int


class People(Struct, frozen=True, gc=False, array_like=True):
    """Base row: each contact once, in the order in which they were first told."""

    people: tuple[Person, ...] = ()


def _added(row: People, fact: OpportunityContactAdded, envelope: Envelope) -> People:
    """As the decider has it: the role is the one that is told last, and of several primary ones the last is."""
    at = to_us(envelope.time)
    known = next((each.since for each in row.people if each.contact == fact.contact), at)
    new = Person(fact.contact, fact.role, fact.primary, min(known, at))
    people = tuple(_beside(each, new) for each in row.people)
    return People(people if new in people else (*people, new))


def _beside(each: Person, new: Person) -> Person:
    if each.contact == new.contact:
        return new
    return replace(each, primary=False) if new.primary and each.primary else each


_ON: dict[type[Fact], Handler[People]] = {OpportunityContactAdded: _added}


def _entries(row: People) -> dict[Cells, Any]:
    return {(person.contact,): person for person in row.people}


def _render(opportunity: str, identity: Cells, person: Person) -> Cells:
    return (opportunity, *identity, person.role, person.primary, instant_text(person.since))


_COLUMNS = (
    Column("opportunity", Kind.TEXT, "opportunity id"),
    Column("contact", Kind.TEXT, "id of the contact"),
    Column("role", Kind.TEXT, "decision maker, user, buyer, ..., as it was told last", True),
    Column("is_primary", Kind.BOOLEAN, "the one to speak to"),
    Column("since", Kind.INSTANT, "when they first had to do with it"),
)

OPPORTUNITY_CONTACTS = Detail(
    name="opportunity-contacts",
    version=1,
    meaning="Who has to do with an opportunity, in which role, and whom to speak to.",
    initial=People(),
    on=_ON,
    columns=_COLUMNS,
    key=2,
    answer=_COLUMNS,
    order=("opportunity", "contact"),
    indexes=(("contact",),),
    entries=_entries,
    render=_render,
)
