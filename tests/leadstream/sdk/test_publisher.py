"""The publisher over a log: what authors get."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from typing_extensions import override

from engine.errors import Forbidden, WrongTopic
from engine.memory.disk import MemoryDisk
from engine.memory.log import MemoryLog
from engine.ports import EventLog, NewRecord, TopicSpec
from events.account import AccountOpened
from events.lead import LeadCaptured
from events.topics import ACCOUNT_INBOX, LEAD_INBOX
from leadstream.deployment import topic_specs
from leadstream.sdk.errors import FactRefused, NotAllowed, PublisherClosed
from leadstream.sdk.log_way import LogWay
from leadstream.sdk.port import Receipt
from leadstream.sdk.publisher import Publisher
from leadstream.sdk.telling import Event
from tests.leadstream.sdk.house import NOW, PARTITIONS, Weather, disk_with_topics, inbox, told_in, visit, way_to

CAPTURED = LeadCaptured(source="web", profile={"company.name": "Example"})
MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)


def publisher(log: EventLog) -> Publisher:
    return Publisher(way_to(log), source="/forms", clock=lambda: NOW)


async def test_a_fact_goes_to_the_inbox_of_what_it_is_about_and_comes_back_as_accepted() -> None:
    log = Weather(await disk_with_topics())
    async with publisher(log) as sending:
        receipt = await sending.publish(CAPTURED, subject="lead-1", id="form-1", time=MONDAY)
        await sending.publish(AccountOpened(name="Example"), subject="example", source="/crm", id="a-1")
    assert receipt == Receipt("accepted", "form-1")
    (lead,), (account,) = await told_in(log, LEAD_INBOX), await told_in(log, ACCOUNT_INBOX)
    assert (lead["type"], lead["source"], lead["subject"]) == ("lead.captured.v1", "/forms", "lead-1")
    assert (lead["id"], lead["time"]) == ("form-1", "2026-03-02T09:00:00Z")
    assert lead["data"] == {"source": "web", "profile": {"company.name": "Example"}}
    assert (account["source"], account["time"]) == ("/crm", "2026-03-02T10:00:00.000001Z")


async def test_the_same_bytes_again_are_a_duplicate_and_written_once() -> None:
    disk = await disk_with_topics()
    async with publisher(Weather(disk)) as sending:
        found = [await sending.publish_many([visit(1, time=MONDAY), visit(1, time=MONDAY)]) for _ in range(2)]
    assert [[each.outcome for each in receipts] for receipts in found] == [
        ["accepted", "duplicate"],
        ["duplicate", "duplicate"],
    ]
    assert await inbox(disk) == ["1"]


async def test_two_facts_that_tell_no_time_are_two() -> None:
    async with publisher(Weather(await disk_with_topics())) as sending:
        found = [await sending.publish(CAPTURED, subject="lead-1") for _ in range(2)]
    assert [each.outcome for each in found] == ["accepted"] * 2
    assert found[0].id != found[1].id


async def test_a_refused_fact_raises_with_its_field_and_nothing_is_written() -> None:
    disk = await disk_with_topics()
    async with publisher(Weather(disk)) as sending:
        with pytest.raises(FactRefused) as refused:
            await sending.publish(LeadCaptured(source=7), subject="lead-1", id="form-1")  # type: ignore[arg-type]
    assert (refused.value.field, refused.value.id) == ("data.source", "form-1")
    assert str(refused.value) == "Expected `str`, got `int` (data.source)"
    assert await inbox(disk) == []


async def test_of_many_each_is_answered_and_a_refused_one_keeps_none_back() -> None:
    disk = await disk_with_topics()
    async with publisher(Weather(disk, [(0.0, 0.0), (1.0, 1.0)])) as sending:
        found = await sending.publish_many([visit(1), Event(CAPTURED, ""), visit(2)])
    assert [each.outcome for each in found] == ["accepted", "refused", "accepted"]
    assert (found[1].field, found[1].id) == ("subject", None)
    assert "(subject)" not in found[1].reason
    assert set(await inbox(disk)) == {"1", "2"}


@pytest.mark.parametrize("wrong", ["foo", None, CAPTURED])
async def test_what_is_no_event_among_many_is_answered_in_its_place(wrong: Any) -> None:
    disk = await disk_with_topics()
    async with publisher(Weather(disk)) as sending:
        found = await sending.publish_many([visit(1), wrong, visit(2)])
    assert [each.outcome for each in found] == ["accepted", "refused", "accepted"]
    assert (found[1].id, found[1].field) == (None, "")
    assert found[1].reason == f"expected an Event(fact, subject), got {type(wrong).__name__}"


async def test_one_that_its_topic_does_not_take_is_refused_and_the_others_are_taken() -> None:
    log = MemoryLog(clock=lambda: NOW)
    await log.create_topics([TopicSpec(LEAD_INBOX, PARTITIONS, max_record_bytes=1_000)])
    large = Event(LeadCaptured(source="x" * 2_000), "lead-1", id="large")
    async with publisher(log) as sending:
        found = await sending.publish_many([visit(1), large, visit(2)])
    assert [each.outcome for each in found] == ["accepted", "refused", "accepted"]
    assert "exceeds the 1000 bytes" in found[1].reason
    assert {said["id"] for said in await told_in(log, LEAD_INBOX)} == {found[0].id, found[2].id}


class Closed(MemoryLog):
    """Takes nothing from us until somebody grants it."""

    granted = False

    @override
    async def append(self, records: Mapping[tuple[str, int], Sequence[NewRecord]]) -> None:
        if not self.granted:
            raise Forbidden("no right to write")
        await super().append(records)


async def test_what_somebody_has_to_mend_is_told_at_once_and_goes_when_it_is_mended() -> None:
    log = Closed(clock=lambda: NOW)
    async with publisher(log) as sending:
        with pytest.raises(NotAllowed, match="run 'leadstream topics create' first"):
            await sending.publish(CAPTURED, subject="lead-1")
        await log.create_topics(topic_specs(PARTITIONS))
        with pytest.raises(NotAllowed, match="no right to write"):
            await sending.publish(CAPTURED, subject="lead-1")
        log.granted = True
        assert (await sending.publish(CAPTURED, subject="lead-1")).outcome == "accepted"


async def test_a_log_that_could_not_be_opened_is_opened_again() -> None:
    disk, tries = await disk_with_topics(), 0

    async def opening() -> EventLog:
        nonlocal tries
        tries += 1
        if tries < 3:
            raise WrongTopic("not yet")
        return Weather(disk)

    async with Publisher(LogWay(opening), source="/web", clock=lambda: NOW) as sending:
        for _ in range(2):
            with pytest.raises(NotAllowed):
                await sending.publish(CAPTURED, subject="lead-1")
        assert (await sending.publish(CAPTURED, subject="lead-1")).outcome == "accepted"


async def test_after_closing_nothing_is_taken_and_closing_again_does_no_harm() -> None:
    sending = publisher(Weather(await disk_with_topics()))
    await sending.close()
    await sending.close()
    with pytest.raises(PublisherClosed):
        await sending.publish(CAPTURED, subject="lead-1")


def test_a_publisher_says_that_it_belongs_to_one_loop() -> None:
    sending = publisher(Weather(asyncio.run(disk_with_topics())))
    asyncio.run(sending.publish_many([]))
    asyncio.run(sending.publish_many([visit(1)]))
    with pytest.raises(RuntimeError, match="belongs to one event loop"):
        asyncio.run(sending.publish_many([visit(2)]))


async def test_many_tasks_share_few_appends() -> None:
    class Counted(Weather):
        appends = 0

        @override
        async def append(self, records: Mapping[tuple[str, int], Sequence[NewRecord]]) -> None:
            self.appends += 1
            await super().append(records)

    log = Counted(MemoryDisk())
    await log.create_topics(topic_specs(PARTITIONS))
    async with publisher(log) as sending:
        await asyncio.gather(*(sending.publish(CAPTURED, subject=f"lead-{number}") for number in range(2_000)))
    assert log.appends == 2
