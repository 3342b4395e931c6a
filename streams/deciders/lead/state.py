"""The state of one lead: mutable, owned by the transaction, made only of what the canonical log says."""

from msgspec import Struct, field

from events.identity import How
from events.lead import Direction, Side
from events.routing import Rule
from events.sla import Verdict
from streams.deciders.lead.closings import Closing, lasting, spans

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
        source: who said so, of leads that may be merged; None where it was not kept.
    """

    at: int
    id: str
    direction: Direction
    channel: str
    kind: str
    side: Side
    asset: str | None = None
    campaign: str | None = None
    source: str | None = None


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
        escalates_at: when the next level of escalation follows, microseconds; None when none does.
        escalated: levels told since the clock was breached last.
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
    escalates_at: int | None = None
    escalated: int = 0


class Waiting(Struct, frozen=True, array_like=True, gc=False):
    """What the lead lacks: a program was asked to warm it, and it waits until that changes.

    Attributes:
        at: occurred_at of the request, microseconds.
        program: who was asked; empty before the capture, while no agreement says who.
        reason: what the lead lacks; empty where its status alone asks for it.
        status: the status that asked; empty where a rejection did.
        held: the awaited fields with what they held then; None when they were not set.
    """

    at: int
    program: str
    reason: str
    status: str
    held: dict[str, ProfileValue | None]


class Work(Struct, array_like=True, gc=False):
    """A task, as last told; a done one of which nothing else is known has no title.

    Attributes:
        told_at: occurred_at of what was told last, microseconds.
        title: what is to be done.
        owner: who has to do it.
        due: when it has to be done, microseconds.
        remind_at: when to remind of it, microseconds.
        done: it is done.
        reminded: a reminder of `remind_at` was told.
    """

    told_at: int = 0
    title: str = ""
    owner: str | None = None
    due: int | None = None
    remind_at: int | None = None
    done: bool = False
    reminded: bool = False


class Conversion(Struct, frozen=True, array_like=True, gc=False):
    """The lead was converted.

    Attributes:
        at: occurred_at, microseconds.
        id: the fact's id.
        group: the opportunity group; empty where none was named.
        account: account id; None where a status alone says that it is converted.
        contact: contact id.
        opportunity: opportunity id.
    """

    at: int
    id: str
    group: str
    account: str | None
    contact: str | None
    opportunity: str | None


class Answered(Struct, frozen=True, array_like=True, gc=False):
    """What a command was answered.

    Attributes:
        mark: keyed hash of the command's (source, id), or of what must not be done twice.
        accepted: whether facts followed.
        facts: their ids.
        reason: why it was refused.
        missing: what was missing or wrong, one entry each.
        kept: it is never forgotten.
    """

    mark: int
    accepted: bool
    facts: tuple[str, ...] = ()
    reason: str | None = None
    missing: tuple[str, ...] = ()
    kept: bool = False


class Asked(Struct, frozen=True, array_like=True, gc=False):
    """What a lead waits for before somebody has it, or has it instead of somebody else.

    Attributes:
        number: of the lead's requests.
        at: since when, microseconds.
        of: the account or pool that was asked.
        of_pool: it is a pool.
        rule: what led to the pool.
        why: that rule in words.
        clause: the clause whose escalation asks for another owner; None without one.
    """

    number: int
    at: int
    of: str
    of_pool: bool = False
    rule: Rule = "account"
    why: str = ""
    clause: str | None = None


class Sourced(Struct, frozen=True, array_like=True, gc=False):
    """A value of a profile field with who told it.

    Attributes:
        value: the value.
        provider: who told it; empty for nobody in particular.
        at: when it was observed, microseconds.
        rank: the provider's place among those the agreement names for the field, 0 for the first; None after all those.
        confidence: how sure the provider is, 0 to 1.
    """

    value: ProfileValue
    provider: str
    at: int
    rank: int | None = None
    confidence: float | None = None


class Consent(Struct, frozen=True, array_like=True, gc=False):
    """What a person allowed for a purpose, or does not allow any more.

    Attributes:
        at: occurred_at, microseconds.
        granted: allowed.
        basis: legal basis.
        source: where it was said.
        text_version: of the text that was agreed to.
    """

    at: int
    granted: bool
    basis: str | None = None
    source: str | None = None
    text_version: str | None = None


class Part(Struct, array_like=True):
    """What one lead has of its own, where the histories of several count for one.

    Attributes:
        captured_at: when that lead was captured, microseconds; None of a stub.
        through: the leads that handed it on, the first one first.
        touches, profile, profile_at, sourced, withdrawn, consents: as of a lead.
    """

    captured_at: int | None = None
    through: tuple[str, ...] = ()
    touches: list[Touch] = field(default_factory=list)
    profile: dict[str, ProfileValue] = field(default_factory=dict)
    profile_at: dict[str, int] = field(default_factory=dict)
    sourced: dict[str, list[Sourced]] = field(default_factory=dict)
    withdrawn: dict[str, int] = field(default_factory=dict)
    consents: dict[str, Consent] = field(default_factory=dict)


class Candidate(Struct, frozen=True, array_like=True, gc=False):
    """An account that a lead may belong to.

    Attributes:
        account: its id.
        how: what they have in common.
        confidence: percent.
        is_open: it is an account still.
        opened_at: since when, microseconds.
    """

    account: str
    how: How
    confidence: int
    is_open: bool
    opened_at: int


class Person(Struct, array_like=True):
    """Who the lead is: what it is known by, whom it is merged with, which account it belongs to.

    Attributes:
        keys: keys it claimed, in order.
        company: its company's name as claimed.
        captured_at: its capture as claimed, microseconds, which says who is older; None of a stub.
        is_test: as claimed.
        into: the lead it is merged into.
        apart: leads it must not be merged with by itself.
        suspects: leads that may be the same person.
        own: what is its own, while histories of others count for it; else the lead has it itself.
        parts: what is of others, by lead.
        candidates: accounts it may belong to.
        account: the one it was put to.
    """

    keys: list[str] = field(default_factory=list)
    company: str | None = None
    captured_at: int | None = None
    is_test: bool = False
    into: str | None = None
    apart: list[str] = field(default_factory=list)
    suspects: list[str] = field(default_factory=list)
    own: Part | None = None
    parts: dict[str, Part] = field(default_factory=dict)
    candidates: list[Candidate] = field(default_factory=list)
    account: Candidate | None = None


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
        closings: what closed it, gave it back or opened it again besides its status, in order (`closings.add`).
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
        conversions: all of them, also those taken back, as told.
        account_asked: the account that was asked for its owner last, in the current cycle.
        acceptances: occurred_at of the acceptance in each cycle that had one, by cycle, microseconds.
        sourced: all values of a field that a provider told, one a provider, the one told last at the end; the fields
            that no provider told are not here.
        withdrawn: provider whose data was withdrawn to when, microseconds.
        consents: what the person allows, by purpose.
        person: who it is; None of a lead that has no key and is merged with none.
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

    @property
    def last_at(self) -> int:
        """The greatest instant of anything that happened to the lead, microseconds."""
        return max(self.latest_at, self.closings[-1].at) if self.closings else self.latest_at

    @property
    def converted(self) -> bool:
        """Whether the lead is converted."""
        return bool(self.closings) and "converted" in lasting(self.closings)

    @property
    def archived(self) -> bool:
        """Whether the lead is put aside."""
        return bool(self.closings) and "archived" in lasting(self.closings)

    @property
    def closed(self) -> bool:
        """Whether the lead is closed by more than its status."""
        return bool(self.closings) and bool(lasting(self.closings))

    @property
    def status(self) -> str | None:
        """The status entered last, by occurred time; what comes while it is put aside changes it no more."""
        aside = spans(self.closings, "archived") if self.closings else ()
        for entry in reversed(self.statuses):
            if not any(begin < entry.at and (end is None or entry.at < end) for begin, end in aside):
                return entry.status
        return None
