"""What a store is made of, and what is built beside it where it was made for other versions of the views. Pure.

Tables of changed views stay as they are, and so do all SQL views, until new ones have been filled beside them; then
one transaction puts these in their place (`swapping`). What stands beside is named `NAME (next)` in `layout` and in the
positions, and `NAME_next` as a table.
"""

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple

from events.topics import AGREEMENTS
from projections.catalogue import PROJECTIONS
from projections.projection import Projection
from projections.stores.answers import ANSWERS, Answer
from projections.stores.port import Outgrown, Source, Swapped
from projections.stores.schema import (
    KEPT,
    LAYOUT,
    OF_AGREEMENTS,
    POSITIONS,
    REBUILDS,
    Table,
    base_table,
    next_table,
    next_topic,
    progress_table,
    quoted,
)
from projections.views.view import View

_ANSWERS, _REBUILDS, _SQL_VIEWS = "answers", "rebuilds", "sql views"
OF_THE_AGREEMENTS = "agreements"
"""The part that is filled from the agreements."""
_FIRST, _TABLES_OF_AGREEMENTS = "1", "7"
"""Versions of the tables that are filled from the agreements; stores that name none have the first."""
_OF_AGREEMENTS = tuple(replace(each, indexed=f"{each.name}_{_TABLES_OF_AGREEMENTS}") for each in OF_AGREEMENTS)
_NEXT = next_topic("")


@dataclass(frozen=True)
class Layout:
    """Tables and SQL views of a store, as one version of the program has them.

    Attributes:
        projections: whose views have tables.
        answers: the SQL views.
    """

    projections: tuple[Projection, ...] = PROJECTIONS
    answers: tuple[Answer, ...] = ANSWERS

    @cached_property
    def views(self) -> tuple[View[Any], ...]:
        """All that have tables."""
        return tuple(view for projection in self.projections for view in projection.views)

    @cached_property
    def parts(self) -> Mapping[str, str]:
        """Part -> version: what the table `layout` holds."""
        return {
            **{view.name: str(view.version) for view in self.views},
            OF_THE_AGREEMENTS: _TABLES_OF_AGREEMENTS,
            _REBUILDS: "1",
            _SQL_VIEWS: ",".join(answer.name for answer in self.answers),
            _ANSWERS: hashlib.sha256("\n".join(map(repr, self.answers)).encode()).hexdigest(),
        }

    @cached_property
    def filled(self) -> Mapping[str, tuple[str, tuple[Table, ...]]]:
        """Part -> topic and the tables that are filled from it."""
        return {
            **{view.name: (view.topic, (base_table(view),)) for view in self.views},
            OF_THE_AGREEMENTS: (AGREEMENTS, _OF_AGREEMENTS),
        }

    @cached_property
    def tables(self) -> Mapping[str, Table]:
        """Those of a store in which nothing is built, by name."""
        filled = [table for _, tables in self.filled.values() for table in tables]
        clocks = [progress_table(projection) for projection in self.projections]
        return {table.name: table for table in (*filled, *clocks, *KEPT)}

    @cached_property
    def beside(self) -> Mapping[str, Table]:
        """Those that may stand beside them, by name."""
        made = [next_table(table) for _, tables in self.filled.values() for table in tables]
        return {table.name: table for table in made}

    def table(self, name: str) -> Table:
        """One of either."""
        return self.tables.get(name) or self.beside[name]

    def rebuilt(self, building: Collection[str]) -> list[Projection]:
        """The projections some of whose views are being built."""
        return [each for each in self.projections if any(view.name in building for view in each.views)]


OURS = Layout()
"""That of this program."""


class Preparing(NamedTuple):
    """What has to be done to a store that was made for other versions.

    Attributes:
        drop: names of tables to drop.
        forget: names under which positions are to be forgotten.
        make: tables to make if they are not there.
        answers: the SQL views are to be made anew.
        parts: what `layout` then holds besides what it held.
        gone: parts that it then holds no more.
    """

    drop: list[str]
    forget: list[str]
    make: list[Table]
    answers: bool
    parts: Mapping[str, str]
    gone: list[str]


def preparing(layout: Layout, known: Mapping[str, str], place: str) -> Preparing | None:
    """What is to be done, given what the table `layout` holds; None: nothing.

    Raises:
        Outgrown: the store was made by a newer program.
    """
    whole = Preparing([], [], list(layout.tables.values()), True, layout.parts, [])
    if not known:
        return whole
    expect_ours(layout, known, place)
    building = _changed(layout, known)
    if not building:
        return None if all(known.get(part) == version for part, version in layout.parts.items()) else whole
    wanted = {next_topic(part): layout.parts[part] for part in sorted(building)}
    if wanted == {part: version for part, version in known.items() if part.endswith(_NEXT)}:
        return None
    others = [table for name, table in layout.tables.items() if name not in _names(layout, building)]
    return Preparing(
        drop=list(layout.beside),
        forget=[next_topic(topic) for topic, _ in layout.filled.values()]
        + [next_topic(each.progress) for each in layout.projections],
        make=[*others, *map(next_table, _of(layout, building))],
        answers=False,
        parts=wanted,
        gone=[part for part in known if part.endswith(_NEXT)],
    )


