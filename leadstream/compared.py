"""What was compared, and what differs."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Compared:
    """What was compared, and what differs.

    Attributes:
        counts: what -> how many were compared, how many differ.
        problems: each difference in words.
    """

    counts: dict[str, list[int]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def add(self, what: str, same: bool, problem: str) -> None:
        """Count one comparison."""
        count = self.counts.setdefault(what, [0, 0])
        count[0] += 1
        if not same:
            count[1] += 1
            self.problems.append(problem)

    def rows(self) -> Iterator[dict[str, Any]]:
        """Flat rows for people."""
        for what, (compared, differ) in self.counts.items():
            yield {"what": what, "compared": compared, "differ": differ}
