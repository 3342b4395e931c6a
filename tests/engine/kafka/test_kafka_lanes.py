import asyncio
from collections.abc import Sequence

import pytest

from engine.kafka.lanes import Lane
from engine.ports import NewRecord


class Wire:
    """Takes requests one at a time and answers when told to."""

    def __init__(self) -> None:
        self.requests: list[list[bytes | None]] = []
        self.answers: list[asyncio.Future[None]] = []

    async def send(self, rows: Sequence[NewRecord]) -> None:
        self.requests.append([row.value for row in rows])
        self.answers.append(asyncio.get_running_loop().create_future())
        await self.answers[-1]


def row(text: bytes) -> list[NewRecord]:
    return [NewRecord(b"k", text)]


async def turn() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_what_arrives_during_a_request_goes_with_the_next_in_order() -> None:
    wire = Wire()
    lane = Lane(wire.send)
    first = lane.put(row(b"1"))
    await turn()
    rest = [lane.put(row(b"%d" % n)) for n in range(2, 5)]
    await turn()
    assert (wire.requests, first.done()) == ([[b"1"]], False)
    wire.answers[0].set_result(None)
    await turn()
    assert (wire.requests[1:], first.done(), rest[0].done()) == ([[b"2", b"3", b"4"]], True, False)
    wire.answers[1].set_result(None)
    await asyncio.gather(*rest)
    again = lane.put(row(b"5"))
    await turn()
    wire.answers[2].set_result(None)
    await again
    assert wire.requests[2] == [b"5"]


async def test_a_failure_reaches_all_who_shared_the_request_and_only_them() -> None:
    wire = Wire()
    lane = Lane(wire.send)
    first = lane.put(row(b"1"))
    await turn()
    second, third = lane.put(row(b"2")), lane.put(row(b"3"))
    wire.answers[0].set_result(None)
    await turn()
    fourth = lane.put(row(b"4"))
    wire.answers[1].set_exception(OSError("gone"))
    await turn()
    wire.answers[2].set_result(None)
    await asyncio.gather(first, fourth)
    for failed in (second, third):
        with pytest.raises(OSError, match="gone"):
            await failed


async def test_a_caller_who_gives_up_does_not_stop_the_others() -> None:
    wire = Wire()
    lane = Lane(wire.send)
    first, second = lane.put(row(b"1")), lane.put(row(b"2"))
    await turn()
    first.cancel()
    wire.answers[0].set_result(None)
    await second
    assert wire.requests == [[b"1", b"2"]]
