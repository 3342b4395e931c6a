"""The views of the pipeline under any history: rebuilt, cut, summed, and asked for another time."""

from datetime import datetime
from itertools import combinations

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from events.envelope import Envelope
from events.instants import to_us
from events.opportunity import (
    OpportunityOpened,
)
from projections.catalogue import OF_OPPORTUNITIES
from projections.pipeline.deal import DIMENSIONS
from projections.verify import expected_rows, verify_views
from projections.views.view import Cell
from tests.projections.pipeline.asking import asked, figures, shown
from tests.projections.pipeline.facts import instant, pipelines
from tests.support.laws import examples

CUTS = [*DIMENSIONS, *("+".join(pair) for pair in combinations(DIMENSIONS, 2))]


@settings(deadline=None, max_examples=examples(25))
@given(facts=pipelines(), limit=st.integers(1, 12), partitions=st.sampled_from([1, 4]))
async def test_the_rows_are_a_fold_of_the_log_however_batches_and_partitions_fall(
    facts: list[Envelope], limit: int, partitions: int
) -> None:
    built = await shown(*facts, limit=limit, partitions=partitions)
    found = await verify_views(built.log, partitions)
    assert (found.differences, found.behind) == ([], 0)
    whole = expected_rows(0, facts, OF_OPPORTUNITIES)
    assert found.rows == sum(len(rows) for rows in whole.values())
    table = built.view("opportunity-history")
    ended = [orjson.loads(row) for row in whole["view.opportunity-history"].values()]
    known_without_end = sum(row["ended_known"] is not None for row in ended)
    assert len(table) == len(ended) + known_without_end + len(whole["view.opportunities"])


@settings(deadline=None, max_examples=examples(20))
@given(facts=pipelines(), day=st.integers(-10, 100))
async def test_the_matrix_is_the_same_in_total_however_it_is_cut_and_partitions_fall(
    facts: list[Envelope], day: int
) -> None:
    built, spread = await shown(*facts), await shown(*facts, partitions=4)
    total = figures(asked(built, "matrix", day))
    for by in CUTS:
        rows = asked(built, "matrix", day, by=by)
        assert rows == asked(spread, "matrix", day, by=by)
        sums = dict.fromkeys(total, 0)
        for row in rows:
            sums[row["measure"]] += int(row["amount_minor"] or 0)
        assert sums == {measure: total.get(measure, 0) for measure in sums}
    opened: dict[Cell, int] = {}
    for row in asked(built, "matrix-opportunities", day):
        opened[row["measure"]] = opened.get(row["measure"], 0) + int(row["amount_minor"] or 0)
    assert opened == {measure: n for measure, n in total.items() if n and measure != "coverage"}


@settings(deadline=None, max_examples=examples(20))
@given(facts=pipelines(), day=st.integers(-10, 60), later=st.integers(0, 60), walk=st.sampled_from(["now", "then"]))
async def test_the_waterfall_adds_up_by_slice_and_by_opportunity_and_meets_the_matrix(
    facts: list[Envelope], day: int, later: int, walk: str
) -> None:
    built = await shown(*facts)
    where = {"quarter": "2026Q1", "known": walk}
    for by in (None, "opportunity", "region", "product", "segment+source"):
        rows = asked(built, "waterfall", day + later, since=day, by=by, where=where)
        for row in rows:
            of: dict[str, int] = {name: int(n or 0) for name, n in row.items() if name.endswith("_minor")}  # type: ignore[arg-type]
            gained = sum(of[f"{n}_minor"] for n in ("start", "new", "pulled_in", "increased", "reopened", "entered"))
            taken = sum(of[f"{n}_minor"] for n in ("decreased", "moved_out", "won", "lost", "left"))
            assert gained - taken + of["revalued_minor"] == of["end_minor"]
        for at, column in ((day, "start_minor"), (day + later, "end_minor")):
            known = at if walk == "then" else None
            pipe = figures(asked(built, "matrix", at, known, where={"quarter": "2026Q1"})).get("open_pipe", 0)
            assert sum(int(row[column] or 0) for row in rows) == pipe


FIGURES = {
    "matrix": "region",
    "matrix-opportunities": None,
    "waterfall": "segment+source",
    "velocity": "product",
    "stage-conversion": "source",
    "stage-ages": "region",
    "stage-old": None,
}


@settings(deadline=None, max_examples=examples(20))
@given(facts=pipelines(), day=st.integers(-10, 60), known=st.integers(-10, 120))
async def test_what_was_known_then_is_what_a_house_shows_that_has_heard_no_more(
    facts: list[Envelope], day: int, known: int
) -> None:
    heard = [each for each in facts if to_us(recorded(each)) <= to_us(instant(known))]
    built, other = await shown(*facts), await shown(*heard)
    for view, by in FIGURES.items():
        assert asked(built, view, day, known, by=by) == asked(other, view, day, known, by=by), view


@settings(deadline=None, max_examples=examples(20))
@given(facts=pipelines(), day=st.integers(-10, 60))
async def test_what_was_so_on_a_day_is_what_a_house_shows_in_which_nothing_has_happened_since(
    facts: list[Envelope], day: int
) -> None:
    opened = dict[str, str]()
    for each in facts:
        if isinstance(each.data, OpportunityOpened):
            opened.setdefault(each.subject, each.id)
    told = [each for each in facts if not isinstance(each.data, OpportunityOpened) or opened[each.subject] == each.id]
    happened = [each for each in told if to_us(each.time) <= to_us(instant(day))]
    built, other = await shown(*told), await shown(*happened)
    for view, by in FIGURES.items():
        assert asked(built, view, day, by=by) == asked(other, view, day, by=by), view


def recorded(envelope: Envelope) -> datetime:
    assert isinstance(envelope.recordedat, datetime)
    return envelope.recordedat
