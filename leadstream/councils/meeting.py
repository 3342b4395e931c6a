"""A meeting of a council as it is handed round, made of the council's facts alone.

All figures are those that were frozen, in this meeting and in those before, so what a report says of them never
changes. Comments and actions are those that count when it is made, or at the instants that are asked for.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from msgspec import structs

from events.council import DIMENSIONS, CouncilCell, CouncilConvened, cell_key
from events.envelope import Envelope
from events.instants import iso
from leadstream.lead_rows import rows_of
from projections.past import Then
from projections.views.council_actions import COUNCIL_ACTIONS, OPEN
from projections.views.council_cells import COUNCIL_CELLS, WATCHED
from projections.views.council_comments import COUNCIL_COMMENTS
from projections.views.councils import COUNCILS
from streams.calendar_windows import load_zone

Row = Mapping[str, Any]
"""A row of a view."""
NOW = Then(None, None)
"""All facts count that are known."""
_Key = tuple[Any, ...]
_ByCell = defaultdict[tuple[str, _Key], list[Row]]


class Watched(NamedTuple):
    """A red or yellow cell: its row of `council-cells`, what was said of it in this meeting, and what was planned."""

    cell: Row
    comments: Sequence[Row]
    actions: Sequence[Row]


class Became(NamedTuple):
    """What became of a red or yellow cell of an earlier meeting.

    Attributes:
        then: its row of `council-cells`.
        now: what this meeting froze of it, `amount_minor`, `currency` and `colour` at least; None where it is gone.
        comments: what was said of it in that meeting.
        actions: what was planned about it.
    """

    then: Row
    now: Row | None
    comments: Sequence[Row]
    actions: Sequence[Row]


class Followed(NamedTuple):
    """An earlier meeting, a row of `councils`, and what became of its red and yellow cells."""

    head: Row
    cells: Sequence[Became]


class Meeting(NamedTuple):
    """What a report tells.

    Attributes:
        council: its name.
        then: by what time comments and actions count, and earlier meetings; both None: all that are known.
        head: its row of `councils`.
        day: the day of the matrix in the zone of reports.
        slices: of each slice of the matrix its words, and rows of `council-cells` by measure.
        watched: the red and yellow cells, the red ones first.
        followed: the meeting before about the same quarter, and the one just before where that was about another.
        actions: all actions of all meetings that are open, what is due first in front.
    """

    council: str
    then: Then
    head: Row
    day: date
    slices: Sequence[tuple[str, Mapping[str, Row]]]
    watched: Sequence[Watched]
    followed: Sequence[Followed]
    actions: Sequence[Row]

    @property
    def measures(self) -> list[str]:
        """The figures of its matrix, in order."""
        return list(dict.fromkeys(measure for _, rows in self.slices for measure in rows))

    def is_overdue(self, action: Row) -> bool:
        """Whether an open action was due before the day of the matrix."""
        return action["state"] == OPEN and str(action["due"]) < self.day.isoformat()

    @property
    def counted(self) -> str:
        """Which comments and actions count, in words; empty where all do that are known."""
        told = zip(("as of", "as known at"), self.then, strict=True)
        return ", ".join(f"{words} {self.at(iso(at))}" for words, at in told if at is not None)

    def at(self, text: str) -> str:
        """An instant by the clock on the wall of the zone of reports, to the minute."""
        return datetime.fromisoformat(text).astimezone(load_zone(self.head["timezone"])).strftime("%Y-%m-%d %H:%M")


def weeks_of(council: str, facts: Sequence[Envelope], then: Then = NOW) -> list[str]:
    """The weeks in which a council met, by the instants of its matrices; empty of one that never did.

    Args:
        council: its name.
        facts: its canonical facts, in order.
        then: which of them count.
    """
    return [row["week"] for row in _met(council, [fact for fact in facts if then.counts(fact)])]


def meeting_of(council: str, facts: Sequence[Envelope], week: str, then: Then = NOW) -> Meeting:
    """The meeting of a week.

    Args:
        council: its name.
        facts: its canonical facts, in order.
        week: one of `weeks_of`, with the same `then`.
        then: which of them count.
    """
    facts = [fact for fact in facts if then.counts(fact)]
    met = _met(council, facts)
    place = [row["week"] for row in met].index(week)
    head, before = met[place], met[:place]
    cells: list[Row] = [*rows_of(COUNCIL_CELLS, council, facts)]
    actions: list[Row] = [*rows_of(COUNCIL_ACTIONS, council, facts)]
    said, planned = _by_cell(rows_of(COUNCIL_COMMENTS, council, facts)), _by_cell(actions)
    mine = [row for row in cells if row["week"] == week]
    watched = [
        Watched(row, said[week, _key(row)], planned[week, _key(row)]) for row in mine if row["colour"] in WATCHED
    ]
    return Meeting(
        council,
        then,
        head,
        datetime.fromisoformat(head["known_at"]).astimezone(load_zone(head["timezone"])).date(),
        _slices(mine),
        sorted(watched, key=lambda each: WATCHED.index(each.cell["colour"])),
        [
            Followed(each, _became([row for row in cells if row["week"] == each["week"]], now, said, planned))
            for each, now in _to_follow(head, before, mine, facts)
        ],
        sorted((row for row in actions if row["state"] == OPEN), key=lambda row: (row["due"], row["action"])),
    )


def slice_words(row: Row) -> str:
    """The slice of a row in words: `region north, segment smb`, or `total`; brackets where none was said."""
    told = [f"{name} {row[name] or '(none)'}" for name in DIMENSIONS if row[name] is not None]
    return ", ".join(told) or "total"


def measure_words(measure: str) -> str:
    """A measure in words: `closed ACV`, `open pipe`."""
    return measure.replace("_", " ").replace("acv", "ACV")


def _met(council: str, facts: Sequence[Envelope]) -> list[Row]:
    found: list[Row] = [*rows_of(COUNCILS, council, facts)]
    return sorted(found, key=lambda row: str(row["known_at"]))


def _key(row: Row) -> _Key:
    return (row["measure"], *(row[name] for name in DIMENSIONS))


def _by_cell(rows: Sequence[Row]) -> _ByCell:
    found = _ByCell(list)
    for row in rows:
        found[row["week"], _key(row)].append(row)
    return found


def _slices(rows: Sequence[Row]) -> list[tuple[str, Mapping[str, Row]]]:
    found: dict[str, dict[str, Row]] = {}
    for row in rows:
        found.setdefault(slice_words(row), {})[row["measure"]] = row
    return list(found.items())


def _to_follow(
    head: Row, before: Sequence[Row], mine: Sequence[Row], facts: Sequence[Envelope]
) -> Iterator[tuple[Row, Mapping[_Key, Row]]]:
    """Earlier meetings, the latest one first, and by cell what this one froze of them."""
    if before and before[-1]["quarter"] != head["quarter"]:
        (frozen,) = [
            fact.data for fact in facts if isinstance(fact.data, CouncilConvened) and fact.data.week == head["week"]
        ]
        if frozen.former_quarter == before[-1]["quarter"]:
            yield before[-1], {cell_key(cell): _row(cell, frozen.currency) for cell in frozen.former_cells}
    same = [each for each in before if each["quarter"] == head["quarter"]]
    if same:
        yield same[-1], {_key(row): row for row in mine}


def _row(cell: CouncilCell, currency: str) -> Row:
    return {**structs.asdict(cell), "currency": currency, "colour": cell.colour or ""}


def _became(then: Sequence[Row], now: Mapping[_Key, Row], said: _ByCell, planned: _ByCell) -> list[Became]:
    return [
        Became(row, now.get(key), said[row["week"], key], planned[row["week"], key])
        for row in then
        if row["colour"] in WATCHED
        for key in [_key(row)]
    ]
