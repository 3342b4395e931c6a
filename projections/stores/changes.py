"""What every store does with changes and positions before it writes them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from projections.stores.port import Move, Overtaken, RowChange, Source
from projections.views.view import Cells


def last_of(changes: Iterable[RowChange]) -> Mapping[str, Mapping[Cells, Cells | None]]:
    """Rows by table and key; of several changes of a row the last one stands, None takes it away."""
    last: defaultdict[str, dict[Cells, Cells | None]] = defaultdict(dict)
    for table, key, row in changes:
        last[table][key] = row
    return last


def expect_before(known: Mapping[Source, int], moves: Mapping[Source, Move]) -> None:
    """Positions have to be where the moves begin.

    Raises:
        Overtaken: one is not.
    """
    for source, move in moves.items():
        if known.get(source, move.before) != move.before:
            raise Overtaken(f"{source[0]}-{source[1]}: at {known[source]}, expected {move.before}")
