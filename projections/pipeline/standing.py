"""What stood at an instant, as it was known at another, in SQL: the tables of opportunities, asked by their indexes.

A state either stands, or is over. Of those that are over only the ones that hold the instant are looked at: they lie in
the blocks of time that hold it (`projections.pipeline.blocks`). One may also have been thought to go on, at an instant
of knowledge at which its end was not known; then that instant lies in the block in which it was known without one.
"""

from typing import NamedTuple

from projections.pipeline.blocks import blocks_at
from projections.views.times import instant_text
from projections.views.view import Cell


class Sql(NamedTuple):
    """A piece of SQL and the values of its marks, in order."""

    text: str
    values: tuple[Cell, ...] = ()


def product_of(*, parts: bool) -> str:
    """The column of the product, in rows of parts or of whole opportunities."""
    return "part_product" if parts else "product"


def also(*conditions: Sql) -> Sql:
    """All of some conditions."""
    there = [each for each in conditions if each.text]
    return Sql(" AND ".join(each.text for each in there), tuple(value for each in there for value in each.values))


def told_at(known: int | None, of: str = "h") -> Sql:
    """That a state was known at an instant; None: that it is known now."""
    if known is None:
        return Sql(f"{of}.known_to IS NULL")
    text = instant_text(known)
    return Sql(f"{of}.known_from <= ? AND ({of}.known_to IS NULL OR {of}.known_to > ?)", (text, text))


def standing_at(
    times: tuple[int, int | None], columns: str, condition: Sql, *, parts: bool = False, standing: Sql | None = None
) -> Sql:
    """A query for the states of opportunities at an instant; each opportunity stands once.

    Args:
        times: the instant in microseconds, and that of knowledge; None: as they are known now.
        columns: what is selected; the table is `h`. No more than is needed: every cell is copied.
        condition: what else has to hold of it.
        parts: a row for each product line (`part_product`, `part_amount`), or for all of it where there is none.
        standing: what else has to hold of those that still stand, if it is not the same.
    """
    at, known = times
    now = instant_text(at)
    stood = Sql("h.since <= ?", (now,))
    held = Sql(f"h.held_block IN ({_list(blocks_at(at))}) AND h.valid_from <= ? AND h.valid_to > ?", (now, now))
    over = [also(held, told_at(known), condition)]
    if known is not None:
        heard = instant_text(known)
        stood = also(stood, Sql("h.known_since <= ?", (heard,)))
        unsure = f"""h.known_block IN ({_list(blocks_at(known))}) AND h.known_from <= ?
            AND COALESCE(h.ended_known, h.known_to) > ?
            AND h.valid_from <= ? AND (h.valid_to IS NULL OR h.valid_to <= ?)"""
        over.append(also(Sql(unsure, (heard, heard, now, now)), condition))
    stands = also(stood, condition if standing is None else standing)
    asked = [("opportunities", stands), *(("opportunity_history", each) for each in over)]
    suffix = "_parts" if parts else "_base"
    return Sql(
        " UNION ALL ".join(f"SELECT {columns} FROM {table}{suffix} h WHERE {each.text}" for table, each in asked),  # noqa: S608 - our identifiers
        tuple(value for _, each in asked for value in each.values),
    )


def microseconds(column: str) -> str:
    """The instant that a column says (`instant_text`), in microseconds since 1970, as SQL; null where it is."""

    def digits(begin: int, count: int) -> str:
        return f"CAST(substr({column}, {begin}, {count}) AS BIGINT)"

    year, month, day = digits(1, 4), digits(6, 2), digits(9, 2)
    shifted, months = f"({year} + 4800 - (14 - {month}) / 12)", f"({month} + 12 * ((14 - {month}) / 12) - 3)"
    leaps = f"{shifted} / 4 - {shifted} / 100 + {shifted} / 400"
    days = f"({day} + (153 * {months} + 2) / 5 + 365 * {shifted} + {leaps} - 2472633)"
    seconds = f"(({days} * 24 + {digits(12, 2)}) * 60 + {digits(15, 2)}) * 60 + {digits(18, 2)}"
    return f"(({seconds}) * 1000000 + {digits(21, 6)})"


def _list(numbers: tuple[int, ...]) -> str:
    return ", ".join(map(str, numbers))
