"""The report of a meeting as one object of JSON, for programs that show it in their own way."""

from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from events.instants import iso
from leadstream.councils.meeting import Meeting, Row


def json_of(meeting: Meeting) -> str:
    """The whole report; the same facts give the same text."""
    return orjson.dumps(data_of(meeting), option=orjson.OPT_INDENT_2).decode()


def data_of(meeting: Meeting) -> Mapping[str, Any]:
    """The report in parts. Rows have the columns of their views; amounts are in minor units.

    `as_of` and `known_at` are by what time comments and actions count; null: all that are known. The instant of the
    matrix is `known_at` of the `meeting`, a row of `councils`. An action has `overdue` besides its columns.
    """
    as_of, known_at = (None if at is None else iso(at) for at in meeting.then)
    return {
        "council": meeting.council,
        "as_of": as_of,
        "known_at": known_at,
        "meeting": meeting.head,
        "day": meeting.day.isoformat(),
        "cells": [row for _, rows in meeting.slices for row in rows.values()],
        "watched": [
            {"cell": each.cell, "comments": each.comments, "actions": _actions(meeting, each.actions)}
            for each in meeting.watched
        ],
        "followed": [
            {
                "meeting": earlier.head,
                "cells": [
                    {
                        "then": each.then,
                        "now": each.now,
                        "comments": each.comments,
                        "actions": _actions(meeting, each.actions),
                    }
                    for each in earlier.cells
                ],
            }
            for earlier in meeting.followed
        ],
        "open_actions": _actions(meeting, meeting.actions),
    }


def _actions(meeting: Meeting, rows: Iterable[Row]) -> list[Mapping[str, Any]]:
    return [{**row, "overdue": meeting.is_overdue(row)} for row in rows]
