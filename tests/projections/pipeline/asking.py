"""A house that has heard of opportunities, and what it is asked."""

from typing import Any

from events.envelope import Envelope
from events.instants import to_us
from events.topics import COUNCIL_EVENTS, OPPORTUNITY_EVENTS
from projections.views.view import Cell
from tests.projections.house import House, house
from tests.projections.pipeline.facts import instant


async def shown(
    *facts: Envelope, targets: tuple[Envelope, ...] = (), partitions: int = 1, limit: int = 5000, **pipeline: Any
) -> House:
    built = await house(partitions=partitions)
    if pipeline:
        await built.publish("inbound", "Open", pipeline=pipeline)
    await built.write(*facts, log=OPPORTUNITY_EVENTS)
    await built.write(*targets, log=COUNCIL_EVENTS)
    await built.show(limit)
    return built


def asked(built: House, name: str, day: float, known: float | None = None, **more: Any) -> list[dict[str, Cell]]:
    times = {"as_of": to_us(instant(day)), "known_at": None if known is None else to_us(instant(known))}
    since = more.pop("since", None)
    times["since"] = None if since is None else to_us(instant(since))
    return built.view(name, times=times, **more)


def figures(rows: list[dict[str, Cell]], column: str = "amount_minor") -> dict[Cell, Cell]:
    return {row["measure"]: row[column] for row in rows}
