"""What each person allows."""

from events.lead import LeadCaptured
from events.life import LeadConsentChanged
from projections.views.consents import CONSENTS
from tests.projections.given import rows_of, text, told

YES = LeadConsentChanged(purpose="marketing_email", basis="consent", granted=True, source="form", text_version="3")
NO = LeadConsentChanged(purpose="marketing_email", basis="consent", granted=False)


def test_a_consent_says_what_for_on_what_basis_and_where_it_was_given() -> None:
    assert rows_of(CONSENTS, told(YES, 5, recorded=7)) == [
        {
            "lead": "anna",
            "purpose": "marketing_email",
            "granted": True,
            "basis": "consent",
            "source": "form",
            "text_version": "3",
            "said_at": text(5),
            "known_at": text(7),
        }
    ]


def test_what_was_said_last_holds_whatever_became_known_first() -> None:
    for order in ((told(YES, 5), told(NO, 6)), (told(NO, 6), told(YES, 5))):
        (row,) = rows_of(CONSENTS, *order)
        assert (row["granted"], row["said_at"]) == (False, text(6))


def test_each_purpose_stands_alone() -> None:
    profiling = LeadConsentChanged(purpose="profiling", basis="legitimate_interest", granted=True)
    found = {row["purpose"]: row["granted"] for row in rows_of(CONSENTS, told(NO, 5), told(profiling, 6))}
    assert found == {"marketing_email": False, "profiling": True}


def test_test_leads_are_left_out() -> None:
    assert rows_of(CONSENTS, told(YES, 5), told(LeadCaptured(is_test=True), 6)) == []
