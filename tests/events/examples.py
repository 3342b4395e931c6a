"""One example of every fact with every field set, none to its default: the laws are tried on each field of each."""

from datetime import UTC, datetime
from typing import Any

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
    Signature,
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
    SharedConsent,
    SharedProfile,
    SharedTouch,
    SharedWithdrawal,
)
from events.lead import (
    Condition,
    LeadArchived,
    LeadCaptured,
    LeadConverted,
    LeadHandedOver,
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
)
from events.registry import WIRE_TYPE, wrap
from events.routing import (
    LeadAccountAsked,
    LeadAssigned,
    LeadOwnerRequested,
    LeadRequestWithdrawn,
    Member,
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
    TouchCount,
)
from events.work import TaskCreated, TaskDone, TaskReminderDue

AT = datetime(2026, 3, 2, 9, 30, 0, 250_000, tzinfo=UTC)
DUE = datetime(2026, 3, 2, 10, 30, tzinfo=UTC)
MOVED = datetime(2026, 3, 2, 11, 0, tzinfo=UTC)
ANSWERED = datetime(2026, 3, 2, 10, 45, 0, 1, tzinfo=UTC)

_CLOCK: dict[str, Any] = {
    "agreement": "emea-2026",
    "version": 2,
    "clause": "first_response",
    "cycle": 3,
    "side": "marketing",
}
_KEY = "email:9f86d081884c7d65"
_DOCUMENT: dict[str, Any] = {
    "agreement": "emea-2026",
    "clauses": [{"name": "first_response", "within": "1h"}],
    "retired": None,
}
_DIGEST = "5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef"

