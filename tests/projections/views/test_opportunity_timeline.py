"""What is told of an opportunity, fact by fact, and who has to do with it."""

from collections import defaultdict

from hypothesis import given, settings
from msgspec.structs import replace

from events.envelope import Envelope
from events.instants import to_us
from events.opportunity import HygieneFlagged, OpportunityAmended, OpportunityContactAdded
from projections.past import Then, tables_then
from projections.read import read_view, view_named
from projections.views.opportunity_contacts import OPPORTUNITY_CONTACTS
from streams.deciders.opportunities import Opportunity
from streams.deciders.opportunities.evolve import evolve
from tests.projections.given import rows_of
from tests.projections.pipeline.asking import shown
from tests.projections.pipeline.facts import instant, opening, pipelines, said, text
from tests.support.laws import examples


def numbered(*facts: Envelope) -> list[Envelope]:
    """The facts with their places in the histories of their opportunities, as the canonical log has them."""
    places = defaultdict[str, int](int)
    found = list[Envelope]()
    for each in facts:
        places[each.subject] += 1
        found.append(replace(each, sequence=f"{places[each.subject]:010d}"))
    return found


async def test_every_fact_is_one_row_with_both_times_and_who_told_it() -> None:
    flag = replace(said("suite", 9, HygieneFlagged(kind="no_contact")), source="/leadstream", causationid="wake-1")
    told = numbered(
        said("suite", 0, opening(100, owner="ben")),
        said("other", 1, opening()),
        said("suite", 2, OpportunityAmended(amount_minor=300), 5),
        flag,
    )
    rows = (await shown(*told, partitions=2)).view("opportunity-timeline", where={"opportunity": "suite"})
    assert [(row["sequence"], row["fact"]) for row in rows] == [
        (1, "opportunity.opened"), (2, "opportunity.amended"), (3, "hygiene.flagged"),
    ]  # fmt: skip
    assert rows[1] == {
        "opportunity": "suite", "sequence": 2, "fact": "opportunity.amended", "occurred_at": text(2),
        "recorded_at": text(5), "lag_seconds": 3 * 86_400, "source": "/crm", "says": "amount_minor=300",
        "fact_id": told[2].id, "cause": None,
    }  # fmt: skip
    assert (rows[2]["source"], rows[2]["cause"]) == ("/leadstream", "wake-1")


async def test_another_time_has_the_facts_that_had_happened_and_were_known() -> None:
    told = numbered(
        said("suite", 0, opening(100)),
        said("suite", 2, OpportunityAmended(amount_minor=300), 5),
        said("suite", 6, OpportunityContactAdded(contact="cora", role="buyer")),
    )
    built = await shown(*told)
    for day, known, places, people in ((9, None, [1, 2, 3], ["cora"]), (3, None, [1, 2], []), (3, 4, [1], [])):
        then = Then(to_us(instant(day)), None if known is None else to_us(instant(known)))
        for name, column, expected in (
            ("opportunity-timeline", "sequence", places), ("opportunity-contacts", "contact", people),
        ):  # fmt: skip
            async with tables_then(built.log, built.store, view_named(name), then) as store:
                assert [row[column] for row in read_view(store, name)] == expected


def test_a_contact_has_the_role_told_last_and_one_at_most_is_the_one_to_speak_to() -> None:
    rows = rows_of(
        OPPORTUNITY_CONTACTS,
        said("suite", 3, OpportunityContactAdded(contact="cora", role="user", primary=True)),
        said("suite", 1, OpportunityContactAdded(contact="dan", primary=True), 4),
        said("suite", 5, OpportunityContactAdded(contact="cora", role="buyer")),
    )
    assert rows == [
        {"opportunity": "suite", "contact": "cora", "role": "buyer", "is_primary": False, "since": text(3)},
        {"opportunity": "suite", "contact": "dan", "role": None, "is_primary": True, "since": text(1)},
    ]


@settings(deadline=None, max_examples=examples(50))
@given(facts=pipelines())
def test_contacts_are_those_that_the_decider_knows(facts: list[Envelope]) -> None:
    states = defaultdict[str, Opportunity](Opportunity)
    for each in facts:
        if isinstance(each.data, OpportunityContactAdded):
            evolve(states[each.subject], each, to_us(each.time))
    rows = rows_of(OPPORTUNITY_CONTACTS, *facts)
    for name, state in states.items():
        shown_ones = {(row["contact"], row["role"], row["is_primary"]) for row in rows if row["opportunity"] == name}
        assert shown_ones == {(each.contact, each.role, each.primary) for each in state.contacts}
    assert {row["opportunity"] for row in rows} == set(states)
