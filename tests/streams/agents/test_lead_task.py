import json

import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st
from msgspec import UNSET

from engine.batch import Batch
from engine.errors import Fenced
from engine.memory.log import MemoryLog
from engine.partitioning import partition_of
from engine.ports import Headers, NewRecord
from engine.recordtime import TASK_HEADER, TIME_HEADER, TOLERANCE
from engine.state import unpack
from engine.task import Task
from events.instants import from_us
from events.lead import LeadProfileUpdated, LeadScored
from events.topics import LEAD_EVENTS, LEAD_INBOX, LEAD_SCORES, SLA_BREACHES
from streams.agents.lead_bytes import dump_lead
from streams.agents.lead_task import STATE_BYTES
from streams.deciders.lead.evolve import fold
from streams.deciders.lead.state import Lead
from streams.programs import LEADS, lead_program
from tests.streams.agents.house import NOW, House, codec, sent, types
from tests.streams.deciders.lead.desk import DESK, QUALIFYING, SCORED
from tests.streams.deciders.lead.lead_strategies import LARGE, NEXT, RICH, SPAN, histories
from tests.support.given import MONDAY, Arrival, called, captured, dotted, happened, inbound, learned, status, won
from tests.support.laws import examples

GOOD = sent(captured(0))
BODY = json.loads(GOOD.value or b"")


def changed(**fields: object) -> bytes:
    return json.dumps({**BODY, **fields}).encode()


def at(when: int) -> tuple[str, bytes]:
    return TIME_HEADER, b"%d" % when


@pytest.mark.parametrize(
    ("value", "headers", "reason", "field"),
    [
        (b"\xff\xfe{", [], "not_json", ""),
        (None, [], "not_json", ""),
        (b"[]", [], "invalid", ""),
        (changed(type="lead.vanished.v1"), [], "unknown_type", "type"),
        (changed(data={"source": 5}), [], "invalid", "data.source"),
        (changed(subject="\0position"), [], "invalid", "subject"),
        (changed(source="/leadstream"), [], "not_upstream", "source"),
        (changed(type="lead.archived.v1", data={"reason": "x"}), [], "not_upstream", "type"),
        (changed(type="lead.scored.v1", data={"score": 1}), [], "invalid", "data.fit"),
        (changed(time="1969-12-31T23:59:59Z"), [], "invalid", "time"),
        (changed(time="2026-01-05T09:01:00.000001Z"), [at(MONDAY)], "future", "time"),
        (GOOD.value, [(TIME_HEADER, b"soon")], "bad_time", "ls-time"),
        (GOOD.value, [at(NOW + TOLERANCE + 1)], "bad_time", "ls-time"),
    ],
)
async def test_what_cannot_be_taken_is_kept_as_it_came_with_reason_and_field(
    value: bytes | None, headers: Headers, reason: str, field: str
) -> None:
    house = await House(partitions=1).open(DESK)
    odd = [("trace", b"\x00\xff"), *headers]
    await house.send(NewRecord(b"anna", value, odd), sent(called(5)))
    await house.run()
    (letter, why), *more = await house.dead()
    assert (letter.key, letter.value, list(letter.headers)[: len(odd)], more) == (b"anna", value, odd, [])
    assert (why["dlq.reason"], why["dlq.field"]) == (reason, field)
    assert (why["dlq.topic"], why["dlq.partition"], why["dlq.offset"]) == (LEAD_INBOX, "0", "0")
    assert (why["dlq.timestamp"], why["dlq.group"]) == (str(NOW), "leads")
    assert types(await house.told()) == ["LeadTouched"]


async def test_a_minute_ahead_is_still_taken() -> None:
    house = await House(partitions=1).open(DESK)
    await house.send(sent(captured(1), at=MONDAY), sent(captured(2, source="x"), at=NOW + TOLERANCE))
    await house.run()
    assert (await house.dead(), types(await house.told())[0]) == ([], "LeadCaptured")


async def test_upstream_does_not_say_what_was_late() -> None:
    house = await House(partitions=1).open(DESK)
    await house.send(
        NewRecord(b"anna", changed(late=True, recordedat="2020-01-01T00:00:00Z", sequence="9"), [at(MONDAY)])
    )
    await house.run()
    first = (await house.told())[0]
    assert (first.recordedat, first.sequence, first.late) == (from_us(MONDAY), "0000000001", UNSET)


