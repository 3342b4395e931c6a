"""What a lead remembers of what happened to it: touches, statuses, clocks, requests, tasks, conversions, answers."""

from msgspec import Struct

from events.lead import Direction, Side
from events.routing import Rule
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
        withheld: why the program must leave it alone; empty where it may warm it.
    """

    at: int
    program: str
    reason: str
    status: str
    held: dict[str, ProfileValue | None]
    withheld: str = ""


class Bounced(Struct, frozen=True, array_like=True, gc=False):
    """What was sent through a channel will never arrive.

    Attributes:
        at: occurred_at, microseconds.
        address: the address that was written to; None where it was not told.
    """

    at: int
    address: str | None = None


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
        moved: how many times it was moved after a reminder was told.
    """

    told_at: int = 0
    title: str = ""
    owner: str | None = None
    due: int | None = None
    remind_at: int | None = None
    done: bool = False
    reminded: bool = False
    moved: int = 0


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


class HandedOver(Struct, frozen=True, array_like=True, gc=False):
    """A lead had been handed over to sales before it was merged.

    Attributes:
        at: when it was handed over last, microseconds.
        agreement: the agreement it was handed over under.
        owner: who had it; None where nobody did.
        accepted_at: when sales accepted it, microseconds.
        qualified_at: when it was qualified first, as far as that is remembered, microseconds.
        is_over: sales had given it back, or it was closed.
    """

    at: int
    agreement: str
    owner: str | None = None
    accepted_at: int | None = None
    qualified_at: int | None = None
    is_over: bool = False


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
