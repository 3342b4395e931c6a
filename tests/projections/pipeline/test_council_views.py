"""Councils as views: rows are a fold of the log however it is cut, and what was frozen never changes."""

from datetime import date
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from events.council import ActionDone, ActionPlanned, CellCommented, CouncilCell, CouncilConvened, cell_key
from events.envelope import Envelope
from events.instants import to_us
from events.opportunity import TargetSet
from events.topics import COUNCIL_EVENTS, OPPORTUNITY_EVENTS
from projections.catalogue import OF_COUNCILS
from projections.verify import expected_rows, verify_views
from projections.views.view import Cell
from tests.projections.house import House, house
from tests.projections.pipeline.facts import instant, pipelines, said
from tests.support.laws import examples

FROZEN = (
    "week", "number", "quarter", "known_at", "measure", "region", "amount_minor", "target_minor", "attainment",
    "colour",
)  # fmt: skip
COLOURS = st.sampled_from(["green", "yellow", "red", None])
REGIONS = st.sampled_from([None, "", "a", "b"])


@st.composite
def matrices(draw: st.DrawFn) -> tuple[CouncilCell, ...]:
    """A few cells, each once."""
    found = [
        CouncilCell(
            measure=draw(st.sampled_from(["closed_acv", "open_pipe"])), region=draw(REGIONS),
            amount_minor=draw(st.integers(0, 99)), target_minor=draw(st.none() | st.integers(0, 99)),
            colour=draw(COLOURS),
        )
        for _ in range(draw(st.integers(1, 4)))
    ]  # fmt: skip
    return tuple({cell_key(cell): cell for cell in found}.values())


@st.composite
def councils(draw: st.DrawFn) -> list[Envelope]:
    """What two councils decided, in the order in which it was decided; weeks are convened in any order."""
    recorded, found = 50.0, list[Envelope]()
    open_to: dict[str, list[tuple[str, CouncilCell]]] = {"emea": [], "apac": []}
    weeks, actions = {name: list(range(1, 9)) for name in open_to}, dict.fromkeys(open_to, 0)
    undone: dict[str, list[int]] = {name: [] for name in open_to}
    for _ in range(draw(st.integers(0, 25))):
        name, recorded = draw(st.sampled_from(["emea", "apac"])), recorded + 0.5
        kind = draw(st.sampled_from(["convene", "comment", "plan", "done"]))
        fact: Any
        if kind == "convene" and weeks[name]:
            number = draw(st.sampled_from(weeks[name]))
            weeks[name].remove(number)
            week, cells = f"2026-W{number:02d}", draw(matrices())
            fact = CouncilConvened(
                week=week, quarter="2026Q1", known_at=instant(7.0 * number), timezone="UTC", day=1, days=90,
                currency="EUR", cells=cells, by="ines",
            )  # fmt: skip
            open_to[name] += [(week, cell) for cell in cells if cell.colour in ("red", "yellow")]
        elif kind in ("comment", "plan") and open_to[name]:
            week, cell = draw(st.sampled_from(open_to[name]))
            place: dict[str, Any] = {"week": week, "measure": cell.measure, "region": cell.region, "by": "ines"}
            fact = CellCommented(text="so", **place)
            if kind == "plan":
                actions[name] += 1
                undone[name].append(actions[name])
                due = draw(st.sampled_from([date(2026, 1, 9), date(2026, 4, 1)]))
                fact = ActionPlanned(
                    action=actions[name], kind="dinner", what="with them", owner="radu", due=due, **place
                )
        elif kind == "done" and undone[name]:
            fact = ActionDone(action=undone[name].pop(draw(st.integers(0, len(undone[name]) - 1))), by="radu")
        else:
            continue
        found.append(said(name, recorded, fact))
    return found


async def shown(facts: list[Envelope], deals: list[Envelope], partitions: int = 1, limit: int = 5000) -> House:
    built = await house(partitions=partitions)
    await built.write(*deals, log=OPPORTUNITY_EVENTS)
    target = TargetSet(quarter="2026Q1", amount_minor=100, currency="EUR", region="a")
    await built.write(said("emea", -30, target), *facts, log=COUNCIL_EVENTS)
    await built.show(limit)
    return built


