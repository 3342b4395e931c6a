"""One file's rows into facts: subject, time, tie-break and identity of what the rules make."""

from collections import Counter
from collections.abc import Iterator

import msgspec

from events.fact import Fact
from events.instants import from_us, iso
from events.limits import LARGEST_FACT, LimitError, check_instant
from leadstream.importing.compiling import Row
from leadstream.importing.facts import BadFieldError, Part, instant, part
from leadstream.importing.given import Given
from leadstream.importing.keys import NaturalKeys, Taken, TieBreak
from leadstream.importing.model import FileSpec
from leadstream.importing.reading import Reader, Record
from leadstream.importing.refused import content_of
from leadstream.importing.ruling import Outcome, Rules
from leadstream.importing.values import Aside, DeadRow, Entry, Skipped

Became = list[Entry] | DeadRow | Aside
"""What a row became: its facts, a dead row, or nothing on purpose."""

ALWAYS = 2**62
"""Later than every instant, in microseconds."""
_KEY, _FOOTER = "key", "footer"
_REPEATS = "repeats an earlier row with the same key"
_LONGEST_SUBJECT = 256
_encode = msgspec.json.Encoder().encode


class RowTranslator:
    """Translates the rows of one file.

    Args:
        index: the file's place in the mapping; the merge's second criterion.
        spec: the file's part of the mapping.
        name: the file's name, for the reports.
        zone: zone of times that name none; None refuses those.
        reader: the file.
        given: what values may depend on besides.
        taken: remembers natural keys.
        until: the latest instant at which anything can have happened, microseconds.

    Attributes:
        imported: how many rows became facts.
    """

    def __init__(
        self,
        index: int,
        spec: FileSpec,
        name: str,
        *,
        zone: str | None,
        reader: Reader,
        given: Given,
        taken: Taken,
        until: int = ALWAYS,
    ) -> None:
        self.imported = 0
        self._index = index
        self._until = until
        self._spec = spec
        self._name = name
        self._reader = reader
        self._subject = part("subject", spec.subject, reader.slot, given)
        self._time = spec.time and instant("time", spec.time, zone, reader.slot, given)
        self._order = TieBreak(spec.order, reader.slot) if spec.order else None
        self._keys = NaturalKeys(spec.key, index, reader.slot, given, taken) if spec.key else None
        self._rules = Rules(spec, zone, reader.slot, given)
        self._skipped = [0] * len(spec.rules)
        self._repeated = 0
        self._beside: Counter[str] = Counter()
        self._record = Record(0, ())

    def run(self, first: int = 1) -> Iterator[Became]:
        """What each row becomes, in the file's order.

        Args:
            first: the number of the first row.
        """
        for number, record in enumerate(self._reader, first):
            self._record = record
            try:
                became: Became = self._translate(number, record)
            except BadFieldError as error:
                became = self._dead(number, record, error)
            yield became

    def _dead(self, number: int, record: Record, error: BadFieldError) -> DeadRow:
        original, role = self._reader.original(), self._spec.role
        content = content_of(role, self._reader.header, record.cells, original)
        return DeadRow(self._name, record.line, number, error.reason, error.field, original, role, content)

    def content(self) -> bytes:
        """What tells the row that was given last, see `refused.content_of`."""
        return content_of(self._spec.role, self._reader.header, self._record.cells, self._reader.original())

    def skipped(self) -> Iterator[Skipped]:
        """The count of each skipping rule; of rows that repeat one with the same natural key where there are any."""
        for number, (rule, count) in enumerate(zip(self._spec.rules, self._skipped, strict=True), 1):
            if rule.skip is not None:
                yield Skipped(self._spec.role, rule.name or str(number), rule.skip, count)
        if self._repeated:
            yield Skipped(self._spec.role, _KEY, _REPEATS, self._repeated)
        for reason, count in self._beside.items():
            yield Skipped(self._spec.role, _FOOTER, reason, count)

    def _translate(self, number: int, record: Record) -> list[Entry] | Aside:
        """One row: all of its facts, or none of them.

        Raises:
            BadFieldError: the row cannot be translated.
        """
        if record.fault:
            raise BadFieldError("", f"the row {record.fault}")
        if record.aside:
            self._beside[record.aside] += 1
            return Aside(record.line, number, record.aside)
        row = record.cells
        outcome = self._rules.decide(row)
        if outcome.skip >= 0:
            self._skipped[outcome.skip] += 1
            return Aside(record.line, number, self._spec.rules[outcome.skip].skip or "")
        # A key of columns alone is looked at before anything else is made of the row.
        key = str(number) if self._keys is None else "" if self._keys.comes_last else self._keys.of(row)
        if self._keys and key and self._keys.repeats(key, row):
            return self._repeat(number, record)
        subject, at = self._whose(row, outcome)
        tie = self._order.of(row) if self._order else 0
        facts = [
            (
                self._within(maker.at.of(row), "at") if maker.at else at,
                maker.name,
                _subject_of(maker.subject, row) if maker.subject else subject,
                _encoded(maker.make(row)),
            )
            for maker in outcome.makers
        ]
        if self._keys and not key:
            key = self._keys.of(row, subject, at, [each[3] for each in facts])
            if self._keys.repeats(key, row):
                return self._repeat(number, record)
        self.imported += 1
        if self._keys:
            self._keys.take(key, row, record.line)
        return [
            (when, self._index, tie, number, ordinal, name, whom, data, record.line, key)
            for ordinal, (when, name, whom, data) in enumerate(facts)
        ]

    def _repeat(self, number: int, record: Record) -> Aside:
        self._repeated += 1
        return Aside(record.line, number, _REPEATS)

    def _whose(self, row: Row, outcome: Outcome) -> tuple[str, int]:
        """Subject and time of a row. A file of milestones, each fact with an instant of its own, may have no time."""
        subject = _subject_of(self._subject, row)
        asked = outcome.needs_time or (self._keys is not None and self._keys.asks_time)
        return subject, self._within(self._time.of(row), "time") if self._time and asked else 0

    def _within(self, at: int, field: str) -> int:
        """An instant that a fact can have and that lies before the end; nothing that is still to happen is taken.

        Raises:
            BadFieldError: it is none.
        """
        if at > self._until:
            raise BadFieldError(field, f"{iso(at)} lies in the future; expected when it happened, or was decided")
        try:
            check_instant(from_us(at), field)
        except LimitError as error:
            raise BadFieldError(field, str(error)) from None
        return at


def _subject_of(part: Part, row: Row) -> str:
    subject = part.text(row)
    if len(subject) > _LONGEST_SUBJECT:
        raise BadFieldError("subject", f"{part.origin} is longer than {_LONGEST_SUBJECT} signs")
    return subject


def _encoded(fact: Fact) -> bytes:
    """The fact as JSON, if the log and its lead can take it; here, because only here file and line are known.

    Raises:
        BadFieldError: it is too large.
    """
    data = _encode(fact)
    if len(data) > LARGEST_FACT:
        raise BadFieldError("data", f"the fact has {len(data)} bytes; expected at most {LARGEST_FACT}")
    return data
