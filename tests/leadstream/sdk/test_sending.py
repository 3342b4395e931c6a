import asyncio
import math
from collections.abc import Sequence
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import RecordTooLarge
from events.codec import Codec
from leadstream.publishing import Refused
from leadstream.sdk.errors import NotAllowed, NotConfigured, NotPublished, PublisherClosed, PublishError, TryAgain
from leadstream.sdk.port import Receipt, Told
from leadstream.sdk.sending import Pace, Sender
from leadstream.sdk.telling import told
from tests.engine.virtual import run_virtually
from tests.leadstream.sdk.house import NOW, visit


def event(number: int) -> Told:
    found = told(visit(number), Codec(), source="/web", at=NOW)
    assert not isinstance(found, Refused)
    return found


SIZE = event(1).size


class Road:
    """A way into nowhere: takes what it is given once it is open, and remembers when, and in which batches."""

    most_events, most_bytes = 100, 1 << 20

    def __init__(self, *failures: Exception | None) -> None:
        self._failures = list(failures)
        self.open = asyncio.Event()
        self.open.set()
        self.batches: list[tuple[float, int]] = []
        self.closed = 0

    async def send(self, events: Sequence[Told]) -> list[Receipt]:
        self.batches.append((asyncio.get_running_loop().time(), len(events)))
        await self.open.wait()
        failure = self._failures.pop(0) if self._failures else None
        if failure is not None:
            raise failure
        return [Receipt("accepted", each.envelope.id) for each in events]

    async def close(self) -> None:
        self.closed += 1


def sender(road: Road, **pace: float) -> Sender:
    return Sender(road, Pace(**pace), Random(1))  # type: ignore[arg-type]


def test_without_linger_what_comes_at_a_time_goes_together_and_what_comes_meanwhile_goes_next() -> None:
    async def tried() -> None:
        road = Road()
        sending = sender(road)
        road.open.clear()
        first = [await sending.put(event(number)) for number in range(3)]
        await asyncio.sleep(1)
        then = [await sending.put(event(number)) for number in range(3, 10)]
        road.open.set()
        await asyncio.gather(*first, *then)
        assert road.batches == [(0.0, 3), (1.0, 7)]

    run_virtually(tried())


def test_a_lingering_batch_goes_when_its_time_is_over_when_it_is_full_or_when_it_is_flushed() -> None:
    async def tried() -> None:
        road = Road()
        sending = sender(road, linger=2.0, batch=4)
        loop = asyncio.get_running_loop()
        for number in range(3):
            last = await sending.put(event(number))
            await asyncio.sleep(0.5)
        await last
        assert loop.time() == 2.0
        for number in range(4):
            last = await sending.put(event(number))
        await last
        assert loop.time() == 2.0
        await sending.put(event(9))
        await sending.flush()
        assert loop.time() == 2.0
        assert road.batches == [(2.0, 3), (2.0, 4), (2.0, 1)]

    run_virtually(tried())


def test_who_publishes_more_than_may_wait_waits_until_there_is_room() -> None:
    async def tried() -> None:
        road = Road()
        sending = sender(road, buffer=3 * SIZE, linger=60)
        road.open.clear()
        for number in range(3):
            await sending.put(event(number))
        waiting = asyncio.create_task(sending.put(event(3)))
        await asyncio.sleep(5)
        assert not waiting.done()
        road.open.set()
        await (await waiting)
        assert sum(count for _, count in road.batches) == 4

    run_virtually(tried())


def test_no_room_in_time_is_told_with_the_reason() -> None:
    async def tried() -> None:
        road = Road(*[TryAgain("the broker sleeps")] * 1000)
        sending = sender(road, buffer=SIZE, patience=10)
        first = await sending.put(event(1))
        with pytest.raises(NotPublished, match=rf"{SIZE} bytes wait already, and the broker sleeps"):
            await sending.put(event(2))
        with pytest.raises(NotPublished, match="not within 10 s: the broker sleeps; send it again"):
            await first

    run_virtually(tried())


def test_an_outage_is_waited_out_with_longer_and_longer_pauses_and_nothing_is_lost() -> None:
    async def tried() -> None:
        road = Road(*[TryAgain("away")] * 12)
        sending = sender(road, first_pause=0.1, longest_pause=5.0)
        receipt = await (await sending.put(event(1)))
        assert receipt.outcome == "accepted"
        pauses = [then - before for (before, _), (then, _) in zip(road.batches, road.batches[1:], strict=False)]
        assert len(pauses) == 12
        for number, pause in enumerate(pauses):
            most = min(0.1 * 2**number, 5.0)
            assert most / 2 - 1e-9 <= pause <= most + 1e-9

    run_virtually(tried())


def test_the_other_side_may_ask_for_a_longer_pause() -> None:
    async def tried() -> None:
        road = Road(TryAgain("too often", after=30))
        await (await sender(road).put(event(1)))
        assert [at for at, _ in road.batches] == [0.0, 30.0]

    run_virtually(tried())


