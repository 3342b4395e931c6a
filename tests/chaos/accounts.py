"""What a chaos run has to tell when it is over: rows for docs/reliability.md, printed when all tests have ended."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from statistics import median
from typing import Any

import pytest

from tests.chaos.liveness import Recovery

_ROW, _SAID = "chaos run", "chaos said"
HEAD = "| run | log | records | faults | longest until all partitions got on, s | wrong |"


class Account:
    """The account of one test, if there is one to give it. It travels with the test's report."""

    def __init__(self, node: pytest.Item | None = None) -> None:
        self._told = [] if node is None else node.user_properties

    def run(
        self, *, log: str, records: int, faults: Mapping[str, int], recoveries: Sequence[Recovery], wrong: int
    ) -> None:
        """What was done to how many records, and what came of it."""
        row = {
            "log": log,
            "records": records,
            "faults": dict(faults),
            "recoveries": [(one.fault, round(one.longest, 2)) for one in recoveries],
            "wrong": wrong,
        }
        self._told.append((_ROW, json.dumps(row)))

    def say_recoveries(self, recoveries: Sequence[Recovery]) -> None:
        """How long all partitions took to get on: median and longest, by what had been done."""
        by_fault: defaultdict[str, list[float]] = defaultdict(list)
        for one in recoveries:
            by_fault[one.fault].append(one.longest)
        lines = [
            f"{len(times):4} x {fault}: {median(times):.1f} s, at most {max(times):.1f} s"
            for fault, times in sorted(by_fault.items())
        ]
        self.say("until all partitions got on", "\n".join(lines))

    def say(self, what: str, text: str) -> None:
        """Something else that is worth reading."""
        self._told.append((_SAID, f"{what}:\n{text.strip()}"))


class Book:
    """Collects the accounts of all tests, and how they ended. A plugin of pytest."""

    def __init__(self) -> None:
        self._rows: list[str] = []
        self._said: list[str] = []
        self._files: defaultdict[str, Counter[str]] = defaultdict(Counter)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """One test has ended."""
        if report.when == "call" or report.outcome != "passed":
            self._files[report.nodeid.partition("::")[0]][report.outcome] += 1
        if report.when == "call":
            name = report.nodeid.rpartition("::")[2].partition("[")[0].removeprefix("test_").replace("_", " ")
            for kind, value in report.user_properties:
                if kind == _ROW:
                    self._rows.append(row(name, json.loads(str(value))))
                if kind == _SAID:
                    self._said.append(f"{name}: {value}")

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """All have ended."""
        if not self._rows:
            return
        terminalreporter.section("under fire")
        for line in self.lines():
            terminalreporter.write_line(line)

    def lines(self) -> Iterator[str]:
        """The summary."""
        yield from (HEAD, "|---|---|---:|---|---:|---:|", *sorted(self._rows), "")
        yield from ("| tests | passed | failed |", "|---|---:|---:|")
        for file, outcomes in sorted(self._files.items()):
            yield f"| `{file}` | {outcomes['passed']} | {outcomes['failed']} |"
        for text in self._said:
            yield from ("", text)


def row(name: str, found: Mapping[str, Any]) -> str:
    """One run as a row of a table."""
    faults = ", ".join(f"{count} x {what}" for what, count in found["faults"].items()) or "none"
    cells = (name, found["log"], f"{found['records']:,}", faults, _longest(found["recoveries"]), found["wrong"])
    return f"| {' | '.join(map(str, cells))} |"


def _longest(recoveries: Iterable[tuple[str, float]]) -> str:
    seconds, fault = max(((seconds, fault) for fault, seconds in recoveries), default=(0.0, ""))
    return f"{seconds:.1f} ({fault})" if fault else "-"
