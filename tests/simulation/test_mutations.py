"""A simulation that cannot find a fault proves nothing: each of these is found within a thousand seeds."""

from typing import Any

import pytest

from engine.deadlines import Deadlines
from engine.errors import LogError
from engine.ports import Mark, Writes
from engine.transaction import Transaction
from streams.agents.agreements import AgreementReader
from streams.agents.undecided import NEVER, Undecided
from tests.simulation import broken
from tests.simulation.log import SimLog, SimTaskLog
from tests.simulation.run import Outcome, simulate

WITHIN = 1_000


def first_found(shape: str = "tally", log_type: type[SimLog] = SimLog) -> Outcome:
    for seed in range(WITHIN):
        outcome = simulate(seed, shape=shape, log_type=log_type)
        if outcome.violations:
            return outcome
    raise AssertionError(f"not found in {WITHIN} seeds")


@pytest.mark.parametrize(
    "fault",
    [
        broken.Unfenced,
        broken.PositionsFirst,
        broken.OutputsFirst,
        broken.OutputsForgotten,
        broken.StaleState,
        broken.NoDeadlines,
        pytest.param(broken.OldEnds, marks=pytest.mark.slow),
    ],
)
def test_a_broken_log_is_found_out_and_its_seed_replays(fault: type[SimTaskLog]) -> None:
    found = first_found(log_type=broken.log_with(fault))
    again = simulate(found.plan.seed, shape="tally", log_type=broken.log_with(fault))
    assert (again.digest, again.violations) == (found.digest, found.violations)


@pytest.mark.parametrize("fault", [broken.Unfenced, broken.OutputsFirst, broken.OutputsForgotten, broken.NoDeadlines])
def test_between_groups_that_speak_a_broken_log_is_found_out_as_well(fault: type[SimTaskLog]) -> None:
    assert first_found("asks", broken.log_with(fault)).violations


def test_deadlines_that_survive_an_aborted_batch_are_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Deadlines, "abort", Deadlines.commit)
    assert first_found().violations


def test_states_that_survive_an_aborted_batch_are_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = Transaction.get

    def careless(txn: Transaction[Any], key: bytes) -> Any:
        kept = txn._hot.get(key)
        found = honest(txn, key)
        if kept is not None:
            txn._hot[key] = kept
        return found

    monkeypatch.setattr(Transaction, "get", careless)
    assert first_found().violations


@pytest.mark.slow
def test_a_commit_sent_again_when_its_answer_is_lost_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = SimTaskLog.commit

    async def stubborn(log: SimTaskLog, writes: Writes) -> Mark | None:
        try:
            return await honest(log, writes)
        except (LogError, TimeoutError):
            return await honest(log, writes)

    monkeypatch.setattr(SimTaskLog, "commit", stubborn)
    assert first_found().violations


@pytest.mark.slow
def test_a_lead_task_that_does_not_keep_up_with_the_agreements_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = AgreementReader.refresh

    async def lazy(reader: AgreementReader, until: int) -> None:
        if reader._read_at is None:
            await honest(reader, until)

    monkeypatch.setattr(AgreementReader, "refresh", lazy)
    assert first_found("leads").violations


@pytest.mark.slow
def test_a_lead_task_that_does_not_wait_for_commands_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    async def careless(undecided: Undecided) -> int:
        return NEVER

    monkeypatch.setattr(Undecided, "earliest", careless)
    assert first_found("leads").violations
