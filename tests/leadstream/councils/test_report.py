"""The report of a meeting: the same facts give the same text and page, and nothing on it comes from outside."""

from collections.abc import Callable
from datetime import date
from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from events.council import ActionDone, ActionPlanned, CellCommented, CouncilCell, CouncilConvened
from events.envelope import Envelope
from events.fact import Fact
from events.instants import from_us, to_us
from events.registry import wrap
from leadstream.councils.data import json_of
from leadstream.councils.meeting import NOW, Meeting, measure_words, meeting_of, weeks_of
from leadstream.councils.money import amount_text, growth_text, percent_text
from leadstream.councils.page import page_of
from leadstream.councils.text import text_of
from projections.past import Then
from tests.leadstream.agreements.test_page import EVIL, Read
from tests.leadstream.councils.desk import instant

WORDS = {"measure": "closed_acv", "region": "north"}
NORTH: dict[str, Any] = {**WORDS, "target_minor": 600_00, "last_year_minor": 100_00}


def convened(week: str, at: str, *cells: CouncilCell, quarter: str = "2026Q1") -> CouncilConvened:
    return CouncilConvened(
        week=week, quarter=quarter, known_at=from_us(instant(at)), timezone="Europe/Bucharest", day=47, days=90,
        currency="EUR", cells=cells, by="Ines",
    )  # fmt: skip


def planned(action: int, week: str, what: str, due: date) -> ActionPlanned:
    told: dict[str, Any] = {"kind": "media_budget", "owner": "Radu", "by": "Ines"}
    return ActionPlanned(action=action, week=week, what=what, due=due, **WORDS, **told)


def told(*facts: Fact) -> list[Envelope]:
    found = list[Envelope]()
    for number, each in enumerate(facts):
        at = from_us(instant("2026-02-16 07:00") + number)
        found.append(wrap(each, id=f"{number}", source="/leadstream", subject="emea", time=at, recordedat=at))
    return found


W08 = convened(
    "2026-W08", "2026-02-16 07:00", CouncilCell(measure="open_pipe", amount_minor=70_00),
    CouncilCell(measure="coverage", amount_minor=70_00, target_minor=0, coverage="met", colour="green"),
    CouncilCell(amount_minor=420_00, colour="yellow", **NORTH),
    CouncilCell(**{**NORTH, "region": ""}, amount_minor=9, colour="red"),
)  # fmt: skip
W09 = convened("2026-W09", "2026-02-23 07:00", CouncilCell(amount_minor=500_00, colour="green", **NORTH))
FACTS = told(
    W08,
    CellCommented(week="2026-W08", text="two slipped", by="Radu", **WORDS),
    planned(1, "2026-W08", "ads in the north", date(2026, 2, 20)),
    planned(2, "2026-W08", "more ads", date(2026, 2, 27)),
    ActionDone(action=1, outcome="120 leads", by="Radu"),
    W09,
)


def text(facts: list[Envelope], week: str) -> str:
    return text_of(meeting_of("emea", facts, week))


def data(facts: list[Envelope], week: str, then: Then = NOW) -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads(json_of(meeting_of("emea", facts, week, then)))
    return found


def page(facts: list[Envelope], week: str) -> Read:
    return Read(page_of(meeting_of("emea", facts, week)))


def test_the_red_cells_come_first_with_what_was_said_and_planned() -> None:
    lines = text(FACTS, "2026-W08").partition("Red and yellow\n")[2].splitlines()
    assert lines[:5] == [
        "  RED  closed ACV, region (none): 0.09 of 600.00 (0 %); red",
        "  YELLOW  closed ACV, region north: 420.00 of 600.00 (70 %); yellow",
        "    Radu: two slipped",
        "    #1 media budget: ads in the north (Radu, due 2026-02-20, done): 120 leads",
        "    #2 media budget: more ads (Radu, due 2026-02-27, open)",
    ]


