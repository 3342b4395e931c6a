"""How long answers took, by clause, in clock hours and in working hours."""

from events.lead import LeadCaptured, LeadHandedOver
from events.sla import SlaAnswered, SlaBreached, SlaCancelled, SlaMet, SlaStarted
from tests.projections.given import clock, minutes, told
from tests.projections.house import House, house
from tests.projections.oracle import response_figures

TOOK = {"ann": (10, 4), "bob": (20, 4), "cleo": (30, 30), "dan": (600, 45)}
"""Lead -> minutes from start to answer, in real time and in working time."""


async def office(worked: bool = True) -> House:
    built = await house(partitions=2)
    for lead, (took, work) in TOOK.items():
        us = work * 60_000_000 if worked else None
        late = {"late_by_us": (took - 30) * 60_000_000} if took > 30 else {}
        end = clock(SlaAnswered if late else SlaMet, answered_at=minutes(took), worked_us=us, **late)
        owner = LeadHandedOver(agreement="inbound", version=1, cycle=1, owner="Radu")
        await built.write(
            told(LeadCaptured(source="web"), lead=lead),
            told(owner, lead=lead),
            told(clock(SlaStarted, target="30m"), lead=lead),
            *([told(clock(SlaBreached), 30, lead=lead)] if late else []),
            told(end, took, lead=lead),
        )
    await built.write(
        told(clock(SlaStarted, target="30m"), lead="eve"),
        told(clock(SlaStarted, target="30m"), lead="fay"),
        told(clock(SlaCancelled, reason="Lost"), 3, lead="fay"),
    )
    await built.show()
    return built


async def test_times_of_a_clause_are_taken_over_its_answered_clocks() -> None:
    (row,) = (await office()).view("clause-times")
    assert [row[name] for name in ("agreement", "clause", "version", "owner", "source", "answered")] == [
        "inbound", "first_response", 1, "Radu", "web", 4,
    ]  # fmt: skip
    for measure, index in (("took", 0), ("worked", 1)):
        expected = response_figures([each[index] * 60 for each in TOOK.values()])
        for figure in ("mean_seconds", "p50_seconds", "p90_seconds"):
            assert row[f"{measure}_{figure}"] == expected[figure], figure


async def test_where_older_facts_do_not_say_the_working_time_it_stays_empty() -> None:
    (row,) = (await office(worked=False)).view("clause-times")
    assert (row["answered"], row["took_p50_seconds"]) == (4, 1200)
    assert row["worked_mean_seconds"] is row["worked_p50_seconds"] is row["worked_p90_seconds"] is None


async def test_owners_and_sources_have_times_of_their_own() -> None:
    built = await office()
    await built.write(
        told(LeadCaptured(source="fair"), lead="gus"),
        told(clock(SlaStarted, target="30m"), lead="gus"),
        told(clock(SlaMet, answered_at=minutes(1), worked_us=0), 1, lead="gus"),
    )
    await built.show()
    found = {(row["owner"], row["source"]): row["took_p90_seconds"] for row in built.view("clause-times")}
    assert found == {("Radu", "web"): 36_000, (None, "fair"): 60}
