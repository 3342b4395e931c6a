"""What was measured, as a table for people, as JSON, as Markdown for docs/performance.md."""

import os
import platform
from collections.abc import Sequence
from typing import Any

import orjson
from rich.console import Console
from rich.table import Table

from benchmarks.bench import Plan, Result
from benchmarks.cases import OURS, PEERS, STOCK

COLUMNS = ("case", "records", "s", "1/s", "CPU µs", "broker µs", "1/s/core", "times stock", "per CPU", "results")
AGAINST = ("simple handler, kafka, against", "times as fast", "times per CPU")
Row = dict[str, Any]


def rows(results: Sequence[Result]) -> list[Row]:
    """One flat object a case. Rates and CPU are per record of the measured part; None where that was too short."""
    found = [_row(result) for result in results]
    stock: Row = next((row for row in found if row["case"] == STOCK), {})
    for row in found:
        row["times_stock"] = None if row is stock else _ratio(row["per_second"], stock.get("per_second"))
        row["times_stock_per_cpu"] = None if row is stock else _ratio(stock.get("cpu_us"), row["cpu_us"])
    return found


def _ratio(above: float | None, below: float | None) -> float | None:
    return above / below if above and below else None


def _row(result: Result) -> Row:
    found = result.measured
    cpu = found.cpu_seconds / found.records * 1e6 if found and found.cpu_seconds else None  # told in ticks of 10 ms
    return {
        "case": result.case,
        "records": result.records,
        "measured_records": None if found is None else found.records,
        "seconds": None if found is None else found.seconds,
        "per_second": None if found is None else found.records / found.seconds,
        "cpu_us": cpu,
        "broker_cpu_us": None if found is None else found.broker_cpu_seconds / found.records * 1e6,
        "per_second_and_core": 1e6 / cpu if cpu else None,
        "problems": list(result.problems[:20]),
        "problem_count": len(result.problems),
    }


def against(found: Sequence[Row]) -> list[tuple[str, float | None, float | None]]:
    """How the engine compares with everybody else who did the simple workload on the same broker: name, times as many
    events a second, times as many a processor second."""
    ours: Row = next((row for row in found if row["case"] == OURS), {})
    others = {STOCK, *(peer.name for peer in PEERS)}
    return [
        (
            row["case"],
            _ratio(ours.get("per_second"), row["per_second"]),
            _ratio(row["cpu_us"], ours.get("cpu_us")),
        )
        for row in found
        if row["case"] in others
    ]


def document(plan: Plan, found: list[Row], handler_us: Sequence[float]) -> bytes:
    """Everything as JSON. `handler_us` is what the simple handler alone cost before and after the run."""
    machine = {
        "cores": len(os.sched_getaffinity(0)),
        "python": platform.python_version(),
        "system": platform.system(),
        "handler_us": handler_us,
    }
    content = {"machine": machine, "plan": plan, "cases": found}
    return orjson.dumps(content, option=orjson.OPT_INDENT_2)


def show(found: list[Row], console: Console) -> None:
    """A table."""
    table = Table(*COLUMNS)
    for column in table.columns[1:-1]:
        column.justify = "right"
    for row in found:
        table.add_row(*_cells(row))
    console.print(table)
    if ours := against(found):
        table = Table(*AGAINST)
        for name, *ratios in ours:
            table.add_row(name, *(_number(ratio, ".1f") for ratio in ratios))
        console.print(table)
    for row in found:
        for problem in row["problems"]:
            console.print(f"{row['case']}: {problem}", markup=False)


def markdown(content: dict[str, Any]) -> str:
    """The part of docs/performance.md between its two marks."""
    machine, plan = content["machine"], content["plan"]
    setting = (
        f"{machine['cores']} cores shared with the broker, {machine['system']}, Python {machine['python']}; "
        f"{plan['events']:,} events of {plan['keys']:,} keys (stock Faust: the first {plan['stock_events']:,}), "
        f"{plan['facts']:,} lead facts, {plan['partitions']} partitions, seed {plan['seed']}. "
        f"The simple handler by itself: {machine['handler_us'][0]:.1f} µs before the run, "
        f"{machine['handler_us'][1]:.1f} after."
    )
    lines = [
        setting,
        "",
        f"| {' | '.join(COLUMNS)} |",
        f"|---|{'---:|' * (len(COLUMNS) - 2)}---|",
    ]
    lines += [f"| {' | '.join(_cells(row))} |" for row in content["cases"]]
    if ours := against(content["cases"]):
        lines += ["", f"| {' | '.join(AGAINST)} |", "|---|---:|---:|"]
        lines += [f"| {name} | {' | '.join(_number(ratio, '.1f') for ratio in ratios)} |" for name, *ratios in ours]
    return "\n".join(lines)


def _cells(row: Row) -> list[str]:
    return [
        row["case"],
        f"{row['records']:,}",
        _number(row["seconds"], ".1f"),
        _number(row["per_second"], ",.0f"),
        _number(row["cpu_us"], ".1f"),
        _number(row["broker_cpu_us"] or None, ".1f"),
        _number(row["per_second_and_core"], ",.0f"),
        _number(row["times_stock"], ".1f"),
        _number(row["times_stock_per_cpu"], ".1f"),
        "right" if not row["problem_count"] else f"WRONG: {row['problem_count']}",
    ]


def _number(value: float | None, style: str) -> str:
    return "-" if value is None else format(value, style)
