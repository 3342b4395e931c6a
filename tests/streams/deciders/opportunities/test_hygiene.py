"""What is untidy is said at its time and taken back when it is mended, whatever the order of what becomes known."""

from datetime import date
from typing import Any

import pytest

from events.fact import Fact
from events.instants import DAY, from_us, to_us
from events.opportunity import (
    HygieneFlagged,
    OpportunityAmended,
    OpportunityClosedLost,
    OpportunityClosedWon,
    OpportunityContactAdded,
    OpportunityProductAdded,
    OpportunityProductRemoved,
    OpportunityReopened,
)
from streams.agreement.known import Known
from streams.deciders.opportunities import OPPORTUNITY, Opportunity
from tests.streams.deciders.opportunities.deals import CONTACT, DAYS, LINE, OPENED, STAGED, deal, flags, opened
from tests.support.given import minute, published
from tests.support.subjects import Ledger

MIDNIGHT = 15 * 60
"""Minutes from Monday 09:00 to the midnight after it."""


def tidy(**parts: Any) -> Ledger[Opportunity]:
    """An opportunity with everything that is asked for."""
    ledger = opened(STAGED, **parts)
    ledger.hears(CONTACT, 0)
    ledger.hears(LINE, 0)
    return ledger


def test_a_tidy_opportunity_is_flagged_for_nothing_until_nobody_has_touched_it_for_long() -> None:
    ledger = tidy()
    ledger.passes(minute(30 * DAYS))
    assert flags(ledger) == []
    ledger.passes(minute(30 * DAYS + 1))
    assert flags(ledger) == [("flagged", "untouched", 30 * DAYS)]
    assert ledger.facts[-1].data == HygieneFlagged(kind="untouched", days=30)


def test_what_is_missing_is_said_after_the_grace_and_no_earlier() -> None:
    ledger = opened(STAGED, amount_minor=0, next_step=None, close_date=None)
    ledger.passes(minute(DAYS))
    assert flags(ledger) == []
    ledger.passes(minute(DAYS + 1))
    assert flags(ledger) == [
        ("flagged", kind, DAYS)
        for kind in ("amount_zero", "no_close_date", "no_contact", "no_next_step", "no_products")
    ]


@pytest.mark.parametrize(
    ("kind", "parts", "mended"),
    [
        ("no_next_step", {"next_step": None}, OpportunityAmended(next_step="call")),
        ("no_next_step", {"next_step": "  "}, OpportunityAmended(next_step="call")),
        ("no_close_date", {"close_date": None}, OpportunityAmended(close_date=date(2026, 3, 1))),
        ("no_contact", {}, OpportunityContactAdded(contact="ada")),
        ("no_products", {}, LINE),
        ("amount_zero", {"amount_minor": 0}, OpportunityAmended(amount_minor=1)),
        ("amount_zero", {"amount_minor": 0}, OpportunityProductAdded(line="1", product="p", amount_minor=1)),
        ("untouched", {}, OpportunityAmended(region="DACH")),
        ("close_date_past", {"close_date": date(2026, 1, 5)}, OpportunityAmended(close_date=date(2026, 3, 1))),
        ("close_date_past", {"close_date": date(2026, 1, 5)}, OpportunityAmended(cleared=("close_date",))),
        ("no_contact", {}, OpportunityClosedWon()),
    ],
)
def test_every_flag_is_cleared_by_what_mends_it_when_it_is_mended(
    kind: str, parts: dict[str, Any], mended: Fact
) -> None:
    ledger = opened(STAGED, **parts)
    ledger.passes(minute(40 * DAYS))
    ((_, _, due),) = flags(ledger, kind)
    ledger.hears(mended, 40 * DAYS)
    assert flags(ledger, kind) == [("flagged", kind, due), ("cleared", kind, 40 * DAYS)]


def test_a_day_of_closing_is_past_when_it_ends_where_opportunities_are_counted() -> None:
    ledger = tidy(close_date=date(2026, 1, 5))
    ledger.passes(minute(2 * DAYS))
    assert flags(ledger) == [("flagged", "close_date_past", MIDNIGHT)]
    bucharest = opened(
        STAGED.replace("  currency", "  timezone: Europe/Bucharest\n  currency"), close_date=date(2026, 1, 5)
    )
    bucharest.passes(minute(DAYS))
    assert flags(bucharest) == [("flagged", "close_date_past", MIDNIGHT - 120)]


def test_a_day_of_closing_that_is_past_when_it_is_told_is_untidy_at_once() -> None:
    ledger = tidy()
    ledger.hears(OpportunityAmended(close_date=date(2025, 12, 31)), 10)
    ledger.passes(minute(11))
    assert flags(ledger) == [("flagged", "close_date_past", 10)]


