"""The state of one lead: mutable, owned by the transaction, made only of what the canonical log says."""

from typing import Literal

from msgspec import Struct, field

from events.lead import Direction, Side
from events.sla import Verdict

ProfileValue = str | int | bool | float


class Touch(Struct, frozen=True, array_like=True, gc=False, order=True):
    """A touch as the lead remembers it; ordered by occurred time, then id.

    Attributes:
        at: occurred_at, microseconds.
        id: the touch's id.
        direction: inbound or outbound.
        channel: channel.
        kind: kind.
        side: whose outbound touch it was.
        asset: page, document or event touched.
        campaign: its campaign.
    """

    at: int
    id: str
    direction: Direction
    channel: str
    kind: str
    side: Side
    asset: str | None = None
    campaign: str | None = None


class StatusEntry(Struct, frozen=True, array_like=True, gc=False, order=True):
    """The lead entered a status; ordered by occurred time, then source and id.

    Attributes:
        at: occurred_at, microseconds.
        source: who said so.
        id: the fact's id.
        status: the status entered.
    """

    at: int
    source: str
    id: str
    status: str


class Clock(Struct, array_like=True):
    """An SLA clock as last told by its facts.

    Attributes:
        agreement: agreement of the clause.
        version: version the clock keeps to its end.
        clause: name of the clause.
        cycle: 1 for the first start.
        side: who must act.
        start: when it started, microseconds.
        due: when the answer is due; None while paused.
        warn_at: when the warning is due; None for no warning, or while paused.
        verdict: as last told.
        warned: a warning was told.
        answered: an answer was told.
        revision: how often verdict or due were revised.
    """

    agreement: str
    version: int
    clause: str
    cycle: int
    side: Side
    start: int
    due: int | None
    warn_at: int | None = None
    verdict: Verdict = "open"
    warned: bool = False
    answered: bool = False
    revision: int = 0


class Closing(Struct, frozen=True, array_like=True, gc=False, order=True):
    """The lead was converted or archived.

    Attributes:
        at: occurred_at, microseconds.
        how: converted or archived.
    """

    at: int
    how: Literal["archived", "converted"]


class Lead(Struct, array_like=True):
    """Everything a decider knows of one lead.

    Attributes:
        recorded_at: of the last fact, microseconds; never decreases.
        sequence: of the last fact.
        latest_at: greatest occurred_at of all facts from upstream, microseconds.
        captured_at: occurred_at of the capture; None for a stub.
        source: marketing source of the capture.
        agreement: name of the agreement that governs the lead.
        is_test: left out of figures.
        profile: what is known, dotted keys.
        profile_at: occurred_at of each profile value, microseconds; the later one holds.
        touches: all touches, in order.
        statuses: all statuses entered, in order.
        closings: conversions and archivings, in order.
        score: as last told: score, fit, engagement, whole points; None before the first.
        grade: as last told.
        scored_version: agreement version of the last score.
        cycle: how often the lead was qualified.
        qualified_at: of the current cycle, microseconds.
        handed_over_at: of the current cycle, microseconds.
        owner: who has it.
        clocks: all clocks, in order of start.
        seen: short keyed hashes of every accepted (source, id).
    """

    recorded_at: int = 0
    sequence: int = 0
    latest_at: int = 0
    captured_at: int | None = None
    source: str = ""
    agreement: str | None = None
    is_test: bool = False
    profile: dict[str, ProfileValue] = field(default_factory=dict)
    profile_at: dict[str, int] = field(default_factory=dict)
    touches: list[Touch] = field(default_factory=list)
    statuses: list[StatusEntry] = field(default_factory=list)
    closings: list[Closing] = field(default_factory=list)
    score: tuple[int, int, int] | None = None
    grade: str = ""
    scored_version: int = 0
    cycle: int = 0
    qualified_at: int | None = None
    handed_over_at: int | None = None
    owner: str | None = None
    clocks: list[Clock] = field(default_factory=list)
    seen: list[int] = field(default_factory=list)

    @property
    def converted(self) -> bool:
        """Whether the lead was ever converted."""
        return any(closing.how == "converted" for closing in self.closings)

    @property
    def archived(self) -> bool:
        """Whether the lead was ever archived."""
        return any(closing.how == "archived" for closing in self.closings)

    @property
    def status(self) -> str | None:
        """The status entered last, by occurred time; what comes after an archiving changes it no more."""
        end = next((closing.at for closing in self.closings if closing.how == "archived"), None)
        for entry in reversed(self.statuses):
            if end is None or entry.at <= end:
                return entry.status
        return None
