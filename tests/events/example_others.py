"""What agreements, pools, accounts and keys of identity tell, one example each, with every field set."""

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
from events.shared_life import SharedHandOver, SharedStatus, SharedTurn
from tests.events.moments import AT, DUE, MOVED

_KEY = "email:9f86d081884c7d65"
_DOCUMENT: dict[str, Any] = {
    "agreement": "emea-2026",
    "clauses": [{"name": "first_response", "within": "1h"}],
    "retired": None,
}
_DIGEST = "5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef"

OTHERS: tuple[Fact, ...] = (
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
        statuses=(SharedStatus(id="evt-0043", source="/crm", at=DUE, status="Unqualified", reason="no_budget"),),
        turns=(
            SharedTurn(
                how="converted",
                at=DUE,
                id="evt-0044",
                account="acc-7",
                contact="con-9",
                opportunity="opp-3",
                group="services",
            ),
        ),
        handed_over=(
            SharedHandOver(
                agreement="emea-2026", at=DUE, owner="rep-17", accepted_at=MOVED, qualified_at=AT, is_over=True
            ),
        ),
    ),
    LeadHistoryTakenBack(lead="lead-4711", into="lead-3000", through="lead-4000"),
    LeadSuspected(other="lead-4000", key="name_at_company:77aa"),
    AccountFound(
        lead="lead-4711", account="acc-7", how="near_name_and_domain", confidence=95, opened_at=DUE, is_open=False
    ),
    LeadMatched(account="acc-7", how="near_name_and_domain", confidence=95),
    AccountOwnerTold(lead="lead-4711", number=2, owner="rep-18", opportunity_owner="rep-19"),
)
