"""What `clocks` keeps of the clocks of a lead."""

from msgspec import Struct

from events.sla import (
    Verdict,
)
from projections.views.merged_lives import Lives
from projections.views.merging import Heard

Lent = tuple[str, tuple[str, ...], str]
"""A touch of a merged lead that a clock counted: (lead, through which, channel)."""


class Row(Struct, frozen=True, gc=False, array_like=True):
    """A clock. Instants in microseconds; `due` is None while it is paused."""

    agreement: str
    version: int
    clause: str
    cycle: int
    side: str
    started_at: int
    due: int | None
    target: str = ""
    calendar: str | None = None
    verdict: Verdict = "open"
    warned: bool = False
    answered_at: int | None = None
    reason: str | None = None
    revision: int = 0
    retracted: bool = False
    owner: str | None = None
    source: str = ""
    lag_us: int = 0
    escalated: int = 0
    escalated_to: str | None = None
    escalates_at: int | None = None
    needs: tuple[tuple[str, int], ...] = ()
    counts_after: int = -1
    asks: str = ""
    worked_us: int | None = None
    lapsed: bool = False
    lent: tuple[Lent, ...] = ()


class Clocks(Struct, frozen=True, gc=False, array_like=True):
    """Base row: all clocks of a lead, who has it, and where it came from."""

    is_test: bool = False
    owner: str | None = None
    source: str = ""
    captured_at: int | None = None
    clocks: tuple[Row, ...] = ()
    merged: bool = False
    heard: tuple[Heard, ...] = ()
    lives: Lives = ()
