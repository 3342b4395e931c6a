"""Input as networks and brokers deliver it: doubled, redelivered in whole partitions, late, shuffled.

The facts are those of undisturbed input; each is there once.
"""

import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.ports import NewRecord
from engine.reading import records_of
from engine.recordtime import TIME_HEADER, record_time
from events.codec import Codec, Undecodable
from events.registry import UPSTREAM
from events.topics import LEAD_EVENTS, LEAD_INBOX
from leadstream.demo.company import Arrival
from leadstream.deployment import opened
from tests.chaos.homes import PARTITIONS, WEEK, fed, home_on, ran, undisturbed, week
from tests.chaos.plan import plan
from tests.system.homes import Home, differences

pytestmark = pytest.mark.slow


@pytest.fixture
def home(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Home]:
    yield from home_on(kind, request, tmp_path)


async def test_facts_that_come_again_and_again_change_nothing(home: Home, tmp_path: Path) -> None:
    """Every record up to three times, next to itself or hours later, but never before its first time."""
    chance = random.Random(plan().seed)
    arrivals = [
        (place + (chance.randrange(60) if again else 0), again, arrival)
        for place, arrival in enumerate(week())
        for again in range(chance.randrange(1, 4))
        if arrival.envelope is not None or not again
    ]
    doubled = [arrival for *_, arrival in sorted(arrivals, key=lambda entry: entry[:2])]
    assert len(doubled) > len(week()) * 3 // 2
    await fed(home, doubled)
    assert await ran(home) == await undisturbed(tmp_path / "undisturbed")
    assert await differences(home) == []


async def test_a_whole_partition_delivered_again_changes_nothing(home: Home) -> None:
    """As when upstream has lost its own position: first the inbox, when all of it is decided, then once more."""
    await fed(home, week())
    once = await ran(home)
    async with opened(home.settings) as log:
        before = await log.ends(LEAD_INBOX)
        for partition in range(PARTITIONS):
            again = [
                NewRecord(record.key, record.value, ((TIME_HEADER, b"%d" % record_time(record)),))
                async for record in records_of(log, LEAD_INBOX, partition)
                if decodes(record.value)
            ]
            await log.append({(LEAD_INBOX, partition): again})
        assert sum(await log.ends(LEAD_INBOX)) > sum(before) * 3 // 2
    assert await ran(home) == once
    assert await differences(home) == []


def decodes(value: bytes | None) -> bool:
    try:
        Codec().decode(value)
    except Undecodable:
        return False
    return True


async def accepted(home: Home) -> Counter[tuple[str, str]]:
    """Source and id of every canonical fact that came from upstream, counted from the raw log."""
    found, codec = Counter[tuple[str, str]](), Codec()
    async with opened(home.settings) as log:
        for partition in range(PARTITIONS):
            async for record in records_of(log, LEAD_EVENTS, partition):
                envelope = codec.decode(record.value)
                if type(envelope.data) in UPSTREAM:
                    found[envelope.source, envelope.id] += 1
    return found


def sent(arrivals: list[Arrival]) -> set[tuple[str, str]]:
    return {(arrival.envelope.source, arrival.envelope.id) for arrival in arrivals if arrival.envelope is not None}


@pytest.mark.parametrize("turn", range(2))
async def test_input_in_any_order_is_accepted_once_each_and_ends_in_the_same_histories(
    home: Home, tmp_path: Path, turn: int
) -> None:
    """All arrives when the week is over, in an order of its own: what happened, and when, is known all the same."""
    chance, late = random.Random(plan().seed + turn), [arrival._replace(at=WEEK.end - 1) for arrival in week()]
    shuffled = chance.sample(late, len(late))
    await fed(home, shuffled)
    await ran(home)
    assert await accepted(home) == dict.fromkeys(sent(week()), 1)
    assert await differences(home) == []
    in_order = Home(tmp_path / "in-order", PARTITIONS)
    await fed(in_order, late)
    await ran(in_order)
    assert await histories(home) == await histories(in_order)


async def histories(home: Home) -> dict[str, list[tuple[object, ...]]]:
    """What upstream said of each lead, by when it happened."""
    found: dict[str, list[tuple[object, ...]]] = {}
    codec = Codec()
    async with opened(home.settings) as log:
        for partition in range(PARTITIONS):
            async for record in records_of(log, LEAD_EVENTS, partition):
                envelope = codec.decode(record.value)
                if type(envelope.data) in UPSTREAM:
                    entry = (envelope.time, envelope.id, envelope.data)
                    found.setdefault(envelope.subject, []).append(entry)
    return {lead: sorted(entries, key=lambda entry: entry[:2]) for lead, entries in found.items()}