def test_the_next_report_tells_what_became_of_each_cell_also_of_one_that_is_gone() -> None:
    lines = text(FACTS, "2026-W09").partition("What became of 2026-W08\n")[2].splitlines()
    assert lines[:5] == [
        "  closed ACV, region north: 420.00 yellow -> 500.00 green",
        "    Radu: two slipped",
        "    #1 media budget: ads in the north (Radu, due 2026-02-20, done): 120 leads",
        "    #2 media budget: more ads (Radu, due 2026-02-27, open)",
        "  closed ACV, region (none): 0.09 red -> 0.00 without a target",
    ]


def test_what_sums_leave_out_stands_at_the_head_of_text_and_page() -> None:
    what = "1 opportunity: no rate to EUR from RON on 2026-02-16"
    found = meeting_of("emea", told(replace(W08, left_out=what)), "2026-W08")
    assert f"left out of sums: {what}" in text_of(found).splitlines()
    assert f"Left out of sums: {what}." in page_of(found)
    assert "out of sums" not in text_of(meeting_of("emea", told(W08), "2026-W08"))


def test_an_action_is_overdue_from_the_day_after_its_last_one() -> None:
    later = told(
        W08, planned(1, "2026-W08", "ads", date(2026, 2, 23)), planned(2, "2026-W08", "x", date(2026, 2, 22)), W09
    )
    (one, two) = text(later, "2026-W09").partition("Open actions\n")[2].splitlines()
    assert (one, two) == (
        "  #2 media budget: x (Radu, due 2026-02-22, OVERDUE)",
        "  #1 media budget: ads (Radu, due 2026-02-23, open)",
    )


def test_another_quarter_is_no_continuation_and_is_followed_by_what_was_frozen_of_it() -> None:
    w15 = convened("2026-W15", "2026-04-06 07:00", W08.cells[2], quarter="2026Q2")
    facts = told(W08, FACTS[1].data, w15)
    assert weeks_of("emea", facts) == ["2026-W08", "2026-W15"]
    assert "What became of" not in text(facts, "2026-W15")
    north = CouncilCell(amount_minor=640_00, colour="green", **NORTH)
    facts = told(W08, FACTS[1].data, replace(w15, former_quarter="2026Q1", former_cells=(north,)))
    assert text(facts, "2026-W15").partition("What became of 2026-W08 (2026Q1)\n")[2].splitlines()[:3] == [
        "  closed ACV, region north: 420.00 yellow -> 640.00 green",
        "    Radu: two slipped",
        "  closed ACV, region (none): 0.09 red -> 0.00 without a target",
    ]
    assert "What became of 2026-W08 (2026Q1)" in page(facts, "2026-W15").texts
    assert data(facts, "2026-W15")["followed"][0]["cells"][0]["now"]["amount_minor"] == 640_00


def test_a_week_spent_on_another_quarter_hides_nothing_of_the_one_before() -> None:
    between = convened("2026-W09", "2026-02-23 07:00", W08.cells[2], quarter="2026Q2")
    north = CouncilCell(amount_minor=500_00, colour="green", **NORTH)
    after = replace(convened("2026-W10", "2026-03-02 07:00", north), former_quarter="2026Q2", former_cells=(north,))
    found = text(told(W08, between, after), "2026-W10")
    assert [line for line in found.splitlines() if line.startswith("What became")] == [
        "What became of 2026-W09 (2026Q2)",
        "What became of 2026-W08",
    ]


def test_a_page_stands_alone_is_well_formed_and_says_what_the_text_says() -> None:
    found = page(FACTS, "2026-W08")
    assert found.open == []
    assert found.fetched == []
    assert not {"script", "link", "img"} & set(found.tags)
    words = " ".join(found.texts)
    for said in ("Council emea, 2026-W08", "2026Q1, day 47 of 90", "as known at 2026-02-16 09:00", "1 red", "met"):
        assert said.lower() in words.lower()
    for said in (
        "420.00",
        "70 % · yellow",
        "+320 % YoY",
        "two slipped",
        "ads in the north",
        "120 leads",
        "region (none)",
    ):
        assert said in words
    assert page_of(meeting_of("emea", FACTS, "2026-W08")) == page_of(meeting_of("emea", FACTS, "2026-W08"))


