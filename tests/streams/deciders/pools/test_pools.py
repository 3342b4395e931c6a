"""Pools: who waits, who comes first, who stands in, and what another version of the agreement changes."""

from datetime import timedelta
from typing import Any

from events.fact import Fact
from events.instants import DAY, HOUR, from_us, to_us
from events.routing import (
    LeadRequestWithdrawn,
    MemberAway,
    MemberBack,
    PoolAssigned,
    PoolRefused,
    PoolStaffed,
    PoolWaiting,
)
from streams.deciders.pools import Pool
from streams.deciders.pools.react import MOST_WAITING
from tests.streams.deciders.pools.desk import agreement, ask, desk, members, request
from tests.streams.deciders.pools.test_turns import owners
from tests.support.given import DAYS, MONDAY, minute
from tests.support.subjects import Ledger

ONE_A_DAY = agreement(members({"ana": 1}, cap_30d=30))
TWO = agreement(members({"ana": 1, "bo": 1}))


def leads(ledger: Ledger[Pool]) -> list[tuple[str, float]]:
    """Leads served so far, each with the minute."""
    return [
        (each.data.lead, (to_us(each.time) - MONDAY) / 60_000_000)
        for each in ledger.told(PoolAssigned)
        if isinstance(each.data, PoolAssigned)
    ]


def kinds(told: list[Fact]) -> list[str]:
    return [type(each).__name__ for each in told]


def away(member: str, since: float | None = None, until: float | None = None, **fields: Any) -> MemberAway:
    instants = {"since": since, "until": until}
    given = {name: from_us(minute(value)) for name, value in instants.items() if value is not None}
    return MemberAway(member=member, **given, **fields)


def test_the_first_request_says_who_is_in_the_pool_and_who_gets_the_lead() -> None:
    told = desk(TWO).hears(request(), 0, "/leadstream/anna")
    assert kinds(told) == ["PoolStaffed", "PoolAssigned"]
    assert told[1] == PoolAssigned(
        lead="anna", number=1, owner="ana", version=1, why="next in turn (weight 1 of 2, 2 with room)"
    )


