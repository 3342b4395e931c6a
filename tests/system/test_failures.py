"""What goes wrong, on both logs: said clearly, nothing lost, nothing skipped, and on it goes when it is put right."""

import asyncio
import signal
import sys
from pathlib import Path

import pytest

from engine.errors import WrongTopic
from engine.ports import TopicSpec
from engine.recordtime import header
from events.codec import Codec
from events.fact import Scalar
from events.lead import LeadProfileUpdated, LeadScored, LeadStatusChanged, LeadTouched
from events.limits import LARGEST_FACT
from events.sla import SlaStarted
from events.topics import DEAD_LETTERS, INBOX_RECORD_BYTES, LEAD_EVENTS, LEAD_INBOX, LEAD_STATE
from leadstream.agreements import request_publication
from leadstream.deployment import create_topics, opened
from leadstream.reading import history_of
from leadstream.running import run_until_idle
from leadstream.serving import reachable
from streams.agreement.load import load as load_agreement
from tests.support.kafka import KafkaCluster
from tests.support.missing import MissingError, skip_or_fail
from tests.support.process import Process
from tests.system.conftest import MakeHome
from tests.system.failing_worker import BUG, unchecked
from tests.system.homes import Home
from tests.system.upstream import captured, ended, kept, leads_told, line, of_partition, places, put, told

pytestmark = pytest.mark.slow

AGREEMENT = """
agreement: desk
version: 1
effective_from: 2025-01-01T00:00:00+00:00
signed:
  - {side: marketing, by: head of marketing, at: 2024-12-10}
  - {side: sales, by: head of sales, at: 2024-12-12}
statuses: {Contacted: {means: working}, Shelved: {means: archived}}
scoring:
  engagement:
    rules: [{points: 40, touch: {channel: website, asset: pricing}}]
    decay: {linear: 50%, per: 30d}
  cap: 100
  grades: {A: 0}
hand_over: automatic
qualified_lead:
  behavioural: {any: [{score: engagement, at_least: 40}]}
sales_clauses:
  call: {starts_on: handed_over, stopped_by: {touch: {direction: outbound}}, within: 30m}
"""


def failing_worker(home: Home) -> Process:
    log = home.folder / f"failing-{len(home.processes)}.log"
    argv = [sys.executable, "-m", "tests.system.failing_worker", "worker"]
    home.processes.append(Process(argv, log=log, env={**home.environment, "PYTHONUNBUFFERED": "1"}))
    return home.processes[-1]


@pytest.fixture
async def site(make_home: MakeHome, kind: str) -> Home:
    """A fresh deployment on either log, topics made."""
    home = make_home(kind, partitions=2, session_timeout=2.0)
    async with opened(home.settings, create=True):
        return home


async def test_what_cannot_be_read_is_kept_byte_for_byte_and_the_rest_is_decided(site: Home) -> None:
    home = site
    garbage = b'\xff\xfe{"specversion": "1.0", \x00'
    unknown = captured("lead-b").replace(b"lead.captured", b"lead.enchanted")
    async with opened(home.settings) as log:
        sound = [(name, captured(name)) for name in ("lead-a", "lead-b", "lead-c")]
        await put(log, home, sound[0], ("lead-a", garbage), sound[1], ("lead-b", unknown), sound[2])
        await run_until_idle(log, home.settings, home.partitions)
        assert sorted(await leads_told(log, home)) == ["lead-a", "lead-b", "lead-c"]
        letters = await kept(log, home, DEAD_LETTERS)
    found = {header(letter.headers, "dlq.reason"): (letter.key, letter.value) for letter in letters}
    assert len(letters) == 2
    assert found == {b"not_json": (b"lead-a", garbage), b"unknown_type": (b"lead-b", unknown)}
    listed = {row["reason"]: (row["key"], row["bytes"]) for row in home.rows("dead-letters", "list")}
    assert listed == {"not_json": ("lead-a", len(garbage)), "unknown_type": ("lead-b", len(unknown))}


async def test_an_agreement_for_the_past_is_refused_once_a_lead_was_decided(site: Home) -> None:
    home = site
    async with opened(home.settings) as log:
        await put(log, home, ("lead-a", captured("lead-a")))
        await run_until_idle(log, home.settings, home.partitions)
    file = home.folder / "agreement.yaml"
    file.write_text(AGREEMENT)
    said = home.run("agreement", "publish", file, code=1)
    assert "refused (retroactive" in said
    assert "2025-01-01" in said
    assert home.rows("agreement", "show") == []


