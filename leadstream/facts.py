"""The facts that may be published from outside, in one place: `from leadstream.facts import LeadCaptured, LeadTouched`.

docs/facts.md describes each of them with its fields.
"""

from events.account import AccountAmended, AccountOpened, AccountOwnerChanged, AccountRelated
from events.consent import LeadEnrichmentWithdrawn
from events.identity import LeadIdentityLinked
from events.lead import LeadCaptured, LeadConverted, LeadProfileUpdated, LeadStatusChanged, LeadTouched
from events.life import LeadBounced, LeadConsentChanged, LeadFeedbackGiven, LeadUnconverted
from events.opportunity import (
    OpportunityAmended,
    OpportunityClosedLost,
    OpportunityClosedWon,
    OpportunityContactAdded,
    OpportunityOpened,
    OpportunityProductAdded,
    OpportunityProductRemoved,
    OpportunityReopened,
    OpportunityStageChanged,
    TargetSet,
)
from events.routing import MemberAway, MemberBack
from events.work import TaskCreated, TaskDone

__all__ = [
    "AccountAmended",
    "AccountOpened",
    "AccountOwnerChanged",
    "AccountRelated",
    "LeadBounced",
    "LeadCaptured",
    "LeadConsentChanged",
    "LeadConverted",
    "LeadEnrichmentWithdrawn",
    "LeadFeedbackGiven",
    "LeadIdentityLinked",
    "LeadProfileUpdated",
    "LeadStatusChanged",
    "LeadTouched",
    "LeadUnconverted",
    "MemberAway",
    "MemberBack",
    "OpportunityAmended",
    "OpportunityClosedLost",
    "OpportunityClosedWon",
    "OpportunityContactAdded",
    "OpportunityOpened",
    "OpportunityProductAdded",
    "OpportunityProductRemoved",
    "OpportunityReopened",
    "OpportunityStageChanged",
    "TargetSet",
    "TaskCreated",
    "TaskDone",
]
