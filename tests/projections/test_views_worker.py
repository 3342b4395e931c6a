import pytest

from engine.batch import Batch
from engine.drain import drain
from engine.errors import PoisonBatch
from engine.ports import NewRecord
from engine.task import Task
from events.codec import Undecodable
from events.envelope import Envelope
from events.lead import LeadCaptured, LeadStatusChanged
from events.topics import LEAD_EVENTS, VIEW_PROGRESS, VIEW_STATE
from projections.catalogue import OF_LEADS
from projections.progress import Progress, decode_progress
from projections.views.breaches import Breaches
from projections.views.funnel import Reached
from projections.worker import StaleState, ViewsProcessor, shapes_of, view_program
from tests.projections.given import text, told
from tests.projections.house import CODEC, House, house, record

SHAPES = shapes_of(OF_LEADS)


async def opened(built: House) -> Task[object]:
    program = view_program(built.log, built.partitions)
    task: Task[object] = Task(
        group=program.group,
        partition=0,
        partitions=built.partitions,
        log=built.log.task(program.group, 0),
        processor=program.make(0),
    )
    await task.open()
    return task


async def feed(task: Task[object], built: House, count: int) -> None:
    at = task.positions[LEAD_EVENTS]
    fetched = await built.log.read(LEAD_EVENTS, 0, at, count)
    await task.process(Batch(LEAD_EVENTS, 0, at, fetched.records, fetched.next_offset))


async def told_of(built: House, partition: int = 0) -> list[Progress]:
    records = (await built.log.read(VIEW_PROGRESS, partition, 0)).records
    return [decode_progress(record.value or b"") for record in records]


async def progress(built: House, partition: int = 0) -> list[str]:
    """The instants that were told."""
    return [told.complete_to for told in await told_of(built, partition) if told.complete_to]


def captured(lead: str, at: float = 0) -> Envelope:
    return told(LeadCaptured(source="web"), at, lead=lead)


async def test_progress_waits_until_the_facts_the_writer_vouches_for_are_read() -> None:
    built = await house()
    await built.write(captured("anna"), captured("bob"))
    await built.writer_at(10)
    task = await opened(built)
    await feed(task, built, 1)
    assert await progress(built) == []
    await feed(task, built, 1)
    assert await progress(built) == [text(10)]


async def test_facts_written_after_the_writer_was_heard_do_not_hold_its_time_back() -> None:
    built = await house()
    await built.write(captured("anna"), captured("bob"))
    await built.writer_at(10)
    task = await opened(built)
    await feed(task, built, 1)
    await built.write(captured("eve", 20))
    await built.writer_at(20)
    await feed(task, built, 1)
    assert await progress(built) == [text(10)]
    await feed(task, built, 1)
    assert await progress(built) == [text(10), text(20)]


async def test_an_idle_tick_tells_that_the_writers_time_has_passed() -> None:
    built = await house()
    await built.write(captured("anna"))
    await built.writer_at(10)
    task = await opened(built)
    await feed(task, built, 5)
    await built.writer_at(60)
    await task.advance(task.time + 1)
    await task.advance(task.time + 1)
    assert await progress(built) == [text(10), text(60)]


async def test_a_drain_ends_with_the_writers_exact_time_in_every_partition() -> None:
    built = await house(partitions=4)
    await built.write(captured("anna"))
    await built.writer_at(500)
    await built.project(until=500)
    assert [(await progress(built, partition))[-1] for partition in range(4)] == [text(500)] * 4


async def test_a_partition_whose_writer_never_spoke_reports_nothing() -> None:
    built = await house(partitions=2)
    await built.writer_at(10, partitions=[0])
    await built.project(until=10)
    assert [await progress(built, partition) for partition in range(2)] == [[text(10)], []]


