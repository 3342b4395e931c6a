import asyncio
from typing import Any

import pytest

from engine.batch import Batch
from engine.drain import drain
from engine.errors import Unavailable
from engine.ports import Fetched, NewRecord
from engine.task import Task
from events.agreement import AgreementCommand, ProposeAgreement, PublishAgreement, RetireAgreement, SignAgreement
from events.codec import Codec
from events.instants import MINUTE, SECOND, from_us
from events.sla import SlaStarted
from events.topics import AGREEMENT_INBOX, AGREEMENTS
from streams.agents.agreements import AHEAD, AgreementReader
from streams.agents.undecided import NEVER, Undecided
from streams.programs import LEADS, agreement_program, lead_program
from tests.streams.agents.house import NOW, House, sent
from tests.streams.deciders.lead.desk import DESK
from tests.support.given import MONDAY, captured

SECOND_VERSION = DESK.replace("version: 1", "version: 2").replace("within: 30m", "within: 60m")
SOON = "2027-02-09T09:01:00+00:00"
"""A minute after NOW."""
SIGNED = "signed: [{side: marketing, by: m, at: 2026-01-01}, {side: sales, by: s, at: 2026-01-01}]\n"


class Piecemeal:
    """Reads of a log in the smallest pieces that a reader may give, each after a turn of the loop; some fail."""

    def __init__(self, house: House, *, failing: int = 0) -> None:
        self._log, self._reads, self._failing = house.log, 0, failing

    async def ends(self, topic: str) -> list[int]:
        return await self._log.ends(topic)

    async def starts(self, topic: str) -> list[int]:
        return await self._log.starts(topic)

    async def latest(self, topic: str, partition: int, key: bytes) -> bytes | None:
        return await self._log.latest(topic, partition, key)

    async def read(self, topic: str, partition: int, offset: int, limit: int = 5000) -> Fetched:
        self._reads += 1
        for _ in range(30 if self._reads == 2 else 1):  # the second read is overtaken by the third
            await asyncio.sleep(0)
        if self._reads == self._failing:
            raise Unavailable("the broker went away")
        return await self._log.read(topic, partition, offset, 1)


def versions(reader: AgreementReader) -> list[int]:
    return [number for number in (1, 2) if reader.known.version("desk", number) is not None]


async def test_all_versions_are_read_before_anything_is_decided() -> None:
    house = await House().open(DESK, SECOND_VERSION)
    reader = AgreementReader(Piecemeal(house), Codec(), house.wall)
    assert versions(reader) == []
    await reader.refresh(NOW)
    assert versions(reader) == [1, 2]


async def test_a_version_published_meanwhile_is_read_when_a_record_could_be_governed_by_it() -> None:
    house = await House().open(DESK)
    reader = AgreementReader(house.log, Codec(), house.wall)
    await reader.refresh(NOW)
    await house.publish(SECOND_VERSION, before_first_lead=True, signed_as="tests")
    await reader.refresh(NOW + AHEAD)
    assert versions(reader) == [1]
    await reader.refresh(NOW + AHEAD + 1)
    assert versions(reader) == [1, 2]


async def test_the_agreements_are_looked_at_again_after_a_second() -> None:
    house = await House().open(DESK)
    reader = AgreementReader(house.log, Codec(), house.wall)
    await reader.refresh(0)
    await house.publish(SECOND_VERSION, before_first_lead=True, signed_as="tests")
    house.wall.now += SECOND
    await reader.refresh(0)
    assert versions(reader) == [1, 2]


async def test_known_agreements_are_a_value_that_no_later_read_changes() -> None:
    house = await House().open(DESK)
    reader = AgreementReader(house.log, Codec(), house.wall)
    await reader.refresh(NOW)
    before = reader.known
    await house.publish(SECOND_VERSION, before_first_lead=True, signed_as="tests")
    await reader.refresh(NOW + 2 * AHEAD)
    assert (before.version("desk", 2), before is reader.known) == (None, False)


async def test_what_no_version_of_the_program_can_read_stops_it() -> None:
    house = await House().open(DESK)
    await house.log.append({(AGREEMENTS, 0): [NewRecord(b"k", b"{}")]})
    with pytest.raises(RuntimeError, match="agreements"):
        await AgreementReader(house.log, Codec(), house.wall).refresh(NOW)


async def test_an_outage_in_the_middle_loses_no_version() -> None:
    house = await House().open(DESK, SECOND_VERSION)
    reader = AgreementReader(Piecemeal(house, failing=2), Codec(), house.wall)
    with pytest.raises(Unavailable):
        await reader.refresh(NOW)
    await reader.refresh(NOW)
    assert versions(reader) == [1, 2]


async def test_two_tasks_that_read_at_once_both_know_everything_afterwards() -> None:
    house = await House().open(DESK, SECOND_VERSION)
    reader = AgreementReader(Piecemeal(house), Codec(), house.wall)
    known: list[list[int]] = []

    async def prepare(turns: int) -> None:
        for _ in range(turns):
            await asyncio.sleep(0)
        await reader.refresh(NOW)
        known.append(versions(reader))

    await asyncio.gather(*(prepare(turns) for turns in (0, 5)))
    assert known == [[1, 2]] * 2


