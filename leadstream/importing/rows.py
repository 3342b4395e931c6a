"""One file's rows into facts: subject, time, tie-break and identity of what the rules make."""

from collections.abc import Iterator

import msgspec

from events.fact import Fact
from events.instants import iso
from leadstream.importing.compiling import Row
from leadstream.importing.facts import BadFieldError, Part, instant, part
from leadstream.importing.keys import NaturalKeys, TieBreak
from leadstream.importing.model import FileSpec
from leadstream.importing.reading import Reader, Record
from leadstream.importing.ruling import Rules
from leadstream.importing.values import DeadRow, Skipped
from streams.agents.lead_task import STATE_BYTES

Entry = tuple[int, int, int | str, int, int, str, str, Fact, int, str]
"""Time, file, tie-break, row, ordinal (the order of the merge), then name, subject, fact, line, the row's key."""

ALWAYS = 2**62
"""Later than every instant, in microseconds."""
_REPEATED = "key"
_LONGEST_SUBJECT = 256
LARGEST_FACT = (STATE_BYTES - 30_000) // 3
"""Bytes of a fact's data at most. A lead keeps up to three times as much of it, so a new lead has room for no more."""
_encode = msgspec.json.Encoder().encode


class RowTranslator:
    """Translates the rows of one file and keeps what they became.

    Args:
        index: the file's place in the mapping; the merge's second criterion.
        spec: the file's part of the mapping.
        name: the file's name, for the reports.
        zone: zone of times that name none; None refuses those.
        reader: the file.
        until: the latest instant at which anything can have happened, microseconds.

    Attributes:
        entries: the facts so far, in the file's order.
        dead: the rows that could not be translated.
        imported: how many rows became facts.
    """

    def __init__(
        self, index: int, spec: FileSpec, name: str, zone: str | None, reader: Reader, *, until: int = ALWAYS
    ) -> None:
        self.entries: list[Entry] = []
        self.dead: list[DeadRow] = []
        self.imported = 0
        self._index = index
        self._until = until
        self._spec = spec
        self._name = name
        self._reader = reader
        self._subject = part("subject", spec.subject, reader.slot)
        time = spec.time
        self._time = time and instant("time", time, time.format, time.zone or zone, reader.slot)
        self._order = TieBreak(spec.order, reader.slot) if spec.order else None
        self._keys = NaturalKeys(spec.key, reader.slot) if spec.key else None
        self._rules = Rules(spec, zone, reader.slot)
        self._skipped = [0] * len(spec.rules)
        self._repeated = 0

    def run(self) -> Iterator[None]:
        """Translate; yields once per row, so that the caller can count."""
        for number, record in enumerate(self._reader, 1):
            try:
                self._translate(number, record)
            except BadFieldError as error:
                original = self._reader.original()
                self.dead.append(DeadRow(self._name, record.line, number, error.reason, error.field, original))
            yield

    def skipped(self) -> Iterator[Skipped]:
        """The count of each skipping rule; of rows that repeat one with the same natural key where there are any."""
        for number, (rule, count) in enumerate(zip(self._spec.rules, self._skipped, strict=True), 1):
            if rule.skip is not None:
                yield Skipped(self._spec.role, rule.name or str(number), rule.skip, count)
        if self._repeated:
            yield Skipped(self._spec.role, _REPEATED, "repeats an earlier row with the same key", self._repeated)

    def _translate(self, number: int, record: Record) -> None:
        """One row: all of its facts, or none of them.

        Raises:
            BadFieldError: the row cannot be translated.
        """
        if record.fault:
            raise BadFieldError("", f"the row {record.fault}")
        row = record.cells
        outcome = self._rules.decide(row)
        if outcome.skip >= 0:
            self._skipped[outcome.skip] += 1
            return
        key = self._keys.of(row) if self._keys else str(number)
        if self._keys and self._keys.repeats(key, row):
            self._repeated += 1
            return
        subject = _subject_of(self._subject, row)
        tie = self._order.of(row) if self._order else 0
        # A file of milestones, each fact with an instant of its own, may have no time of the row.
        at = self._no_later(self._time.of(row), "time") if self._time and outcome.needs_time else 0
        self.entries += [
            (
                self._no_later(maker.at.of(row), "at") if maker.at else at,
                self._index,
                tie,
                number,
                ordinal,
                maker.name,
                _subject_of(maker.subject, row) if maker.subject else subject,
                _checked(maker.make(row)),
                record.line,
                key,
            )
            for ordinal, maker in enumerate(outcome.makers)
        ]
        self.imported += 1
        if self._keys:
            self._keys.take(key, row, record.line)

    def _no_later(self, at: int, field: str) -> int:
        """An instant that lies before the end; nothing that is still to happen is taken.

        Raises:
            BadFieldError: it lies after it.
        """
        if at > self._until:
            raise BadFieldError(field, f"{iso(at)} lies in the future; expected when it happened, or was decided")
        return at


def _subject_of(part: Part, row: Row) -> str:
    subject = part.text(row)
    if len(subject) > _LONGEST_SUBJECT:
        raise BadFieldError("subject", f"{part.origin} is longer than {_LONGEST_SUBJECT} signs")
    return subject


def _checked(fact: Fact) -> Fact:
    """The fact, if the log and its lead can take it; here, because only here file and line are known.

    Raises:
        BadFieldError: it is too large.
    """
    size = len(_encode(fact))
    if size > LARGEST_FACT:
        raise BadFieldError("data", f"the fact has {size} bytes; expected at most {LARGEST_FACT}")
    return fact
