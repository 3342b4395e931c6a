import pytest
from typing_extensions import override

from engine.drain import drain
from engine.errors import PoisonBatch
from engine.host import Program
from engine.memory.log import MemoryLog
from engine.ports import NewRecord, Record
from engine.position import decode_position
from engine.state import POSITION
from engine.transaction import Transaction
from tests.engine.ledger import CHANGELOG, GROUP, IN, OUT, PARTITIONS, Ledger, made, new


def program(*ledgers: Ledger) -> Program:
    return Program(GROUP, PARTITIONS, lambda partition: ledgers[partition])


async def outputs(log: MemoryLog) -> list[list[bytes | None]]:
    return [[r.value for r in (await log.read(OUT, number, 0)).records] for number in range(PARTITIONS)]


async def test_everything_is_decided_and_time_ends_alike_in_every_partition() -> None:
    log, ledgers = await made(), (Ledger(), Ledger())
    await log.append({(IN, 0): [new("due 50", 10)], (IN, 1): [new("x", 100)]})
    assert await drain(log, program(*ledgers)) == 100
    assert await outputs(log) == [[b"1:due 50", b"wake"], [b"1:x"]]
    for number in range(PARTITIONS):
        raw = await log.latest(CHANGELOG, number, POSITION)
        assert raw is not None
        assert decode_position(raw).time == 100


async def test_until_lets_time_pass_further_and_fires_what_is_due_before_it() -> None:
    log = await made()
    await log.append({(IN, 0): [new("due 50", 10), new("due 60", 10, b"b")]})
    assert await drain(log, program(Ledger(), Ledger()), until=60) == 60
    assert await outputs(log) == [[b"1:due 50", b"1:due 60", b"wake"], []]
    assert await drain(log, program(Ledger(), Ledger()), until=61) == 61
    assert (await outputs(log))[0][3:] == [b"wake"]


async def test_time_is_never_turned_back() -> None:
    log = await made()
    await log.append({(IN, 0): [new("x", 100)]})
    assert await drain(log, program(Ledger(), Ledger()), until=5) == 100


async def test_what_is_due_at_the_very_end_has_not_passed() -> None:
    log = await made()
    await log.append({(IN, 0): [new("due 50", 10)], (IN, 1): [new("x", 50)]})
    await drain(log, program(Ledger(), Ledger()))
    assert await outputs(log) == [[b"1:due 50"], [b"1:x"]]


async def test_an_empty_group_ends_at_once() -> None:
    log = await made()
    assert await drain(log, program(Ledger(), Ledger())) == 0


async def test_progress_is_told_for_every_batch() -> None:
    log = await made()
    await log.append({(IN, 0): [new("x", 1)] * 5, (IN, 1): [new("x", 1)]})
    told: list[tuple[str, int]] = []
    await drain(log, program(Ledger(), Ledger()), progress=lambda group, count: told.append((group, count)), limit=2)
    assert told == [("ledgers", 2), ("ledgers", 2), ("ledgers", 1), ("ledgers", 1)]


async def test_partitions_are_free_for_the_next_owner_afterwards() -> None:
    log = await made()
    await drain(log, program(Ledger(), Ledger()))
    assert [await log.owned(GROUP, number) for number in range(PARTITIONS)] == [False, False]


class Relay(Ledger):
    """Hands every record on to the other partition until it was passed often enough."""

    @override
    def decide(self, txn: Transaction[list[str]], record: Record, at: int) -> None:
        super().decide(txn, record, at)
        left = int(record.value or b"0")
        if left:
            txn.send_to(IN, 1 - txn.partition, record.key, b"%d" % (left - 1), [("ls-time", b"%d" % at)])


async def test_what_tasks_send_to_one_another_is_decided_as_well() -> None:
    log = await made()
    await log.append({(IN, 0): [NewRecord(b"a", b"3", [("ls-time", b"7")])]})
    assert await drain(log, program(Relay(), Relay())) == 7
    assert await outputs(log) == [[b"1:3", b"2:1"], [b"1:2", b"2:0"]]


async def test_a_failure_names_the_record_it_failed_on() -> None:
    log = await made()
    await log.append({(IN, 1): [new("x", 1), new("y", 2), new("boom", 3), new("z", 4)]})
    with pytest.raises(PoisonBatch, match=r"^in-1 offset 2: ValueError.*nothing was skipped"):
        await drain(log, program(Ledger(), Ledger(failing=1)))


class FailsAtTheEnd(Ledger):
    @override
    def finish(self, txn: Transaction[list[str]]) -> None:
        raise ValueError("a bug in the handler")


async def test_a_failure_outside_of_any_record_names_from_where_on_nothing_is_committed() -> None:
    log = await made()
    await log.append({(IN, 0): [new("x", 1)]})
    await drain(log, program(Ledger(), Ledger()))
    await log.append({(IN, 0): [new("y", 2), new("z", 3)]})
    with pytest.raises(PoisonBatch, match=r"^in-0 from offset 1: ValueError"):
        await drain(log, program(FailsAtTheEnd(), Ledger()))


async def test_a_failure_of_time_that_passes_says_so() -> None:
    log = await made()
    with pytest.raises(PoisonBatch, match=r"^ledgers: letting time pass: ValueError"):
        await drain(log, program(FailsAtTheEnd(), Ledger()), until=5)
