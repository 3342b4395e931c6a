"""Councils freeze a matrix a week, take comments and actions on its red and yellow cells, and refuse the rest."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from events.council import ActionDone, ActionPlanned, CellCommented, CouncilConvened
from events.fact import Fact
from events.instants import from_us
from events.opportunity import TargetSet
from streams.agreement.known import Known
from streams.deciders.councils import COUNCIL
from streams.deciders.councils.state import KEPT_MEETINGS
from tests.streams.deciders.councils.meetings import (
    CLOSED,
    COMMENT,
    FINISH,
    MATRIX,
    PLAN,
    WEEK,
    convene,
    council,
    met,
)
from tests.support.given import minute, published
from tests.support.subjects import Ledger

ZONED = """\
agreement: guide
version: 1
effective_from: 2025-01-01T00:00:00Z
pipeline: {timezone: Pacific/Auckland}
"""


def test_a_council_freezes_the_matrix_that_is_handed_to_it() -> None:
    ledger, asked = council(), convene()
    answer = ledger.asks(asked, 10)
    (fact,) = ledger.facts
    assert (answer.accepted, answer.facts) == (True, (fact.id,))
    assert fact.data == CouncilConvened(
        week="2026-W02", quarter="2026Q1", known_at=asked.known_at, timezone="UTC", day=5, days=90, currency="EUR",
        cells=MATRIX, by="ines",
    )  # fmt: skip
    assert (fact.source, fact.time) == ("/leadstream", from_us(minute(10)))


def test_what_the_sums_leave_out_is_frozen_with_them() -> None:
    ledger = council()
    ledger.asks(convene(left_out="1 target: no rate to EUR from USD on 2026-01-01"), 10)
    assert ledger.facts[0].data.left_out == "1 target: no rate to EUR from USD on 2026-01-01"


def test_a_council_that_is_convened_twice_in_a_week_is_answered_as_the_first_time() -> None:
    ledger = met()
    later = convene(600, cells=(CLOSED,), by="radu")
    assert ledger.asks(later, 700).facts == (ledger.facts[0].id,)
    assert len(ledger.facts) == 1


def test_each_week_has_a_meeting_of_its_own_also_one_that_was_missed() -> None:
    ledger = council()
    for week in (2, 0, 1):
        assert ledger.asks(convene(week * WEEK), 3 * WEEK).accepted
    assert [fact.data.week for fact in ledger.told(CouncilConvened)] == ["2026-W04", "2026-W02", "2026-W03"]  # type: ignore[attr-defined]
    assert ledger.asks(COMMENT, 3 * WEEK).accepted
    assert ledger.facts[-1].data.week == "2026-W04"  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("more", "reason", "field"),
    [
        ({"complete_to": from_us(minute(0))}, "not final", "data.known_at"),
        ({"complete_to": from_us(minute(-1))}, "not final", "data.known_at"),
        ({"week": "2026-W03"}, "wrong matrix", "data.week"),
        ({"timezone": "Nowhere/Land"}, "wrong matrix", "data.timezone"),
        ({"cells": ()}, "wrong matrix", "data.cells"),
        ({"cells": (CLOSED, CLOSED)}, "wrong matrix", "data.cells"),
        ({"currency": "XXX"}, "wrong matrix", "data.currency"),
        ({"day": 91}, "wrong matrix", "data.day"),
    ],
)
def test_a_matrix_that_cannot_be_frozen_is_refused_with_reason_and_field(
    more: dict[str, Any], reason: str, field: str
) -> None:
    ledger = council()
    answer = ledger.asks(convene(**more), 10)
    assert (answer.accepted, answer.reason) == (False, reason)
    assert f"({field})" in answer.missing[0]
    assert ledger.facts == []


def test_the_matrix_of_another_quarter_is_refused_in_a_week_that_has_one() -> None:
    answer = met().asks(convene(quarter="2026Q2"), 20)
    assert (answer.reason, answer.missing) == (
        "convened already",
        ("in 2026-W02 the matrix of 2026Q1 was frozen, known at 2026-01-05T09:00:00Z (data.quarter)",),
    )


def test_the_week_is_that_of_the_zone_of_reports() -> None:
    sunday = datetime(2026, 1, 11, 12, tzinfo=UTC)  # already Monday in Auckland
    asked = replace(convene(), known_at=sunday, complete_to=sunday + timedelta(hours=1), timezone="Pacific/Auckland")
    assert not council().asks(asked, WEEK).accepted
    assert council().asks(replace(asked, week="2026-W03"), WEEK).accepted


def test_red_and_yellow_cells_take_comments_and_numbered_actions() -> None:
    ledger = met()
    for asked in (COMMENT, PLAN, replace(PLAN, region=None, kind="dinner"), replace(COMMENT, region="")):
        assert ledger.asks(asked, 20).accepted
    comment, action, other, nowhere = [fact.data for fact in ledger.facts[1:]]
    assert comment == CellCommented(week="2026-W02", measure="closed_acv", text="two deals slipped", by="ines")
    assert action == ActionPlanned(
        action=1, week="2026-W02", measure="closed_acv", region="north", kind="spiff", what="double points",
        owner="radu", due=date(2026, 3, 1), by="ines",
    )  # fmt: skip
    assert isinstance(other, ActionPlanned)
    assert isinstance(nowhere, CellCommented)
    assert (other.action, other.region, nowhere.region) == (2, None, "")


@pytest.mark.parametrize(
    ("asked", "reason", "says", "field"),
    [
        (replace(COMMENT, region="south"), "unknown cell", "closed_acv, region south is no", "data.region"),
        (replace(COMMENT, region="west"), "unknown cell", "closed_acv, region west is no", "data.region"),
        (replace(COMMENT, product=""), "unknown cell", "closed_acv, product (none) is no", "data.product"),
        (replace(COMMENT, measure="open_pipe"), "unknown cell", "red or yellow cell of 2026-W02", "data.measure"),
        (replace(PLAN, measure="open_pipe"), "unknown cell", "open_pipe, region north is no", "data.measure"),
        (replace(COMMENT, week="2026-W01"), "unknown week", "2026-W01; it met in 2026-W02", "data.week"),
        (replace(PLAN, due=date(2026, 1, 4)), "due is over", "2026-01-04 is before 2026-01-05", "data.due"),
        (FINISH, "unknown action", "'emea' has no action 1; none is open", "data.action"),
    ],
)
def test_what_cannot_be_said_or_planned_is_refused_with_reason_and_field(
    asked: Fact, reason: str, says: str, field: str
) -> None:
    ledger = met()
    answer = ledger.asks(asked, 20)
    assert (answer.accepted, answer.reason) == (False, reason)
    assert says in answer.missing[0]
    assert answer.missing[0].endswith(f"({field})")
    assert len(ledger.facts) == 1


def test_nothing_can_be_said_to_a_council_that_has_not_met() -> None:
    ledger = council()
    ledger.hears(TargetSet(quarter="2026Q1", amount_minor=1, currency="EUR"), 0)
    assert [ledger.asks(asked, 5).reason for asked in (COMMENT, PLAN)] == ["never convened"] * 2


def test_a_day_is_over_when_it_is_over_in_the_zone_of_reports() -> None:
    ledger = Ledger(COUNCIL, "emea", Known.of([published(ZONED)]))
    ledger.asks(convene(), 10)
    evening = 12 * 60.0  # 21:00 UTC on Monday is Tuesday, 10:00 in Auckland
    assert ledger.asks(replace(PLAN, due=date(2026, 1, 5)), evening).reason == "due is over"
    assert ledger.asks(replace(PLAN, due=date(2026, 1, 6)), evening).accepted


def test_an_action_is_finished_once() -> None:
    ledger = met()
    ledger.asks(PLAN, 20)
    ledger.asks(PLAN, 21)
    assert ledger.asks(FINISH, 30).accepted
    assert ledger.facts[-1].data == ActionDone(action=1, outcome="three won", by="radu")
    again = ledger.asks(FINISH, 31)
    assert (again.reason, again.missing) == (
        "done already",
        ("action 1 was done at 2026-01-05T09:30:00Z (data.action)",),
    )
    unknown = ledger.asks(replace(FINISH, action=9), 32)
    assert unknown.missing == ("'emea' has no action 9; open are 2 (data.action)",)


def test_nothing_happens_to_an_action_before_it_was_planned() -> None:
    ledger = met()
    ledger.asks(PLAN, 20)
    ledger.asks(replace(FINISH), 15)
    planned, done = ledger.facts[1:]
    assert done.time == planned.time


def test_a_command_that_comes_again_is_answered_as_the_first_time_and_one_that_was_refused_anew() -> None:
    ledger = council()
    refused = ledger.asks(COMMENT, 5, command_id="c")
    ledger.asks(convene(), 10)
    first, again = (ledger.asks(COMMENT, at, command_id="c") for at in (20, 30))
    assert (refused.accepted, first.accepted, again) == (False, True, first)
    assert len(ledger.told(CellCommented)) == 1
    ledger.asks(PLAN, 40, command_id="p")
    done = ledger.asks(FINISH, 50, command_id="f")
    assert ledger.asks(FINISH, 60, command_id="f") == done
    assert ledger.asks(FINISH, 60, command_id="f", source="/other").reason == "done already"


def test_a_council_that_is_full_is_answered_so_and_still_knows_what_it_was_told() -> None:
    ledger = met()
    first = ledger.asks(COMMENT, 20, command_id="c")
    assert ledger.asks(COMMENT, 21, has_room=False).reason == "subject too large"
    assert ledger.asks(COMMENT, 22, command_id="c", has_room=False) == first


def test_meetings_of_more_than_half_a_year_ago_take_no_more_comments_and_stay_met() -> None:
    ledger = council()
    for week in range(KEPT_MEETINGS + 1):
        ledger.asks(convene(week * WEEK), week * WEEK + 1)
    end = (KEPT_MEETINGS + 1) * WEEK
    assert ledger.asks(replace(COMMENT, week="2026-W02"), end).reason == "unknown cell"
    assert ledger.asks(replace(COMMENT, week="2026-W03"), end).accepted
    assert ledger.asks(convene(), end).facts == (ledger.facts[0].id,)
