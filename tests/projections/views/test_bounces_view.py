"""Who is not reached any more, until another address is known."""

import pytest

from events.envelope import Envelope
from events.lead import LeadCaptured, LeadProfileUpdated
from events.life import LeadBounced
from projections.views.bounces import BOUNCES
from tests.projections.given import rows_of, text, told


def captured(at: float = 0, email: str = "ada@example.com", **more: object) -> Envelope:
    return told(LeadCaptured(profile={"person.email": email}, **more), at)  # type: ignore[arg-type]


def learned(at: float, email: str) -> Envelope:
    return told(LeadProfileUpdated(profile={"person.email": email}), at)


def bounced(at: float, address: str | None = None, *, hard: bool = True, channel: str = "email") -> Envelope:
    return told(LeadBounced(channel=channel, hard=hard, address=address), at)


def undeliverable(*facts: Envelope) -> object:
    (row,) = rows_of(BOUNCES, *facts)
    return row["undeliverable"]


def test_what_never_will_arrive_makes_the_address_undeliverable_and_what_did_not_this_time_does_not() -> None:
    assert rows_of(BOUNCES, captured(), bounced(5, hard=False), bounced(6)) == [
        {"lead": "anna", "channel": "email", "undeliverable": True, "times": 2, "last_at": text(6)}
    ]
    assert not undeliverable(captured(), bounced(5, hard=False))


@pytest.mark.parametrize("named", [None, "Ada@Example.com "])
def test_another_address_is_taken_to_work_until_it_bounces_as_well(named: str | None) -> None:
    first = [captured(), bounced(5, named)]
    assert undeliverable(*first)
    assert undeliverable(*first, learned(6, "ada@example.com") if named else learned(4, "ada@example.com"))
    assert not undeliverable(*first, learned(6, "ada@other.example"))
    assert undeliverable(*first, learned(6, "ada@other.example"), bounced(7, "ada@other.example"))


def test_a_bounce_of_an_address_that_is_not_the_one_known_now_says_nothing_about_it() -> None:
    assert not undeliverable(captured(), bounced(5, "old@example.com"))
    assert undeliverable(told(LeadCaptured(), 0), bounced(5, "old@example.com"))


def test_channels_stand_alone() -> None:
    rows = rows_of(BOUNCES, captured(), bounced(5), bounced(6, hard=False, channel="sms"))
    assert {row["channel"]: row["undeliverable"] for row in rows} == {"email": True, "sms": False}


def test_test_leads_are_left_out() -> None:
    assert rows_of(BOUNCES, captured(is_test=True), bounced(5)) == []