async def test_a_fact_for_an_archived_lead_is_accepted_and_scored_and_starts_nothing(site: Home) -> None:
    home = site
    pricing = LeadTouched(channel="website", kind="visited", direction="inbound", asset="pricing")
    async with opened(home.settings) as log:
        assert (await request_publication(log, load_agreement(AGREEMENT), None)).accepted
        shelved = line(LeadStatusChanged(status="Shelved"), "put-aside", 1)
        await put(log, home, ("put-aside", captured("put-aside")), ("put-aside", shelved), ("open", captured("open")))
        for name in ("put-aside", "open"):
            contacted = line(LeadStatusChanged(status="Contacted"), name, 3)
            await put(log, home, (name, line(pricing, name, 2)), (name, contacted))
        await run_until_idle(log, home.settings, home.partitions)
        codec = Codec()
        aside, usual = [
            [fact.data for fact in await history_of(log, home.partitions, name, codec)]
            for name in ("put-aside", "open")
        ]
        assert await kept(log, home, DEAD_LETTERS) == []
    assert pricing in aside
    assert LeadStatusChanged(status="Contacted") in aside
    for history in (aside, usual):
        assert [fact.score for fact in history if isinstance(fact, LeadScored)][-1:] == [40]
    assert any(isinstance(fact, SlaStarted) for fact in usual)
    assert not any(isinstance(fact, SlaStarted) for fact in aside)
    rows = {row["lead"]: (row["phase"], row["status"]) for row in home.rows("view", "leads")}
    assert rows == {"put-aside": ("archived", "Shelved"), "open": ("handed_over", "Contacted")}


async def test_a_bug_in_the_handler_stops_the_worker_at_its_place_until_it_is_mended(site: Home) -> None:
    home = site
    names = of_partition(home, 0, 4)
    async with opened(home.settings) as log:
        worker = failing_worker(home)
        await put(log, home, (names[0], captured(names[0])))
        await told(log, home, names[:1], worker)
        marked = captured(names[2], campaign=BUG)
        await put(log, home, (names[1], captured(names[1])), (names[2], marked), (names[3], captured(names[3])))
        assert await ended(worker) == 1
        last = worker.output().splitlines()[-1]
        assert last.startswith("leadstream: stopped, nothing was skipped: leads-0: lead-inbox @")
        assert "the handler's bug" in last
        place = await places(home)
        assert place[0] in (1, 2)  # the marked record is at 2; the one before may have been fetched with it, or alone
        assert await leads_told(log, home) == names[: place[0]]

        again = failing_worker(home)
        assert await ended(again) == 1
        assert await places(home) == place
        assert await leads_told(log, home) == names[: place[0]]

        mended = home.start("worker")
        await told(log, home, names, mended)
        assert await leads_told(log, home) == names
        assert await kept(log, home, DEAD_LETTERS) == []
    assert await asyncio.to_thread(mended.stop) == 0


def sized(subject: str, size: int) -> bytes:
    """A fact whose bytes with its key, as the log counts them, are so many."""

    def made(filling: int) -> bytes:
        pieces = [min(4096, filling - begin) for begin in range(0, filling, 4096)]
        profile: dict[str, Scalar] = {f"company.note{number:03}": "x" * length for number, length in enumerate(pieces)}
        return line(LeadProfileUpdated(profile=profile), subject)

    filling = size - 40_000
    for _ in range(20):
        value = made(filling)
        missing = size - len(value) - len(subject)
        if missing == 0:
            return value
        filling += missing if abs(missing) < 4096 else missing // 2
    raise AssertionError(f"no fact of {size} bytes")


async def test_a_fact_too_large_for_the_inbox_is_refused_by_its_line_and_the_others_are_taken(site: Home) -> None:
    home = site
    file = home.folder / "facts.jsonl"
    just, over, huge = (
        sized("lead-b", LARGEST_FACT + len("lead-b")),
        sized("lead-c", LARGEST_FACT + len("lead-c") + 1),
        sized("lead-d", INBOX_RECORD_BYTES * 2),
    )
    file.write_bytes(b"\n".join([captured("lead-a"), just, over, huge, captured("lead-e")]))
    said = home.run("publish", file, code=1)
    assert f"line 3: the fact has {LARGEST_FACT + 1} bytes; expected at most {LARGEST_FACT}" in said
    assert f"line 4: {len(huge)} bytes, at most {INBOX_RECORD_BYTES} are taken" in said
    assert "3 accepted, 2 refused" in said
    async with opened(home.settings) as log:
        assert {record.value for record in await kept(log, home, LEAD_INBOX)} == {
            captured("lead-a"),
            just,
            captured("lead-e"),
        }


