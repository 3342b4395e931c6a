"""The twin for programs that are not asynchronous, on a real file."""

import asyncio
import os
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import orjson
import pytest

from engine.reading import records_of
from events.lead import LeadCaptured
from events.topics import LEAD_INBOX
from leadstream import FactRefused, Pace, PublisherClosed, SyncPublisher
from leadstream.deployment import opened
from leadstream.settings import Settings
from tests.leadstream.sdk.house import visit

CAPTURED = LeadCaptured(source="web")


async def ids(url: str) -> list[str]:
    """Of the facts in the inbox, a partition after the other."""
    async with opened(Settings(broker=url)) as log:
        return [
            orjson.loads(record.value or b"")["id"]
            for number in range(len(await log.ends(LEAD_INBOX)))
            async for record in records_of(log, LEAD_INBOX, number)
        ]


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'log.db'}"


async def test_what_threads_publish_is_in_the_log_when_their_calls_return(url: str) -> None:
    def work(thread: int) -> list[str]:
        return [
            str(sending.publish(CAPTURED, subject=f"lead-{number}", id=f"{thread}-{number}").id) for number in range(20)
        ]

    with SyncPublisher(url, source="/forms") as sending, ThreadPoolExecutor(8) as pool:
        told = [name for names in pool.map(work, range(8)) for name in names]
        assert Counter(await ids(url)) == Counter(told)
    assert len(set(told)) == 160


async def test_many_are_answered_one_by_one_and_the_file_is_made_where_there_is_none(url: str) -> None:
    with SyncPublisher(url, source="/web") as sending:
        receipts = sending.publish_many(visit(number) for number in range(5_000))
        sending.flush()
    assert {each.outcome for each in receipts} == {"accepted"}
    assert sorted(await ids(url)) == sorted(str(each.id) for each in receipts)


def test_a_refusal_is_raised_where_it_was_published(url: str) -> None:
    with SyncPublisher(url) as sending, pytest.raises(FactRefused, match="who says so"):
        sending.publish(CAPTURED, subject="lead-1")


def test_closing_ends_its_thread_and_nothing_is_taken_any_more(url: str) -> None:
    before = threading.active_count()
    sending = SyncPublisher(url, source="/forms")
    assert threading.active_count() == before
    sending.publish(CAPTURED, subject="lead-1")
    sending.close()
    sending.close()
    assert threading.active_count() == before
    with pytest.raises(PublisherClosed):
        sending.publish(CAPTURED, subject="lead-1")


def test_every_thread_is_answered_or_told_when_another_one_closes(url: str) -> None:
    sending = SyncPublisher(url, source="/forms", pace=Pace(buffer=1))  # one at a time: the others wait for room
    begun = threading.Semaphore(0)

    def work(thread: int) -> str:
        begun.release()
        try:
            return sending.publish(CAPTURED, subject="lead-1", id=str(thread)).outcome
        except PublisherClosed:
            return "closed"

    with ThreadPoolExecutor(64) as pool:
        several = [pool.submit(work, thread) for thread in range(64)]
        for _ in several:
            begun.acquire()
        sending.close()
        found = Counter(each.result(60) for each in several)
    assert set(found) <= {"accepted", "closed"}
    assert found["accepted"] == len(asyncio.run(ids(url)))


def test_one_that_was_made_before_a_fork_works_after_it_and_one_that_was_used_says_so(url: str) -> None:
    made, used = (SyncPublisher(url, source="/forms") for _ in range(2))
    used.publish(CAPTURED, subject="lead-1", id="parent")
    child = os.fork()
    if child == 0:
        try:
            used.publish(CAPTURED, subject="lead-1")
        except RuntimeError as exc:
            made.publish(CAPTURED, subject="lead-1", id="child")
            made.close()
            os._exit(0 if "before the process forked" in str(exc) else 2)
        os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    used.close()
    assert sorted(asyncio.run(ids(url))) == ["child", "parent"]