async def test_a_note_of_an_import_is_no_fact() -> None:
    house = await House(partitions=1).open()
    await house.send(NewRecord(b"\0import:abc", b"no fact at all"), GOOD)
    await house.run()
    assert (await house.dead(), len(await house.told())) == ([], 1)


async def test_a_fact_under_a_key_that_begins_with_a_zero_byte_is_not_lost() -> None:
    house = await House(partitions=1).open()
    await house.send(GOOD._replace(key=b"\0\0\0\0\x07anna"))
    await house.run()
    assert len(await house.told()) + len(await house.dead()) == 1


async def test_a_record_in_the_wrong_partition_is_forwarded_and_decided_once() -> None:
    house = await House(partitions=4).open(DESK)
    home = partition_of(b"anna", 4)
    await house.send(GOOD, partition=(home + 1) % 4)
    await house.send(GOOD, partition=(home + 2) % 4)
    await house.run()
    records = (await house.log.read(LEAD_EVENTS, home, 0)).records
    assert [record.key for record in records] == [b"anna", b"anna"]
    assert types(await house.told()) == ["LeadCaptured", "SlaStarted"]
    forwarded = (await house.log.read(LEAD_INBOX, home, 0)).records
    assert [dict(record.headers) for record in forwarded] == [
        {TIME_HEADER: b"%d" % MONDAY, TASK_HEADER: b"forwarded"}
    ] * 2


async def test_strayed_records_are_counted_and_warned_of(caplog: pytest.LogCaptureFixture) -> None:
    house = await House(partitions=4).open(DESK)
    home = partition_of(b"anna", 4)
    for _ in range(3):
        await house.send(GOOD, partition=(home + 1) % 4)
    await house.run()
    assert [record.getMessage().partition(" records")[0] for record in caplog.records] == [
        f"{LEAD_INBOX}-{(home + 1) % 4}: 3"
    ]


async def test_a_forwarded_record_keeps_its_own_headers_and_its_record_time() -> None:
    house = await House(partitions=2).open()
    home = partition_of(b"anna", 2)
    await house.send(GOOD._replace(headers=[("trace", b"1")]), partition=1 - home)
    await house.run()
    (record,) = (await house.log.read(LEAD_INBOX, home, 0)).records
    assert record.headers == (("trace", b"1"), (TIME_HEADER, b"%d" % NOW), (TASK_HEADER, b"forwarded"))


async def test_the_largest_record_in_a_wrong_partition_is_kept_and_stops_nothing() -> None:
    house = await House(partitions=2).open()
    home = partition_of(b"anna", 2)
    limit = house.log.disk.topics[LEAD_INBOX].max_record_bytes
    padding = limit - len(GOOD.value or b"") - len(b"anna") - len(b"pad")
    await house.send(GOOD._replace(headers=[("pad", b"x" * padding)]), partition=1 - home)
    await house.run()
    assert len(await house.told()) + len(await house.dead()) == 1


async def test_breaches_warnings_and_retractions_go_to_their_topic_as_well() -> None:
    house = await House(partitions=1).open(DESK)
    await house.send(sent(captured(0)), sent(called(10, recorded=60)))
    await house.run()
    values = (await house.per_lead(SLA_BREACHES))[b"anna"]
    assert types([codec.decode(value) for value in values]) == ["SlaWarned", "SlaBreached", "SlaBreachRetracted"]
    everything = (await house.per_lead())[b"anna"]
    assert all(value in everything for value in values)


async def test_the_score_with_its_reasons_is_written_once_per_lead_and_batch() -> None:
    house = await House(partitions=1).open(SCORED)
    touches = [sent(inbound(n, channel="lead_magnet")) for n in range(1, 5)]
    await house.send(sent(captured(0, profile=dotted(company__employees=100))), *touches)
    await house.run()
    (value,) = (await house.per_lead(LEAD_SCORES))[b"anna"]
    shown = json.loads(value or b"")
    assert (shown["lead"], shown["score"], shown["grade"]) == ("anna", 60, "C2")
    assert [reason["points"] for reason in shown["reasons"]] == [20, 10, 10, 10, 10]


async def test_the_written_score_is_the_one_that_was_told_last() -> None:
    house = await House(partitions=1).open(SCORED)
    webinar, later = inbound(1, channel="webinar"), inbound(15 * 24 * 60, channel="lead_magnet")
    await house.send(sent(captured(0)), sent(webinar), sent(later))
    await house.run()
    told = [each.data.score for each in await house.told() if isinstance(each.data, LeadScored)]
    value = (await house.per_lead(LEAD_SCORES))[b"anna"][-1]
    assert json.loads(value or b"")["score"] == told[-1]


