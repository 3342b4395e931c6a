"""Answers made of other views: who has to be dealt with, who is forgotten, and how far everything is known."""

import pytest

from events.lead import LeadCaptured, LeadConverted, LeadHandedOver, LeadQualified, LeadStatusChanged, LeadTouched
from events.life import LeadBounced, LeadFeedbackGiven, LeadRecycled, LeadReopened
from events.sla import SlaBreached, SlaStarted
from tests.projections.given import clock, text, told
from tests.projections.house import House, house


def named(built: House, view: str) -> list[object]:
    return [row["lead"] for row in built.view(view)]


async def office() -> House:
    """Anna is handed over without an owner, Bob to Radu, Cleo only captured, Dan converted, Eve a test."""
    built = await house(partitions=3)
    for number, lead in enumerate(("anna", "bob", "cleo", "dan", "eve")):
        await built.write(told(LeadCaptured(source="web", is_test=lead == "eve"), number, lead=lead))
    for lead, owner in (("anna", None), ("bob", "Radu"), ("dan", "Radu"), ("eve", None)):
        fact = LeadQualified(agreement="inbound", version=1, cycle=1, score=70, signals=("Looked at prices",))
        await built.write(
            told(fact, 10, lead=lead),
            told(LeadHandedOver(agreement="inbound", version=1, cycle=1, owner=owner), 11, lead=lead),
        )
    await built.write(
        told(LeadConverted(), 20, lead="dan"),
        told(clock(SlaStarted, target="30m", due=41), 11, lead="bob"),
        told(clock(SlaStarted, target="30m", due=61), 11, lead="anna"),
        told(LeadTouched(channel="website", kind="visited", direction="inbound"), 90, lead="cleo"),
    )
    await built.writer_at(120)
    await built.show()
    return built


async def test_the_queue_holds_who_was_passed_and_waits_first_due_first_with_the_reason() -> None:
    built = await office()
    assert named(built, "queue") == ["bob", "anna"]
    assert {row["why_passed"] for row in built.view("queue")} == {"Looked at prices"}
    assert [row["lead"] for row in built.view("queue", where={"owner": "Radu"})] == ["bob"]


async def test_the_queue_says_what_has_to_be_done_first_also_when_it_is_overdue() -> None:
    built = await office()
    await built.write(
        told(clock(SlaStarted, "hasty", target="1m", due=12, asks="call"), 11, lead="bob"),
        told(clock(SlaBreached, "hasty", due=12), 12, lead="bob"),
    )
    await built.show()
    bob, anna = built.view("queue")
    assert (bob["next_action"], bob["act_by"], bob["next_due"]) == ("call (hasty)", text(12), text(41))
    assert (anna["next_action"], anna["act_by"]) == ("answer (first_response)", text(61))


async def test_the_queue_says_whom_no_e_mail_reaches_beside_what_has_to_be_done() -> None:
    built = await office()
    await built.write(told(LeadBounced(channel="email", hard=True), 30, lead="bob"))
    await built.write(told(LeadBounced(channel="email"), 31, lead="anna"))
    await built.show()
    assert {row["lead"]: bool(row["email_undeliverable"]) for row in built.view("queue")} == {
        "bob": True,
        "anna": False,
    }


async def test_ratings_are_the_mean_over_all_that_were_given_to_the_leads_of_a_source() -> None:
    built = await office()
    for number, (lead, rating) in enumerate((("anna", 5), ("anna", 2), ("bob", 3), ("eve", 1))):
        await built.write(told(LeadFeedbackGiven(by="Radu", rating=rating), 30 + number, lead=lead))
    await built.write(told(LeadFeedbackGiven(by="Radu", text="call in May"), 40, lead="cleo"))
    await built.show()
    (row,) = built.view("ratings")
    assert (row["source"], row["leads"], row["ratings"]) == ("web", 2, 3)
    assert row["rating"] == pytest.approx(10 / 3)


