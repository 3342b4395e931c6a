"""Councils over the log: the matrix is frozen when it is final, and stays what it was whatever comes late."""

from datetime import date

import pytest

from events.council import CommentCell, FinishAction, PlanAction
from events.opportunity import OpportunityAmended, OpportunityClosedWon, OpportunityOpened, TargetSet
from events.topics import COUNCIL_INBOX
from leadstream.councils.convening import NotFinal, convening
from leadstream.councils.meeting import meeting_of, weeks_of
from leadstream.councils.text import text_of
from leadstream.finality import Finality
from leadstream.redeciding import redecide
from leadstream.verification import verify_states, verify_tables
from projections.verify import verify_views
from projections.views.view import BadQuery
from tests.leadstream.councils.desk import Desk, instant
from tests.projections.given import minutes
from tests.projections.house import house

AGREEMENT = """\
agreement: desk
version: 1
effective_from: 2025-01-01T00:00:00Z
pipeline: {currency: EUR, timezone: Europe/Bucharest}
"""
COMMENT = CommentCell(measure="closed_acv", text="slipped", by="ines")
PLAN = PlanAction(
    measure="closed_acv", region="north", kind="dinner", what="with Mill", owner="radu", due=date(2026, 2, 20),
    by="ines",
)  # fmt: skip


def opening(amount: int, region: str | None, close: date = date(2026, 3, 20)) -> OpportunityOpened:
    return OpportunityOpened(
        account="mill", name="Mill", stage="discovery", forecast="commit", amount_minor=amount, currency="EUR",
        close_date=close, region=region,
    )  # fmt: skip


async def selling(partitions: int = 2) -> Desk:
    """Two regions, of which the north has a target of its own, and one deal in each."""
    desk = await Desk(partitions).begin(AGREEMENT)
    for region, amount in ((None, 1_000_00), ("north", 600_00)):
        target = TargetSet(quarter="2026Q1", amount_minor=amount, currency="EUR", region=region)
        await desk.says("emea", target, "2025-12-01 08:00")
    await desk.says("mill", opening(200_00, "north"), "2026-01-10 08:00")
    await desk.says("port", opening(100_00, "south"), "2026-01-12 08:00")
    return desk


async def test_the_matrix_is_frozen_as_it_was_known_with_its_red_and_yellow_cells() -> None:
    desk = await selling()
    await desk.says("mill", OpportunityAmended(amount_minor=500_00), "2026-01-20 08:00", "2026-02-20 08:00")
    answer = await desk.convenes("emea", "2026-02-16 07:00", "2026-02-16 07:01")
    assert answer.accepted
    (head,) = desk.rows("councils")
    assert (head["week"], head["quarter"], head["day"], head["days"]) == ("2026-W08", "2026Q1", 47, 90)
    assert (head["cells"], head["timezone"], head["currency"]) == (21, "Europe/Bucharest", "EUR")
    red = [row for row in desk.rows("council-cells") if row["colour"] == "red"]
    assert {(row["region"], row["measure"], row["amount_minor"]) for row in red} >= {
        (None, "closed_acv", 0), ("north", "commit", 200_00),
    }  # fmt: skip
    assert head["red"] == len(red)


async def test_what_is_told_late_changes_what_is_now_and_never_what_was_frozen() -> None:
    desk = await selling()
    await desk.convenes("emea", "2026-02-16 07:00", "2026-02-16 07:01")
    frozen = desk.rows("council-cells")
    report = text_of(meeting_of("emea", await desk.facts(), "2026-W08"))
    await desk.says("mill", OpportunityClosedWon(), "2026-02-10 08:00", "2026-02-17 08:00")
    await desk.passes("2026-02-17 09:00")
    same = ("number", "amount_minor", "target_minor", "colour", "course")
    assert [[row[name] for name in same] for row in desk.rows("council-cells")] == [
        [row[name] for name in same] for row in frozen
    ]
    assert text_of(meeting_of("emea", await desk.facts(), "2026-W08")) == report
    (north,) = desk.rows("council-follow-up", where={"region": "north", "measure": "closed_acv"})
    assert (north["amount_minor"], north["now_amount_minor"], north["change_minor"]) == (0, 200_00, 200_00)
    late = desk.rows("matrix", by="region", times={"as_of": instant("2026-02-16 07:00")})
    assert {row["amount_minor"] for row in late if row["measure"] == "closed_acv"} == {200_00, 0}


