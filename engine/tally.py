"""What the tasks of a process have done since it started, counted where it happens."""

from collections import Counter
from typing import Any

from engine.ports import GroupSpec, Mark, TaskLog, Writes


class Tally:
    """One task's counts; they go on when the partition leaves this process and comes back.

    Attributes:
        commits: transactions committed.
        committing: a commit is under way.
        still: those among them that moved no position: deadlines, milestones, time that passed.
        records: records decided and committed.
        notes: how often each kind of thing was noted; "outage" counts reopenings because the log was out of reach,
            "dead_letter" records that could not be taken, "mended" those that could after all.
    """

    __slots__ = ("commits", "committing", "notes", "records", "still")

    def __init__(self) -> None:
        self.commits = self.still = self.records = 0
        self.committing = False
        self.notes: Counter[str] = Counter()

    def note(self, kind: str, fields: dict[str, Any]) -> None:
        """Count something a runner noted."""
        self.notes[kind] += 1
        if kind == "committed":
            self.records += fields["records"]
        if fields.get("outage"):
            self.notes["outage"] += 1


class TalliedLog:
    """A task's handle on the log, its commits counted.

    Args:
        log: the handle.
        tally: what counts.
        group: names the topics of dead letters and of what became of them.
    """

    def __init__(self, log: TaskLog, tally: Tally, group: GroupSpec) -> None:
        self._log, self._tally = log, tally
        self._counted = {group.outcomes: "mended", group.dead_letters: "dead_letter"}
        self.open, self.ends, self.close = log.open, log.ends, log.close

    async def commit(self, writes: Writes) -> Mark | None:
        """Write all or nothing, durably."""
        self._tally.committing = True
        try:
            mark = await self._log.commit(writes)
        finally:
            self._tally.committing = False
        self._tally.commits += 1
        self._tally.still += not writes.after
        for (topic, _), records in writes.outputs.items():
            if topic in self._counted:
                self._tally.notes[self._counted[topic]] += len(records)
        return mark
