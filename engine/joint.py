"""What the tasks of a run in virtual time have decided and told one another since they committed together last."""

from collections.abc import Iterable, Iterator

from engine.columns import Columns
from engine.held import Held
from engine.ports import Joint, JointLog
from engine.strands import Coming, Source


class Jointly:
    """One transaction of all tasks, one after the other.

    What a task tells another one is decided before it is written: nothing is committed without it. It has the offset
    that it will have, as long as nobody else writes to its inbox; if somebody did, nothing is written at all.

    Attributes:
        done: how much was decided in the transaction.

    Args:
        log: the log.
        limit: how much a transaction may hold.
    """

    def __init__(self, log: JointLog, limit: int) -> None:
        self._log, self._limit = log, limit
        self.done = 0
        self._told: dict[tuple[str, int], Columns] = {}
        self._ends: dict[tuple[str, int], int] = {}
        self._at = 0

    def is_full(self) -> bool:
        """Whether it is time to commit."""
        return self.done >= self._limit

    def has_told(self, place: tuple[str, int]) -> bool:
        """Whether something was told there that is not written yet."""
        return place in self._told

    def told(self, place: tuple[str, int], source: Source, rows: Columns) -> Iterable[Coming]:
        """Something was told to the task that reads a source; what comes to it of that."""
        known = self._told.get(place)
        if known is None:
            known = self._told[place] = Columns()
            self._ends[place] = source.end
        if not self._at:
            self._at = self._log.clock()
        known.keys += rows.keys
        known.values += rows.values
        known.headers += rows.headers
        return source.told(rows, self._at)

    async def commit(self, parts: Iterable[Held]) -> Iterator[tuple[Held, int]]:
        """Commit what these tasks have decided and finished.

        Raises:
            Moved: somebody else has written to an inbox meanwhile; nothing was written.

        Returns:
            The tasks, and how many records each has decided.
        """
        drafts = [(held, held.draft()) for held in parts]
        writes = [(held.task.log, draft.writes) for held, draft in drafts]
        marks = await self._log.commit_jointly(Joint(writes, self._told, self._ends, self._at))
        self._told, self._ends, self._at, self.done = {}, {}, 0, 0
        decided = [(held, held.decided_records) for held, _ in drafts]
        for (held, draft), mark in zip(drafts, marks, strict=True):
            held.settle(draft, mark)
        return iter(decided)