def test_patience_holds_for_each_event_also_for_those_that_wait_behind_the_one_that_is_tried() -> None:
    async def tried() -> None:
        road = Road(*[TryAgain("away")] * 1000)
        sending = sender(road, patience=20, batch=1)
        loop = asyncio.get_running_loop()
        first, second = await sending.put(event(1)), await sending.put(event(2))
        await asyncio.sleep(7)
        third = await sending.put(event(3))
        await asyncio.wait([first, second])
        assert loop.time() == 20.0
        assert not third.done()
        with pytest.raises(NotPublished):
            await third
        assert loop.time() == 27.0
        for done in (first, second):
            assert isinstance(done.exception(), NotPublished)

    run_virtually(tried())


def test_what_nobody_can_mend_by_waiting_is_told_at_once_and_what_comes_later_is_tried_anew() -> None:
    async def tried() -> None:
        road = Road(NotAllowed("no such key"), RecordTooLarge("inbox", 2, 1))
        sending = sender(road)
        several = [await sending.put(event(number)) for number in range(2)]
        await asyncio.wait(several)
        failures = [done.exception() for done in several]
        assert [str(failure) for failure in failures] == ["no such key"] * 2
        assert failures[0] is not failures[1]
        with pytest.raises(PublishError, match="RecordTooLarge: a record of 2 bytes"):
            await (await sending.put(event(3)))
        assert (await (await sending.put(event(4)))).outcome == "accepted"

    run_virtually(tried())


def test_who_gives_up_before_it_was_sent_takes_the_event_back() -> None:
    async def tried() -> None:
        road = Road()
        sending = sender(road, linger=1)
        kept, given_up = await sending.put(event(1)), await sending.put(event(2))
        given_up.cancel()
        await kept
        await sending.close()
        assert road.batches == [(1.0, 1)]

    run_virtually(tried())


def test_flush_tells_of_the_first_that_was_not_published() -> None:
    async def tried() -> None:
        sending = sender(Road(None, NotAllowed("no such key")), batch=1)
        first, second = await sending.put(event(1)), await sending.put(event(2))
        with pytest.raises(NotAllowed, match="no such key"):
            await sending.flush()
        assert first.result().outcome == "accepted"
        assert isinstance(second.exception(), NotAllowed)
        await sending.flush()

    run_virtually(tried())


def test_closing_sends_what_waits_and_takes_nothing_more() -> None:
    async def tried() -> None:
        road = Road()
        sending = sender(road, linger=60, buffer=SIZE)
        road.open.clear()
        done = await sending.put(event(1))
        late = asyncio.create_task(sending.put(event(2)))
        await asyncio.sleep(1)
        closing = asyncio.create_task(sending.close())
        await asyncio.sleep(1)
        road.open.set()
        await closing
        assert done.result().outcome == "accepted"
        with pytest.raises(PublisherClosed):
            await late
        with pytest.raises(PublisherClosed):
            await sending.put(event(3))
        assert (road.closed, len(road.batches)) == (1, 1)

    run_virtually(tried())


def test_whoever_waits_when_closing_is_broken_off_is_told() -> None:
    async def tried() -> None:
        road = Road()
        road.open.clear()
        sending = sender(road, batch=1)
        several = [await sending.put(event(number)) for number in range(3)]
        closing = asyncio.create_task(sending.close())
        await asyncio.sleep(1)
        closing.cancel()
        await asyncio.wait([closing])
        for done in several:
            assert isinstance(done.exception(), NotPublished)
        assert road.closed == 1

    run_virtually(tried())


@given(st.integers(1, 10_000), st.floats(0, 1), st.floats(0, 10), st.floats(0, 60))
def test_a_pause_is_never_longer_than_the_longest_and_never_shrinks_but_by_chance(
    tries: int, chance: float, first: float, longest: float
) -> None:
    pace = Pace(first_pause=first, longest_pause=longest)
    assert 0 <= pace.pause(tries, chance) <= longest
    assert pace.pause(tries + 1, chance) >= pace.pause(tries, chance)


@pytest.mark.parametrize("wrong", [{"batch": 0}, {"buffer": -1}, {"patience": 0}, {"linger": -1}])
def test_a_pace_that_cannot_be_meant_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=f"{next(iter(wrong))}: expected"):
        Pace(**wrong)


@pytest.mark.parametrize("name", ["linger", "batch", "buffer", "patience", "first_pause", "longest_pause"])
@pytest.mark.parametrize("value", ["x", None, True, math.nan])
def test_a_pace_that_is_no_number_is_refused_by_its_name(name: str, value: Any) -> None:
    with pytest.raises(NotConfigured, match=f"{name}: expected"):
        Pace(**{name: value})