async def test_an_instant_is_final_when_time_has_passed_it_in_every_partition() -> None:
    desk = await selling()
    for at in ("2026-02-16 07:00", "2026-02-16 07:01"):
        with pytest.raises(NotFinal, match="not final: the views are complete to 2026-02-16T07:00:00Z"):
            await desk.convenes("emea", at, "2026-02-16 07:00")
    assert await desk.records(COUNCIL_INBOX) != []
    assert (await desk.convenes("emea", "2026-02-16 06:59", "2026-02-16 07:00")).accepted


async def test_nothing_is_final_while_the_answers_are_of_former_definitions() -> None:
    desk = await selling()
    await desk.passes("2026-02-16 07:00")
    desk.store.query("UPDATE layout SET version = '0' WHERE part = 'hygiene'")
    with pytest.raises(NotFinal, match="being rebuilt: answers are of the former definition of hygiene"):
        desk.matrix("2026-02-16 06:59")
    assert (await desk.convenes("emea", "2026-02-16 06:59", "2026-02-16 07:00")).accepted


async def test_nothing_is_final_before_every_partition_has_reported() -> None:
    desk = await Desk().begin(AGREEMENT)
    with pytest.raises(NotFinal, match="not every partition has reported"):
        convening(desk.store, desk.known, by="ines", known_at=None, quarter=None, cut_by=())


async def test_leads_have_to_be_decided_up_to_the_instant_too_for_their_conversions_open_opportunities() -> None:
    built, asked = await house(), {"by": "ines", "known_at": None, "quarter": None, "cut_by": ()}
    await built.writer_at(60, projections=["opportunity-views", "council-views"])
    await built.show()
    with pytest.raises(NotFinal, match="not every partition has reported"):
        convening(built.store, Finality([]), **asked)  # type: ignore[arg-type]
    await built.writer_at(30, projections=["views"])
    await built.show()
    assert convening(built.store, Finality([]), **asked).complete_to == minutes(30)  # type: ignore[arg-type]


async def test_a_matrix_can_be_cut_as_asked_and_a_dimension_of_which_nothing_is_said_is_left_out() -> None:
    desk = await selling()
    await desk.convenes("emea", "2026-02-16 07:00", "2026-02-16 07:01", cuts=("product", "region+segment", "region"))
    cut = {(row["product"], row["region"], row["segment"]) for row in desk.rows("council-cells")}
    assert cut == {(None, None, None), (None, "north", None), (None, "south", None)}
    with pytest.raises(BadQuery, match="--quarter: '2026' is no quarter"):
        await desk.convenes("emea", "2026-02-23 07:00", "2026-02-23 07:01", quarter="2026")


async def test_cells_are_followed_from_week_to_week() -> None:
    desk = await selling()
    await desk.convenes("emea", "2026-02-16 07:00", "2026-02-16 07:01")
    assert (await desk.asks("emea", COMMENT, "2026-02-16 08:00")).accepted
    assert (await desk.asks("emea", PLAN, "2026-02-16 08:01")).accepted
    await desk.says("mill", OpportunityClosedWon(), "2026-02-18 08:00")
    await desk.says("mill2", opening(400_00, "north"), "2026-02-18 09:00")
    await desk.says("mill2", OpportunityClosedWon(), "2026-02-19 09:00")
    await desk.convenes("emea", "2026-02-23 07:00", "2026-02-23 07:01")
    (north,) = desk.rows("council-cells", where={"week": "2026-W09", "region": "north", "measure": "closed_acv"})
    told = ("amount_minor", "colour", "before_week", "before_amount_minor", "before_colour", "weeks", "course")
    assert [north[name] for name in told] == [600_00, "green", "2026-W08", 0, "red", 0, "red green"]
    (followed,) = desk.rows("council-follow-up", where={"week": "2026-W08", "region": "north", "measure": "closed_acv"})
    assert [followed[name] for name in ("colour", "now_colour", "actions_open", "actions_overdue")] == [
        "red", "green", 1, 1,
    ]  # fmt: skip
    assert (await desk.asks("emea", FinishAction(action=1, by="radu"), "2026-02-24 08:00")).accepted
    (followed,) = desk.rows("council-follow-up", where={"week": "2026-W08", "region": "north", "measure": "closed_acv"})
    assert [followed[name] for name in ("actions", "actions_done", "actions_overdue")] == [1, 1, 0]
    (action,) = desk.rows("council-actions")
    assert (action["state"], action["week"], action["done_by"]) == ("done", "2026-W08", "radu")
    assert [(row["text"], row["by"]) for row in desk.rows("council-comments")] == [("slipped", "ines")]
    assert weeks_of("emea", await desk.facts()) == ["2026-W08", "2026-W09"]


