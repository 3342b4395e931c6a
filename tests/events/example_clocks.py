"""What clocks tell, one example each, with every field set."""

from datetime import UTC, datetime
from typing import Any

from events.fact import Fact
from events.sla import (
    SlaAnswered,
    SlaBreached,
    SlaBreachRetracted,
    SlaCancelled,
    SlaEscalated,
    SlaMet,
    SlaPaused,
    SlaResumed,
    SlaRevised,
    SlaStarted,
    SlaWarned,
    TouchCount,
)
from tests.events.moments import ANSWERED, DUE, MOVED

_CLOCK: dict[str, Any] = {
    "agreement": "emea-2026",
    "version": 2,
    "clause": "first_response",
    "cycle": 3,
    "side": "marketing",
}

CLOCKS: tuple[Fact, ...] = (
    SlaStarted(
        **_CLOCK,
        due=DUE,
        target="1h",
        calendar="berlin",
        warn_at=datetime(2026, 3, 2, 10, 15, tzinfo=UTC),
        ingest_lag_us=1_500_000,
        needs=(TouchCount(channel="call", count=3),),
        counts_after=datetime(2026, 3, 1, 8, 0, tzinfo=UTC),
        asks="3 calls",
    ),
    SlaPaused(**_CLOCK, due=DUE, status="Nurturing", revision=1, was_due=DUE),
    SlaResumed(**_CLOCK, due=MOVED, status="Contacted", revision=2, warn_at=datetime(2026, 3, 2, 10, 40, tzinfo=UTC)),
    SlaWarned(**_CLOCK, due=DUE, percent=75),
    SlaBreached(**_CLOCK, due=DUE, escalates_at=MOVED),
    SlaEscalated(**_CLOCK, due=DUE, level=1, after="30m", to="manager", do="reassign", escalates_at=MOVED),
    SlaAnswered(**_CLOCK, due=DUE, answered_at=ANSWERED, late_by_us=900_000_001, worked_us=4_500_000_001),
    SlaMet(**_CLOCK, due=MOVED, answered_at=ANSWERED, worked_us=4_500_000_001),
    SlaCancelled(**_CLOCK, due=DUE, reason="Unqualified"),
    SlaRevised(
        **_CLOCK,
        due=MOVED,
        revision=1,
        was="open",
        now="met",
        was_due=DUE,
        warn_at=datetime(2026, 3, 2, 10, 40, tzinfo=UTC),
        answered_at=ANSWERED,
        escalates_at=MOVED,
        worked_us=4_500_000_001,
    ),
    SlaBreachRetracted(
        **_CLOCK,
        due=MOVED,
        revision=2,
        now="met",
        was_due=DUE,
        warn_at=datetime(2026, 3, 2, 10, 40, tzinfo=UTC),
        answered_at=ANSWERED,
        level=1,
        worked_us=4_500_000_001,
    ),
)
