"""How urgent the rows of a view are, in words for people: `within 12 min`, `tomorrow`, `now, 3 h late`."""

from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo
from typing import Any

from events.instants import to_us
from streams.next_action import when

_ASKED = {
    "queue": ("act_by", "next_action"),
    "unowned": ("act_by", "next_action"),
    "stagnant": ("act_by", "next_action"),
    "sla-board": ("due", "next_action"),
    "clocks": ("due", "next_action"),
    "tasks": ("due", "title"),
}
"""View -> the column that says by when, and the one that says what."""
COLUMN = "when"


def with_urgency(
    name: str, rows: Sequence[Mapping[str, Any]], columns: Sequence[str], now: int, zone: tzinfo
) -> tuple[list[dict[str, Any]], list[str]]:
    """Rows and columns with one more beside the due, where the view says what is to be done.

    Args:
        name: the view.
        rows: its rows.
        columns: their columns, in order.
        now: the instant of asking, microseconds.
        zone: the viewer's, in which days are counted.
    """
    due, what = _ASKED.get(name, ("", ""))
    if due not in columns:
        return [dict(row) for row in rows], list(columns)
    place = list(columns).index(due) + 1
    found = [{**row, COLUMN: _words(row, due, what, now, zone)} for row in rows]
    return found, [*columns[:place], COLUMN, *columns[place:]]


def _words(row: Mapping[str, Any], due: str, what: str, now: int, zone: tzinfo) -> str | None:
    if not row[due] or not row[what] or row.get("state") == "done":
        return None
    return when(to_us(datetime.fromisoformat(row[due])), now, zone)
