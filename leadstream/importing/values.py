"""What a translation gives: facts, dead rows, and the account of every row."""

import dataclasses
from dataclasses import dataclass
from typing import Any

import msgspec

from events.fact import Fact

Entry = tuple[int, int, int | str, int, int, str, str, bytes, int, str]
"""Time, file, tie-break, row, ordinal (the order of the merge), name, subject, fact as JSON, line, key."""


@dataclass(frozen=True, slots=True)
class Imported:
    """One fact made from a row.

    Attributes:
        type: its name in the mapping, such as `lead.captured`; the wire type adds the version.
        subject: the lead's id.
        occurred_at: microseconds since the Unix epoch, UTC.
        source: CloudEvents source, such as `/import/bpi2012`.
        id: unique within `source`, and the same whenever the same file is imported.
        fact: the fact itself, checked.
        file: name of the file, without its folder.
        line: line of the file on which the row begins, from 1.
    """

    type: str
    subject: str
    occurred_at: int
    source: str
    id: str
    fact: Fact
    file: str
    line: int

    @property
    def data(self) -> dict[str, Any]:
        """The fact's fields as they go on the wire; fields at their default are left out."""
        made: dict[str, Any] = msgspec.to_builtins(self.fact)
        return made


@dataclass(frozen=True, slots=True)
class DeadRow:
    """A row that could not be translated. None of its facts is made.

    Attributes:
        file: name of the file, without its folder.
        line: line of the file on which the row begins, from 1.
        row: number of the row in the file, from 1.
        reason: what is wrong, in words.
        field: the part of the mapping that failed, such as `time`, `subject` or `data.amount_minor`; empty where
            the row could not be read at all.
        original: the row's own bytes; of a workbook its cells as CSV, of an XES event its XML, written anew.
        role: the file's role in the mapping.
        content: what tells the row again, see `refused.content_of`.
        letter: id of the dead letter in which it lies already; empty where it lies in none.
    """

    file: str
    line: int
    row: int
    reason: str
    field: str
    original: bytes
    role: str = dataclasses.field(default="", compare=False)
    content: bytes = dataclasses.field(default=b"", compare=False)
    letter: str = dataclasses.field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Aside:
    """A row that becomes no fact on purpose.

    Attributes:
        line: line of the file on which it begins, from 1.
        row: number of the row in the file, from 1.
        reason: why.
    """

    line: int
    row: int
    reason: str


@dataclass(frozen=True, slots=True)
class Skipped:
    """How many rows one rule skipped.

    Attributes:
        role: the file's role in the mapping.
        rule: the rule's name, or its number in the file (from 1) as text.
        reason: the reason the mapping gives.
        rows: how many.
    """

    role: str
    rule: str
    reason: str
    rows: int


@dataclass(frozen=True, slots=True)
class Summary:
    """The account of all rows: `read == imported + dead + the rows of all skipped`.

    Attributes:
        read: rows read from all files; headers and empty lines are no rows.
        imported: rows that became at least one fact.
        facts: fact name -> how many were made. A row may make several.
        skipped: every skipping rule with its count, in the mapping's order, also those at 0.
        dead: rows that could not be translated.
        roles: role -> how many of its file's rows became facts.
        keyless: roles of files whose rows have no key: another file for one adds nothing to the same leads where the
            numbers of the rows are the same.
    """

    read: int
    imported: int
    facts: dict[str, int]
    skipped: tuple[Skipped, ...]
    dead: int
    roles: dict[str, int] = dataclasses.field(default_factory=dict)
    keyless: tuple[str, ...] = ()