async def test_the_written_score_is_the_one_told_when_the_hand_over_changes_the_agreement() -> None:
    romania = SCORED.replace("agreement: scored", "agreement: romania").replace("points: 20", "points: 77")
    romania = romania.replace("statuses:", "applies_to: {field: company.country, equals: RO}\nstatuses:")
    house = await House(partitions=1).open(QUALIFYING, romania)
    grown = learned(5, None, company__employees=100, company__country="RO", answers__contact_me=True)
    await house.send(sent(captured(0, profile=dotted(company__name="Acme"))), sent(grown))
    await house.run()
    told = [each.data for each in await house.told() if isinstance(each.data, LeadScored)]
    shown = json.loads((await house.per_lead(LEAD_SCORES))[b"anna"][-1] or b"")
    assert (shown["score"], shown["agreement"]) == (told[-1].score, told[-1].agreement)


async def test_states_are_the_fold_of_the_canonical_log() -> None:
    house = await House(partitions=2).open(RICH)
    await house.send(
        *(sent(fact, lead) for lead in ("a", "b", "c") for fact in (captured(0), status("Won", 50), won(60)))
    )
    await house.run()
    for key, raw in (await house.states()).items():
        lead = Lead()
        for envelope in await house.told(key.decode()):
            fold(lead, envelope)
        assert unpack(raw or b"")[1] == dump_lead(lead)


async def test_a_batch_decided_again_after_a_lost_commit_changes_nothing() -> None:
    house = await House(partitions=1).open(DESK)
    await house.send(sent(captured(0)), sent(called(10)), sent(status("Won", 90)))
    other = MemoryLog(clock=house.wall, owner="other", disk=house.log.disk)
    program = lead_program(house.log, 1, house.wall)
    first = Task(group=LEADS, partition=0, partitions=1, log=house.log.task(LEADS, 0), processor=program.make(0))
    await first.open()
    usurper = other.task(LEADS, 0)
    await usurper.open()
    records, after = await house.log.read(LEAD_INBOX, 0, 0)

    with pytest.raises(Fenced):
        await first.process(Batch(LEAD_INBOX, 0, 0, records, after))
    assert (await house.records(LEAD_EVENTS), first.positions) == ([], {LEAD_INBOX: 0})
    await usurper.close()
    await house.run()
    once = await House(partitions=1).open(DESK)
    await once.send(sent(captured(0)), sent(called(10)), sent(status("Won", 90)))
    await once.run()
    assert await house.per_lead() == await once.per_lead()


async def test_running_again_decides_nothing_again() -> None:
    house = await House(partitions=2).open(DESK)
    await house.send(sent(captured(0)), sent(called(10)))
    await house.run()
    before = await house.per_lead()
    await house.run()
    assert await house.per_lead() == before


async def test_a_lead_whose_history_outgrows_a_record_does_not_stop_the_worker() -> None:
    house = await House(partitions=1).open()
    wide = [learned(n, None, **{f"k{n}_{m}": "x" * 4096 for m in range(200)}) for n in range(2)]
    await house.send(sent(captured(0)), *map(sent, wide), sent(called(10), "bob"))
    await house.run()
    assert len(await house.told("bob")) == 1


async def test_a_fact_that_no_lead_has_room_for_is_said_to_be_too_large_itself() -> None:
    house = await House(partitions=1).open()
    wide = sent(learned(0, None, **{f"k{m}": "x" * 4096 for m in range(100)}))
    await house.send(sent(captured(0)), wide)
    await house.run()
    ((_, letter),) = await house.dead()
    assert letter["dlq.reason"] == "lead_too_large"
    assert letter["dlq.detail"].endswith("bytes; expected at most 290000, a lead has room for no more")


async def test_names_of_fields_count_when_a_history_is_measured() -> None:
    house = await House(partitions=1).open()
    names = [[f"{n}.{m}.{'x' * 240}" for m in range(500)] for n in range(6)]
    wide = [learned(n, None, **dict.fromkeys(each, 1)) for n, each in enumerate(names)]
    await house.send(sent(captured(0)), *map(sent, wide), sent(called(10), "bob"))
    await house.run()
    assert len(await house.told("bob")) == 1


