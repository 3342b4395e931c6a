"""The catalogue: every fact and command, its wire type, and the envelope that carries it."""

from typing import Any, cast

from msgspec import defstruct

from events.account import AccountAmended, AccountOpened, AccountOwnerChanged, AccountOwnerTold, AccountRelated
from events.agreement import (
    AgreementProposed,
    AgreementPublished,
    AgreementRetired,
    AgreementSigned,
    CommandAnswered,
    ProposeAgreement,
    PublishAgreement,
    RetireAgreement,
    SignAgreement,
)
from events.commands import (
    AcceptLead,
    ConvertLead,
    HandOverLead,
    MergeLead,
    ReassignLead,
    RecycleLead,
    RejectLead,
    UnconvertLead,
    UnmergeLead,
)
from events.consent import LeadEnrichmentWithdrawn
from events.council import (
    ActionDone,
    ActionPlanned,
    CellCommented,
    CommentCell,
    ConveneCouncil,
    CouncilConvened,
    FinishAction,
    PlanAction,
)
from events.envelope import Envelope
from events.fact import Fact
from events.identity import (
    AccountClaimed,
    AccountFound,
    IdentityShared,
    LeadHistoryShared,
    LeadHistoryTakenBack,
    LeadIdentityClaimed,
    LeadIdentityLinked,
    LeadMatched,
    LeadMerged,
    LeadSuspected,
    LeadUnmerged,
)
from events.lead import (
    LeadArchived,
    LeadCaptured,
    LeadConverted,
    LeadHandedOver,
    LeadOriginTold,
    LeadProfileUpdated,
    LeadQualified,
    LeadScored,
    LeadStatusChanged,
    LeadTouched,
)
from events.life import (
    LeadAccepted,
    LeadBounced,
    LeadConsentChanged,
    LeadFeedbackGiven,
    LeadRecycled,
    LeadRejected,
    LeadReopened,
    LeadUnconverted,
    NurtureRequested,
    NurtureWithheld,
)
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
from events.routing import (
    LeadAccountAsked,
    LeadAssigned,
    LeadOwnerRequested,
    LeadRequestWithdrawn,
    MemberAway,
    MemberBack,
    PoolAssigned,
    PoolRefused,
    PoolStaffed,
    PoolWaiting,
)
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
)
from events.work import TaskCreated, TaskDone, TaskReminderDue