def frozen(built: House) -> dict[tuple[Cell, ...], tuple[Cell, ...]]:
    rows = built.view("council-cells")
    return {(row["council"], row["week"], row["number"]): tuple(row[name] for name in FROZEN) for row in rows}


@settings(deadline=None, max_examples=examples(25))
@given(facts=councils(), limit=st.integers(1, 12), partitions=st.sampled_from([1, 4]))
async def test_the_rows_are_a_fold_of_the_log_however_batches_and_partitions_fall(
    facts: list[Envelope], limit: int, partitions: int
) -> None:
    built, plain = await shown(facts, [], partitions, limit), await shown(facts, [])
    found = await verify_views(built.log, partitions)
    assert (found.differences, found.behind) == ([], 0)
    for view in OF_COUNCILS.views:
        assert built.view(view.name) == plain.view(view.name)
        assert len(plain.view(view.name)) == len(expected_rows(0, facts, OF_COUNCILS).get(view.topic, {})) + (
            view.name == "targets"
        )


@settings(deadline=None, max_examples=examples(25))
@given(facts=councils(), cut=st.integers(0, 25))
async def test_what_was_frozen_never_changes(facts: list[Envelope], cut: int) -> None:
    before, after = frozen(await shown(facts[:cut], [])), frozen(await shown(facts, []))
    assert before.items() <= after.items()


@settings(deadline=None, max_examples=examples(25))
@given(facts=councils())
async def test_the_weeks_beside_a_cell_are_those_of_its_own_meetings(facts: list[Envelope]) -> None:
    built = await shown(facts, [])
    rows = built.view("council-cells")
    for row in rows:
        line = [
            each for each in rows
            if all(each[name] == row[name] for name in ("council", "measure", "region"))
            and str(each["known_at"]) <= str(row["known_at"])
        ]  # fmt: skip
        last = line[-2] if len(line) > 1 else None
        assert row["before_week"] == (last and last["week"])
        assert row["before_amount_minor"] == (last and last["amount_minor"])
        assert str(row["course"]).split() == [each["colour"] or "-" for each in line[-6:]]
        red = [each["colour"] in ("red", "yellow") for each in line]
        assert row["weeks"] == (red[::-1].index(False) if False in red else len(red))


@settings(deadline=None, max_examples=examples(20))
@given(facts=councils(), deals=pipelines(), day=st.integers(63, 100))
async def test_every_red_and_yellow_cell_is_followed_to_the_matrix_of_the_day(
    facts: list[Envelope], deals: list[Envelope], day: int
) -> None:
    built = await shown(facts, deals)
    times = {"as_of": to_us(instant(day))}
    asked = {"quarter": "2026Q1"}
    total, cut = (
        built.view("matrix", times=times, where=asked),
        built.view("matrix", times=times, where=asked, by="region"),
    )
    now = {(row["region"], row["measure"]): row for row in (*total, *cut)}
    rows = built.view("council-follow-up", times=times)
    red = [row for row in built.view("council-cells") if row["colour"] in ("red", "yellow")]
    assert [(row["council"], row["week"], row["number"]) for row in rows] == [
        (row["council"], row["week"], row["number"]) for row in red
    ]
    for row in rows:
        cell = now.get((row["region"], row["measure"]), {"amount_minor": 0, "colour": "", "attainment": None})
        assert (row["now_amount_minor"], row["now_colour"], row["now_attainment"]) == (
            cell["amount_minor"], cell["colour"], cell["attainment"],
        )  # fmt: skip
    actions = built.view("council-actions")
    assert sum(int(row["actions"] or 0) for row in rows) == len(actions)
    overdue = [row for row in actions if row["state"] == "open" and str(row["due"]) < instant(day).date().isoformat()]
    assert sum(int(row["actions_overdue"] or 0) for row in rows) == len(overdue)
    assert sum(int(row["comments"] or 0) for row in rows) == len(built.view("council-comments"))
