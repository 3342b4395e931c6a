"""The state of one lead: mutable, owned by the transaction, made only of what the canonical log says."""

from collections.abc import Sequence

from msgspec import Struct, field

from streams.deciders.lead import lives
from streams.deciders.lead.closings import Closing, How, lasting, spans
from streams.deciders.lead.entries import (
    Answered,
    Asked,
    Bounced,
    Clock,
    Conversion,
    ProfileValue,
    StatusEntry,
    Touch,
    Waiting,
    Work,
)
from streams.deciders.lead.person import Consent, Person, Sourced


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
        statuses: all statuses it entered itself, in order; see `all_statuses`.
        closings: what closed it, gave it back or opened it again besides its status, in order (`closings.add`); its
            own, see `all_closings`.
        score: as last told: score, fit, engagement, whole points; None before the first.
        grade: as last told.
        scored_version: agreement version of the last score.
        cycle: how often the lead was qualified.
        qualified_at: of the current cycle, microseconds; None once that is over.
        handed_over_at: of the current cycle, microseconds; None once that is over.
        owner: who has it.
        clocks: all clocks, in order of start.
        seen: short keyed hashes of every accepted (source, id).
        former_hand_overs: occurred_at of the hand-over in each former cycle that had one, by cycle, microseconds.
        answers: to commands, oldest first; they follow from the inbox and are no part of the fold of the facts.
        requests: how often it asked an account or a pool.
        asked: what it waits for now; None for nothing.
        first_owner: who had it first in the current cycle, where it was assigned.
        pool: name of the pool its owner was found in; None when it was not a pool.
        accepted_at: when sales took it in the current cycle, microseconds.
        waiting: what it was last warmed for, until it is opened again or its status changes.
        tasks: by id.
        conversions: all of its own, also those taken back, as told.
        account_asked: the account that was asked for its owner last, in the current cycle.
        acceptances: occurred_at of the acceptance in each cycle that had one, by cycle, microseconds.
        sourced: all values of a field that a provider told, one a provider, the one told last at the end; the fields
            that no provider told are not here.
        withdrawn: provider whose data was withdrawn to when, microseconds.
        consents: what the person allows, by purpose.
        person: who it is; None of a lead that has no key and is merged with none.
        carried: the lead merged into this one that was with sales, by which this one is; None when it is by itself.
        bounced: what was said last of each channel through which nothing arrives any more, by channel.
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
    former_hand_overs: dict[int, int] = field(default_factory=dict)
    answers: list[Answered] = field(default_factory=list)
    requests: int = 0
    asked: Asked | None = None
    first_owner: str | None = None
    pool: str | None = None
    accepted_at: int | None = None
    waiting: Waiting | None = None
    tasks: dict[str, Work] = field(default_factory=dict)
    conversions: list[Conversion] = field(default_factory=list)
    account_asked: str | None = None
    acceptances: dict[int, int] = field(default_factory=dict)
    sourced: dict[str, list[Sourced]] = field(default_factory=dict)
    withdrawn: dict[str, int] = field(default_factory=dict)
    consents: dict[str, Consent] = field(default_factory=dict)
    person: Person | None = None
    carried: str | None = None
    bounced: dict[str, Bounced] = field(default_factory=dict)

    @property
    def last_at(self) -> int:
        """The greatest instant of anything that happened to the lead, microseconds."""
        return max(self.latest_at, self.closings[-1].at) if self.closings else self.latest_at

    @property
    def with_sales_since(self) -> int | None:
        """When it was handed over last, in whichever cycle, microseconds; None when it never was."""
        known = [*self.former_hand_overs.values(), *(() if self.handed_over_at is None else (self.handed_over_at,))]
        return max(known, default=None)

    @property
    def all_statuses(self) -> Sequence[StatusEntry]:
        """All statuses entered, in order, with those of the leads that were merged into it."""
        if self.person is None or not self.person.parts:
            return self.statuses
        return lives.statuses(self.statuses, self.person, self.with_sales_since)

    @property
    def all_closings(self) -> Sequence[Closing]:
        """What closed and opened it, in order, with what counts for it of the leads that were merged into it."""
        if self.person is None or not self.person.parts:
            return self.closings
        return lives.closings(self.closings, self.person, self.with_sales_since)

    def closings_from(self, index: int) -> Sequence[Closing]:
        """The same without the first of its own."""
        own = self.closings[index:]
        return lives.closings(own, self.person, self.with_sales_since) if self.person else own

    @property
    def lasting(self) -> list[How]:
        """What closes the lead besides its status, the longest-standing first; empty when nothing does."""
        closings = self.all_closings
        return lasting(closings) if closings else []

    @property
    def warmed_for(self) -> Waiting | None:
        """What it waits for; of a lead whose last status is that of one that was merged into it, because of that."""
        said = lives.said_last(self.all_statuses, self.statuses, self.person)
        return self.waiting if said is None else said[1].waiting

    @property
    def converted(self) -> bool:
        """Whether the lead, or one that was merged into it, is converted."""
        return "converted" in self.lasting

    @property
    def archived(self) -> bool:
        """Whether the lead is put aside."""
        return "archived" in self.lasting

    @property
    def closed(self) -> bool:
        """Whether the lead is closed by more than its status."""
        return bool(self.lasting)

    @property
    def status(self) -> str | None:
        """The status entered last, by occurred time; what comes while it is put aside changes it no more."""
        closings = self.all_closings
        aside = spans(closings, "archived") if closings else ()
        for entry in reversed(self.all_statuses):
            if not any(begin < entry.at and (end is None or entry.at < end) for begin, end in aside):
                return entry.status
        return None