@given(st.integers(0, len(FACTS) - 1), st.sampled_from((text_of, page_of, json_of)))
def test_a_report_as_known_then_is_the_same_whatever_was_said_since(
    last: int, written: Callable[[Meeting], str]
) -> None:
    then = Then(None, to_us(FACTS[last].time))
    known = FACTS[: last + 1]
    for week in weeks_of("emea", known):
        assert weeks_of("emea", FACTS, then) == weeks_of("emea", known)
        assert written(meeting_of("emea", FACTS, week, then)) == written(meeting_of("emea", known, week, then))


def test_a_report_says_by_what_time_comments_and_actions_count() -> None:
    at = instant("2026-02-16 07:00")
    then = Then(at + 2, at + 2)
    meeting = meeting_of("emea", FACTS, "2026-W08", then)
    told = "as of 2026-02-16 09:00, as known at 2026-02-16 09:00"
    assert f"comments and actions {told}" in text_of(meeting).splitlines()
    assert f"never changes; comments and actions are {told}." in " ".join(Read(page_of(meeting)).texts)
    assert "comments and actions" not in text(FACTS, "2026-W08")
    found = data(FACTS, "2026-W08", then)
    assert (found["as_of"], found["known_at"]) == ("2026-02-16T07:00:00.000002Z",) * 2
    assert [(row["action"], row["state"]) for row in found["open_actions"]] == [(1, "open")]


def test_a_report_in_json_has_all_that_the_text_has() -> None:
    found = data(FACTS, "2026-W09")
    assert list(found) == [
        "council", "as_of", "known_at", "meeting", "day", "cells", "watched", "followed", "open_actions",
    ]  # fmt: skip
    (earlier,) = found["followed"]
    assert (found["council"], found["meeting"]["week"], earlier["meeting"]["week"]) == ("emea", "2026-W09", "2026-W08")
    assert (found["day"], found["as_of"], found["known_at"]) == ("2026-02-23", None, None)
    assert [(cell["measure"], cell["region"], cell["amount_minor"]) for cell in found["cells"]] == [
        ("closed_acv", "north", 500_00)
    ]
    assert [(each["then"]["colour"], each["now"] and each["now"]["colour"]) for each in earlier["cells"]] == [
        ("yellow", "green"), ("red", None),
    ]  # fmt: skip
    assert [(row["action"], row["state"], row["overdue"]) for row in earlier["cells"][0]["actions"]] == [
        (1, "done", False), (2, "open", False),
    ]  # fmt: skip
    (red, yellow) = data(FACTS, "2026-W08")["watched"]
    assert (red["comments"], [said["text"] for said in yellow["comments"]]) == ([], ["two slipped"])


def test_what_people_write_is_text_and_never_markup() -> None:
    facts = told(
        W08, CellCommented(week="2026-W08", text=EVIL, by=EVIL, **WORDS), planned(1, "2026-W08", EVIL, date(2026, 3, 1))
    )
    found = page(facts, "2026-W08")
    assert "script" not in found.tags
    assert sum(EVIL in words for words in found.texts) >= 3


def test_amounts_are_exact_in_every_currency() -> None:
    amounts = ((1_250_000, "EUR"), (5, "EUR"), (-5, "EUR"), (1_250_000, "JPY"), (1, "KWD"))
    assert [amount_text(*each) for each in amounts] == ["12,500.00", "0.05", "-0.05", "1,250,000", "0.001"]
    assert amount_text(2**53 + 1, "EUR") == "90,071,992,547,409.93"
    assert (percent_text(1, 3), percent_text(1, 200), percent_text(1, 0), percent_text(1, None)) == (
        "33 %",
        "1 %",
        "",
        "",
    )
    assert (growth_text(3, 2), growth_text(1, 2), growth_text(2, 2), growth_text(2, 0)) == (
        "+50 %",
        "-50 %",
        "+0 %",
        "",
    )
    assert measure_words("closed_acv") == "closed ACV"