async def test_the_first_word_of_a_partition_names_the_edition_of_its_rows_and_no_time() -> None:
    built = await house()
    await built.write(captured("anna"), captured("bob"))
    task = await opened(built)
    await feed(task, built, 1)
    await feed(task, built, 1)
    assert await told_of(built) == [Progress(0, "", OF_LEADS.edition)]


async def test_a_restarted_task_goes_on_from_its_state() -> None:
    built = await house()
    await built.write(captured("anna"), told(LeadStatusChanged(status="Open"), 1))
    await feed(await opened(built), built, 1)
    await feed(await opened(built), built, 1)
    rows = built.log.disk.partition("view.funnel", 0).fold()
    assert sorted(rows) == [b'[0,"","web","Open"]', b'[0,"","web","captured"]']
    assert all(b'"leads":1}' in row for row in rows.values())


async def test_a_row_is_written_once_per_batch_however_many_facts_changed_it() -> None:
    built = await house()
    await built.write(captured("anna"), *(told(LeadStatusChanged(status=f"S{n}"), n) for n in range(5)))
    await built.project()
    assert len((await built.log.read("view.leads", 0, 0)).records) == 1


async def test_a_fact_that_changes_no_row_writes_none() -> None:
    built = await house()
    await built.write(told(LeadStatusChanged(status="Open"), 1), captured("anna", 0))
    await built.project()
    before = await built.log.ends("view.funnel")
    await built.write(told(LeadStatusChanged(status="Open"), 2))
    await built.project()
    assert await built.log.ends("view.funnel") == before


async def test_what_is_no_fact_stops_the_worker_and_moves_nothing() -> None:
    built = await house()
    await built.write(captured("anna"))
    await built.log.append({(LEAD_EVENTS, 0): [NewRecord(b"bob", b"{}")]})
    with pytest.raises(PoisonBatch):
        await drain(built.log, view_program(built.log, 1))
    assert await built.log.ends("view.leads") == [0]
    assert await built.log.ends(VIEW_STATE) == [0]


async def test_a_batch_that_failed_is_decided_again_as_if_for_the_first_time() -> None:
    built = await house()
    await built.write(captured("anna"), captured("bob"))
    task = await opened(built)
    await feed(task, built, 1)
    bad = record(told(LeadStatusChanged(status="Open"), 1, lead="anna"))._replace(value=b"[]")
    good = (await built.log.read(LEAD_EVENTS, 0, 1)).records
    broken = [*good, good[0]._replace(offset=2, value=bad.value)]
    with pytest.raises(Undecodable):
        await task.process(Batch(LEAD_EVENTS, 0, 1, broken, 3))
    await task.process(Batch(LEAD_EVENTS, 0, 1, good, 2))
    rows = built.log.disk.partition("view.funnel", 0).fold()
    assert rows == {
        b'[0,"","web","captured"]': b'{"partition":0,"agreement":"","source":"web","stage":"captured","leads":2}'
    }


class _Silent:
    async def heard(self, partition: int) -> None:
        del partition


def test_state_comes_back_from_its_bytes() -> None:
    processor = ViewsProcessor(SHAPES, 0, _Silent(), CODEC)
    rows = {"funnel": Reached(captured_at=5, source="web"), "breaches": Breaches()}
    states = (SHAPES.Subject(tuple(rows.get(view.name) for view in OF_LEADS.views)), SHAPES.Partial((1, 2, 3)))
    for state in states:
        raw = processor.dump(state)
        assert processor.load(raw) == state
        assert processor.dump(processor.load(raw)) == raw


def test_state_of_other_versions_of_the_views_is_refused() -> None:
    processor = ViewsProcessor(SHAPES, 0, _Silent(), CODEC)
    raw = processor.dump(SHAPES.Subject(SHAPES.empty))
    other = raw.replace(SHAPES.layout.to_bytes(4, "big"), (SHAPES.layout ^ 1).to_bytes(4, "big"))
    assert other != raw
    with pytest.raises(StaleState, match="other versions"):
        processor.load(other)