def _of(layout: Layout, building: Collection[str]) -> list[Table]:
    return [table for part in building for table in layout.filled[part][1]]


def _names(layout: Layout, building: Collection[str]) -> set[str]:
    return {table.name for table in _of(layout, building)}


def _changed(layout: Layout, known: Mapping[str, str]) -> frozenset[str]:
    found = {OF_THE_AGREEMENTS: _FIRST, **known}
    return frozenset(part for part in layout.filled if found.get(part) != layout.parts[part])


def built_beside(layout: Layout, known: Mapping[str, str]) -> frozenset[str]:
    """Parts whose tables are being filled beside those that are shown, for this layout."""
    if not known:
        return frozenset()
    return frozenset(part for part in _changed(layout, known) if known.get(next_topic(part)) == layout.parts[part])


def is_unprepared(layout: Layout, known: Mapping[str, str]) -> bool:
    """Whether tables are missing that this layout needs, shown or beside: another program has begun with empty ones.

    SQL views that are not ours do not matter: an older program may have opened the store, and has tables of ours.
    """
    return not known or built_beside(layout, known) != _changed(layout, known)


def expect_ours(layout: Layout, known: Mapping[str, str], place: str) -> None:
    """A store of a newer program is not ours to write.

    Raises:
        Outgrown: it is one.
    """
    for part in layout.filled:
        there, ours = known.get(part, "0"), layout.parts[part]
        if there.isdecimal() and int(there) > int(ours):
            raise Outgrown(
                f"views {place}: they hold {part} of version {there}, made by a newer program; this one has version "
                f"{ours}: run the newer one, or let this one have tables of its own"
            )


def expect_there(layout: Layout, known: Mapping[str, str], tables: Iterable[str], sources: Iterable[Source]) -> None:
    """What is to be written has to be where it was when the writer looked.

    Raises:
        Swapped: tables have been swapped since.
    """
    building = built_beside(layout, known)
    topics = {next_topic(layout.filled[part][0]) for part in building}
    topics |= {next_topic(each.progress) for each in layout.rebuilt(building)}
    there = (layout.tables.keys() - _names(layout, building)) | {
        next_table(each).name for each in _of(layout, building)
    }
    if not there.issuperset(tables) or any(topic.endswith(_NEXT) and topic not in topics for topic, _ in sources):
        raise Swapped("tables were swapped since they were looked at")


def dropping(layout: Layout, known: Mapping[str, str]) -> Iterator[str]:
    """Statements that drop all SQL views, also those that another version has made; what rests on others first."""
    there = [name for name in known.get(_SQL_VIEWS, "").split(",") if name]
    ours = [answer.name for answer in layout.answers if answer.name not in there]
    return (f"DROP VIEW IF EXISTS {quoted(name)}" for name in (*reversed(ours), *reversed(there)))


def swapping(layout: Layout, building: Collection[str]) -> Iterator[str]:
    """Statements that put what stands beside into its place, to be done in one transaction; SQL views are gone."""
    for part in sorted(building):
        topic, tables = layout.filled[part]
        for table in tables:
            yield f"DROP TABLE IF EXISTS {quoted(table.name)}"
            yield f"ALTER TABLE {quoted(next_table(table).name)} RENAME TO {quoted(table.name)}"
        yield from _positions_of(topic)
    for projection in layout.rebuilt(building):
        clock = quoted(projection.clock)
        yield f"DELETE FROM {clock}"  # noqa: S608 - our identifiers, here and below
        yield (
            f"INSERT INTO {clock} (partition, complete_to) SELECT partition, complete_to FROM {REBUILDS.name} "  # noqa: S608
            f"WHERE projection = '{projection.name}'"
        )
        yield from _positions_of(projection.progress)
    yield f"DELETE FROM {REBUILDS.name}"  # noqa: S608
    yield f"DELETE FROM {LAYOUT.name}"  # noqa: S608


def _positions_of(topic: str) -> Iterator[str]:
    yield f"DELETE FROM {POSITIONS.name} WHERE topic = '{topic}'"  # noqa: S608 - our identifiers
    yield f"UPDATE {POSITIONS.name} SET topic = '{topic}' WHERE topic = '{next_topic(topic)}'"  # noqa: S608
