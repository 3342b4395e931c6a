import asyncio

import pytest
from typing_extensions import override

from engine.transaction import Transaction
from tests.engine.ledger import (
    GROUP,
    IN,
    Ledger,
    all_of,
    batch,
    made,
    new,
    opened,
    send,
    values,
)


class Quiet(Ledger):
    """Says nothing when a deadline passes."""

    @override
    def wake(self, txn: Transaction[list[str]], key: bytes, due: int) -> None:
        super().wake(txn, key, due)
        txn.outputs.clear()


def slices(monkeypatch: pytest.MonkeyPatch, seconds: float, longest: float | None = None) -> None:
    """How long a slice is, and a transaction; as long as a slice when None is given."""
    monkeypatch.setattr("engine.task.SLICE", seconds)
    monkeypatch.setattr("engine.task.LONGEST", seconds if longest is None else longest)


async def test_others_get_their_turn_between_the_slices_of_one_transaction(monkeypatch: pytest.MonkeyPatch) -> None:
    slices(monkeypatch, -1, 60)
    log, ledger = await made(), Ledger(milestones=[20])
    await send(log, *(new(f"due {n + 5}", n, b"%d" % (n % 7)) for n in range(1, 100)))
    task, seen = await opened(log, ledger), list[int]()

    async def other() -> None:
        while task.positions[IN] < 99:
            seen.append(len(ledger.calls))
            await asyncio.sleep(0)

    whole = await batch(log, 0)
    await asyncio.gather(task.process(whole), other())
    assert ledger.calls.count("finish") == 1
    assert len(set(seen)) > 5


async def test_a_failure_takes_all_slices_of_its_transaction_back(monkeypatch: pytest.MonkeyPatch) -> None:
    slices(monkeypatch, -1, 60)
    log, ledger = await made(), Ledger(failing=1)
    await send(log, *(new("x", n) for n in range(40)), new("boom", 50))
    task, whole = await opened(log, ledger), await batch(log, 0)
    with pytest.raises(ValueError, match="a bug"):
        await task.process(whole)
    assert task.positions == {IN: 0}
    assert await values(log) == []
    await task.process(whole)
    assert (await values(log))[-2:] == [b"40:x", b"41:boom"]


async def test_a_long_batch_is_committed_in_slices_that_change_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    ends = []
    for seconds in (60, -1):
        slices(monkeypatch, seconds)
        log, ledger = await made(), Ledger()
        sent = [new(f"due {n + 5}", n, b"%d" % (n % 7)) for n in range(1, 100)]
        await send(log, *sent)
        task = await opened(log, ledger)
        await all_of(log, task)
        await task.advance(500)
        decided = [call for call in ledger.calls if call != "finish"]
        ends.append((decided, await values(log), (await log.task(GROUP, 0).open()).changelog))
        assert (ledger.calls.count("finish") > 2) is (seconds < 0)
    assert ends[0] == ends[1]


async def test_deadlines_that_say_nothing_when_they_pass_are_committed_in_slices_as_well(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    log, ledger = await made(), Quiet()
    await send(log, *(new(f"due {n + 200}", n, b"%03d" % n) for n in range(100)))
    task = await opened(log, ledger)
    await all_of(log, task)
    ledger.calls.clear()
    slices(monkeypatch, -1)
    await task.advance(500)
    assert [call for call in ledger.calls if call != "finish"] == [f"wake {n:03} {n + 200}" for n in range(100)]
    assert ledger.calls.count("finish") == 100


async def test_a_milestone_before_the_end_of_a_slice_is_swept_once(monkeypatch: pytest.MonkeyPatch) -> None:
    slices(monkeypatch, -1)
    log, ledger = await made(), Ledger(milestones=[20])
    await send(log, new("due 25", 10), new("end", 40))
    await all_of(log, await opened(log, ledger))
    assert [call for call in ledger.calls if call != "finish"] == ["due 25@10", "sweep 20 a", "wake a 25", "end@40"]


async def test_a_sweep_is_committed_in_slices_and_nothing_later_is_decided_before_its_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ends = []
    for seconds in (60, -1):
        slices(monkeypatch, seconds)
        log, ledger = await made(), Ledger(milestones=[200])
        await send(log, *(new("due 200", n, b"%03d" % n) for n in range(100)), new("end", 300))
        await all_of(log, await opened(log, ledger))
        decided = [call for call in ledger.calls if call != "finish"]
        assert decided[100:200] == [f"sweep 200 {n:03}" for n in range(100)]
        ends.append((decided, await values(log), (await log.task(GROUP, 0).open()).changelog))
        assert (ledger.calls.count("finish") > 6) is (seconds < 0)
    assert ends[0] == ends[1]


@pytest.mark.parametrize("anew", [False, True], ids=["tried again", "opened again"])
async def test_a_sweep_that_fails_goes_on_and_says_nothing_twice(monkeypatch: pytest.MonkeyPatch, anew: bool) -> None:
    slices(monkeypatch, -1)
    log, ledger = await made(), Ledger(milestones=[200])
    await send(log, *(new("x", n, b"%03d" % n) for n in range(100)))
    task = await opened(log, ledger)
    await all_of(log, task)
    ledger.crashing_at = b"070"
    with pytest.raises(ValueError, match="a bug in the sweep"):
        await task.advance(300)
    first = len([call for call in ledger.calls if call.startswith("sweep")])
    if anew:
        task = await opened(log, ledger)
    await task.advance(300)
    assert (await values(log)).count(b"sweep") == 100
    swept = [call for call in ledger.calls if call.startswith("sweep")][first:]
    assert swept[0] == ("sweep 200 000" if anew else "sweep 200 064")
    assert swept[-1] == "sweep 200 099"


async def test_what_a_slice_has_committed_is_not_decided_again_after_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    slices(monkeypatch, -1)
    log, ledger = await made(), Ledger(failing=1)
    await send(log, *(new("x", n) for n in range(40)), new("boom", 50))
    task, whole = await opened(log, ledger), await batch(log, 0)
    with pytest.raises(ValueError, match="a bug"):
        await task.process(whole)
    assert 0 < task.positions[IN] < 41
    await task.process(whole)
    assert (await values(log))[-2:] == [b"40:x", b"41:boom"]
    assert task.positions == {IN: 41}
