import asyncio
import logging

import pytest

from engine.errors import Unavailable
from leadstream.beside import WorkFailed, beside


async def endless(log: list[str]) -> None:
    try:
        await asyncio.Event().wait()
    finally:
        await asyncio.sleep(0)  # letting go takes a moment
        log.append("ended")


async def failing(exc: Exception) -> None:
    raise exc


async def test_the_failure_of_a_work_stops_the_main_one_and_says_which_it_was_and_why() -> None:
    stop, log = asyncio.Event(), list[str]()
    with pytest.raises(WorkFailed, match=r"^tidying: the disk is full$"):
        async with beside(stop, {"tidying": failing(Unavailable("the disk is full")), "other": endless(log)}):
            await asyncio.wait_for(stop.wait(), 10)
    assert log == ["ended"]


async def test_what_nobody_expected_is_logged_with_where_it_came_from(caplog: pytest.LogCaptureFixture) -> None:
    stop = asyncio.Event()
    with pytest.raises(WorkFailed, match=r"^tidying: KeyError\('tp'\)$"):
        async with beside(stop, {"tidying": failing(KeyError("tp"))}):
            await asyncio.wait_for(stop.wait(), 10)
    (record,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert record.exc_info is not None
    assert isinstance(record.exc_info[1], KeyError)


@pytest.mark.parametrize("failure", [None, ValueError("the body's own")])
async def test_when_the_body_is_over_no_work_runs_any_more(failure: Exception | None) -> None:
    stop, log, caught = asyncio.Event(), list[str](), None
    try:
        async with beside(stop, {"work": endless(log)}):
            await asyncio.sleep(0)
            if failure is not None:
                raise failure
    except ValueError as exc:
        caught = exc
    assert (log, caught, stop.is_set()) == (["ended"], failure, False)


async def test_the_bodys_own_error_comes_first() -> None:
    async def both() -> None:
        stop = asyncio.Event()
        async with beside(stop, {"work": failing(KeyError("x"))}):
            await asyncio.wait_for(stop.wait(), 10)
            raise ValueError("the body's own")

    with pytest.raises(ValueError, match="own"):
        await both()


async def test_a_work_that_has_nothing_more_to_do_stops_nobody() -> None:
    stop = asyncio.Event()
    async with beside(stop, {"work": asyncio.sleep(0), "none": asyncio.sleep(0)}):
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    assert not stop.is_set()