async def test_a_status_that_means_unqualified_ends_the_wait_until_the_lead_is_opened_again() -> None:
    built = await office()
    await built.publish("inbound", "Lost", means={"Lost": "unqualified"})
    await built.write(
        told(clock(SlaStarted, "hasty", target="1m", due=12), 11, lead="bob"),
        told(clock(SlaBreached, "hasty", due=12), 12, lead="bob"),
        told(LeadStatusChanged(status="Lost"), 20, lead="bob"),
    )
    await built.show()
    assert named(built, "queue") == ["anna"]
    assert ("bob", "hasty") not in {(row["lead"], row["clause"]) for row in built.view("sla-board")}
    await built.write(
        told(LeadReopened(reason="budget is known now", cycle=1), 30, lead="bob"),
        told(LeadQualified(agreement="inbound", version=1, cycle=2, score=70), 31, lead="bob"),
    )
    await built.show()
    assert set(named(built, "queue")) == {"anna", "bob"}


async def test_a_promise_broken_before_the_lead_was_given_back_waits_for_nobody() -> None:
    built = await office()
    await built.write(
        told(clock(SlaBreached, due=41), 41, lead="bob"),
        told(LeadRecycled(reason="no time", cycle=1), 50, lead="bob"),
    )
    await built.show()
    assert named(built, "sla-board") == ["anna"]
    assert [row["state"] for row in built.view("clocks", where={"lead": "bob"})] == ["lapsed"]
    assert named(built, "queue") == ["anna"]
    assert "bob" in named(built, "stagnant")


async def test_who_was_passed_and_belongs_to_nobody_is_unowned() -> None:
    assert named(await office(), "unowned") == ["anna"]


async def test_whoever_was_left_alone_longest_stands_first_among_the_stagnant() -> None:
    built = await office()
    assert set(named(built, "stagnant")) == {"anna", "bob", "cleo"}
    assert named(built, "stagnant")[-1] == "cleo"


async def test_the_timeline_keeps_every_fact_in_the_order_in_which_it_became_known() -> None:
    built = await house()
    await built.write(
        told(LeadCaptured(source="web"), 5, sequence="0000000001"),
        told(LeadConverted(), 1, recorded=9, sequence="0000000002", late=True),
    )
    await built.show()
    rows = built.view("timeline", where={"lead": "anna"})
    assert [(row["sequence"], row["fact"], row["occurred_at"], row["recorded_at"], row["lag_seconds"], row["late"])
            for row in rows] == [
        (1, "lead.captured", text(5), text(5), 0, False),
        (2, "lead.converted", text(1), text(9), 480, True),
    ]  # fmt: skip
    assert rows[0]["says"] == "source=web"


async def test_each_source_shows_when_it_was_last_heard_of_and_how_late_it_tells() -> None:
    built = await house(partitions=2)
    facts = [(0, 0, "/forms"), (10, 12, "/forms"), (3, 63, "/phones"), (20, 20, "/leadstream"), (5, 5, "/leadstream/b")]
    for number, (at, recorded, source) in enumerate(facts):
        fact = LeadTouched(channel="call", kind="dialled", direction="outbound")
        await built.write(
            told(fact, at, recorded=recorded, lead=f"lead-{number}", source=source, sequence="0000000001")
        )
    await built.show()
    assert [
        (row["source"], row["facts"], row["last_recorded_at"], row["mean_lag_seconds"], row["longest_lag_seconds"])
        for row in built.view("sources")
    ] == [("/forms", 2, text(12), 60, 120), ("/phones", 1, text(63), 3600, 3600)]


async def test_each_partition_says_how_far_it_is() -> None:
    built = await house(partitions=2)
    await built.writer_at(30, [0])
    await built.writer_at(40, [1])
    await built.show()
    assert [(row["partition"], row["partition_complete_to"]) for row in built.view("partitions")] == [
        (0, text(30)),
        (1, text(40)),
    ]
