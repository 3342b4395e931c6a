"""What a read model is: named columns, and pure functions from facts to rows.

A view keeps one base row per subject. `project` folds a fact into it; a base row is frozen, so a handler that
returns the row it was given has changed nothing, and whoever compares rows may compare identities.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType
from typing import Any, Generic, NamedTuple, TypeVar

from events.envelope import Envelope
from events.fact import Fact
from events.topics import VIEW_PREFIX

R = TypeVar("R")
Cell = str | int | float | bool | None
Cells = tuple[Cell, ...]
Counters = tuple[int, ...]
Handler = Callable[[R, Any, Envelope], R | None]
"""(base row, fact, its envelope) -> base row; None deletes it."""


class Kind(Enum):
    """What a column holds, on every database.

    INSTANT is RFC 3339 text in UTC with six digits of a second, so that text order is time order.
    """

    TEXT = "text"
    INTEGER = "integer"
    REAL = "real"
    BOOLEAN = "boolean"
    INSTANT = "instant"


class Column(NamedTuple):
    """A column, as the data dictionary shows it.

    Attributes:
        name: in JSON, CSV and SQL alike.
        kind: its type.
        meaning: in words, with the unit where there is one.
        optional: may be empty (null).
    """

    name: str
    kind: Kind
    meaning: str
    optional: bool = False


COMPLETE_TO = Column(
    "complete_to",
    Kind.INSTANT,
    "all that was recorded up to this instant is in the row; empty until every partition has reported",
    optional=True,
)
"""The last column of every answer."""


def table_name(view: str) -> str:
    """The name of a view as SQL has it."""
    return view.replace("-", "_")


@dataclass(frozen=True, kw_only=True)
class View(Generic[R]):
    """A read model.

    Attributes:
        name: as people ask for it.
        version: raise it whenever columns or base row change; the store then rebuilds the view.
        meaning: one line for people.
        initial: the base row before any fact.
        on: what each fact does to the base row.
        columns: of the rows in the view's topic and base table, the key first.
        key: how many of the leading columns make the key.
        answer: columns of an answer, without `complete_to`.
        order: what answers are sorted by; may name columns that only the SQL view has.
        groupings: columns by which an answer that sums over everything can be split.
        indexes: columns by which a store finds rows quickly, besides the key.
        clustered: the columns of the key in the order in which rows are to lie, where a store can lay them by it; for
            questions that read many rows of a span. Empty: as they come.
        only_shown: no answer is computed from its rows; people and SQL alone ask for them.
    """

    name: str
    version: int
    meaning: str
    initial: R
    on: Mapping[type[Fact], Handler[R]]
    columns: tuple[Column, ...]
    key: int
    answer: tuple[Column, ...]
    order: tuple[str, ...]
    groupings: tuple[str, ...] = ()
    indexes: tuple[tuple[str, ...], ...] = ()
    clustered: tuple[str, ...] = ()
    only_shown: bool = False

    @property
    def handles(self) -> frozenset[type[Fact]]:
        """The fact types that can change a row."""
        return frozenset(self.on)

    @property
    def topic(self) -> str:
        """The compacted topic of the view's rows."""
        return VIEW_PREFIX + self.name

    @property
    def table(self) -> str:
        """Name of the SQL view that answers."""
        return table_name(self.name)

    def project(self, row: R | None, envelope: Envelope) -> R | None:
        """Fold one fact into the base row of its subject; None before the first fact and after a deletion."""
        handler = self.on.get(type(envelope.data))
        if handler is None:
            return row
        return handler(self.initial if row is None else row, envelope.data, envelope)


@dataclass(frozen=True, kw_only=True)
class Detail(View[R]):
    """A view whose rows belong to one subject each.

    Attributes:
        entries: the parts of a base row that are rows of the view, by what identifies them within the subject.
        render: (subject, identity, part) -> cells in the order of `columns`.
        changed: (old base row, new base row, those in between) -> the entries that are new or other, and None for those
            that are gone; for base rows with so many parts that not all of them can be looked at for each fact. Those
            in between are all that facts have made on the way from one to the other, in order, or none of them where
            they were not kept.
        of: another view whose base rows are shown; then this one keeps none of its own.
    """

    entries: Callable[[R], Mapping[Cells, Any]]
    render: Callable[[str, Cells, Any], Cells]
    changed: Callable[[R, R, Sequence[R]], Iterable[tuple[Cells, Any]]] | None = None
    of: "Detail[R] | None" = None


