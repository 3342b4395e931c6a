"""The examples of docs/timing.md, row by row."""

import json
import re
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from events.instants import MINUTE, from_us, to_us
from events.registry import CATALOGUE, WIRE_TYPE
from events.sla import SlaFact
from streams.agreement.known import Known
from streams.agreement.load import load
from streams.agreement.working_hours import calendar_of
from streams.calendars import parse_target
from tests.support.given import Arrival, Story, published
from tests.support.process import REPOSITORY

GUIDE = (REPOSITORY / "docs" / "timing.md").read_text(encoding="utf-8")
AGREEMENT = re.findall(r"^```yaml\n(.*?)^```$", GUIDE, re.DOTALL | re.MULTILINE)[0]
KNOWN = Known.of([published(AGREEMENT)])
ZONE = ZoneInfo("Europe/Bucharest")


def tables(*header: str) -> list[list[list[str]]]:
    """The cells of every table with this header."""
    found = []
    for text in GUIDE.split(f"| {' | '.join(header)} |\n")[1:]:
        lines = text.splitlines()[1:]
        rows = lines[: next(n for n, line in enumerate(lines) if not line.startswith("|"))]
        assert rows
        found.append([[cell.strip() for cell in row.strip("|").split("|")] for row in rows])
    assert found
    return found


WARNED, LATE, PAUSED = tables("at (UTC)", "what happens", "told")


def utc(text: str) -> int:
    return to_us(datetime.fromisoformat(f"{text}+00:00"))


@pytest.mark.parametrize(("started", "within", "due"), tables("started", "within", "due")[0])
def test_every_due_time_is_that_of_the_guide(started: str, within: str, due: str) -> None:
    calendar = calendar_of(load(AGREEMENT).calendars["sales"])
    start = to_us(datetime.strptime(started, "%a %Y-%m-%d %H:%M").replace(tzinfo=ZONE))
    found = from_us(calendar.due(start, parse_target(within))).astimezone(ZONE)
    assert found.strftime("%a %Y-%m-%d %H:%M") == due


def step(story: Story, number: int, at: str, happens: str) -> str:
    """What the clocks told in one step."""
    before = len(story.facts)
    if happens == "time passes":
        story.passes(utc(at) + MINUTE)
    else:
        said, _, then = happens.partition("` at ")
        ((name, data),) = json.loads(said.strip("`")).items()
        fact: Any = msgspec.convert(data, CATALOGUE[f"{name}.v1"])
        story.arrives(Arrival(fact, utc(then or at), utc(at), str(number), "/crm"))
    return "; ".join(words(each.data) for each in story.facts[before:] if isinstance(each.data, SlaFact))


def words(fact: SlaFact) -> str:
    due = f" due {fact.due:%H:%M}" if fact.due is not None else ""
    return f"{WIRE_TYPE[type(fact)].rpartition('.v')[0]} {fact.clause}{due}"


@pytest.mark.parametrize("steps", [WARNED + LATE, PAUSED], ids=["warned and told late", "paused"])
def test_every_step_tells_what_the_guide_says(steps: list[list[str]]) -> None:
    story = Story(KNOWN)
    assert [[at, what, step(story, n, at, what)] for n, (at, what, _) in enumerate(steps)] == steps
