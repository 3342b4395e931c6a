"""Rows of leads with the score of an instant: scores fade between the instants at which they are told."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from engine.ports import EventLog
from events.codec import Codec
from events.instants import to_us
from leadstream.reading import histories_of
from leadstream.scores import lead_as_of, score_of
from projections.read import Where
from projections.views.times import instant_text
from projections.views.view import Cell
from streams.agreement.known import Known

FADING = frozenset({"score", "grade", "scored_at"})
"""Columns that hold for the instant of the last change, where rows show what was told last."""


def has_scores(columns: Collection[str]) -> bool:
    """Whether rows with these columns are of one lead each, and show its score."""
    return {"lead", "score", "grade"} <= set(columns)


def lasting(conditions: Sequence[Where]) -> list[Where]:
    """Those of some conditions that do not depend on the instant of the scores."""
    return [each for each in conditions if each[0] not in FADING]


async def rescored(log: EventLog, rows: Sequence[Mapping[str, Cell]], known: Known, at: int) -> list[dict[str, Cell]]:
    """Rows with score and grade of an instant, from what had happened by then, by the version in force then.

    Args:
        log: where the leads' facts are.
        rows: rows of leads, as `has_scores` asks for them.
        known: the published agreements.
        at: microseconds. Who was not captured by then, or is scored by no agreement, has no score.
    """
    histories = await histories_of(log, {str(row["lead"]) for row in rows}, Codec())
    found: list[dict[str, Cell]] = []
    for row in rows:
        lead = str(row["lead"])
        score = score_of(lead_as_of(histories.get(lead, []), at), known, lead, at)
        now: dict[str, Cell] = {
            "score": score.get("score"),
            "grade": score.get("grade"),
            "scored_at": instant_text(to_us(datetime.fromisoformat(score["scored_at"]))) if score else None,
        }
        found.append({**row, **{name: cell for name, cell in now.items() if name in row}})
    return found
