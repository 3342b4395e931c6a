"""Laws over histories nobody thought of."""

from collections.abc import Sequence
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from events.company_names import company_name_of
from events.envelope import Envelope
from projections.catalogue import OF_LEADS
from projections.verify import expected_rows
from tests.projections import oracle
from tests.projections.house import House, house
from tests.projections.strategies import AGREEMENTS, histories
from tests.support.laws import examples

NAMES = [view.name for view in OF_LEADS.views]


async def shown(facts: Sequence[Envelope], partitions: int = 1, limit: int = 5000) -> House:
    built = await house(partitions=partitions)
    for name, statuses in AGREEMENTS.items():
        await built.publish(name, *statuses)
        await built.publish(name, *statuses, version=2)
    await built.write(*facts)
    await built.show(limit)
    return built


async def topics(built: House) -> dict[Any, Any]:
    return {
        (view.topic, partition): built.log.disk.partition(view.topic, partition).fold()
        for view in OF_LEADS.views
        for partition in range(built.partitions)
    }


@settings(deadline=None, max_examples=examples(25))
@given(facts=histories(), limit=st.integers(1, 12))
async def test_batches_split_anywhere_leave_the_same_rows(facts: list[Envelope], limit: int) -> None:
    whole, split = await shown(facts), await shown(facts, limit=limit)
    assert await topics(whole) == await topics(split)
    expected = expected_rows(0, facts)
    assert {topic: rows for (topic, _), rows in (await topics(split)).items()} == expected
    assert {name: whole.view(name) for name in NAMES} == {name: split.view(name) for name in NAMES}


@settings(deadline=None, max_examples=examples(25))
@given(facts=histories(), partitions=st.sampled_from([1, 4]))
async def test_the_figures_are_those_of_a_direct_count(facts: list[Envelope], partitions: int) -> None:
    built = await shown(facts, partitions)
    known = oracle.histories(facts)

    stages = {name: [one for one in statuses if one != "converted"] for name, statuses in AGREEMENTS.items()}
    counted = {(row["source"], row["stage"]): row["leads"] for row in built.view("funnel")}
    assert counted == oracle.funnel(known, stages)

    figures = oracle.verdicts(known)
    assert {(row["agreement"], row["clause"], row["version"]) for row in built.view("sla")} == set(figures)
    for row in built.view("sla"):
        of = figures[row["agreement"], row["clause"], row["version"]]  # type: ignore[index]
        for name in ("started", "met", "breached", "cancelled", "open", "retracted"):
            assert row[name] == of[name], name
        assert row["started"] == sum(int(row[name] or 0) for name in ("met", "breached", "cancelled", "open"))

    rows = built.view("companies")
    people = {(row["company"], row["account"]): (row["people"], row["open_leads"], row["score"]) for row in rows}
    assert len(people) == len(rows)
    assert people == oracle.companies(known, lambda name: company_name_of(name) or "")

    seconds = oracle.response_seconds(known)
    (total,) = built.view("response-times")
    expected = oracle.response_figures([one for _, one in seconds.values()])
    assert {name: total[name] for name in expected} == expected
    for row in built.view("response-times", by="source"):
        expected = oracle.response_figures([one for source, one in seconds.values() if source == row["source"]])
        assert {name: row[name] for name in expected} == expected


@settings(deadline=None, max_examples=examples(25))
@given(facts=histories(), partitions=st.sampled_from([4, 8]))
async def test_the_partition_count_changes_no_answer(facts: list[Envelope], partitions: int) -> None:
    one, many = await shown(facts), await shown(facts, partitions)
    for name in NAMES:
        assert one.view(name) == many.view(name)


@settings(deadline=None, max_examples=examples(25))
@given(facts=histories(), chance=st.randoms(use_true_random=False))
async def test_the_order_of_leads_changes_no_answer(facts: list[Envelope], chance: Any) -> None:
    waiting = {lead: list(history) for lead, history in oracle.histories(facts).items()}
    mixed: list[Envelope] = []
    while waiting:
        lead = chance.choice(sorted(waiting))
        mixed.append(waiting[lead].pop(0))
        if not waiting[lead]:
            del waiting[lead]
    one, other = await shown(facts), await shown(mixed)
    for name in NAMES:
        assert one.view(name) == other.view(name)


@settings(deadline=None, max_examples=examples(25))
@given(facts=histories(), data=st.data())
async def test_a_sink_started_again_from_any_position_ends_in_the_same_tables(
    facts: list[Envelope], data: st.DataObject
) -> None:
    built = await shown(facts, partitions=2)
    before = built.tables()
    positions = built.store.positions()
    back = {source: data.draw(st.integers(0, at)) for source, at in sorted(positions.items())}
    built.move_back(back)
    await built.show()
    assert built.tables() == before


@settings(deadline=None, max_examples=examples(200))
@given(facts=histories())
def test_breaches_that_stand_are_the_breached_clocks(facts: list[Envelope]) -> None:
    told = oracle.without_second_endings(facts)
    rows = expected_rows(0, told)["view.breaches"].values()
    standing = [row for row in rows if b'"state":"retracted"' not in row]
    assert len(standing) == sum(counts["breached"] for counts in oracle.verdicts(oracle.histories(told)).values())
