"""The worked example of docs/council.md, row by row, from the targets to the report."""

import json
import re
import shlex
from collections import Counter
from datetime import datetime
from typing import Any

import msgspec

from events.agreement import CommandAnswered
from events.council import CommentCell, CouncilConvened, FinishAction, PlanAction
from events.envelope import Envelope
from events.opportunity import OpportunityClosedWon
from events.registry import CATALOGUE, WIRE_TYPE
from leadstream.councils.convening import NotFinal
from leadstream.councils.meeting import meeting_of, weeks_of
from leadstream.councils.money import amount_text
from leadstream.councils.text import text_of
from tests.leadstream.councils.desk import Desk, instant
from tests.support.process import REPOSITORY

GUIDE = (REPOSITORY / "docs" / "council.md").read_text(encoding="utf-8")
EXAMPLE = GUIDE.partition("## A worked example")[2]
(AGREEMENT,) = re.findall(r"^```yaml\n(.*?)^```$", EXAMPLE, re.DOTALL | re.MULTILINE)
(REPORT,) = re.findall(r"^```text\n(.*?)\n```$", EXAMPLE, re.DOTALL | re.MULTILINE)
KINDS = {"comment": CommentCell, "plan": PlanAction, "finish": FinishAction}


def table(*header: str) -> list[list[str]]:
    """The cells of the one table with this header."""
    lines = GUIDE.partition(f"| {' | '.join(header)} |\n")[2].splitlines()[1:]
    rows = lines[: next(n for n, line in enumerate(lines) if not line.startswith("|"))]
    assert rows
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]


STEPS = table("at (UTC)", "to", "what happens, or is asked", "answer")


async def step(desk: Desk, at: str, to: str, happens: str) -> str:
    """What is answered to one step, in the guide's words."""
    if happens.startswith("{"):
        ((name, data),) = json.loads(happens).items()
        fact: Any = msgspec.convert(data, CATALOGUE[f"{name}.v1"])
        await desk.says(to, fact, at)
        return ""
    _, _, verb, council, *told = shlex.split(happens)
    assert council == to
    flags = {flag.removeprefix("--"): value for flag, value in zip(told[::2], told[1::2], strict=True)}
    before = len(await desk.facts(to))
    if verb == "convene":
        known_at = datetime.fromisoformat(flags["known-at"])
        try:
            answer = await desk.convenes(to, f"{known_at:%Y-%m-%d %H:%M}", at, by=flags["by"])
        except NotFinal as exc:
            return str(exc)
    else:
        answer = await desk.asks(to, msgspec.convert(flags, KINDS[verb], strict=False), at)
    return words(answer, await desk.facts(to), before)


def words(answer: CommandAnswered, facts: list[Envelope], before: int) -> str:
    if not answer.accepted:
        return f"refused: {answer.reason} {re.findall(r'[(]([^()]*)[)]$', answer.missing[0])[0]}"
    if len(facts) == before:
        return "answered as before"
    fact: Any = facts[-1].data
    name = WIRE_TYPE[type(fact)].rpartition(".v")[0]
    if isinstance(fact, CouncilConvened):
        colours = Counter(cell.colour for cell in fact.cells)
        return f"{name} {fact.week}: {colours['red']} red, {colours['yellow']} yellow"
    number = getattr(fact, "action", None)
    return name if number is None else f"{name} {number}"


async def lived() -> tuple[Desk, list[list[str]]]:
    """The deployment after all steps, and the steps with what was answered."""
    desk = await Desk().begin(AGREEMENT)
    return desk, [[at, to, happens, await step(desk, at, to, happens.strip("`"))] for at, to, happens, _ in STEPS]


async def test_every_step_is_answered_as_the_guide_says() -> None:
    _, found = await lived()
    assert found == STEPS


async def test_the_report_is_the_one_of_the_guide_and_what_comes_late_changes_only_what_is_now() -> None:
    desk, _ = await lived()
    assert weeks_of("emea", await desk.facts()) == ["2026-W08", "2026-W09"]
    assert text_of(meeting_of("emea", await desk.facts(), "2026-W09")) == REPORT
    await desk.says("port", OpportunityClosedWon(), "2026-02-18 10:00", "2026-02-24 08:00")
    await desk.passes("2026-02-24 09:00")
    assert text_of(meeting_of("emea", await desk.facts(), "2026-W09")) == REPORT
    header = ("measure", "region", "then", "colour", "now", "now_colour", "actions")
    for measure, region, *written in table(*header):
        (row,) = [
            row for row in desk.rows("council-follow-up", times={"as_of": instant("2026-02-24 09:00")})
            if (row["week"], row["measure"], row["region"] or "") == ("2026-W08", measure, region)
        ]  # fmt: skip
        found: dict[str, Any] = dict(row)
        states = [f"{found[f'actions_{name}']} {name}" for name in ("open", "done", "overdue")]
        assert written == [
            amount_text(found["amount_minor"], "EUR"),
            found["colour"],
            amount_text(found["now_amount_minor"], "EUR"),
            found["now_colour"],
            ", ".join(state for state in states if not state.startswith("0")),
        ]
