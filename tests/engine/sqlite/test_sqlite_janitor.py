import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.errors import Fenced
from engine.ports import NewRecord, Record, TopicSpec, Writes
from engine.sqlite import compaction, janitor
from engine.sqlite.janitor import Janitor
from engine.sqlite.log import SqliteLog
from engine.sqlite.sql import run
from tests.engine.embedded_contract import TTL, Clock
from tests.engine.log_house import GROUP, TOPICS, drain, values
from tests.support.laws import examples

State = dict[bytes | None, bytes | None]


async def open_log(path: Path, clock: Clock, owner: str = "one") -> SqliteLog:
    log = SqliteLog(path, clock=clock, owner=owner, lease_ttl=TTL)
    await log.start()
    await log.create_topics(
        [TopicSpec("t", 1), TopicSpec("c", 1, compacted=True), TopicSpec("r", 1, retention_ms=1000)]
    )
    return log


def fold(records: list[Record], start: State | None = None) -> State:
    found = {**(start or {}), **{record.key: record.value for record in records}}
    return {key: value for key, value in found.items() if value is not None}


async def batch_count(log: SqliteLog) -> int:
    return len(log.store.read(lambda connection: run(connection, "select id from batch")))


keys = st.sampled_from([b"a", b"b", b"c", b"d"])
batch = st.lists(st.tuples(keys, st.none() | st.binary(max_size=3)), min_size=1, max_size=4)
actions = st.lists(st.one_of(batch, st.integers(1, 6), st.just("restart")), min_size=1, max_size=30)


