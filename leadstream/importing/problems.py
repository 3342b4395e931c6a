"""What can be wrong with a mapping or with the files it is used on, said so that it can be put right."""

from collections.abc import Iterable
from dataclasses import dataclass

from typing_extensions import override

_LONGEST = 80


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing that is wrong in a mapping.

    Attributes:
        line: line of the mapping's text, counted from 1.
        path: where in the mapping, such as `files[0].rules[2].data.channel`; empty for the mapping as a whole.
        message: what is wrong and what was expected.
    """

    line: int
    path: str
    message: str

    @override
    def __str__(self) -> str:
        return f"line {self.line}: {self.path}: {self.message}" if self.path else f"line {self.line}: {self.message}"


class MappingError(ValueError):
    """A mapping that cannot be used.

    Attributes:
        name: the mapping's file, or `mapping` for one given as text.
        problems: everything that is wrong, by line.
    """

    def __init__(self, name: str, problems: Iterable[Problem]) -> None:
        self.name = name
        self.problems = tuple(sorted(set(problems)))
        super().__init__("\n".join(f"{name}: {problem}" for problem in self.problems))


class FilesError(ValueError):
    """Files that do not fit the mapping, or that cannot be read at all. Raised before anything is imported.

    Attributes:
        problems: one line of text for each thing that is wrong.
    """

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


class BadValueError(ValueError):
    """One value of one row cannot become what the mapping wants; the row goes to the dead letters."""


def shown(value: object) -> str:
    """A value as it stands in a message: quoted, and cut where it is long."""
    text = repr(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


def spelled(loc: Iterable[str | int]) -> str:
    """A location as people write it: `files[0].rules[2].when`."""
    path = ""
    for part in loc:
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else part
    return path
