"""What an opportunity says next: at most one thing at a time, each seen by all that follows."""

from collections.abc import Sequence

from events.envelope import Envelope, is_subject
from events.fact import Fact
from events.ids import derived_id
from events.instants import DAY, from_us
from events.lead import LeadConverted
from events.opportunity import (
    HygieneCleared,
    HygieneFlagged,
    OpportunityAmended,
    OpportunityClosedWon,
    OpportunityOpened,
    OpportunityOwnerTold,
    OpportunityStageChanged,
)
from events.sources import speaker
from streams.agreement.pipeline import Pipeline
from streams.deciders.opportunities.evolve import SHORT
from streams.deciders.opportunities.hygiene import dues
from streams.deciders.opportunities.state import Opportunity, OwnerTold
from streams.deciders.subject import Around
from streams.deciders.told import Told

FIRST_STAGE = "New"
"""The stage of an opportunity from a conversion where no agreement names any."""


def react(state: Opportunity, envelope: Envelope, at: int, around: Around) -> Sequence[Told]:
    """What follows from a fact."""
    fact, pipeline = envelope.data, around.known.pipeline(around.at)
    if state.opened_at is None:
        if isinstance(fact, LeadConverted):
            return _converted(envelope, fact, at, around, pipeline)
        return ()
    said = _credited(state) or _summed(state) or _won(state, fact) or _owner_told(state)
    if said is not None:
        return (Told(said, _when(state, said, at)),)
    if state.waiting:  # what is tidy is asked when all is told that was known
        return ()
    up_to = max(at, around.at - 1) if isinstance(fact, HygieneFlagged) else around.at - 1
    told = _cleared(state, at, around, pipeline) or _flagged(state, up_to, around, pipeline)
    return () if told is None else (told,)


def next_wake(state: Opportunity, around: Around) -> int | None:
    """When something becomes untidy if nothing happens."""
    coming = dues(state, around.known.pipeline(around.at))
    return min((due for kind, due in coming.items() if kind not in state.flags), default=None)


def wake(state: Opportunity, due: int, around: Around) -> Sequence[Told]:
    """Something became untidy."""
    told = _flagged(state, due, around, around.known.pipeline(around.at))
    return () if told is None else (told,)


def on_version(state: Opportunity, at: int, around: Around) -> Sequence[Told]:
    """Another pipeline may govern from now on; what is untidy by it is said when it is due."""
    told = _cleared(state, at, around, around.known.pipeline(around.at))
    return () if told is None else (told,)


def _converted(envelope: Envelope, fact: LeadConverted, at: int, around: Around, pipeline: Pipeline) -> Sequence[Told]:
    """A conversion opens what nobody has opened, if it says with which account.

    An amount that cannot be taken is left out: the conversion tells it still, and `amount_zero` says what is missing.
    """
    if not fact.account or not is_subject(fact.account):
        return ()
    stage = pipeline.first_stage or FIRST_STAGE
    currency = fact.currency or pipeline.currency
    can_be_taken = currency in pipeline.currencies and (fact.amount_minor or 0) >= 0
    opened = OpportunityOpened(
        account=fact.account,
        name=fact.name or around.subject,
        stage=stage,
        forecast=pipeline.forecast(stage),
        amount_minor=(fact.amount_minor or 0) if can_be_taken else 0,
        currency=currency if can_be_taken else pipeline.currency,
        close_date=fact.close_date,
        owner=fact.owner,
        opener=fact.by,
        opener_role=fact.role,
        source=(fact.source or "")[:SHORT] or None,
        campaign=fact.campaign,
        lead=speaker(envelope.source),
    )
    return (Told(opened, at),)


def _credited(state: Opportunity) -> Fact | None:
    """What the lead brought is said of the opportunity, where nobody said it."""
    missing = {name: value for name, value in state.from_lead.items() if name not in state.known_at}
    return OpportunityAmended(**missing) if missing else None  # type: ignore[arg-type]  # texts, all of them


def _summed(state: Opportunity) -> Fact | None:
    """While there are lines, they sum to the amount."""
    total = state.lines_minor
    return OpportunityAmended(amount_minor=total) if state.lines and total != state.amount_minor else None


def _won(state: Opportunity, fact: Fact) -> Fact | None:
    """Entering a closed stage wins it."""
    if state.closed is not None or state.known.get("forecast") != "closed":
        return None
    return OpportunityClosedWon(by=fact.by if isinstance(fact, OpportunityStageChanged) else None)


def _owner_told(state: Opportunity) -> Fact | None:
    """The account hears who has it, and when it is not open any more, or another one's."""
    assert state.opened_at is not None, "asked only of an opened one"
    told, account = state.told, state.known["account"]
    opened_at = from_us(state.opened_at)
    if told is not None and told.is_open and told.account != account:
        return OpportunityOwnerTold(account=told.account, is_open=False, opened_at=opened_at)
    owner = state.known.get("owner") if state.is_open else None
    if OwnerTold(account, state.is_open, owner) == told or not (state.is_open or (told is not None and told.is_open)):
        return None
    return OpportunityOwnerTold(account=account, is_open=state.is_open, opened_at=opened_at, owner=owner)


def _when(state: Opportunity, said: Fact, at: int) -> int:
    """When what is said happened: no earlier than what it rests on."""
    if isinstance(said, OpportunityAmended):
        return max(at, state.amount_at, state.lines_at) if said.amount_minor is not None else at
    return max(at, state.turned_at, state.opened_at or 0)


def _cleared(state: Opportunity, at: int, around: Around, pipeline: Pipeline) -> Told | None:
    """The first thing that is not untidy any more, as far as is known now."""
    coming = dues(state, pipeline)
    for kind, since in state.flags.items():
        due = coming.get(kind)
        if due is None or due > around.at:
            return _said(state, HygieneCleared(kind=kind), max(at, since), around)
    return None


def _flagged(state: Opportunity, up_to: int, around: Around, pipeline: Pipeline) -> Told | None:
    """What became untidy first, of all that did until an instant and was not said to be."""
    coming = dues(state, pipeline)
    found = min(((due, kind) for kind, due in coming.items() if due <= up_to and kind not in state.flags), default=None)
    if found is None:
        return None
    due, kind = found
    days = pipeline.hygiene.untouched_for // DAY if kind == "untouched" else None
    return _said(state, HygieneFlagged(kind=kind, days=days), due, around)


def _said(state: Opportunity, fact: Fact, at: int, around: Around) -> Told:
    """What is said of tidiness has an id of its own: it follows from the rules, whatever brought it up."""
    return Told(fact, at, derived_id(around.subject, "hygiene", str(state.flagged + 1)))
