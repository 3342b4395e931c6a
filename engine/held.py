"""A task held open in virtual time: one record or deadline after the other, in a transaction that stays open."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from engine.columns import Columns
from engine.decided import Decided
from engine.letters import RETRIED_HEADER
from engine.ports import Mark, NewRecord
from engine.strands import Coming
from engine.task import Draft, Task
from engine.transaction import Transaction

MILESTONE, DEADLINE = 0, 1
"""A milestone comes first where both fall."""


class Due(NamedTuple):
    """What happens by itself, in order of its turn.

    Attributes:
        at: when its turn is, microseconds; of what is overdue, the instant at which that has become known.
        what: `MILESTONE` or `DEADLINE`.
        order: place of the group among the groups.
        key: whose turn it is; empty when a milestone begins.
        due: when it is due, microseconds.
        partition: the task's number.
        held: the task.
    """

    at: int
    what: int
    order: int
    key: bytes
    due: int
    partition: int
    held: "Held"


class Held:
    """One task.

    Attributes:
        task: the task.
        txn: its transaction, when one is open.
        done: how much was decided in it.
        decided_records: how many of that were records.
        now: the instant of what was decided last, microseconds.
        due: what happens next by itself, as it is queued.
        heard: topics that some task of the run reads.

    Args:
        task: the task, not yet open.
        order: place of its group among the groups.
    """

    def __init__(self, task: Task[Any], order: int) -> None:
        self.task = task
        self.name = f"{task.group.name}-{task.partition}"
        self.txn: Transaction[Any] | None = None
        self.done = self.decided_records = self.now = 0
        self.due: Due | None = None
        self.heard: frozenset[str] = frozenset()
        self._order, self._width = order, 0
        self._milestone: int | None = None
        self._beside: int | None = None
        self._decided: dict[str, Decided] = {}

    def begin_with(self) -> Mapping[str, Decided]:
        """What of each source is decided, now that the task is open."""
        task = self.task
        self._decided = {topic: Decided(at, task.ahead.get(topic, ())) for topic, at in task.positions.items()}
        return self._decided

    async def look_ahead(self, until: int) -> None:
        """Know what happens by itself before an instant, where no transaction is open yet."""
        task = self.task
        await task.processor.prepare(until)
        milestone = task.processor.milestone
        self._milestone = milestone(task.time)
        # Behind a milestone a task is a microsecond ahead of the instant, of which there may be more to come.
        self.now = task.time - 1 if milestone(task.time - 1) == task.time - 1 else task.time

    async def begin(self, until: int) -> None:
        """Open a transaction for what lies before an instant or at it."""
        await self.task.processor.prepare(until)
        self.txn = self.task.begin()
        self.done = self.decided_records = self._width = 0
        self._milestone = self.task.processor.milestone(self.task.time)

    def decide(self, coming: Coming) -> None:
        """Decide a record."""
        txn = self.txn
        assert txn is not None
        at = self.now = coming.at
        self.done += 1
        self.decided_records += 1
        if coming.bad_time:
            txn.dead_letter(coming.record, coming.topic, "bad_time", coming.bad_time, "ls-time")
            return
        txn.time = max(txn.time, at)
        record = coming.record
        self.task.processor.decide(txn, record, at)
        if record.headers and record.headers[-1][0] == RETRIED_HEADER:
            txn.tried_again(record, coming.topic)

    def same_due(self) -> bool:
        """Whether what is queued certainly still is what happens next by itself; else `next_due` has to say."""
        due, first = self.due, self.task.deadlines.first()
        if due is None:
            return first is None and self._milestone is None
        if due.what == DEADLINE:
            return first is not None and first[0] == due.at and first[1] == due.key and self._milestone == self._beside
        return (first is None or first[0] >= due.at) and self._milestone == due.at and not due.key

    def next_due(self) -> Due | None:
        """What happens next by itself."""
        self._beside = self._milestone
        task, partition = self.task, self.task.partition
        first, now = task.deadlines.first(), self.now
        if self._milestone is not None and (first is None or self._milestone <= max(first[0], now)):
            sweep = task.sweeping(self._milestone)
            key = b"" if sweep is None else sweep.next_key or b""
            return Due(max(self._milestone, now), MILESTONE, self._order, key, self._milestone, partition, self)
        if first is None:
            return None
        return Due(max(first[0], now), DEADLINE, self._order, first[1], first[0], partition, self)

    def fire(self) -> None:
        """Let happen what is due next."""
        task, txn, due = self.task, self.txn, self.due
        self.due = None
        assert txn is not None
        assert due is not None
        self.done += 1
        self.now = due.at
        if due.what == MILESTONE:
            self._sweep(txn)
            return
        at, key = task.deadlines.pop()
        task.processor.wake(txn, key, at)
        txn.time = max(txn.time, at)

    def _sweep(self, txn: Transaction[Any]) -> None:
        """Take the next key through a milestone."""
        milestone, processor = self._milestone, self.task.processor
        assert milestone is not None
        begun = self.task.sweeping(milestone) is not None
        sweep = self.task.sweep(txn, milestone)
        if begun and sweep.next_key is not None:
            sweep.step(processor, txn)
        if sweep.next_key is None:
            txn.time = max(txn.time, milestone + 1)
            self._milestone = processor.milestone(milestone + 1)

    def has_spoken(self) -> bool:
        """Whether there is an output to a place there was none to so far, which some task of the run reads."""
        txn = self.txn
        if txn is None or len(txn.outputs) == self._width:
            return False
        self._width = len(txn.outputs)
        return any(topic in self.heard for topic, _ in txn.outputs)

    def pass_to(self, end: int) -> None:
        """Time has passed up to an instant."""
        assert self.txn is not None
        self.txn.time = max(self.txn.time, end)

    def take_told(self) -> dict[tuple[str, int], Columns]:
        """What it has told tasks of the run and has not been taken yet; it is no output any more."""
        txn = self.txn
        assert txn is not None
        found = {place: txn.outputs.pop(place) for place in list(txn.outputs) if place[0] in self.heard}
        self._width = len(txn.outputs)
        return found

    def finish(self) -> None:
        """Everything is decided; what the program has left to say."""
        assert self.txn is not None
        self.task.processor.finish(self.txn)

    def draft(self) -> Draft[Any]:
        """What was decided and finished, ready to be committed."""
        txn = self.txn
        assert txn is not None
        for topic, decided in self._decided.items():
            txn.positions[topic], txn.ahead[topic] = decided.position, decided.ahead
        return self.task.draft(txn)

    def settle(self, draft: Draft[Any], mark: Mark | None) -> None:
        """It is committed."""
        self.task.settle(draft, mark)
        self.txn, self.done, self.decided_records, self._width = None, 0, 0, 0

    async def commit(self) -> dict[tuple[str, int], Iterable[NewRecord]]:
        """Commit what was decided; what tasks have to hear of it."""
        self.finish()
        draft = self.draft()
        self.settle(draft, await self.task.log.commit(draft.writes))
        return {place: records for place, records in draft.txn.outputs.items() if place[0] in self.heard}