def test_who_asks_when_all_have_their_quota_waits_until_the_first_lead_of_the_day_is_a_day_old() -> None:
    ledger = desk(ONE_A_DAY)
    ask(ledger, "anna", 0)
    told = ledger.hears(request(), 10, "/leadstream/bert")
    assert told == [
        PoolWaiting(
            lead="bert", number=1, why="of 1 in the pool 1 have their quota of 24 hours", until=from_us(MONDAY + DAY)
        )
    ]
    assert ledger.passes(MONDAY + DAY) == []
    (assigned,) = ledger.passes(MONDAY + DAY + 1)
    assert isinstance(assigned, PoolAssigned)
    assert (assigned.lead, assigned.waited_us) == ("bert", DAY - 10 * HOUR // 60)
    assert leads(ledger) == [("anna", 0), ("bert", DAYS)]


def test_the_oldest_waiting_is_served_first_also_before_one_who_asks_just_now() -> None:
    ledger = desk(ONE_A_DAY)
    for name, at in (("anna", 0), ("bert", 10), ("carl", 20)):
        ask(ledger, name, at)
    ask(ledger, "dora", 3 * DAYS)
    assert leads(ledger) == [("anna", 0), ("bert", DAYS), ("carl", 2 * DAYS), ("dora", 3 * DAYS)]


def test_who_asked_earlier_and_became_known_later_is_still_the_older_one() -> None:
    ledger = desk(ONE_A_DAY)
    ask(ledger, "anna", 0)
    ask(ledger, "bert", 20)
    ask(ledger, "carl", 10, recorded=30)
    ledger.passes(MONDAY + 3 * DAY)
    assert [name for name, _ in leads(ledger)] == ["anna", "carl", "bert"]


def test_a_lead_that_withdraws_is_served_no_more() -> None:
    ledger = desk(ONE_A_DAY)
    for name in ("anna", "bert", "carl"):
        ask(ledger, name, 0)
    ledger.hears(LeadRequestWithdrawn(number=1, reason="archived", pool="b2b/desk"), 5, "/leadstream/bert")
    ledger.passes(MONDAY + 3 * DAY)
    assert [name for name, _ in leads(ledger)] == ["anna", "carl"]


def test_a_turn_whose_lead_was_withdrawn_before_the_answer_came_is_owed_again() -> None:
    ledger = desk(agreement(members({"ana": 1, "bo": 1}, cap_30d=30)))
    for name in ("anna", "bert", "carl"):
        ask(ledger, name, 0)
    assert owners(ledger) == ["ana", "bo"]
    told = ledger.hears(LeadRequestWithdrawn(number=1, reason="converted", pool="b2b/desk"), 1, "/leadstream/anna")
    assert kinds(told) == ["PoolAssigned"]
    assert (owners(ledger)[-1], leads(ledger)[-1]) == ("ana", ("carl", 1))
    assert [turn.balance for turn in ledger.state.turns] == [0, 0]


def test_who_is_away_is_passed_over_and_is_owed_nothing_on_their_return() -> None:
    ledger = desk(TWO)
    ledger.hears(away("ana", until=100), 0)
    for number in range(6):
        ask(ledger, f"lead-{number}", 10 + number)
    for number in range(6, 10):
        ask(ledger, f"lead-{number}", 100 + number)
    assert "".join(each[0] for each in owners(ledger)) == "bbbbbb" + "abab"


def test_whoever_is_named_stands_in_and_the_log_says_for_whom() -> None:
    ledger = desk(TWO)
    ledger.hears(away("ana", replacement="zoe"), 0)
    ask(ledger, "anna", 1)
    (told,) = ledger.told(PoolAssigned)
    assert isinstance(told.data, PoolAssigned)
    assert (told.data.owner, told.data.instead_of) == ("zoe", "ana")


def test_those_who_stand_in_for_one_another_in_a_circle_are_all_away() -> None:
    ledger = desk(TWO)
    ledger.hears(away("ana", replacement="bo"), 0)
    ledger.hears(away("bo", replacement="ana"), 0)
    (told,) = ledger.hears(request(), 1, "/leadstream/anna")
    assert isinstance(told, PoolWaiting)
    assert (told.why, told.until) == ("of 2 in the pool 2 are away and nobody stands in", None)


def test_a_lead_counts_for_the_one_who_gets_it() -> None:
    ledger = desk(agreement(members({"ana": 1, "bo": 1}, cap_30d=30)))
    ledger.hears(away("ana", replacement="bo"), 0)
    ask(ledger, "anna", 1)
    ask(ledger, "bert", 2)
    assert owners(ledger) == ["bo"]
    assert len(ledger.state.waiting) == 1


def test_who_stands_in_takes_no_more_than_their_own_quota_and_an_outsider_that_of_the_one_away() -> None:
    ledger = desk(agreement("{name: ana, cap_30d: 90}, {name: bo, cap_30d: 30}"))
    ledger.hears(away("ana", until=100, replacement="bo"), 0)
    for number in range(3):
        ask(ledger, f"lead-{number}", 1 + number)
    assert owners(ledger) == ["bo"]
    ledger.hears(away("ana", until=100, replacement="zoe"), 10)
    assert owners(ledger) == ["bo", "zoe", "zoe"]
    for number in range(3, 6):
        ask(ledger, f"lead-{number}", 20 + number)
    assert owners(ledger) == ["bo", "zoe", "zoe", "zoe"]


def test_somebody_who_goes_away_may_free_their_turns_for_who_stands_in() -> None:
    ledger = desk(ONE_A_DAY)
    ledger.hears(away("ana", since=60, until=120, replacement="zoe"), 0)
    for name in ("anna", "bert"):
        ask(ledger, name, 5)
    ledger.passes(minute(61))
    assert leads(ledger) == [("anna", 5), ("bert", 60)]
    assert owners(ledger) == ["ana", "zoe"]


def test_a_request_that_becomes_known_late_is_decided_as_of_the_pools_time() -> None:
    ledger = desk(TWO)
    ask(ledger, "anna", 10)
    ask(ledger, "bert", 5, recorded=12)
    assert leads(ledger) == [("anna", 10), ("bert", 10)]


def test_an_absence_begins_and_ends_by_itself_and_who_waits_is_served_then() -> None:
    ledger = desk(agreement(members({"ana": 1})))
    ledger.hears(away("ana", since=10, until=60), 0)
    ask(ledger, "anna", 5)
    ask(ledger, "bert", 15)
    ledger.passes(minute(61))
    assert leads(ledger) == [("anna", 5), ("bert", 60)]


def test_whoever_comes_back_early_is_there_at_once() -> None:
    ledger = desk(agreement(members({"ana": 1})))
    ledger.hears(away("ana"), 0)
    ask(ledger, "anna", 5)
    told = ledger.hears(MemberBack(member="ana"), 30)
    assert kinds(told) == ["PoolAssigned"]
    assert ledger.state.away == {}


def test_a_later_word_about_the_same_time_replaces_an_earlier_one() -> None:
    ledger = desk(agreement(members({"ana": 1})))
    ledger.hears(away("ana", since=10, until=600), 0)
    ledger.hears(away("ana", since=10, until=20), 5)
    ask(ledger, "anna", 15)
    ledger.passes(minute(30))
    assert leads(ledger) == [("anna", 20)]


def test_a_lead_is_not_given_back_to_the_one_it_is_taken_from_and_holds_up_nobody() -> None:
    ledger = desk(agreement("{name: ana}, {name: bo, cap_30d: 30}"))
    ask(ledger, "anna", 0, not_to="ana")
    ask(ledger, "bert", 1, not_to="ana")
    ask(ledger, "carl", 2)
    assert leads(ledger) == [("anna", 0), ("carl", 2)]
    assert ledger.passes(MONDAY + 2 * DAY) != []
    assert leads(ledger)[-1] == ("bert", DAYS)


def test_a_new_version_with_more_people_serves_those_who_wait() -> None:
    later = agreement(members({"ana": 1, "bo": 1}, cap_30d=30), 2, "2026-01-05T12:00:00Z")
    ledger = desk(ONE_A_DAY, later)
    for name in ("anna", "bert"):
        ask(ledger, name, 0)
    told = ledger.passes(minute(200))
    assert kinds(told) == ["PoolStaffed", "PoolAssigned"]
    assert isinstance(told[1], PoolAssigned)
    assert (told[1].owner, told[1].version) == ("bo", 2)
    assert leads(ledger)[-1] == ("bert", 180)


def test_turns_go_on_under_a_new_version_with_the_same_shares_and_begin_anew_under_one_with_others() -> None:
    def after(weights: dict[str, int]) -> str:
        ledger = desk(
            agreement(members({"a": 5, "b": 1, "c": 1})), agreement(members(weights), 2, "2026-01-05T12:00:00Z")
        )
        for number in range(9):
            ask(ledger, f"lead-{number}", number + (240 if number > 3 else 0))
        return "".join(owners(ledger))

    assert after({"a": 5, "b": 1, "c": 1}) == "aaba" + "caaaa"
    assert after({"a": 5, "b": 1, "c": 1, "d": 1}) == "aaba" + "acada"


def test_a_version_without_the_pool_sends_those_who_wait_away() -> None:
    ledger = desk(ONE_A_DAY, agreement(members({"ana": 1}), 2, "2026-01-05T12:00:00Z", pool="other"))
    for name in ("anna", "bert", "carl"):
        ask(ledger, name, 0)
    assert ledger.passes(minute(200)) == [
        PoolStaffed(agreement="b2b", version=2),
        PoolRefused(lead="bert", number=1, reason="no_such_pool"),
        PoolRefused(lead="carl", number=1, reason="no_such_pool"),
    ]
    assert ledger.due is None


def test_a_pool_that_nobody_has_agreed_on_refuses() -> None:
    assert desk().hears(request(), 0, "/leadstream/anna") == [PoolRefused(lead="anna", number=1, reason="no_such_pool")]


def test_more_than_a_state_can_hold_do_not_wait() -> None:
    ledger = desk(agreement("{name: ana, cap_30d: 1}"))
    ask(ledger, "lead", 0)
    (first,) = ledger.state.waiting
    ledger.state.waiting = [first] * MOST_WAITING
    ledger._twin.waiting = [first] * MOST_WAITING
    (told,) = ledger.hears(request(), 1, "/leadstream/one-more")
    assert told == PoolRefused(lead="one-more", number=1, reason="too_many_waiting")


def test_fewer_wait_where_names_are_so_long_that_a_state_would_not_hold_them() -> None:
    ledger = desk(agreement("{name: ana, cap_30d: 1}"))
    for number in range(40):
        ask(ledger, f"lead-{number}", number, not_to="x" * 4096)
    assert len(ledger.state.waiting) == 36
    assert len(ledger.told(PoolRefused)) == 4


def test_a_request_that_comes_twice_is_served_once() -> None:
    ledger = desk(TWO)
    ledger.hears(request(), 0, "/leadstream/anna", fact_id="once")
    assert ledger.hears(request(), 1, "/leadstream/anna", fact_id="once") == []


def test_no_waiting_lead_is_told_twice_that_it_waits() -> None:
    ledger = desk(ONE_A_DAY)
    for name in ("anna", "bert", "carl"):
        ask(ledger, name, 0)
    assert len(ledger.told(PoolWaiting)) == 2
    assert timedelta(days=1) == ledger.told(PoolWaiting)[0].data.until - from_us(MONDAY)  # type: ignore[attr-defined]