@settings(max_examples=examples(60), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(actions, st.sampled_from([0, 10**12]))
async def test_no_step_of_compaction_changes_what_a_reader_comes_to_know(
    monkeypatch: pytest.MonkeyPatch, actions: list[object], grace: int
) -> None:
    monkeypatch.setattr(janitor, "STEP_ROWS", 3)
    monkeypatch.setattr(compaction, "MAX_KEYS", 3)
    with tempfile.TemporaryDirectory() as folder:
        clock = Clock()
        log = await open_log(Path(folder) / "log.db", clock)
        cleaner = Janitor(log, tombstone_grace=grace)
        original: list[Record] = []
        for action in actions:
            clock.now += 1
            if isinstance(action, list):
                await log.append({("c", 0): [NewRecord(key, value) for key, value in action]})
                original += (await log.read("c", 0, len(original))).records
            elif isinstance(action, int):
                for _ in range(action):
                    await cleaner.compact("c", 0)
            else:
                cleaner = Janitor(log, tombstone_grace=grace)
            kept = await drain(log, "c", 0, 0)
            assert {tuple(record) for record in kept} <= {tuple(record) for record in original}
            assert fold(kept) == fold(original)
            if grace:  # whoever stands anywhere and reads on ends up knowing the same
                for at in range(len(original) + 1):
                    rest = await drain(log, "c", 0, at)
                    assert fold(rest, fold(original[:at])) == fold(original)
        while await cleaner.compact("c", 0):
            pass
        kept = await drain(log, "c", 0, 0)
        assert len(kept) == len({record.key for record in kept})
        assert fold(kept) == fold(original)
        assert await log.ends("c") == [len(original)]
        await log.stop()


async def test_old_tombstones_go_and_young_ones_stay(tmp_path: Path) -> None:
    clock = Clock()
    log = await open_log(tmp_path / "log.db", clock)
    cleaner = Janitor(log, tombstone_grace=1_000)
    await log.append({("c", 0): [NewRecord(b"a", b"1"), NewRecord(b"b", b"1"), NewRecord(b"a", None)]})
    clock.now += 1_000
    while await cleaner.compact("c", 0):
        pass
    assert [(r.key, r.value) for r in await drain(log, "c", 0, 0)] == [(b"b", b"1"), (b"a", None)]
    clock.now += 1
    await log.append({("c", 0): [NewRecord(b"b", None)]})
    while await cleaner.compact("c", 0):
        pass
    assert [(r.key, r.value) for r in await drain(log, "c", 0, 0)] == [(b"b", None)]
    await log.stop()


async def test_a_task_opens_on_the_same_state_before_during_and_after_compaction(tmp_path: Path) -> None:
    clock = Clock()
    log = SqliteLog(tmp_path / "log.db", clock=clock, owner="one")
    await log.start()
    await log.create_topics(TOPICS)
    task = log.task(GROUP, 0)
    await task.open()
    for turn in range(200):
        changes = [NewRecord(b"%d" % (turn * 7 % 40), b"%d" % turn), NewRecord(b"%d" % (turn * 3 % 50), None)]
        await task.commit(Writes(changelog=changes))
    before = (await log.task(GROUP, 0).open()).changelog
    cleaner = Janitor(log, tombstone_grace=-1)
    steps = 0
    while await cleaner.compact(GROUP.changelog, 0):
        steps += 1
        assert (await log.task(GROUP, 0).open()).changelog == before
    assert steps > 4
    assert await batch_count(log) <= 200 // 64 + 1
    kept = await drain(log, GROUP.changelog, 0, 0)
    assert {record.key: record.value for record in kept} == before
    assert await log.latest(GROUP.changelog, 0, b"7") == before.get(b"7")
    await log.stop()


async def test_tiny_batches_are_merged_and_large_ones_left(tmp_path: Path) -> None:
    clock = Clock()
    log = await open_log(tmp_path / "log.db", clock)
    for turn in range(300):
        clock.now += 1
        await log.append({("t", 0): [NewRecord(b"%d" % turn, b"v" * 50, (("h", b"%d" % turn),))]})
    await log.append({("t", 0): [NewRecord(b"large", b"%d" % n) for n in range(2_000)]})
    for turn in range(20):
        await log.append({("t", 0): [NewRecord(b"late", b"%d" % turn)]})
    before = await drain(log, "t", 0, 0)
    cleaner = Janitor(log)
    while await cleaner.roll_up("t", 0):
        assert await drain(log, "t", 0, 0) == before
    assert await batch_count(log) == 2 + 1 + 20
    for at in (0, 5, 299, 300, 2_299, 2_310):
        assert await drain(log, "t", 0, at) == before[at:]
    assert (await log.read("t", 0, 250, limit=20)).records == before[250:256]
    await log.stop()


async def test_retention_drops_whole_old_batches_from_the_beginning(tmp_path: Path) -> None:
    clock = Clock()
    log = await open_log(tmp_path / "log.db", clock)
    for turn in range(100):
        clock.now += 20_000
        await log.append({(topic, 0): [NewRecord(b"k", b"%d" % turn)] * 2 for topic in ("r", "t")})
    cleaner = Janitor(log)
    while await cleaner.expire("r", 0, clock.now):
        pass
    assert await log.starts("r") == [98]
    assert values(await drain(log, "r")) == [b"%d" % (turn // 2) for turn in range(98, 200)]
    assert not await cleaner.expire("t", 0, clock.now + 10**15)
    while await cleaner.expire("r", 0, clock.now + 10**15):
        pass
    assert (await log.starts("r"), await log.ends("r")) == ([200], [200])
    await log.append({("r", 0): [NewRecord(b"k", b"next")]})
    assert [record.offset for record in await drain(log, "r")] == [200]
    await log.stop()


async def test_one_run_does_what_is_worth_doing_and_the_next_finds_nothing(tmp_path: Path) -> None:
    clock = Clock()
    log = await open_log(tmp_path / "log.db", clock)
    for turn in range(120):
        await log.append({(topic, 0): [NewRecord(b"%d" % (turn % 10), b"%d" % turn)] for topic in ("r", "t", "c")})
    clock.now += 2_000_000
    cleaner = Janitor(log)
    done = 0
    while steps := await cleaner.run_once(budget=2):
        assert steps <= 2
        done += steps
    assert done > 3
    assert await batch_count(log) == 2
    assert (await drain(log, "r"), len(await drain(log, "t")), len(await drain(log, "c"))) == ([], 120, 10)
    await log.append({("c", 0): [NewRecord(b"k", b"v")]})
    assert await cleaner.run_once() == 0
    await log.stop()


async def test_only_one_process_is_the_janitor_until_it_stops_or_dies(tmp_path: Path) -> None:
    clock = Clock()
    logs = [await open_log(tmp_path / "log.db", clock, owner) for owner in ("one", "two")]
    one, two = (Janitor(log) for log in logs)
    for _ in range(50):
        await logs[0].append({("t", 0): [NewRecord(b"k", b"v")], ("c", 0): [NewRecord(b"k", b"v")]})
    assert await one.run_once(budget=1) == 1
    assert await two.run_once() == 0
    with pytest.raises(Fenced):
        await two.compact("t", 0)
    clock.now += TTL
    assert await two.run_once() > 0
    for _ in range(50):
        await logs[0].append({("t", 0): [NewRecord(b"k", b"v")]})
    assert await one.run_once() == 0
    await two.stop()
    assert await one.run_once() > 0
    for log in logs:
        await log.stop()


async def test_a_janitor_that_was_frozen_changes_nothing_with_what_it_had_read(tmp_path: Path) -> None:
    clock = Clock()
    logs = [await open_log(tmp_path / "log.db", clock, owner) for owner in ("one", "two")]
    for turn in range(50):
        await logs[0].append({("c", 0): [NewRecord(b"%d" % (turn % 5), b"%d" % turn)]})
    frozen, other = Janitor(logs[0]), Janitor(logs[1])
    assert await frozen.compact("c", 0)  # has learned, has not written yet
    clock.now += TTL
    while await other.compact("c", 0):
        pass
    after = await drain(logs[0], "c", 0, 0)
    with pytest.raises(Fenced):
        await frozen.compact("c", 0)
    assert await drain(logs[0], "c", 0, 0) == after
    assert len(after) == 5
    for log in logs:
        await log.stop()