CATALOGUE: dict[str, type[Fact]] = {
    "lead.captured.v1": LeadCaptured,
    "lead.touched.v1": LeadTouched,
    "lead.status_changed.v1": LeadStatusChanged,
    "lead.profile_updated.v1": LeadProfileUpdated,
    "lead.scored.v1": LeadScored,
    "lead.qualified.v1": LeadQualified,
    "lead.handed_over.v1": LeadHandedOver,
    "lead.converted.v1": LeadConverted,
    "lead.unconverted.v1": LeadUnconverted,
    "lead.archived.v1": LeadArchived,
    "lead.accepted.v1": LeadAccepted,
    "lead.rejected.v1": LeadRejected,
    "lead.recycled.v1": LeadRecycled,
    "lead.reopened.v1": LeadReopened,
    "nurture.requested.v1": NurtureRequested,
    "nurture.withheld.v1": NurtureWithheld,
    "lead.feedback_given.v1": LeadFeedbackGiven,
    "lead.consent_changed.v1": LeadConsentChanged,
    "lead.bounced.v1": LeadBounced,
    "task.created.v1": TaskCreated,
    "task.done.v1": TaskDone,
    "task.reminder_due.v1": TaskReminderDue,
    "sla.started.v1": SlaStarted,
    "sla.paused.v1": SlaPaused,
    "sla.resumed.v1": SlaResumed,
    "sla.warned.v1": SlaWarned,
    "sla.breached.v1": SlaBreached,
    "sla.escalated.v1": SlaEscalated,
    "sla.answered.v1": SlaAnswered,
    "sla.met.v1": SlaMet,
    "sla.cancelled.v1": SlaCancelled,
    "sla.revised.v1": SlaRevised,
    "sla.breach_retracted.v1": SlaBreachRetracted,
    "agreement.proposed.v1": AgreementProposed,
    "agreement.signed.v1": AgreementSigned,
    "agreement.published.v1": AgreementPublished,
    "agreement.retired.v1": AgreementRetired,
    "agreement.propose.v1": ProposeAgreement,
    "agreement.sign.v1": SignAgreement,
    "agreement.publish.v1": PublishAgreement,
    "agreement.retire.v1": RetireAgreement,
    "command.answered.v1": CommandAnswered,
    "lead.hand_over.v1": HandOverLead,
    "lead.reassign.v1": ReassignLead,
    "lead.account_asked.v1": LeadAccountAsked,
    "lead.owner_requested.v1": LeadOwnerRequested,
    "lead.request_withdrawn.v1": LeadRequestWithdrawn,
    "lead.assigned.v1": LeadAssigned,
    "pool.staffed.v1": PoolStaffed,
    "pool.assigned.v1": PoolAssigned,
    "pool.waiting.v1": PoolWaiting,
    "pool.refused.v1": PoolRefused,
    "member.away.v1": MemberAway,
    "member.back.v1": MemberBack,
    "account.opened.v1": AccountOpened,
    "account.amended.v1": AccountAmended,
    "account.owner_changed.v1": AccountOwnerChanged,
    "account.related.v1": AccountRelated,
    "account.owner_told.v1": AccountOwnerTold,
    "lead.accept.v1": AcceptLead,
    "lead.reject.v1": RejectLead,
    "lead.recycle.v1": RecycleLead,
    "lead.convert.v1": ConvertLead,
    "lead.unconvert.v1": UnconvertLead,
    "lead.merge.v1": MergeLead,
    "lead.unmerge.v1": UnmergeLead,
    "lead.enrichment_withdrawn.v1": LeadEnrichmentWithdrawn,
    "lead.identity_linked.v1": LeadIdentityLinked,
    "lead.identity_claimed.v1": LeadIdentityClaimed,
    "account.claimed.v1": AccountClaimed,
    "identity.shared.v1": IdentityShared,
    "identity.account_found.v1": AccountFound,
    "lead.merged.v1": LeadMerged,
    "lead.unmerged.v1": LeadUnmerged,
    "lead.history_shared.v1": LeadHistoryShared,
    "lead.history_taken_back.v1": LeadHistoryTakenBack,
    "lead.suspected.v1": LeadSuspected,
    "lead.matched.v1": LeadMatched,
    "opportunity.opened.v1": OpportunityOpened,
    "opportunity.amended.v1": OpportunityAmended,
    "opportunity.stage_changed.v1": OpportunityStageChanged,
    "opportunity.product_added.v1": OpportunityProductAdded,
    "opportunity.product_removed.v1": OpportunityProductRemoved,
    "opportunity.contact_added.v1": OpportunityContactAdded,
    "opportunity.closed_won.v1": OpportunityClosedWon,
    "opportunity.closed_lost.v1": OpportunityClosedLost,
    "opportunity.reopened.v1": OpportunityReopened,
    "opportunity.owner_told.v1": OpportunityOwnerTold,
    "hygiene.flagged.v1": HygieneFlagged,
    "hygiene.cleared.v1": HygieneCleared,
    "target.set.v1": TargetSet,
    "council.convened.v1": CouncilConvened,
    "cell.commented.v1": CellCommented,
    "action.planned.v1": ActionPlanned,
    "action.done.v1": ActionDone,
    "council.convene.v1": ConveneCouncil,
    "cell.comment.v1": CommentCell,
    "action.plan.v1": PlanAction,
    "action.finish.v1": FinishAction,
    "lead.origin_told.v1": LeadOriginTold,
}
"""Wire type -> fact type. The number at the end is the major version; an old one is upcast on read."""

