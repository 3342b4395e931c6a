"""Tables as they were at another time, folded from the log for one question.

Most views keep what holds now. What held at an instant is the same fold over fewer facts: over those that had happened
by then, or of those that had become known by then, or both. So every view can be asked for any instant, also a new one,
without having been made for it, at the price of reading its log from the beginning. Views that keep both times in their
rows (`Computed.takes` and not `folded`) are asked directly.

What agreements say of figures is no part of the past: they say themselves from when on they hold.
"""

import re
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any, NamedTuple

from engine.ports import EventLog
from engine.reading import records_of
from events.codec import Codec
from events.envelope import Envelope
from events.instants import to_us
from events.topics import AGREEMENTS
from projections.catalogue import PROJECTIONS, VIEWS
from projections.projection import Projection
from projections.read import completeness_of
from projections.rows import decode_key, decode_row
from projections.sink_readers import agreement_reader
from projections.stores.answers import ANSWERS, Answer, table_by
from projections.stores.layout import Layout
from projections.stores.port import RowChange, ViewStore
from projections.stores.schema import base_table
from projections.stores.sqlite import NOWHERE, SqliteStore
from projections.verify import Fold
from projections.views.times import recorded_at
from projections.views.view import Aggregate, Computed, Detail, Shown, View

_QUERIES = {answer.name: answer.query for answer in ANSWERS}
_BASE = {base_table(view).name: view for view in VIEWS}
_WORD = re.compile(r"\w+")


class Then(NamedTuple):
    """Which facts count.

    Attributes:
        as_of: those that had happened by this instant, in microseconds; None: whenever they did.
        known_at: those that had become known by this instant; None: whenever they did.
    """

    as_of: int | None
    known_at: int | None

    def settled(self) -> "Then":
        """What was known at an instant is asked as it stood at it, unless another one is named."""
        return self if self.as_of is not None else self._replace(as_of=self.known_at)

    def counts(self, fact: Envelope) -> bool:
        """Whether a fact had happened, and was known."""
        return (self.as_of is None or to_us(fact.time) <= self.as_of) and (
            self.known_at is None or recorded_at(fact) <= self.known_at
        )


def is_folded(view: Shown) -> bool:
    """Whether its rows have to be folded from the log for another time than now."""
    return not isinstance(view, Computed) or view.folded


class Made(NamedTuple):
    """What an answer is made of.

    Attributes:
        views: whose rows.
        answers: SQL views over them, in an order in which they can be made.
    """

    views: tuple[View[Any], ...]
    answers: tuple[Answer, ...]


def made_of(view: Shown) -> Made:
    """What the answer of a view is made of, as its SQL names it, and that in turn.

    Of one that is computed all of the logs that it rests on, as far as functions ask for it: none says what it asks.
    """
    if isinstance(view, Computed):
        views = (each for one in PROJECTIONS if one.completeness in view.rests_on for each in one.views)
        of = {each.name for each in views if not each.only_shown}
        named = {name for name in _QUERIES if _reached(name)[0] <= of}
        return _made(of, named)
    return _made(*map(set().union, *(_reached(table_by(view, by)) for by in (None, *view.groupings))))


def _reached(answer: str) -> tuple[set[str], set[str]]:
    """Names of the views whose tables a SQL view selects from, and of the SQL views, itself among them."""
    views, answers, names = set[str](), set[str](), [answer]
    while names:
        name = names.pop()
        if name in _BASE:
            views.add(_BASE[name].name)
        elif name in _QUERIES and name not in answers:
            answers.add(name)
            names += _WORD.findall(_QUERIES[name])
    return views, answers


def _made(views: set[str], answers: set[str]) -> Made:
    return Made(
        tuple(each for each in VIEWS if each.name in views),
        tuple(each for each in ANSWERS if each.name in answers),
    )


@asynccontextmanager
async def tables_then(log: EventLog, now: ViewStore, view: Shown, then: Then) -> AsyncIterator[ViewStore]:
    """A store with the rows that a view is made of, as they were; thrown away afterwards.

    Args:
        log: where the facts are; read to its present end.
        now: the store that is kept; it says how far what is known is complete.
        view: what is asked.
        then: which facts count.

    Raises:
        LogError: the log cannot be read.
        StoreError: there is no place for the tables.
    """
    codec, made = Codec(), made_of(view)
    layout = Layout(tuple(_only(projection, made.views) for projection in PROJECTIONS), made.answers)
    store = SqliteStore(NOWHERE, layout)
    try:
        store.apply([*_complete(now), *await _agreements(log, codec)], {})
        for projection in layout.projections:
            for partition in range(len(await log.ends(projection.log)) if projection.views else 0):
                fold = Fold(projection.views)
                async for record in records_of(log, projection.log, partition):
                    fact = codec.decode(record.value, record.headers)
                    if then.counts(fact):
                        fold.add(fact)
                store.apply(_rows(fold, projection.views, partition), {})
        yield store
    finally:
        store.close()


def _only(projection: Projection, wanted: Iterable[View[Any]]) -> Projection:
    """A projection of those of its views that are wanted, and of those whose base rows they show or count."""
    names = {each.name for each in wanted}
    names |= {each.of.name for each in wanted if isinstance(each, Aggregate | Detail) and each.of is not None}
    return replace(projection, views=tuple(each for each in projection.views if each.name in names))


def _complete(now: ViewStore) -> Iterator[RowChange]:
    for projection in PROJECTIONS:
        yield RowChange(projection.clock, (0,), (0, completeness_of(now, (projection.completeness,))))


async def _agreements(log: EventLog, codec: Codec) -> list[RowChange]:
    read, found = agreement_reader(codec), list[RowChange]()
    for partition in range(len(await log.ends(AGREEMENTS))):
        async for record in records_of(log, AGREEMENTS, partition):
            found += read([record])
    return found


def _rows(fold: Fold, views: Iterable[View[Any]], partition: int) -> Iterator[RowChange]:
    rows = fold.rows(partition)
    for view in views:
        for key, value in rows[view.topic].items():
            yield RowChange(base_table(view).name, decode_key(view, key), decode_row(view, value))
