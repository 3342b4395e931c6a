from engine.memory.log import MemoryLog
from engine.ports import NewRecord, TopicSpec, Writes
from tests.engine.embedded_contract import Clock
from tests.engine.log_house import GROUP, TOPICS, drain, values


async def make() -> MemoryLog:
    log = MemoryLog(clock=Clock())
    await log.create_topics([*TOPICS, TopicSpec("kept", 1, retention_ms=1)])
    return log


async def test_compaction_keeps_the_last_record_of_each_key_and_its_offset() -> None:
    log = await make()
    task = log.task(GROUP, 0)
    await task.open()
    changes = [(b"a", b"1"), (b"b", b"1"), (b"a", b"2"), (b"c", b"1"), (b"b", None)]
    await task.commit(Writes(changelog=[NewRecord(*change) for change in changes]))
    before = (await log.task(GROUP, 0).open()).changelog
    log.compact(GROUP.changelog, 0)
    assert [(r.offset, r.key) for r in await drain(log, GROUP.changelog)] == [(2, b"a"), (3, b"c")]
    assert (await log.ends(GROUP.changelog))[0] == 5
    assert (await log.task(GROUP, 0).open()).changelog == before == {b"a": b"2", b"c": b"1"}
    assert (await log.read(GROUP.changelog, 0, 4)).next_offset == 5
    assert (await log.read(GROUP.changelog, 0, 0, limit=1)).next_offset == 3


async def test_retention_drops_what_is_older() -> None:
    log = await make()
    for value in (b"1", b"2", b"3"):
        await log.append({("kept", 0): [NewRecord(None, value)]})
        log.clock.now += 600  # type: ignore[attr-defined]
    log.expire("kept", 0, log.clock())
    assert (await log.starts("kept"), values(await drain(log, "kept"))) == ([2], [b"3"])
    log.expire("in", 0, log.clock() + 10**15)
    log.expire("kept", 0, log.clock() + 10**15)
    assert (await log.starts("kept"), await log.ends("kept")) == ([3], [3])