@pytest.mark.parametrize(
    ("how", "passes", "waits"),
    [
        ({}, NOW + MINUTE - 1, NOW + MINUTE),
        ({"before_first_lead": True, "signed_as": "tests"}, None, 0),
    ],
)
async def test_what_a_command_may_govern_waits_until_it_is_decided(
    how: dict[str, Any], passes: int | None, waits: int
) -> None:
    house = await House().open(DESK)
    await house.command(SECOND_VERSION.replace("2025-01-01T00:00:00+00:00", SOON) + ("" if how else SIGNED), **how)
    reader = AgreementReader(house.log, Codec(), house.wall, pause=0)
    if passes is not None:
        await reader.refresh(passes)
    with pytest.raises(Unavailable, match="not decided"):
        await reader.refresh(waits)
    assert versions(reader) == [1]
    await drain(house.log, agreement_program())
    await reader.refresh(waits)
    assert versions(reader) == [1, 2]


async def test_a_retirement_is_read_like_a_version() -> None:
    house = await House().open(DESK)
    reader = AgreementReader(house.log, Codec(), house.wall, pause=0)
    await reader.refresh(NOW)
    house.wall.now += SECOND
    since = house.wall.now + MINUTE
    await house.ask(RetireAgreement(version=1, retired_from=from_us(since)), "desk")
    with pytest.raises(Unavailable, match="not decided"):
        await reader.refresh(since)
    await drain(house.log, agreement_program())
    await reader.refresh(since)
    assert [reader.known.starting("desk", at) is None for at in (since - 1, since)] == [False, True]


@pytest.mark.parametrize(
    ("command", "waits"),
    [
        (ProposeAgreement(document={}), False),
        (SignAgreement(version=2, side="sales", by="s"), False),
        (PublishAgreement(version=2), True),
        (RetireAgreement(version=1, retired_from=from_us(NOW)), True),
    ],
)
async def test_only_what_may_change_what_governs_is_waited_for(command: AgreementCommand, waits: bool) -> None:
    house = await House().open(DESK)
    await house.ask(command, "desk")
    undecided = Undecided(house.log, Codec())
    assert await undecided.earliest() == (NOW + MINUTE if waits else NEVER)


async def test_what_is_no_command_holds_nobody_up() -> None:
    house = await House().open(DESK)
    await house.log.append({(AGREEMENT_INBOX, 0): [NewRecord(b"k", b"{"), sent(captured(0))]})
    await AgreementReader(house.log, Codec(), house.wall, pause=0).refresh(NOW + 2 * MINUTE)


async def test_a_version_decided_long_after_its_command_governs_from_when_it_takes_effect() -> None:
    house = await House(partitions=1).open(DESK)
    program = lead_program(house.log, 1, house.wall)
    task = Task(group=LEADS, partition=0, partitions=1, log=house.log.task(LEADS, 0), processor=program.make(0))
    await task.open()
    await task.advance(NOW)
    await house.command(SECOND_VERSION.replace("2025-01-01T00:00:00+00:00", SOON) + SIGNED)
    house.wall.now += 5 * MINUTE  # nobody has decided about it; meanwhile a lead comes in that it governs
    await house.send(sent(captured((NOW - MONDAY + 4 * MINUTE) / MINUTE)))
    records, after = await house.log.read("lead-inbox", 0, 0)
    deciding = asyncio.create_task(task.process(Batch("lead-inbox", 0, 0, records, after)))
    await drain(house.log, agreement_program())
    await deciding
    (started,) = [each for each in await house.told() if isinstance(each.data, SlaStarted)]
    assert started.data.version == 2  # type: ignore[attr-defined]


async def test_a_record_ahead_of_its_arrival_is_decided_by_the_version_in_force_at_its_time() -> None:
    house = await House(partitions=1).open(DESK)
    program = lead_program(house.log, 1, house.wall)
    task = Task(group=LEADS, partition=0, partitions=1, log=house.log.task(LEADS, 0), processor=program.make(0))
    await task.open()
    await task.advance(NOW)  # the task has looked at the agreements now
    house.wall.now = NOW + SECOND // 10
    effective = "2027-02-09T09:01:00.500000+00:00"  # 60.5 s after NOW
    answer = await house.publish(SECOND_VERSION.replace("2025-01-01T00:00:00+00:00", effective) + SIGNED)
    house.wall.now = NOW + 9 * SECOND // 10
    await house.send(sent(captured((NOW - MONDAY + 60 * SECOND + 8 * SECOND // 10) / MINUTE)))
    records, after = await house.log.read("lead-inbox", 0, 0)
    await task.process(Batch("lead-inbox", 0, 0, records, after))
    (started,) = [each for each in await house.told() if isinstance(each.data, SlaStarted)]
    assert (answer.data.accepted, started.data.version) == (True, 2)  # type: ignore[attr-defined]