def test_what_was_mended_in_time_was_never_untidy() -> None:
    ledger = opened(STAGED)
    ledger.hears(LINE, 0)
    ledger.hears(CONTACT, DAYS)
    ledger.passes(minute(3 * DAYS))
    assert flags(ledger) == []


def test_a_flag_that_was_cleared_is_raised_again_from_when_it_is_missing_again() -> None:
    ledger = tidy()
    ledger.hears(OpportunityProductRemoved(line="1"), DAYS)
    ledger.passes(minute(5 * DAYS))
    ledger.hears(LINE, 6 * DAYS)
    ledger.hears(OpportunityProductRemoved(line="1"), 7 * DAYS)
    ledger.passes(minute(9 * DAYS))
    assert flags(ledger) == [
        ("flagged", "no_products", 2 * DAYS),
        ("cleared", "no_products", 6 * DAYS),
        ("flagged", "no_products", 8 * DAYS),
    ]


def test_an_answer_that_is_told_late_clears_no_earlier_than_it_was_flagged() -> None:
    ledger = opened(STAGED)
    ledger.hears(LINE, 0)
    ledger.hears(CONTACT, DAYS / 2, recorded=3 * DAYS)
    assert flags(ledger) == [("flagged", "no_contact", DAYS), ("cleared", "no_contact", DAYS)]


def test_a_closed_opportunity_is_not_untidy_and_a_reopened_one_has_its_grace_again() -> None:
    ledger = opened(STAGED)
    ledger.hears(LINE, 0)
    ledger.hears(OpportunityClosedLost(reason="no_need"), DAYS / 2)
    ledger.passes(minute(10 * DAYS))
    assert flags(ledger) == []
    ledger.hears(OpportunityReopened(), 10 * DAYS)
    ledger.passes(minute(12 * DAYS))
    assert flags(ledger) == [("flagged", "no_contact", 11 * DAYS)]


def test_what_our_own_tasks_say_touches_nothing() -> None:
    ledger = tidy()
    ledger.hears(OpportunityAmended(region="DACH"), 10 * DAYS)
    ledger.passes(minute(41 * DAYS))
    assert flags(ledger) == [("flagged", "untouched", 40 * DAYS)]


def test_only_what_the_agreement_asks_for_is_looked_at() -> None:
    ledger = opened(STAGED.replace("{grace", "{checks: [no_contact, untouched], grace"), next_step=None)
    ledger.passes(minute(40 * DAYS))
    assert flags(ledger) == [("flagged", "no_contact", DAYS), ("flagged", "untouched", 30 * DAYS)]


def test_without_an_agreement_the_usual_is_looked_at() -> None:
    ledger = opened(None)
    ledger.passes(minute(2 * DAYS))
    assert [kind for _, kind, _ in flags(ledger)] == ["no_contact", "no_products"]


def version(number: int, day: int, hygiene: str) -> str:
    at = from_us(minute(day * DAYS)).isoformat()
    return (
        STAGED.replace("version: 1", f"version: {number}")
        .replace("2025-01-01T00:00:00+00:00", at)
        .replace("{grace: 1d, untouched_for: 30d}", hygiene)
    )


def test_a_new_version_governs_from_when_it_takes_effect() -> None:
    texts = (STAGED, version(2, 10, "{checks: [untouched], untouched_for: 7d}"), version(3, 20, "{untouched_for: 60d}"))
    ledger = Ledger(OPPORTUNITY, "deal", Known.of(map(published, texts)))
    ledger.hears(OPENED, 0)
    ledger.passes(minute(70 * DAYS))
    assert flags(ledger) == [
        ("flagged", "no_contact", DAYS),
        ("flagged", "no_products", DAYS),
        ("cleared", "no_contact", 10 * DAYS),
        ("cleared", "no_products", 10 * DAYS),
        ("flagged", "untouched", 10 * DAYS),
        ("cleared", "untouched", 20 * DAYS),
        ("flagged", "no_contact", 20 * DAYS),
        ("flagged", "no_products", 20 * DAYS),
        ("flagged", "untouched", 60 * DAYS),
    ]


def test_nothing_is_untidy_before_somebody_opened_it() -> None:
    ledger = deal(STAGED)
    ledger.passes(minute(DAYS))
    assert ledger.facts == []


def test_a_flag_has_an_id_of_its_own_and_the_time_at_which_it_was_due() -> None:
    first, second = opened(STAGED), opened(STAGED)
    first.passes(minute(2 * DAYS))
    second.passes(minute(20 * DAYS))
    one, other = first.told(HygieneFlagged), second.told(HygieneFlagged)
    assert one == other
    assert [to_us(each.time) - minute(0) for each in one] == [DAY, DAY]
    assert len({each.id for each in one}) == 2