@dataclass(frozen=True, kw_only=True)
class Aggregate(View[R]):
    """A view that counts over subjects.

    Each partition keeps a partial row per group: `partition`, the group's cells, the counters. Partials are summed
    on read, so that no partition waits for another.

    Attributes:
        counters: how many of the last columns are counters.
        contributions: what one subject adds, by group.
        of: another view whose base rows are counted; then this one keeps none of its own.
    """

    counters: int
    contributions: Callable[[R], Mapping[Cells, Counters]]
    of: "Detail[R] | None" = None


@dataclass(frozen=True, kw_only=True)
class Journal(View[None]):
    """A view that keeps one row for a fact, written once and never changed; there is no base row.

    Attributes:
        write: (subject, fact's envelope) -> cells in the order of `columns`; None where there is no row of the fact.
    """

    initial: None = None
    on: Mapping[type[Fact], Handler[None]] = field(default_factory=dict)
    write: Callable[[str, Envelope], Cells | None]


@dataclass(frozen=True, kw_only=True)
class OnRead:
    """An answer made of other views when somebody asks; it has no rows of its own.

    Attributes:
        name: as people ask for it.
        meaning: one line for people.
        answer: columns of an answer, without `complete_to`.
        order: what answers are sorted by.
        only_now: why it can be asked for no other time than now, as a clause that ends a sentence; blank: it can.
    """

    name: str
    meaning: str
    answer: tuple[Column, ...]
    order: tuple[str, ...]
    groupings: tuple[str, ...] = ()
    only_now: str = ""

    @property
    def columns(self) -> tuple[Column, ...]:
        """The same as of the answer."""
        return self.answer

    @property
    def table(self) -> str:
        """Its name, as SQL has it."""
        return table_name(self.name)


@dataclass(frozen=True, kw_only=True)
class Derived(OnRead):
    """One that SQL gives.

    Attributes:
        query: SQL over the answers of other views, for SQLite and PostgreSQL alike; gives `answer` and `complete_to`.
    """

    query: str


Query = Callable[[str, Sequence[Cell]], list[Cells]]
"""Asks a store in SQL; `?` stands for a value."""


class BadQuery(ValueError):
    """A question that cannot be answered; the message says what could be asked instead."""


class Asked(NamedTuple):
    """What is asked of an answer that is computed; instants in microseconds.

    Attributes:
        equal: column -> value that it has to have.
        by: what it is split by.
        since: from when on, of what lies between two instants.
        as_of: what was so then; None: what is so at `complete_to`.
        known_at: by what was recorded up to then; None: by all that is known.
        complete_to: up to when everything is in the rows; None before every partition has reported.
    """

    equal: Mapping[str, str] = MappingProxyType({})
    by: str | None = None
    since: int | None = None
    as_of: int | None = None
    known_at: int | None = None
    complete_to: int | None = None


KNOWN_TIMES = frozenset({"as_of", "known_at"})
"""What every view can be asked for."""


@dataclass(frozen=True, kw_only=True)
class Computed(OnRead):
    """One that no SQL gives: a function of other views' rows.

    Attributes:
        compute: (query, what is asked) -> rows in the order of `answer` and sorted as `order` says; it may leave out
            only rows without the values asked for.
        takes: which instants it can be asked for: `since`, `as_of`, `known_at`.
        rests_on: the SQL views that say how far the rows it is made of are complete.
        folded: rows that it is made of hold now; for another time they are folded from the log (`projections.past`).
    """

    compute: Callable[[Query, Asked], list[Cells]]
    takes: frozenset[str] = KNOWN_TIMES
    rests_on: tuple[str, ...] = ("completeness",)
    folded: bool = False


Shown = View[Any] | Derived | Computed
"""What people may ask for."""

PARTITION = Column("partition", Kind.INTEGER, "partition number of the log the partial row was counted in")
"""The first column of every partial row."""