async def test_an_output_too_large_for_its_topic_stops_the_worker_with_nothing_written(
    make_home: MakeHome, kind: str
) -> None:
    home = make_home(kind, partitions=1, session_timeout=2.0)
    async with unchecked(home.settings) as log:
        await log.create_topics([TopicSpec(LEAD_EVENTS, 1, max_record_bytes=1000)])
        await create_topics(log, home.settings)
        worker = failing_worker(home)
        await put(log, home, ("lead-a", captured("lead-a")))
        await told(log, home, ["lead-a"], worker)
        await put(log, home, ("lead-b", captured("lead-b")), ("lead-c", captured("lead-c", campaign="x" * 1000)))
        assert await ended(worker) == 1
        last = worker.output().splitlines()[-1]
        assert last.startswith("leadstream: stopped, nothing was skipped: a record of ")
        assert last.endswith(" exceeds the 1000 bytes that topic 'lead-events' takes in partition 0, key 'lead-c'")
        place = (await places(home))[0]
        assert place in (1, 2)
        assert await leads_told(log, home) == ["lead-a", "lead-b"][:place]
    said = home.run("worker", code=1)
    assert "topic 'lead-events' takes 1000 bytes a record instead of 1000000" in said


async def test_with_a_wrong_partition_count_nothing_runs(make_home: MakeHome, kind: str) -> None:
    home = make_home(kind, partitions=2)
    async with unchecked(home.settings) as log:
        await log.create_topics([TopicSpec(LEAD_EVENTS, 3)])
        await create_topics(log, home.settings)
        await put(log, home, ("lead-a", captured("lead-a")))
        (said,) = home.run("worker", code=1).splitlines()
        assert said.startswith("leadstream: topic 'lead-events' has 3 partitions instead of 2: ")
        assert await leads_told(log, home) == []


async def test_on_a_changelog_that_is_not_compacted_nothing_runs(make_home: MakeHome, kind: str) -> None:
    home = make_home(kind, partitions=2)
    async with unchecked(home.settings) as log:
        await log.create_topics([TopicSpec(LEAD_STATE, 2)])
        await create_topics(log, home.settings)
    waited: list[str] = []
    mended = {"embedded": "the log was made by another version", "kafka": "set cleanup.policy=compact"}
    wrong = f"topic 'lead-state' must be compacted: {mended[kind]}"
    with pytest.raises(WrongTopic, match=wrong):
        async with reachable(home.settings, waited.append):
            pass
    with pytest.raises(WrongTopic, match=wrong):
        async with opened(home.settings):
            pass
    assert waited == []


async def goes_on(home: Home, worker: Process) -> None:
    async with opened(home.settings) as log:
        await put(log, home, ("lead-a", captured("lead-a")))
        await told(log, home, ["lead-a"], worker)
    assert await asyncio.to_thread(worker.stop) == 0


@pytest.mark.kafka
async def test_a_worker_started_before_the_broker_says_so_and_begins_when_it_is_there(tmp_path: Path) -> None:
    cluster = KafkaCluster()
    home = Home(tmp_path, 2, cluster.url, session_timeout=2.0)
    try:
        await asyncio.to_thread(cluster.start)
        async with opened(home.settings, create=True):
            pass
        await asyncio.to_thread(cluster.stop)
        worker = home.start("worker")
        address = f"127.0.0.1:{cluster.port()}"
        said = rf"leadstream: no Kafka broker answers at {address} .*start it, or correct .*; trying again in"
        await asyncio.to_thread(worker.wait_for, said)
        refused = await asyncio.to_thread(home.run, "topics", "describe", code=1)
        assert refused.splitlines()[-1].startswith(f"leadstream: no Kafka broker answers at {address}")
        await asyncio.to_thread(cluster.start)
        await goes_on(home, worker)
    except MissingError as error:
        skip_or_fail(str(error))
    finally:
        home.close()
        cluster.close()


async def test_a_worker_without_a_place_for_its_log_says_so_and_begins_when_there_is_one(make_home: MakeHome) -> None:
    home = make_home("embedded", partitions=2)
    obstacle = home.settings.data_dir
    obstacle.write_text("a file where the directory has to be")
    worker, impatient = home.start("worker"), home.start("worker")
    said = rf"leadstream: log {home.settings.log_path}: .*check the path.*; trying again in"
    for waiting in (worker, impatient):
        await asyncio.to_thread(waiting.wait_for, said)
    impatient.send(signal.SIGINT)
    assert await ended(impatient) == 1
    assert impatient.output().splitlines()[-1] == "leadstream: stopped"
    refused = await asyncio.to_thread(home.run, "topics", "create", code=1)
    assert refused.startswith(f"leadstream: log {home.settings.log_path}: ")
    assert len(refused.splitlines()) == 1
    obstacle.unlink()
    await goes_on(home, worker)
