"""What one task group of the read side folds: a canonical log, and the views made of it."""

from dataclasses import dataclass
from typing import Any

from projections.views.view import View


@dataclass(frozen=True, eq=False)
class Projection:
    """A log and its views. Each has tasks, a state and a time of its own, so none waits for another.

    Attributes:
        name: of the task group; never change it once data is there.
        log: the canonical log, one subject a key.
        writer: changelog of the write side's tasks, which says how far the log is decided.
        state: changelog of the projection tasks.
        progress: topic that says how far the views of each partition are complete.
        views: in the order in which the tasks keep their rows.
        gone: versions of views that are no more, summed, and one for each; never lower it.
    """

    name: str
    log: str
    writer: str
    state: str
    progress: str
    views: tuple[View[Any], ...]
    gone: int = 0

    @property
    def edition(self) -> int:
        """A number that grows whenever a view changes its version, comes or goes: of two programs it tells the newer.

        It is the format of the tasks' states, and stands in what they say of their progress.
        """
        return self.gone + sum(view.version for view in self.views)

    @property
    def clock(self) -> str:
        """The SQL table of its progress; the SQL view over it says how far all partitions are."""
        return self.progress.removeprefix("view.").replace("-", "_")

    @property
    def completeness(self) -> str:
        """The SQL view that says up to when all of its partitions are complete."""
        return self.clock.replace("progress", "completeness")