async def test_who_told_many_fields_counts_once_for_each_when_a_history_is_measured() -> None:
    house = await House(partitions=1).open()
    wide = happened(LeadProfileUpdated(profile={f"k{m}": 1 for m in range(500)}, provider="p" * 4096), 1)
    await house.send(sent(captured(0)), sent(wide), sent(called(10), "bob"))
    await house.run()
    assert [letter["dlq.reason"] for _, letter in await house.dead()] == ["lead_too_large"]
    assert len(await house.told("bob")) == 1


async def test_what_is_too_much_for_a_lead_does_not_depend_on_what_is_kept_in_memory() -> None:
    clause = "  {name}: {{starts_on: captured, stopped_by: {{touch: {{}}}}, within: 30m}}\n"
    many = DESK.replace("late_facts", "".join(clause.format(name=f"{n}{'y' * 90}") for n in range(40)) + "late_facts")
    first, second = captured(0), learned(1, None, text="z" * 4000)
    room = STATE_BYTES - sum(len(sent(each).value or b"") for each in (first, second))
    told = []
    for limit in (5000, 1):
        house = await House(partitions=1).open(many)
        await house.send(sent(first), sent(second), _filling(room))
        while await house.log.ends(LEAD_INBOX) != [await _position(house)]:
            await _one_batch(house, limit)
        told.append(await house.per_lead())
    assert told[0] == told[1]


def _filling(room: int) -> NewRecord:
    """A profile update of exactly that many bytes."""
    values = {f"f{n}": "w" * 4096 for n in range(room // 4096 - 1)}
    short = len(sent(learned(2, None, **values, last="")).value or b"")
    return sent(learned(2, None, **values, last="v" * min(4096, room - short)))


async def _position(house: House) -> int:
    return (await house.log.task(LEADS, 0).open()).positions[LEAD_INBOX]


async def _one_batch(house: House, limit: int) -> None:
    """Decide one batch as a worker does that has just started."""
    program = lead_program(house.log, 1, house.wall)
    task = Task(group=LEADS, partition=0, partitions=1, log=house.log.task(LEADS, 0), processor=program.make(0))
    await task.open()
    offset = task.positions[LEAD_INBOX]
    records, after = await house.log.read(LEAD_INBOX, 0, offset, limit)
    await task.process(Batch(LEAD_INBOX, 0, offset, records, after))


crowds = st.dictionaries(st.sampled_from(["anna", "bob", "carl", "dora", "eve"]), histories(most=8), max_size=4)


async def decided(
    crowd: dict[str, list[Arrival]], partitions: int, *, limit: int = 5000
) -> dict[bytes, list[bytes | None]]:
    house = await House(partitions).open(RICH, NEXT, LARGE)
    everything = [(fact.recorded, lead, fact) for lead, found in crowd.items() for fact in found]
    for _, lead, fact in sorted(everything, key=lambda one: one[0]):
        await house.send(sent(fact, lead))
    await house.run(until=MONDAY + 2 * SPAN, limit=limit)
    assert await house.dead() == []
    return await house.per_lead()


@pytest.mark.slow
@for_all(crowds)
@settings(max_examples=examples(8), deadline=None)
async def test_neither_partitions_nor_batches_change_what_is_said_of_a_lead(crowd: dict[str, list[Arrival]]) -> None:
    one = await decided(crowd, 1)
    assert await decided(crowd, 4) == one
    assert await decided(crowd, 8, limit=2) == one


@pytest.mark.slow
@for_all(crowds)
@settings(max_examples=examples(8), deadline=None)
async def test_when_time_is_looked_at_changes_nothing(crowd: dict[str, list[Arrival]]) -> None:
    everything = sorted(
        ((fact.recorded, lead, fact) for lead, found in crowd.items() for fact in found), key=lambda one: one[0]
    )
    house = await House(1).open(RICH, NEXT, LARGE)
    for recorded, lead, fact in everything:
        await house.run(until=recorded)  # as far as a worker could have ticked that was never down
        await house.send(sent(fact, lead))
    await house.run(until=MONDAY + 2 * SPAN)
    assert await house.per_lead() == await decided(crowd, 1)


@pytest.mark.slow
@for_all(crowds)
@settings(max_examples=examples(8), deadline=None)
async def test_other_leads_change_nothing_about_a_lead(crowd: dict[str, list[Arrival]]) -> None:
    together = await decided(crowd, 2)
    for lead, history in crowd.items():
        alone = await decided({lead: history}, 2)
        assert alone.get(lead.encode()) == together.get(lead.encode())
