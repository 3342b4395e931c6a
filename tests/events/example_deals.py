"""What opportunities and plans tell, one example each, with every field set."""

from datetime import date
from typing import Any

from events.council import (
    ActionDone,
    ActionPlanned,
    CellCommented,
    CommentCell,
    ConveneCouncil,
    CouncilCell,
    CouncilConvened,
    FinishAction,
    PlanAction,
)
from events.fact import Fact
from events.opportunity import (
    HygieneCleared,
    HygieneFlagged,
    OpportunityAmended,
    OpportunityClosedLost,
    OpportunityClosedWon,
    OpportunityContactAdded,
    OpportunityOpened,
    OpportunityOwnerTold,
    OpportunityProductAdded,
    OpportunityProductRemoved,
    OpportunityReopened,
    OpportunityStageChanged,
    TargetSet,
)
from tests.events.moments import AT, DUE

_DETAILS: dict[str, Any] = {
    "account": "account-77",
    "name": "Müller & Söhne, new plant",
    "amount_minor": 1_250_000,
    "currency": "EUR",
    "forecast": "best_case",
    "close_date": date(2026, 6, 30),
    "owner": "rep-17",
    "opener": "rep-3",
    "opener_role": "BDR",
    "product": "platform",
    "region": "DACH",
    "segment": "mid-market",
    "source": "events",
    "campaign": "spring-2026",
    "lead": "lead-4711",
    "next_step": "send the offer",
}

_CELL: dict[str, Any] = {
    "measure": "closed_acv",
    "product": "platform",
    "region": "DACH",
    "segment": "mid-market",
    "source": "events",
}
_FROZEN_CELL = CouncilCell(
    **_CELL, amount_minor=40_000_000, target_minor=100_000_000, coverage="0.55", required_coverage="3.25",
    last_year_minor=35_000_000, restated_minor=36_000_000, colour="red",
)  # fmt: skip
_FROZEN: dict[str, Any] = {
    "week": "2026-W10",
    "quarter": "2026Q1",
    "known_at": AT,
    "timezone": "Europe/Berlin",
    "day": 61,
    "days": 90,
    "currency": "EUR",
    "left_out": "1 opportunity: no rate to EUR from RON on 2026-03-01",
    "cells": (_FROZEN_CELL,),
    "former_quarter": "2025Q4",
    "former_cells": (_FROZEN_CELL,),
    "by": "Head of Sales",
}  # fmt: skip
_PLAN: dict[str, Any] = {
    **_CELL,
    "week": "2026-W10",
    "kind": "spiff",
    "what": "double points until the 20th",
    "owner": "rep-17",
    "due": date(2026, 3, 20),
    "by": "Head of Sales",
}

DEALS: tuple[Fact, ...] = (
    OpportunityOpened(stage="Discovery", **_DETAILS),
    OpportunityAmended(**_DETAILS, cleared=("next_step",), by="rep-17"),
    OpportunityStageChanged(stage="Proposal", forecast="most_likely", by="rep-17"),
    OpportunityProductAdded(line="line-1", product="platform", amount_minor=1_000_000, quantity=2),
    OpportunityProductRemoved(line="line-1"),
    OpportunityContactAdded(contact="contact-5", role="decision maker", primary=True),
    OpportunityClosedWon(reason="best fit", by="rep-17"),
    OpportunityClosedLost(reason="no_budget", competitor="another vendor", by="rep-17"),
    OpportunityReopened(stage="Proposal", forecast="pipeline", reason="budget found", by="rep-17"),
    OpportunityOwnerTold(account="account-77", is_open=True, opened_at=DUE, owner="rep-17"),
    HygieneFlagged(kind="untouched", days=30),
    HygieneCleared(kind="no_next_step"),
    TargetSet(
        quarter="2026Q2",
        amount_minor=50_000_000,
        currency="EUR",
        kind="pipe_generation",
        product="platform",
        region="DACH",
        segment="mid-market",
        source="events",
        role="BDR",
        owner="rep-17",
        by="Head of Sales",
    ),
    CouncilConvened(**_FROZEN),
    CellCommented(**_CELL, week="2026-W10", text="two deals slipped to April", by="rep-17"),
    ActionPlanned(action=3, **_PLAN),
    ActionDone(action=3, outcome="three deals won", by="rep-17"),
    ConveneCouncil(complete_to=DUE, **_FROZEN),
    CommentCell(**_CELL, week="2026-W10", text="two deals slipped to April", by="rep-17"),
    PlanAction(**_PLAN),
    FinishAction(action=3, outcome="three deals won", by="rep-17"),
)