UPSTREAM: frozenset[type[Fact]] = frozenset(
    {
        LeadCaptured,
        LeadTouched,
        LeadStatusChanged,
        LeadProfileUpdated,
        LeadConverted,
        LeadUnconverted,
        LeadFeedbackGiven,
        LeadConsentChanged,
        LeadBounced,
        TaskCreated,
        TaskDone,
        LeadEnrichmentWithdrawn,
        LeadIdentityLinked,
    }
)
"""Facts about leads that systems outside may send to `lead-inbox`; all others are made here."""

ABOUT_ACCOUNTS: frozenset[type[Fact]] = frozenset({AccountOpened, AccountAmended, AccountOwnerChanged, AccountRelated})
"""Facts about accounts that systems outside may send to `account-inbox`."""

ABOUT_POOLS: frozenset[type[Fact]] = frozenset({MemberAway, MemberBack})
"""Facts about people in pools that systems outside may send to `pool-inbox`."""

ABOUT_OPPORTUNITIES: frozenset[type[Fact]] = frozenset(
    {
        OpportunityOpened,
        OpportunityAmended,
        OpportunityStageChanged,
        OpportunityProductAdded,
        OpportunityProductRemoved,
        OpportunityContactAdded,
        OpportunityClosedWon,
        OpportunityClosedLost,
        OpportunityReopened,
    }
)
"""Facts about opportunities that systems outside may send to `opportunity-inbox`."""

ABOUT_COUNCILS: frozenset[type[Fact]] = frozenset({TargetSet})
"""Facts about plans that anyone may send to `council-inbox`."""

LEAD_COMMANDS: frozenset[type[Fact]] = frozenset(
    {
        HandOverLead,
        ReassignLead,
        AcceptLead,
        RejectLead,
        RecycleLead,
        ConvertLead,
        UnconvertLead,
        MergeLead,
        UnmergeLead,
    }
)
"""Commands that a lead decides."""

AGREEMENT_COMMANDS: frozenset[type[Fact]] = frozenset(
    {ProposeAgreement, SignAgreement, PublishAgreement, RetireAgreement}
)
"""Commands that the agreement task decides."""

COUNCIL_COMMANDS: frozenset[type[Fact]] = frozenset({ConveneCouncil, CommentCell, PlanAction, FinishAction})
"""Commands that a council decides."""

BY_COMMAND_LINE: frozenset[type[Fact]] = AGREEMENT_COMMANDS | {ConveneCouncil}
"""Commands that the command line alone sends: they carry a file that was checked, or a matrix that was read."""

COMMANDS: frozenset[type[Fact]] = LEAD_COMMANDS | AGREEMENT_COMMANDS | COUNCIL_COMMANDS
"""Requests that may be refused; they travel like facts and are answered in the topic `answers`."""

TO_LEADS: frozenset[type[Fact]] = frozenset(
    {
        AccountOwnerTold,
        PoolAssigned,
        PoolRefused,
        IdentityShared,
        AccountFound,
        LeadHistoryShared,
        LeadHistoryTakenBack,
        LeadUnmerged,
    }
)
"""Facts that other tasks tell a lead through its inbox: of another lead, a pool, an account, a key of identity.

Nobody else may; see `events.topics.FORWARDS`.
"""

WIRE_TYPE: dict[type[Fact], str] = {fact: name for name, fact in CATALOGUE.items()}


def _envelope_type(name: str, fact: type[Fact]) -> type[Envelope]:
    made = defstruct(
        f"{fact.__name__}Envelope", [("data", fact)], bases=(Envelope,), kw_only=True, frozen=True, gc=False, tag=name
    )
    return cast("type[Envelope]", made)


ENVELOPES: dict[type[Fact], type[Envelope]] = {fact: _envelope_type(name, fact) for name, fact in CATALOGUE.items()}
"""Fact type -> its envelope type."""


def envelope_union() -> Any:
    """The union of all envelopes, as msgspec's decoder wants it."""
    union: Any = None
    for made in ENVELOPES.values():
        union = made if union is None else union | made
    return union


def wrap(fact: Fact, **attributes: Any) -> Envelope:
    """Put a fact into its envelope. `attributes` are the envelope's own fields."""
    return ENVELOPES[type(fact)](data=fact, **attributes)
