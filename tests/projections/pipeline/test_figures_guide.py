"""The worked example of docs/figures.md, row by row, from the facts to the answers."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from events.envelope import Envelope
from events.instants import to_us
from events.opportunity import TargetSet
from events.registry import CATALOGUE, wrap
from events.topics import COUNCIL_EVENTS, OPPORTUNITY_EVENTS
from projections.views.view import Cell
from tests.projections.house import House, house

GUIDE = (Path(__file__).resolve().parents[3] / "docs" / "figures.md").read_text(encoding="utf-8")
EXAMPLE = GUIDE.partition("## A worked example")[2]
NAMES = {
    "amount": "amount_minor",
    "target": "target_minor",
    "required coverage": "required_coverage",
    "last year": "last_year_minor",
}
RATES = {"USD": [{"from": "2024-01-01", "rate": "0.90"}, {"from": "2026-02-01", "rate": "0.80"}]}


def tables() -> list[list[dict[str, str]]]:
    """The tables of the example, as rows by the names in their heads."""
    found = list[list[dict[str, str]]]()
    heads: list[str] = []
    for line in EXAMPLE.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")] if line.startswith("|") else []
        if not cells or set(line) <= set("|-"):
            heads = heads if cells else []
        elif not heads:
            heads = cells
            found.append([])
        else:
            found[-1].append(dict(zip(heads, cells, strict=True)))
    return found


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def fact(number: int, row: dict[str, str]) -> Envelope:
    ((name, data),) = json.loads(row["what happens"].strip("`")).items()
    said = msgspec.convert(data, CATALOGUE[f"{name}.v1"])
    when = at(row["at"])
    return wrap(said, subject=row["opportunity"], id=str(number), source="/crm", time=when, recordedat=when)


async def lived() -> House:
    built = await house(partitions=2)
    await built.publish("inbound", "Open", pipeline={"currency": "EUR", "timezone": "UTC", "rates": RATES})
    await built.write(*(fact(number, row) for number, row in enumerate(tables()[0])), log=OPPORTUNITY_EVENTS)
    for number, (amount, region) in enumerate(((100_000, None), (60_000, "north"))):
        said = TargetSet(quarter="2026Q1", amount_minor=amount, currency="EUR", region=region)
        begun = at("2025-12-01")
        envelope = wrap(said, subject="plan", id=f"t{number}", source="/plan", time=begun, recordedat=begun)
        await built.write(envelope, log=COUNCIL_EVENTS)
    await built.show()
    return built


def asked(built: House, view: str, cut: str, **where: str) -> dict[str, Cell]:
    times = {"as_of": to_us(at("2026-02-14"))}
    by: dict[str, Any] = {"by": "region"} if cut else {}
    (row,) = built.view(view, times=times, where=where | ({"region": cut} if cut else {}), **by)
    return row


def same(shown: Cell, written: str) -> bool:
    return str("" if shown is None else shown) == written


async def test_the_matrix_is_the_one_that_is_written_there() -> None:
    built, rows = await lived(), tables()[1]
    assert len(rows) == 7
    for row in rows:
        found = asked(built, "matrix", row["cut"], measure=row["measure"])
        for name, written in row.items():
            if name not in ("cut", "measure"):
                assert same(found[NAMES.get(name, name)], written), (row, name, found)


async def test_the_waterfall_is_the_one_that_is_written_there() -> None:
    built, rows = await lived(), tables()[2]
    assert len(rows) == 3
    for row in rows:
        found = asked(built, "waterfall", row["cut"])
        for name, written in row.items():
            if name != "cut":
                assert same(found[f"{name.replace(' ', '_')}_minor"], written), (row, name, found)


@pytest.mark.parametrize(
    ("place", "view", "where"),
    [(3, "stage-conversion", {"cohort": "2026Q1"}), (4, "stage-ages", {}), (5, "velocity", {})],
)
async def test_the_other_views_are_those_that_are_written_there(place: int, view: str, where: dict[str, str]) -> None:
    built, rows = await lived(), tables()[place]
    found = built.view(view, times={"as_of": to_us(at("2026-02-14"))}, where=where)
    assert len(found) == len(rows)
    for shown, row in zip(found, rows, strict=True):
        for name, written in row.items():
            column = name.replace(" ", "_")
            assert same(shown[column if column in shown else f"{column}_minor"], written), (row, name, shown)


def examples_of_targets() -> list[tuple[str, ...]]:
    part = GUIDE.partition("### Which target counts")[2].partition("## The waterfall")[0]
    rows = [line.strip("|").split("|") for line in part.splitlines() if line.startswith("| ")]
    return [tuple(cell.strip() for cell in row) for row in rows[1:]]


@pytest.mark.parametrize("written", examples_of_targets(), ids=lambda row: row[0])
async def test_a_cell_is_held_against_the_target_that_the_guide_says(written: tuple[str, ...]) -> None:
    said, *expected = written
    built = await house()
    await built.publish("inbound", "Open", pipeline={"currency": "EUR", "timezone": "UTC"})
    opening = {"account": "a", "name": "A", "stage": "s", "currency": "EUR", "forecast": "pipeline", "amount_minor": 5}
    opened = json.dumps({"opportunity.opened": {**opening, "region": "north", "opener_role": "BDR"}})
    deal = fact(1, {"what happens": opened, "at": "2026-01-02", "opportunity": "o"})
    await built.write(deal, log=OPPORTUNITY_EVENTS)
    for number, each in enumerate(said.split("; ")):
        *slice_, amount = each.replace(",", "").split()
        of: dict[str, str] = {} if slice_ == ["all"] else dict(zip(slice_[::2], slice_[1::2], strict=True))
        target = TargetSet(
            quarter="2026Q1", amount_minor=int(amount), currency="EUR", kind="pipe_generation", **of
        )  # fmt: skip
        begun = at("2025-12-01")
        told = wrap(target, subject=f"plan-{number}", id=f"t{number}", source="/plan", time=begun, recordedat=begun)
        await built.write(told, log=COUNCIL_EVENTS)
    await built.show()
    times, where = {"as_of": to_us(at("2026-02-14"))}, {"measure": "pipe_generation"}
    cuts: list[dict[str, Any]] = [{}, {"region": "north"}, {"opener_role": "BDR"}]
    for wanted, cut in zip(expected, cuts, strict=True):
        (row,) = built.view("matrix", times=times, where=where | cut, **({"by": next(iter(cut))} if cut else {}))
        assert same(row["target_minor"], wanted), cut