_FACTS: tuple[Fact, ...] = (
    LeadCaptured(
        source="Trade fair",
        profile={
            "person.email": "ada@example.com",
            "person.title": "Leiterin Einkauf 🏭",
            "person.seniority": 4,
            "company.employees": 1200,
            "company.is_public": False,
            "answers.budget": 12500.5,
        },
        campaign="spring-2026",
        form="booth-tablet",
        is_test=True,
        agreement="emea-2026",
    ),
    LeadTouched(
        channel="call",
        kind="dialled",
        direction="outbound",
        by="rep-17",
        side="marketing",
        campaign="spring-2026",
        asset="price-list.pdf",
        click_id="gclid-8842",
    ),
    LeadStatusChanged(status="Unqualified", reason="no_budget", by="rep-17"),
    LeadProfileUpdated(
        profile={"person.phone": "+4930123456", "company.country": "DE"},
        provider="enrichment",
        confidence=0.75,
        ranks={"person.phone": 2, "company.country": 1},
    ),
    LeadScored(
        score=74,
        fit=55,
        engagement=19,
        grade="B2",
        agreement="emea-2026",
        version=2,
        cause="touch",
        rule=4,
        touch="evt-0042",
        points=-5,
    ),
    LeadQualified(
        agreement="emea-2026",
        version=2,
        cycle=1,
        score=74,
        conditions=(
            Condition(part="required", test="person.email is set", saw="ada@example.com"),
            Condition(part="demographic", test="company.employees at least 200", saw=1200),
        ),
        signals=("asked for a price",),
    ),
    LeadHandedOver(agreement="emea-2026", version=2, cycle=1, owner="rep-17"),
    LeadConverted(
        account="acc-9",
        contact="con-12",
        opportunity="opp-3",
        amount_minor=1_250_000,
        currency="EUR",
        by="rep-17",
        status="Won",
        group="licences",
        made=("contact", "opportunity"),
    ),
    LeadUnconverted(by="rep-17", reason="ordered by mistake"),
    LeadArchived(reason="untouched"),
    LeadAccepted(by="rep-17", cycle=1),
    LeadRejected(by="rep-17", reason="no_budget", feedback="Frau Lovelace asks again in May", cycle=1),
    LeadRecycled(reason="no longer: engagement score at least 50", by="rep-17", cycle=1),
    LeadReopened(reason="answers.budget is now known", by="rep-17", cycle=1),
    NurtureRequested(program="newsletter", reason="no_budget", status="Unqualified", awaits=("answers.budget",)),
    LeadFeedbackGiven(by="rep-17", text="Frau Lovelace knows us already", rating=4),
    LeadConsentChanged(
        purpose="marketing_email", basis="consent", granted=True, source="/forms/contact", text_version="2026-01"
    ),
    LeadBounced(channel="email", hard=True, address="ada@example.com"),
    TaskCreated(
        task="task-9",
        title="Send Ada the price list",
        owner="rep-17",
        due=DUE,
        remind_at=datetime(2026, 3, 2, 10, 15, tzinfo=UTC),
    ),
    TaskDone(task="task-9", by="rep-17"),
    TaskReminderDue(task="task-9", title="Send Ada the price list", owner="rep-17", due=DUE),
    SlaStarted(
        **_CLOCK,
        due=DUE,
        target="1h",
        calendar="berlin",
        warn_at=datetime(2026, 3, 2, 10, 15, tzinfo=UTC),
        ingest_lag_us=1_500_000,
        needs=(TouchCount(channel="call", count=3),),
        counts_after=datetime(2026, 3, 1, 8, 0, tzinfo=UTC),
        asks="3 calls",
    ),
    SlaPaused(**_CLOCK, due=DUE, status="Nurturing", revision=1, was_due=DUE),
    SlaResumed(**_CLOCK, due=MOVED, status="Contacted", revision=2, warn_at=datetime(2026, 3, 2, 10, 40, tzinfo=UTC)),
    SlaWarned(**_CLOCK, due=DUE, percent=75),
    SlaBreached(**_CLOCK, due=DUE, escalates_at=MOVED),
    SlaEscalated(**_CLOCK, due=DUE, level=1, after="30m", to="manager", do="reassign", escalates_at=MOVED),
    SlaAnswered(**_CLOCK, due=DUE, answered_at=ANSWERED, late_by_us=900_000_001, worked_us=4_500_000_001),
    SlaMet(**_CLOCK, due=MOVED, answered_at=ANSWERED, worked_us=4_500_000_001),
    SlaCancelled(**_CLOCK, due=DUE, reason="Unqualified"),
    SlaRevised(
        **_CLOCK,
        due=MOVED,
        revision=1,
        was="open",
        now="met",
        was_due=DUE,
        warn_at=datetime(2026, 3, 2, 10, 40, tzinfo=UTC),
        answered_at=ANSWERED,
        escalates_at=MOVED,
        worked_us=4_500_000_001,
    ),
    SlaBreachRetracted(
        **_CLOCK,
        due=MOVED,
        revision=2,
        now="met",
        was_due=DUE,
        warn_at=datetime(2026, 3, 2, 10, 40, tzinfo=UTC),
        answered_at=ANSWERED,
        level=1,
        worked_us=4_500_000_001,
    ),
    AgreementProposed(
        name="emea-2026",
        version=2,
        effective_from=datetime(2026, 4, 1, tzinfo=UTC),
        document=_DOCUMENT,
        digest=_DIGEST,
    ),
    AgreementSigned(
        name="emea-2026", version=2, side="sales", by="Head of Sales", at="2026-03-21T08:00:00Z", digest=_DIGEST
    ),
    AgreementPublished(
        name="emea-2026",
        version=2,
        effective_from=datetime(2026, 4, 1, tzinfo=UTC),
        priority=10,
        signed=(
            Signature(side="marketing", by="Head of Marketing", at="2026-03-20"),
            Signature(side="sales", by="Head of Sales", at="2026-03-21T08:00:00Z"),
        ),
        document=_DOCUMENT,
    ),
    AgreementRetired(
        name="emea-2026", version=2, retired_from=datetime(2027, 1, 1, tzinfo=UTC), by="Head of Marketing"
    ),
    ProposeAgreement(document=_DOCUMENT, before_first_lead=True),
    SignAgreement(version=2, side="sales", by="Head of Sales", at="2026-03-21", digest=_DIGEST),
    PublishAgreement(document=_DOCUMENT, before_first_lead=True, signed_as="Operations", version=2),
    RetireAgreement(
        version=2, retired_from=datetime(2027, 1, 1, tzinfo=UTC), before_first_lead=True, by="Head of Marketing"
    ),
    CommandAnswered(
        command="cmd-7",
        accepted=False,
        facts=("f7d9c1e0-0c3f-5d5e-9d7a-3f1f6f3b8c11",),
        reason="not signed by sales",
        missing=("signed.sales",),
    ),
    HandOverLead(by="Lead Desk", owner="Bogdan Ionescu", reason="asked for a call at the fair"),
    ReassignLead(by="Head of Sales", owner="rep-19", pool="chisinau", reason="speaks Romanian"),
    LeadAccountAsked(account="account-77", number=2),
    LeadOwnerRequested(
        pool="emea-2026/bucharest",
        number=3,
        rule="escalation",
        why="first_response was breached",
        clause="first_response",
        not_to="rep-17",
    ),
    LeadRequestWithdrawn(number=3, reason="nobody has to act on it", pool="emea-2026/bucharest"),
    LeadAssigned(
        owner="rep-18",
        rule="segment",
        why="segment: company.industry is banking",
        agreement="emea-2026",
        version=2,
        cycle=3,
        pool="bucharest",
        instead_of="rep-20",
        former="rep-17",
        first_owner="rep-16",
    ),
    PoolStaffed(agreement="emea-2026", version=2, members=(Member(member="rep-17", weight=2, cap_30d=120),)),
    PoolAssigned(
        lead="lead-4711",
        number=3,
        owner="rep-18",
        version=2,
        why="next in turn (weight 2 of 3, 2 with room)",
        waited_us=90_000_000,
        instead_of="rep-20",
    ),
    PoolWaiting(lead="lead-4711", number=3, why="of 2 in the pool 2 have their quota of 24 hours", until=DUE),
    PoolRefused(lead="lead-4711", number=3, reason="no_such_pool"),
    MemberAway(member="rep-20", since=AT, until=MOVED, replacement="rep-18"),
    MemberBack(member="rep-20"),
    AccountOpened(
        name="Müller & Söhne GmbH",
        domain="mueller.example",
        phone="+49891234567",
        postcode="80331",
        country="DE",
        owner="rep-17",
        parent="account-1",
    ),
    AccountAmended(
        name="Müller Holding AG",
        domain="mueller-holding.example",
        phone="+49897654321",
        postcode="80333",
        country="AT",
        parent="account-2",
    ),
    AccountOwnerChanged(owner="rep-18", by="Head of Sales"),
    AccountRelated(other="account-78", kind="investor", ended=True),
    MergeLead(by="Data desk", into="lead-4000", reason="the same person at two fairs"),
    UnmergeLead(by="Data desk", reason="father and son"),
    LeadEnrichmentWithdrawn(provider="enrichment"),
    LeadIdentityLinked(kind="anonymous_id", value="cookie-77", issuer="/site"),
    LeadIdentityClaimed(key=_KEY, captured_at=DUE, is_test=True, company="acme"),
    AccountClaimed(key="company_domain:5b1f", company="acme", opened_at=DUE, is_open=False),
    IdentityShared(lead="lead-4711", other="lead-4000", other_captured_at=DUE, is_test=True, key=_KEY, by="Data desk"),
    LeadMerged(into="lead-4000", key=_KEY, by="Data desk"),
    LeadUnmerged(lead="lead-4711", into="lead-4000", by="Data desk", reason="father and son"),
    LeadHistoryShared(
        lead="lead-4711",
        into="lead-3000",
        through=("lead-4000",),
        begins=True,
        captured_at=DUE,
        touches=(
            SharedTouch(
                id="evt-0042",
                at=DUE,
                channel="call",
                kind="dialled",
                direction="outbound",
                side="marketing",
                asset="price-list.pdf",
                campaign="spring-2026",
                source="/calls",
            ),
        ),
        profiles=(
            SharedProfile(
                profile={"person.phone": "+4930123456", "company.country": "DE"},
                at=DUE,
                provider="enrichment",
                rank=1,
                confidence=0.75,
            ),
        ),
        consents=(
            SharedConsent(
                purpose="newsletter",
                granted=True,
                at=DUE,
                basis="consent",
                source="/forms/contact",
                text_version="2026-01",
            ),
        ),
        withdrawals=(SharedWithdrawal(provider="registry", at=DUE),),
    ),
    LeadHistoryTakenBack(lead="lead-4711", into="lead-3000", through="lead-4000"),
    LeadSuspected(other="lead-4000", key="name_at_company:77aa"),
    AccountFound(
        lead="lead-4711", account="acc-7", how="near_name_and_domain", confidence=95, opened_at=DUE, is_open=False
    ),
    LeadMatched(account="acc-7", how="near_name_and_domain", confidence=95),
    AccountOwnerTold(lead="lead-4711", number=2, owner="rep-18", opportunity_owner="rep-19"),
    AcceptLead(by="rep-17"),
    RejectLead(by="rep-17", reason="no_budget", feedback="Frau Lovelace asks again in May"),
    RecycleLead(by="rep-17", reason="no_response"),
    ConvertLead(
        by="rep-17",
        account="acc-9",
        contact="con-12",
        opportunity="opp-3",
        group="licences",
        without_opportunity=True,
        amount_minor=1_250_000,
        currency="EUR",
    ),
    UnconvertLead(by="rep-17", reason="ordered by mistake"),
)

_SUBJECTS = {
    **dict.fromkeys(("lead", "sla", "nurture", "task"), "lead-4711"),
    "account": "account-77",
    **dict.fromkeys(("pool", "member"), "emea-2026/bucharest"),
}


def _wrapped(fact: Fact) -> Envelope:
    name = WIRE_TYPE[type(fact)]
    return wrap(
        fact,
        id=f"example-{name}",
        source="/forms/contact",
        subject=_SUBJECTS.get(name.partition(".")[0], "emea-2026"),
        time=AT,
        recordedat=datetime(2026, 3, 2, 9, 30, 2, tzinfo=UTC),
        sequence="0000000007",
        causationid="evt-0042",
        late=True,
    )


EXAMPLES: dict[str, Envelope] = {WIRE_TYPE[type(fact)]: _wrapped(fact) for fact in _FACTS}
"""Wire type -> its example."""
