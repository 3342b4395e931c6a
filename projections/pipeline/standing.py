"""What stood at an instant, as it was known at another, in SQL: the tables of opportunities, asked by their indexes.

A state either stands, or is over. Of those that are over only the ones that hold the instant are looked at: they lie in
the blocks of time that hold it (`projections.pipeline.blocks`). One may also have been thought to go on, at an instant
of knowledge at which its end was not known; then that instant lies in the block in which it was known without one.
"""

from typing import NamedTuple

from projections.pipeline.blocks import blocks_at
from projections.views.deal_columns import DEAL_COLUMNS
from projections.views.times import instant_text
from projections.views.view import Cell

_COLUMNS = ", ".join(f"h.{name}" for name in DEAL_COLUMNS)


class Sql(NamedTuple):
    """A piece of SQL and the values of its marks, in order."""

    text: str
    values: tuple[Cell, ...] = ()


def column_of(dimension: str, *, parts: bool) -> str:
    """The column of a dimension, in rows of parts or of whole opportunities."""
    return "part_product" if parts and dimension == "product" else dimension


def standing_at(at: int, known: int | None, condition: Sql, *, parts: bool = False, standing: Sql | None = None) -> Sql:
    """A query for the states of opportunities at an instant.

    Args:
        at: the instant, in microseconds.
        known: the instant of knowledge; None: as they are known now.
        condition: what else has to hold; the table is `h`.
        parts: a row for each product line (`part_product`, `part_amount`), or for all of it where there is none.
        standing: what else has to hold of those that still stand, if it is not the same.

    Returns:
        SQL that selects `opportunity` and the columns of opportunities; each opportunity stands once.
    """
    now, heard = instant_text(at), None if known is None else instant_text(known)
    suffix = "_parts" if parts else "_base"
    columns = f"h.opportunity, {_COLUMNS}{', h.part_product, h.part_amount' if parts else ''}"
    standing = condition if standing is None else standing
    stands = _and("h.since <= ?" + ("" if heard is None else " AND h.known_since <= ?"), standing.text)
    pieces = [f"SELECT {columns} FROM opportunities{suffix} h WHERE {stands}"]  # noqa: S608 - our identifiers
    values: list[Cell] = [now, *(() if heard is None else (heard,)), *standing.values]
    history = f"SELECT {columns} FROM opportunity_history{suffix} h WHERE"  # noqa: S608 - our identifiers
    held = f"h.held_block IN ({_list(blocks_at(at))}) AND h.valid_from <= ? AND h.valid_to > ?"
    if known is None or heard is None:
        pieces.append(f"{history} {_and(held + ' AND h.known_to IS NULL', condition.text)}")
        values += (now, now, *condition.values)
        return Sql(" UNION ALL ".join(pieces), tuple(values))
    told = "h.known_from <= ? AND (h.known_to IS NULL OR h.known_to > ?)"
    pieces.append(f"{history} {_and(f'{held} AND {told}', condition.text)}")
    values += (now, now, heard, heard, *condition.values)
    unsure = (
        f"h.known_block IN ({_list(blocks_at(known))}) AND h.known_from <= ? "
        "AND COALESCE(h.ended_known, h.known_to) > ? AND h.valid_from <= ? AND (h.valid_to IS NULL OR h.valid_to <= ?)"
    )
    pieces.append(f"{history} {_and(unsure, condition.text)}")
    values += (heard, heard, now, now, *condition.values)
    return Sql(" UNION ALL ".join(pieces), tuple(values))


def _and(first: str, second: str) -> str:
    return f"{first} AND {second}" if second else first


def _list(numbers: tuple[int, ...]) -> str:
    return ", ".join(map(str, numbers))
