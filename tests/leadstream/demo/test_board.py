import io
from dataclasses import replace
from typing import Any, Literal

import pytest
from rich.console import Console
from rich.text import Text

from events.instants import MINUTE, SECOND
from leadstream.demo.board import Snapshot, line, render
from leadstream.demo.tempo import MONDAY
from leadstream.demo.watch import Breach, Move, Retraction, Running

NOW = MONDAY + 10 * 60 * MINUTE
CLAUSE: dict[str, Any] = {"clause": "first_response", "met": 12, "breached": 3, "retracted": 2}
RUNNING = Snapshot(
    since=NOW - 75 * SECOND,
    published=375,
    facts=1_234,
    rate=17.5,
    complete_to=NOW - 2 * SECOND,
    moves=(
        Move("sim-000001", 60, 20, "B2", "touch", NOW - SECOND // 2),
        Move("sim-000002", 31, 42, "C3", "decay", NOW - 4 * SECOND),
        Move("sim-000003", 15, None, "C3", "captured", NOW - 9 * SECOND),
    ),
    clocks=(
        Running("sim-000010", "first_response", NOW - 41 * SECOND, NOW - SECOND),
        Running("sim-000011", "first_response", NOW - 36 * SECOND, NOW + 4 * SECOND),
        Running("sim-000012", "first_response", NOW - 28 * SECOND, NOW + 12 * SECOND),
        Running("sim-000013", "first_response", NOW - 8 * SECOND, NOW + 32 * SECOND),
    ),
    open_clocks=9,
    breaches=(Breach("sim-000020", "first_response", NOW - 65 * SECOND),),
    retractions=(
        Retraction("sim-000030", "first_response", NOW - 60 * SECOND, NOW - 72 * SECOND, NOW - 20 * SECOND),
        Retraction("sim-000031", "status_update", NOW - 60 * SECOND, None, NOW - 20 * SECOND),
    ),
    funnel=(("captured", 40), ("Contacted", 20), ("converted", 0)),
    clauses=(CLAUSE,),
    dead_letters=5,
)


def screen(snapshot: Snapshot, width: int = 130, height: int = 40, *, colours: bool = False) -> str:
    system: Literal["standard"] | None = "standard" if colours else None
    console = Console(file=io.StringIO(), width=width, height=height, force_terminal=colours, color_system=system)
    console.print(render(snapshot, NOW))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def row(text: str, lead: str) -> str:
    return next(each for each in text.splitlines() if lead in each)


@pytest.mark.parametrize("snapshot", [Snapshot(since=NOW), RUNNING, replace(RUNNING, complete_to=None)])
@pytest.mark.parametrize(("width", "height"), [(60, 16), (80, 24), (130, 40), (240, 70)])
def test_the_board_fills_the_terminal_and_always_says_that_it_is_simulated(
    snapshot: Snapshot, width: int, height: int
) -> None:
    rows = screen(snapshot, width, height).splitlines()
    assert len(rows) == height
    assert all(Text(each).cell_len <= width for each in rows)
    assert "SIMULATED" in rows[0]


def test_before_the_first_fact_it_says_what_it_waits_for() -> None:
    assert "are starting" in screen(Snapshot(since=NOW))


def test_the_header_tells_throughput_and_how_far_the_views_are() -> None:
    text = screen(RUNNING)
    for words in ("375 published", "1,234 facts", "17.5 facts/s", "views complete to 2 s ago", "5 dead letters"):
        assert words in text


def test_a_clock_goes_from_green_over_yellow_to_red() -> None:
    text = screen(RUNNING, colours=True)
    green, yellow, red = "\x1b[32m", "\x1b[33m", "\x1b[31m"
    for lead, colour in (("sim-000013", green), ("sim-000012", yellow), ("sim-000011", red), ("sim-000010", red)):
        assert colour in row(text, lead).split("sim-0000")[1]


def test_a_clock_tells_the_time_left_and_that_it_has_run_out() -> None:
    text = screen(RUNNING)
    assert "32 s" in row(text, "sim-000013")
    assert "run out" in row(text, "sim-000010")
    assert "9 open" in text


def test_a_move_shows_score_difference_and_cause() -> None:
    text = screen(RUNNING)
    assert "▲ +40" in row(text, "sim-000001")
    assert "▼ -11" in row(text, "sim-000002")
    assert "decay" in row(text, "sim-000002")
    assert "new" in row(text, "sim-000003")


def test_a_breach_says_since_when() -> None:
    assert "1 min 05 s ago" in row(screen(RUNNING), "sim-000020")


def test_a_retraction_says_how_early_the_call_was_and_how_late_it_was_told() -> None:
    words = row(screen(RUNNING), "sim-000030").split()
    assert " ".join(words).count("12 s 52 s") == 1


def test_the_funnel_and_the_promises_are_counted() -> None:
    text = screen(RUNNING)
    assert row(text, "██████████████").split()[-4:] == ["captured", "40", "██████████████", "│"]
    assert "│ first_response 12 3 2 │" in " ".join(text.split())


def test_one_line_says_the_same_without_a_terminal() -> None:
    assert line(RUNNING, NOW) == (
        "SIMULATED 1 min 15 s: 375 published, 1234 facts, 17.5/s, 9 clocks open, 12 met, 3 breached, 2 retracted, "
        "5 dead letters, views complete to 2 s ago"
    )
