"""Commands to councils, told by minutes after Monday, 5 January 2026, 09:00 UTC (see `tests.support.subjects`)."""

from datetime import date, timedelta
from typing import Any

from msgspec.structs import replace

from events.council import CommentCell, ConveneCouncil, CouncilCell, FinishAction, PlanAction
from events.instants import MINUTE, from_us
from streams.deciders.councils import COUNCIL, Council
from tests.support.given import minute
from tests.support.subjects import Ledger

WEEK = 7 * 24 * 60.0
CLOSED = CouncilCell(measure="closed_acv", amount_minor=40, target_minor=100, colour="red")
NORTH = replace(CLOSED, region="north", colour="yellow")
SOUTH = replace(CLOSED, region="south", amount_minor=90, colour="green")
NOWHERE = replace(CLOSED, region="")
"""Of what has no region; red, too."""
PIPE = CouncilCell(measure="open_pipe", amount_minor=70)
MATRIX = (CLOSED, PIPE, NORTH, SOUTH, NOWHERE)
COMMENT = CommentCell(measure="closed_acv", text="two deals slipped", by="ines")
PLAN = PlanAction(
    measure="closed_acv", region="north", kind="spiff", what="double points", owner="radu", due=date(2026, 3, 1),
    by="ines",
)  # fmt: skip
FINISH = FinishAction(action=1, outcome="three won", by="radu")


def council() -> Ledger[Council]:
    return Ledger(COUNCIL, "emea")


def convene(at: float = 0.0, **more: Any) -> ConveneCouncil:
    """The council of the week of an instant, of a matrix that was final a minute later."""
    known_at = from_us(minute(at))
    year, week, _ = known_at.isocalendar()
    told: dict[str, Any] = {
        "week": f"{year}-W{week:02d}",
        "quarter": "2026Q1",
        "known_at": known_at,
        "complete_to": known_at + timedelta(microseconds=MINUTE),
        "timezone": "UTC",
        "day": 5,
        "days": 90,
        "currency": "EUR",
        "cells": MATRIX,
        "by": "ines",
    }
    return ConveneCouncil(**{**told, **more})


def met() -> Ledger[Council]:
    """A council that has met in the first week."""
    ledger = council()
    assert ledger.asks(convene(), 10).accepted
    return ledger
