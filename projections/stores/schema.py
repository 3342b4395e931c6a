"""Tables of a store, in SQL that SQLite and PostgreSQL both take. What differs stands in a `Dialect`."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from projections.projection import Projection
from projections.views.view import Column, Kind, View


@dataclass(frozen=True, slots=True)
class Dialect:
    """What differs between databases.

    Attributes:
        types: SQL type of each kind of column.
        each_line: joins the product lines of a row `h` as `j.value`, JSON arrays of line, product and amount; one row
            with nothing where there are none.
    """

    types: Mapping[Kind, str]
    each_line: str


@dataclass(frozen=True, slots=True)
class Table:
    """A table: its columns, of which the first `key` make the primary key, and its further indexes.

    Rows lie by `clustered`, the key in another order, where a database can have that. An index is named after `indexed`
    and the columns: of a table that takes another one's place these are not those of that one, since both are there at
    a time.
    """

    name: str
    columns: tuple[Column, ...]
    key: int
    indexes: tuple[tuple[str, ...], ...] = ()
    indexed: str = ""
    clustered: tuple[str, ...] = ()

    def index(self, columns: tuple[str, ...]) -> str:
        """Name of the index on these columns."""
        return "_".join((self.indexed or self.name, *columns))


def base_table(view: View[Any]) -> Table:
    """The table that takes the rows of a view's topic."""
    name = f"{view.table}_base"
    return Table(name, view.columns, view.key, view.indexes, f"{name}_{view.version}", view.clustered)


def next_table(table: Table) -> Table:
    """The table beside one that is to take its place."""
    return replace(table, name=next_name(table.name))


def next_name(name: str) -> str:
    """Its name."""
    return f"{name}_next"


def next_topic(topic: str) -> str:
    """Under which name the position is kept up to which a table beside another one was filled."""
    return f"{topic} (next)"


STATUSES = Table(
    "agreement_statuses",
    (
        Column("agreement", Kind.TEXT, "name of the agreement"),
        Column("version", Kind.INTEGER, "its version"),
        Column("place", Kind.INTEGER, "place of the status in the file, from 0"),
        Column("status", Kind.TEXT, "the status' name"),
        Column("means", Kind.TEXT, "what drives behaviour: open, working, nurturing, qualified, ...", True),
    ),
    3,
)
"""The statuses of all published agreements: the stages of the funnel."""

PROMISES = Table(
    "agreement_promises",
    (
        Column("agreement", Kind.TEXT, "name of the agreement"),
        Column("version", Kind.INTEGER, "its version"),
        Column("quarter", Kind.TEXT, "the quarter the promise is for, such as 2026Q1"),
        Column("week", Kind.TEXT, "ISO week, such as 2026-W02"),
        Column("wanted", Kind.INTEGER, "qualified leads to be there by the end of the week at an even pace"),
        Column("promised", Kind.INTEGER, "qualified leads promised for the quarter"),
    ),
    4,
)
"""What marketing has committed itself to, week by week; of versions that name a quarter the highest holds."""

TERMS = Table(
    "agreement_terms",
    (
        Column("agreement", Kind.TEXT, "name of the agreement"),
        Column("version", Kind.INTEGER, "its version"),
        Column("account_score_cap", Kind.INTEGER, "whole points that the score of a company is at most"),
    ),
    2,
)
"""What else figures ask of published agreements."""

PIPELINES = Table(
    "agreement_pipelines",
    (
        Column("agreement", Kind.TEXT, "name of the agreement"),
        Column("version", Kind.INTEGER, "its version"),
        Column("effective_from", Kind.INSTANT, "from when it is in force"),
        Column("published_at", Kind.INSTANT, "when it became known"),
        Column("priority", Kind.INTEGER, "of agreements in force the highest comes first"),
        Column("conditional", Kind.BOOLEAN, "it governs some leads only; one that does comes before one for all"),
        Column("timezone", Kind.TEXT, "zone in which days of reports begin; empty: it says nothing of pipelines", True),
        Column("currency", Kind.TEXT, "currency of reports", True),
        Column("year_begins", Kind.INTEGER, "month in which the fiscal year begins", True),
        Column("green", Kind.INTEGER, "pace from which a cell is green, in hundredths", True),
        Column("yellow", Kind.INTEGER, "pace from which it is yellow, in hundredths", True),
    ),
    2,
)
"""What agreements say of pipelines; see `projections.pipeline.terms`."""

RATES = Table(
    "agreement_rates",
    (
        Column("agreement", Kind.TEXT, "name of the agreement"),
        Column("version", Kind.INTEGER, "its version"),
        Column("currency", Kind.TEXT, "ISO 4217 code"),
        Column("since", Kind.TEXT, "the first day the rate holds, ISO 8601"),
        Column("rate", Kind.TEXT, "units of the currency of reports for one unit, a decimal number"),
    ),
    4,
)
"""Rates to the currency of reports."""

SEASONS = Table(
    "agreement_seasons",
    (
        Column("agreement", Kind.TEXT, "name of the agreement"),
        Column("version", Kind.INTEGER, "its version"),
        Column("since", Kind.TEXT, "of quarters that begin on this day or later, ISO 8601"),
        Column("first_month", Kind.INTEGER, "percent of a target expected in it; empty: all days alike", True),
        Column("second_month", Kind.INTEGER, "likewise", True),
        Column("third_month", Kind.INTEGER, "likewise", True),
    ),
    3,
)
"""How targets fall on the months of quarters."""

