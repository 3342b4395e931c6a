"""Answers while tables of changed views are built beside the old ones: what the old ones lack is empty, and it is said.

Everybody reads the SQL views, and these are of the old definitions until the swap.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from typing_extensions import override

from projections.stores.port import BeingBuilt, StoreBroken, ViewStore
from projections.stores.schema import REBUILDS, quoted
from projections.views.view import Column, Kind

_EMPTY = {
    Kind.TEXT: "TEXT",
    Kind.INTEGER: "BIGINT",
    Kind.REAL: "DOUBLE PRECISION",
    Kind.BOOLEAN: "SMALLINT",
    Kind.INSTANT: "TEXT",
}


class Upgrading(NamedTuple):
    """How far the tables of changed views are.

    Attributes:
        views: names of the views, as people ask for them, in order.
        read: facts folded so far, of partitions that have begun and are not done.
        facts: facts there are to fold in these.
        done: partitions whose rows are all of the new definitions.
        partitions: partitions of the projections these views belong to.
    """

    views: tuple[str, ...]
    read: int
    facts: int
    done: int
    partitions: int

    @override
    def __str__(self) -> str:
        folding = f", {self.read} of {self.facts} facts read in others" if self.facts else ""
        return (
            f"answers are of the former definition of {', '.join(self.views)} until the new one is built: "
            f"{self.done} of {self.partitions} partitions are done{folding}"
        )


def upgrading(store: ViewStore) -> Upgrading | None:
    """How far it is; None: the answers are of the present definitions."""
    building = store.building()
    if not building:
        return None
    read = facts = done = partitions = 0
    for projection in store.layout.rebuilt(building):
        sql = f"SELECT edition, building, facts_read, facts FROM {REBUILDS.name} WHERE projection = ?"  # noqa: S608 - our identifiers
        told = [tuple(map(int, map(str, row))) for row in store.query(sql, (projection.name,))]
        ((count,),) = store.query(f"SELECT COUNT(*) FROM {quoted(projection.clock)}")  # noqa: S608
        partitions += max(int(str(count)), len(told))
        done += sum(edition == projection.edition != built for edition, built, _, _ in told)
        begun = [(had, of) for edition, built, had, of in told if projection.edition == built != edition]
        read, facts = read + sum(had for had, _ in begun), facts + sum(of for _, of in begun)
    return Upgrading(tuple(sorted(building)), read, facts, done, partitions)


def source_of(store: ViewStore, name: str, columns: Sequence[Column]) -> str:
    """What to select these columns from: a table or SQL view, with empty columns for those that it lacks.

    Raises:
        BeingBuilt: it is not there yet.
    """
    now = upgrading(store)
    if now is None:
        return quoted(name)
    there = store.columns(name)
    if not there:
        raise BeingBuilt(f"{name} is new and being built: {now.done} of {now.partitions} partitions are done")
    lacking = [
        f"CAST(NULL AS {_EMPTY[column.kind]}) AS {quoted(column.name)}"
        for column in columns
        if column.name not in there
    ]
    return f"(SELECT {', '.join(['shown.*', *lacking])} FROM {quoted(name)} shown) shown"  # noqa: S608 - our identifiers


@contextmanager
def of_former_tables(store: ViewStore) -> Iterator[None]:
    """Where something asks tables directly: what the old ones lack is being built, not broken.

    Raises:
        BeingBuilt: a question could not be asked of the old tables.
    """
    try:
        yield
    except StoreBroken as exc:
        now = upgrading(store)
        if now is None:
            raise
        raise BeingBuilt(f"this rests on what is being built: {now}") from exc
