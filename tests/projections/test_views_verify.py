from typing import Any

import pytest

from engine.ports import Fetched, NewRecord
from events.lead import LeadCaptured, LeadStatusChanged
from projections.sink import sink_once
from projections.verify import Difference, StillMoving, verify_views
from tests.projections.given import told
from tests.projections.house import House, house

FACTS = [told(LeadCaptured(source="web"), n, lead=f"lead-{n}") for n in range(10)]


async def projected(partitions: int = 2) -> House:
    built = await house(partitions=partitions)
    await built.write(*FACTS, told(LeadStatusChanged(status="Open"), 20, lead="lead-1"))
    await built.project()
    return built


async def test_views_made_from_the_log_are_verified() -> None:
    built = await projected()
    found = await verify_views(built.log, 2)
    assert (found.facts, found.behind, found.differences) == (11, 0, [])
    assert found.rows >= 20


async def test_each_changed_missing_or_invented_row_is_found() -> None:
    built = await projected(partitions=1)
    rows = built.log.disk.partition("view.leads", 0).fold()
    forged = rows[b"lead-1"].replace(b"web", b"fair")
    await built.log.append(
        {
            ("view.leads", 0): [
                NewRecord(b"lead-1", forged),
                NewRecord(b"lead-2", None),
                NewRecord(b"nobody", b"{}"),
            ]
        }
    )
    assert (await verify_views(built.log, 1)).differences == [
        Difference("view.leads", 0, b"lead-1", rows[b"lead-1"], forged),
        Difference("view.leads", 0, b"lead-2", rows[b"lead-2"], None),
        Difference("view.leads", 0, b"nobody", None, b"{}"),
    ]


async def test_facts_the_projections_have_not_read_are_counted_and_left_out() -> None:
    built = await projected(partitions=1)
    await built.write(told(LeadCaptured(source="fair"), 30, lead="late"))
    found = await verify_views(built.log, 1)
    assert (found.facts, found.behind, found.differences) == (11, 1, [])


async def test_a_projection_that_writes_meanwhile_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    built = await projected(partitions=1)
    read = built.log.read

    async def read_while_the_projection_works(topic: str, *place: Any) -> Fetched:
        if topic == "view.leads":
            await built.write(told(LeadCaptured(source="fair"), 30, lead="late"))
            await built.project()
        return await read(topic, *place)

    monkeypatch.setattr(built.log, "read", read_while_the_projection_works)
    with pytest.raises(StillMoving):
        await verify_views(built.log, 1)


async def test_the_store_takes_nothing_from_verified_topics() -> None:
    built = await projected()
    await sink_once(built.log, built.store)
    tables = built.tables()
    await verify_views(built.log, 2)
    await sink_once(built.log, built.store)
    assert built.tables() == tables
