"""The examples of docs/life.md, row by row."""

import json
import re
from datetime import datetime
from typing import Any

import msgspec
import pytest

from events.fact import Fact
from events.instants import to_us
from events.lead import LeadScored
from events.registry import CATALOGUE, LEAD_COMMANDS, WIRE_TYPE
from streams.agreement.known import Known
from tests.support.given import Arrival, Story, published
from tests.support.process import REPOSITORY

GUIDE = (REPOSITORY / "docs" / "life.md").read_text(encoding="utf-8")
AGREEMENT = re.findall(r"^```yaml\n(.*?)^```$", GUIDE, re.DOTALL | re.MULTILINE)[0]
KNOWN = Known.of([published(AGREEMENT)])
HEADER = "| at (UTC) | what happens | told |\n"
ROW = re.compile(r"^\| (.*?) \| `(.*?)` \| (.*?) \|$", re.MULTILINE)
TABLES = [ROW.findall(text.partition("\n\n")[0]) for text in GUIDE.split(HEADER)[1:]]


def step(story: Story, number: int, at: str, happens: str) -> str:
    """What followed from one step, or what a command was answered."""
    ((name, data),) = json.loads(happens).items()
    fact: Any = msgspec.convert(data, CATALOGUE[f"{name}.v1"])
    instant = to_us(datetime.fromisoformat(f"{at}+00:00"))
    story.passes(instant)
    before, answered = len(story.facts), len(story.answers)
    story.arrives(Arrival(fact, instant, instant, str(number), "/crm"))
    told = [each.data for each in story.facts[before:] if type(each.data) is not LeadScored]
    if type(fact) in LEAD_COMMANDS:
        answer = story.answers[answered]
        if not answer.accepted:
            return f"refused: {answer.reason}"
        return "; ".join(map(words, told)) or "answered as before"
    return "; ".join(map(words, told[1:])) or "nothing"


def words(fact: Fact) -> str:
    cycle, reason = getattr(fact, "cycle", None), getattr(fact, "reason", None)
    parts = [WIRE_TYPE[type(fact)].rpartition(".v")[0], "" if cycle is None else f"cycle {cycle}", reason or ""]
    return " ".join(part for part in parts if part)


def test_every_table_of_the_guide_is_tried() -> None:
    assert [len(table) for table in TABLES] == [6, 9, 6, 7]


@pytest.mark.parametrize("steps", TABLES, ids=["given back", "warmed", "left alone", "converted"])
def test_every_step_tells_what_the_guide_says(steps: list[tuple[str, str, str]]) -> None:
    story = Story(KNOWN)
    assert [(at, what, step(story, n, at, what)) for n, (at, what, _) in enumerate(steps)] == steps
