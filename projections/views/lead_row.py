"""What `leads` keeps of a lead, and how far that has come."""

from msgspec import Struct


class OpenClock(Struct, frozen=True, gc=False, array_like=True):
    """A clock without a verdict; `due` in microseconds, None while paused."""

    agreement: str
    version: int
    clause: str
    cycle: int
    due: int | None


class Lead(Struct, frozen=True, gc=False, array_like=True):
    """Base row: what is known of a lead. Instants in microseconds.

    `status_order` is (occurred, source, id); `back` how the lead last came back to marketing, until it is qualified;
    `program_status` the status that asked for the program.
    """

    source: str = ""
    agreement: str | None = None
    is_test: bool = False
    status: str | None = None
    status_order: tuple[int, str, str] | None = None
    score: int | None = None
    grade: str | None = None
    scored_at: int | None = None
    owner: str | None = None
    captured_at: int | None = None
    qualified_at: int | None = None
    handed_over_at: int | None = None
    converted_at: int | None = None
    archived_at: int | None = None
    last_touch_at: int | None = None
    updated_at: int = 0
    clocks: tuple[OpenClock, ...] = ()
    company: str | None = None
    company_at: int = 0
    why_passed: str | None = None
    accepted_at: int | None = None
    reopened_at: int | None = None
    back: str | None = None
    back_because: str | None = None
    program: str | None = None
    program_status: str | None = None
    first_owner: str | None = None
    why_owner: str | None = None
    last_converted_at: int | None = None
    merged_into: str | None = None
    account: str | None = None
    account_by: str | None = None
    account_confidence: int | None = None


def phase(row: Lead) -> str:
    """How far the lead has come."""
    steps = (
        ("merged", row.merged_into),
        ("archived", row.archived_at),
        ("converted", row.converted_at),
        ("nurturing", row.program),
        ("accepted", row.accepted_at),
        ("handed_over", row.handed_over_at),
        ("qualified", row.qualified_at),
    )
    reached = next((name for name, since in steps if since is not None), row.back)
    return reached or ("stub" if row.captured_at is None else "captured")