STAGES = Table(
    "agreement_stages",
    (
        Column("agreement", Kind.TEXT, "name of the agreement"),
        Column("version", Kind.INTEGER, "its version"),
        Column("place", Kind.INTEGER, "place of the stage in the file, from 0"),
        Column("stage", Kind.TEXT, "name of the stage of opportunities"),
        Column("forecast", Kind.TEXT, "how sure a sale is in it; entering a closed one wins the opportunity"),
    ),
    3,
)
"""The stages of opportunities."""

TEAMS = Table(
    "agreement_teams",
    (
        Column("agreement", Kind.TEXT, "name of the agreement"),
        Column("version", Kind.INTEGER, "its version"),
        Column("place", Kind.INTEGER, "place among all members of pools in the file, from 0"),
        Column("member", Kind.TEXT, "name of the person, as opportunities name their owner"),
        Column("team", Kind.TEXT, "name of the pool"),
    ),
    3,
)
"""Who takes turns in which pool."""

RETIRED = Table(
    "agreement_retired",
    (
        Column("agreement", Kind.TEXT, "name of the agreement"),
        Column("version", Kind.INTEGER, "its version"),
        Column("retired_from", Kind.INSTANT, "it governs nothing that starts from then on"),
    ),
    2,
)
"""Versions that were retired."""

OF_AGREEMENTS = (STATUSES, PROMISES, TERMS, PIPELINES, RATES, SEASONS, STAGES, TEAMS, RETIRED)
"""Tables filled from the topic of the agreements."""


def progress_table(projection: Projection) -> Table:
    """The table of a projection's progress: one row per partition."""
    return Table(projection.clock, _PROGRESS, 1)


_PROGRESS = (
    Column("partition", Kind.INTEGER, "partition number of the log"),
    Column("complete_to", Kind.INSTANT, "its rows hold all that was recorded up to here", True),
)

REBUILDS = Table(
    "rebuilds",
    (
        Column("projection", Kind.TEXT, "name of the projection whose views are rebuilt"),
        Column("partition", Kind.INTEGER, "partition number of its log"),
        Column("edition", Kind.INTEGER, "edition of the rows in the topics"),
        Column("building", Kind.INTEGER, "the edition that is being built; 0: none is"),
        Column("facts_read", Kind.INTEGER, "facts folded for it so far"),
        Column("facts", Kind.INTEGER, "facts there are to fold"),
        Column("complete_to", Kind.INSTANT, "what `complete_to` of the partition will be", True),
    ),
    2,
)
"""How far changed views are; empty when none is rebuilt."""

POSITIONS = Table(
    "positions",
    (
        Column("topic", Kind.TEXT, "topic the rows come from"),
        Column("partition", Kind.INTEGER, "its partition"),
        Column("next_offset", Kind.INTEGER, "the record to go on from"),
    ),
    2,
)
"""Where the store stands, in the same transaction as its rows."""

LAYOUT = Table(
    "layout",
    (Column("part", Kind.TEXT, "a view, or `answers`"), Column("version", Kind.TEXT, "the version of its tables")),
    1,
)
"""Which versions of the views the tables were made for; `NAME (next)`: and those beside them."""

KEPT: tuple[Table, ...] = (REBUILDS, POSITIONS, LAYOUT)
"""What a store keeps of itself."""


def quoted(name: str) -> str:
    """An identifier, safe also where it is a word of SQL (such as `open`)."""
    return f'"{name}"'


def names(columns: tuple[Column, ...]) -> str:
    """Column names for a statement."""
    return ", ".join(quoted(column.name) for column in columns)


def create(table: Table, dialect: Dialect) -> str:
    """Statement that makes a table if it is not there, with its rows in the order of its key if it says so."""
    columns = [
        f"{quoted(column.name)} {dialect.types[column.kind]}{'' if column.optional else ' NOT NULL'}"
        for column in table.columns
    ]
    key = ", ".join(map(quoted, table.clustered)) or names(table.columns[: table.key])
    body = ", ".join([*columns, f"PRIMARY KEY ({key})"])
    return f"CREATE TABLE IF NOT EXISTS {quoted(table.name)} ({body}){' WITHOUT ROWID' if table.clustered else ''}"


def create_indexes(table: Table) -> list[str]:
    """Statements that make the table's further indexes if they are not there; those that its order makes are."""
    return [
        f"CREATE INDEX IF NOT EXISTS {quoted(table.index(columns))} ON {quoted(table.name)} "
        f"({', '.join(map(quoted, columns))})"
        for columns in table.indexes
        if table.clustered[: len(columns)] != columns
    ]


def upsert(table: Table) -> str:
    """Statement that sets a row, with one `?` per column."""
    marks = ", ".join("?" for _ in table.columns)
    sets = ", ".join(f"{quoted(c.name)} = excluded.{quoted(c.name)}" for c in table.columns[table.key :])
    return (
        f"INSERT INTO {quoted(table.name)} ({names(table.columns)}) VALUES ({marks}) "  # noqa: S608 - our identifiers
        f"ON CONFLICT ({names(table.columns[: table.key])}) DO UPDATE SET {sets}"
    )


def delete(table: Table) -> str:
    """Statement that takes a row away, with one `?` per key column."""
    where = " AND ".join(f"{quoted(column.name)} = ?" for column in table.columns[: table.key])
    return f"DELETE FROM {quoted(table.name)} WHERE {where}"  # noqa: S608 - our identifiers
