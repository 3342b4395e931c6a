"""What `leads` keeps of a lead, and how far that has come."""

from msgspec import Struct

from projections.views.merged_lives import Lives, earliest


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
    `program_status` the status that asked for the program, `program_of` the merged lead that entered it, `withheld` why
    the program must leave it alone; `carried` the merged lead by which it is with sales; `sales_since` when it was
    handed over last.
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
    program_of: str | None = None
    carried: str | None = None
    sales_since: int = -1
    lives: Lives = ()
    ratings: int = 0
    rating_sum: int = 0
    withheld: str | None = None


def status_of(row: Lead) -> tuple[str | None, int | None]:
    """The status entered last, of the lead or of one that was merged into it since it was handed over, and when."""
    found = [] if row.status_order is None else [(row.status_order, row.status)]
    found += [(life.entered, life.status) for life in row.lives if life.status and life.entered[0] >= row.sales_since]
    order, status = max(found, key=lambda each: each[0], default=(None, None))
    return status, None if order is None else order[0]


def converted_at(row: Lead) -> int | None:
    """When it was first converted, or a lead that was merged into it."""
    return earliest(row.converted_at, (life.converted_at for life in row.lives))


def archived_at(row: Lead) -> int | None:
    """When it was put aside, or a lead that was merged into it, by sales and not before this one went there."""
    since = max(row.sales_since, -1 if row.reopened_at is None else row.reopened_at + 1)
    told = (life.archived_at for life in row.lives if life.archived_at is not None and life.archived_at >= since)
    return earliest(row.archived_at, told)


def reopened_at(row: Lead) -> int | None:
    """When it was last opened again; a lead that is with sales as one merged into it was opened by that."""
    carried = row.handed_over_at if row.carried else None
    return max((at for at in (row.reopened_at, carried) if at is not None), default=None)


def phase(row: Lead) -> str:
    """How far the lead has come."""
    steps = (
        ("merged", row.merged_into),
        ("archived", archived_at(row)),
        ("converted", converted_at(row)),
        ("nurturing", row.program),
        ("accepted", row.accepted_at),
        ("handed_over", row.handed_over_at),
        ("qualified", row.qualified_at),
    )
    reached = next((name for name, since in steps if since is not None), row.back)
    return reached or ("stub" if row.captured_at is None else "captured")