async def test_a_week_that_is_convened_after_a_later_one_stands_before_it() -> None:
    desk = await selling()
    await desk.convenes("emea", "2026-02-23 07:00", "2026-02-23 07:01")
    await desk.convenes("emea", "2026-02-16 07:00", "2026-02-23 07:02")
    rows = desk.rows("council-cells", where={"region": "north", "measure": "closed_acv"})
    assert [(row["week"], row["before_week"], row["weeks"]) for row in rows] == [
        ("2026-W08", None, 1), ("2026-W09", "2026-W08", 2),
    ]  # fmt: skip
    assert weeks_of("emea", await desk.facts()) == ["2026-W08", "2026-W09"]


async def test_a_new_quarter_begins_anew_and_tells_what_became_of_the_one_before() -> None:
    desk = await selling()
    await desk.says("emea", TargetSet(quarter="2026Q2", amount_minor=1_000_00, currency="EUR"), "2026-01-01 08:00")
    await desk.convenes("emea", "2026-03-30 07:00", "2026-03-30 07:01")
    await desk.says("mill", OpportunityClosedWon(), "2026-03-31 08:00")
    await desk.convenes("emea", "2026-04-06 07:00", "2026-04-06 07:01")
    (closed,) = [
        row for row in desk.rows("council-cells", where={"quarter": "2026Q2", "measure": "closed_acv"})
        if row["region"] is None
    ]  # fmt: skip
    assert (closed["before_week"], closed["course"]) == (None, "red")
    (followed,) = meeting_of("emea", await desk.facts(), "2026-W15").followed
    assert (followed.head["week"], followed.head["quarter"]) == ("2026-W14", "2026Q1")
    closed_then = [each for each in followed.cells if each.then["measure"] == "closed_acv"]
    assert [(each.then["region"], each.then["amount_minor"], each.now and each.now["amount_minor"])
            for each in closed_then] == [(None, 0, 200_00), ("north", 0, 200_00)]  # fmt: skip
    # The week after is followed within its own quarter, and the quarter before has had its last word.
    await desk.convenes("emea", "2026-04-13 07:00", "2026-04-13 07:01")
    assert [each.head["week"] for each in meeting_of("emea", await desk.facts(), "2026-W16").followed] == ["2026-W15"]


async def test_councils_are_folded_and_decided_anew_like_all_others_and_their_rows_too() -> None:
    desk = await selling(partitions=3)
    await desk.convenes("emea", "2026-02-16 07:00", "2026-02-16 07:01")
    for asked, at in ((COMMENT, "08:00"), (PLAN, "08:01"), (FinishAction(action=9, by="x"), "08:02")):
        await desk.asks("emea", asked, f"2026-02-16 {at}")
    await desk.asks("emea", FinishAction(action=1, by="radu"), "2026-02-16 09:00")
    folded, anew = await verify_states(desk.log, 3, b""), await redecide(desk.log, 3, b"")
    assert (folded.problems, anew.problems) == ([], [])
    assert folded.counts["council states"] == anew.counts["councils decided anew"] == [1, 0]
    views = await verify_views(desk.log, 3)
    assert (views.differences, views.behind) == ([], 0)
    assert (await verify_tables(desk.log, 3, desk.store)).problems == []
    assert await desk.dead() == []
