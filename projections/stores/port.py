"""The port of a store of rows. SQLite and PostgreSQL implement it; another database is a further file beside them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol

from projections.views.view import Cell, Cells

if TYPE_CHECKING:
    from projections.stores.layout import Layout

Source = tuple[str, int]
"""Topic and partition a store's rows come from."""


class Overtaken(Exception):
    """Another sink moved the store's positions; read them again."""


class StoreError(Exception):
    """The store could not do what was asked; the message names the place and says what to do."""


class StoreUnavailable(StoreError):
    """Out of room, rights or turns for now. Nothing was changed, and waiting helps."""


class StoreBroken(StoreError):
    """What is there is no store of ours, or a damaged one."""


class Outgrown(StoreBroken):
    """The tables are those of a newer program."""


class BeingBuilt(StoreUnavailable):
    """What is asked for is being built for the first time, or rests on what the old tables lack."""


class Swapped(Exception):
    """New tables have taken the place of old ones since the writer looked; look again."""


class RowChange(NamedTuple):
    """A row to set, or to take away.

    Attributes:
        table: name of the table in `projections.stores.schema`.
        key: the row's key.
        row: all cells, the key first; None takes the row away.
    """

    table: str
    key: Cells
    row: Cells | None


class Move(NamedTuple):
    """A position moves: what it has to be before (or not there at all), and what it is after."""

    before: int
    after: int


class ViewStore(Protocol):
    """Tables of the views, and the positions in the topics they were filled from.

    Everything may raise `StoreError`. A store that is opened with views of later versions than it holds goes on showing
    what it has, gets tables beside those of the changed views, and swaps them when it is told that they are filled.
    """

    @property
    def layout(self) -> "Layout":
        """The tables and SQL views of the program that has opened it."""
        ...

    def building(self) -> frozenset[str]:
        """Names of the views whose new tables are being filled beside the old ones; and `agreements`, of theirs."""
        ...

    def swap(self) -> bool:
        """Put the new tables, with their positions, in the place of the old ones, in one transaction.

        Returns:
            Whether there was anything to swap; another sink may have done it.
        """
        ...

    def columns(self, name: str) -> list[str]:
        """The columns of a table or SQL view, as it is now; none where there is no such thing."""
        ...

    def positions(self) -> dict[Source, int]:
        """Next offset of every source that was ever read."""
        ...

    def apply(self, changes: Iterable[RowChange], moves: Mapping[Source, Move]) -> int:
        """Set rows and positions in one transaction; of several changes of a row the last one stands.

        Returns:
            How many rows were written or taken away.

        Raises:
            Overtaken: a position is not where the move begins; nothing was changed.
            Swapped: a table is not where it was; nothing was changed.
            Outgrown: a newer program has swapped its tables in; nothing was changed.
        """
        ...

    def reset(self) -> None:
        """Drop everything and begin with empty tables: the log is another one."""
        ...

    def query(self, sql: str, values: Sequence[Cell] = ()) -> list[Cells]:
        """Rows of a query; `?` stands for a value."""
        ...

    def stream(self, sql: str, values: Sequence[Cell] = ()) -> Iterator[Cells]:
        """Rows of a query one after the other, all as of one moment, in little memory."""
        ...

    def close(self) -> None:
        """Let go of the database."""
        ...
