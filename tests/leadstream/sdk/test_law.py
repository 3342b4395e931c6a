"""Whatever becomes of appends, however they are cut, whoever dies and sends again: the canonical log is the same."""

import asyncio
from functools import cache

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.memory.disk import MemoryDisk
from leadstream.sdk.port import Receipt
from leadstream.sdk.publisher import Publisher
from leadstream.sdk.sending import Pace
from tests.engine.virtual import run_virtually
from tests.leadstream.sdk.house import NOW, Fate, Weather, canonical, disk_with_topics, inbox, visit, way_to
from tests.support.laws import examples

EVENTS = 12
shares = st.sampled_from([0.0, 0.5, 1.0])
fates = st.lists(st.none() | st.tuples(shares, shares), max_size=8)
lives = st.tuples(fates, st.integers(1, 5), st.integers(1, EVENTS))
"""Of a process that publishes: what becomes of its appends, how large its batches are, how far it comes."""


async def life(disk: MemoryDisk, trouble: list[Fate], batch: int, until: int) -> list[Receipt]:
    """Publish the first so many events, from many tasks at a time, and go without saying good-bye."""
    way = way_to(Weather(disk, trouble))
    publisher = Publisher(way, source="/web", pace=Pace(batch=batch, patience=1e6), clock=lambda: NOW)
    events = [visit(number) for number in range(until)]
    tasks = [
        asyncio.create_task(publisher.publish(each.fact, subject=each.subject, natural_key=each.natural_key))
        for each in events
    ]
    return await asyncio.gather(*tasks)


async def told(several: list[tuple[list[Fate], int, int]]) -> tuple[list[bytes], list[str]]:
    """The canonical log after several processes, at the same time where they come in pairs; and the inbox."""
    disk = await disk_with_topics()
    for first, second in zip(several[::2], several[1::2] or several[:1], strict=False):
        await asyncio.gather(life(disk, *first), life(disk, *second))
    receipts = await life(disk, [], EVENTS, EVENTS)
    assert {each.outcome for each in receipts} == {"accepted"}
    return await canonical(disk), await inbox(disk)


@cache
def undisturbed() -> tuple[list[bytes], list[str]]:
    """The same where one process publishes everything, and nothing goes wrong."""
    found, once = run_virtually(told([]))
    assert sorted(once, key=int) == [str(number) for number in range(EVENTS)]
    assert len(found) >= EVENTS
    return found, once


@given(several=st.lists(lives, max_size=4))
@settings(max_examples=examples(40))
def test_any_interleaving_of_batches_and_retries_gives_the_same_log(
    several: list[tuple[list[Fate], int, int]],
) -> None:
    expected, once = undisturbed()
    found, in_inbox = run_virtually(told(several))
    assert found == expected
    assert set(in_inbox) == set(once)


@given(trouble=fates, batch=st.integers(1, 5))
@settings(max_examples=examples(60))
def test_what_is_accepted_is_in_the_log_and_in_the_order_in_which_it_was_published(
    trouble: list[Fate], batch: int
) -> None:
    async def tried() -> None:
        disk = await disk_with_topics()
        receipts = await life(disk, trouble, batch, EVENTS)
        assert [each.outcome for each in receipts] == ["accepted"] * EVENTS
        found = await inbox(disk)
        for lead in range(3):
            firsts = dict.fromkeys(number for number in found if int(number) % 3 == lead)
            assert list(firsts) == [str(number) for number in range(EVENTS) if number % 3 == lead]

    run_virtually(tried())
