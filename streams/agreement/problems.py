"""What is wrong with an agreement, all at once and with its place."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

Place = tuple[str | int, ...]
"""Keys and list positions from the root of the document."""


class Problem(NamedTuple):
    """One thing that is wrong.

    Attributes:
        path: where, such as `scoring.fit[0].points`; empty for the document as a whole.
        line: line in the file, from 1; None where the document did not come from a file.
        message: what is wrong, and what was expected.
    """

    path: str
    line: int | None
    message: str

    def text(self) -> str:
        """The problem on one line, as people read it."""
        place = self.path or "agreement"
        return f"{place}: {self.message}" if self.line is None else f"line {self.line}: {place}: {self.message}"


class AgreementError(ValueError):
    """An agreement that cannot be used.

    Attributes:
        problems: everything that is wrong, in the order of the file.
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = sorted(problems, key=lambda problem: problem.line or 0)
        super().__init__("\n".join(problem.text() for problem in self.problems))


def path_of(place: Sequence[str | int]) -> str:
    """A place as people write it: `sales_clauses.first_response.paused_in[1]`."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in place)
    return text.removeprefix(".")
