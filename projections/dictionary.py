"""The data dictionary, written from the views themselves: `python -m projections.dictionary > docs/views.md`."""

import sys
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

from projections.catalogue import COMPUTED, DERIVED, PROJECTIONS, VIEWS
from projections.read import splits
from projections.stores.answers import columns_by, table_by
from projections.stores.schema import OF_AGREEMENTS, REBUILDS, base_table, progress_table
from projections.views.view import Aggregate, Column, Computed, Derived, Journal, View

_HEAD = """\
# The views: every column, its type and its meaning

This file is generated from the code (`python -m projections.dictionary > docs/views.md`); a test compares the two.

Each view can be had in four shapes:

* **as an answer**: `leadstream view NAME`, as a table, JSON or CSV, and as the SQL view of the same columns in
  `views.db`, or in PostgreSQL where `--store` says so ([deployment.md](deployment.md#postgresql)). Sums over
  partitions, percentiles and `complete_to` are already in it. This is what most people want.
* **as a file**: `leadstream export NAME -o FILE.parquet` (package `leadstream[parquet]`) or `.csv`, the rows of the
  answer as of one moment. In Parquet every column has its type: whole numbers whole, instants as timestamps in UTC.
  `duckdb -c "SELECT owner, count(*) FROM 'leads.parquet' WHERE converted_at IS NULL GROUP BY owner"` reads it as it is.
* **as rows of a topic**: the compacted topic `view.NAME`, one JSON object a row, the record key names the row, a null
  value takes it away. A view that counts keeps *partial rows*, one per partition of the log and group: sum them.
* **as a base table** beside the SQL views, the same rows as the topic.

Types: *text*; *integer*; *real*; *boolean* (true/false in JSON, 1/0 in SQL); *instant*, RFC 3339 text in UTC with
six digits of a second, so that sorting the text sorts the instants. Seconds are completed seconds of real time.
"May be empty" is null in JSON and SQL, nothing in CSV. In PostgreSQL `captured_at::timestamptz` is the
instant itself.

`complete_to` stands in every answer: all that was recorded up to that instant is in it. It is the least over the
partitions, comes from the write side's own position and never from a clock, and is empty until every partition has
reported. A word on its way from one task to another, such as a conversion that opens an opportunity, may still add
something of before: `leadstream view --known-at` says so on stderr, and a council waits ([council.md](council.md)).

Every view can be asked for another time than now: `--as-of` is how it was by what had happened up to an instant, with
all that is known of it today; `--known-at` is by what was recorded up to an instant alone, as it was then; both can be
told. Views that say "Takes" below keep both times in their tables and answer at once. All others are folded from their
log for the question, from its first fact on: that takes as long as reading it does, and the gateway gives up after 30
seconds.
What agreements say is taken as it is published today; they say themselves from when on it holds.

A view has a version, which grows when its rows change their meaning or columns. After an upgrade answers stay those of
the former versions until the new ones are built, and then change at once ([deployment.md](deployment.md#upgrades)).
"""


def markdown() -> str:
    """The whole document."""
    kept, derived = (_section(view) for view in VIEWS), (_derived(view) for view in DERIVED)
    computed = (_computed(view) for view in COMPUTED)
    return "\n".join([_HEAD, *chain(*kept), *chain(*derived), *chain(*computed), *_beside()])


def _computed(view: Computed) -> Iterator[str]:
    yield f"## {view.name}\n"
    yield f"{view.meaning}\n"
    order = ", ".join(f"`{column}`" for column in view.order)
    rows = f"Sorted by {order}" if order else "One row"
    yield f"Computed when it is asked for; it has neither topic nor SQL view. {rows}:\n"
    yield from _columns(columns_by(view, None))
    if not view.folded:
        options = (f"`--{name.replace('_', '-')}`" for name in sorted(view.takes))
        yield f"Takes {', '.join(options)}.\n"
    if could := splits(view, "`{}`".format):
        yield f"Split `--by` {could}.\n"


def _derived(view: Derived) -> Iterator[str]:
    yield f"## {view.name}\n"
    yield f"{view.meaning}\n"
    order = ", ".join(f"`{column}`" for column in view.order)
    yield f"Made on read from the tables of other views; it has no topic. SQL view `{view.table}`, sorted by {order}:\n"
    yield from _columns(columns_by(view, None))
    if view.only_now:
        yield f"Takes neither `--as-of` nor `--known-at`: {view.only_now}.\n"


def _section(view: View[Any]) -> Iterator[str]:
    yield f"## {view.name}\n"
    yield f"{view.meaning} Version {view.version}.\n"
    order = ", ".join(f"`{column}`" for column in view.order)
    yield f"Answer (SQL view `{view.table}`{f', sorted by {order}' if order else ', one row'}):\n"
    yield from _columns(columns_by(view, None))
    for by in view.groupings:
        yield f"Split `--by {by}`: SQL view `{table_by(view, by)}`, the same columns after `{by}`.\n"
    kind = (
        "partial rows"
        if isinstance(view, Aggregate)
        else "rows, never changed"
        if isinstance(view, Journal)
        else "rows"
    )
    key = ", ".join(f"`{column.name}`" for column in view.columns[: view.key])
    yield f"Topic `{view.topic}` and base table `{base_table(view).name}`, {kind}, key {key}:\n"
    yield from _columns(view.columns)


def _beside() -> Iterator[str]:
    yield "## Beside the views\n"
    for table in OF_AGREEMENTS:
        yield f"Table `{table.name}`, from the topic `agreements`: {', '.join(_named(table.columns))}.\n"
    for projection in PROJECTIONS:
        table = progress_table(projection)
        yield f"Table `{table.name}`, from the topic `{projection.progress}`: {', '.join(_named(table.columns))}.\n"
    named = ", ".join(_named(REBUILDS.columns))
    yield f"Table `{REBUILDS.name}`, from the same topics, while views are rebuilt: {named}.\n"


def _named(columns: Iterable[Column]) -> Iterator[str]:
    return (f"`{column.name}` ({column.kind.value}; {column.meaning})" for column in columns)


def _columns(columns: Iterable[Column]) -> Iterator[str]:
    yield "| column | type | meaning |\n|---|---|---|"
    for column in columns:
        empty = "; may be empty" if column.optional else ""
        yield f"| `{column.name}` | {column.kind.value} | {column.meaning}{empty} |"
    yield ""


if __name__ == "__main__":
    sys.stdout.write(markdown())
