"""The examples of docs/scoring.md, row by row."""

import json
import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import msgspec

from events.instants import MINUTE, to_us
from events.lead import LeadScored
from events.registry import CATALOGUE
from leadstream.companies import standing
from leadstream.scores import score_as_of
from projections.predicting.answers import reasons
from projections.predicting.model import Counted, Outcomes, model_of
from streams.agreement.known import Known
from tests.support.given import Arrival, Story, published
from tests.support.process import REPOSITORY

GUIDE = (REPOSITORY / "docs" / "scoring.md").read_text(encoding="utf-8")
KNOWN = Known.of([published(re.findall(r"^```yaml\n(.*?)^```$", GUIDE, re.DOTALL | re.MULTILINE)[0])])


def table(*header: str) -> list[list[str]]:
    """The cells of the one table with this header."""
    lines = GUIDE.partition(f"| {' | '.join(header)} |\n")[2].splitlines()[1:]
    rows = lines[: next(n for n, line in enumerate(lines) if not line.startswith("|"))]
    assert rows
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]


STEPS = table("at", "what happens", "told")


def instant(text: str) -> int:
    return to_us(datetime.fromisoformat(f"{text}+00:00"))


def told(steps: Iterable[list[str]]) -> tuple[Story, list[list[str]]]:
    """The story of a lead through some steps, and each step with what was told in it."""
    story, found = Story(KNOWN), []
    for number, (at, happens, _) in enumerate(steps):
        before = len(story.facts)
        if happens == "time passes":
            story.passes(instant(at) + MINUTE)
        else:
            ((name, data),) = json.loads(happens.strip("`")).items()
            fact: Any = msgspec.convert(data, CATALOGUE[f"{name}.v1"])
            story.arrives(Arrival(fact, instant(at), instant(at), str(number), "/forms"))
        scored = [each for each in story.facts[before:] if isinstance(each.data, LeadScored)]
        assert all(each.time.strftime("%Y-%m-%d %H:%M") == at for each in scored)
        shown = [f"{s.score} = {s.fit} + {s.engagement}, {s.grade}" for s in (each.data for each in scored)]
        found.append([at, happens, "; ".join(shown)])
    return story, found


def test_every_step_tells_what_the_guide_says() -> None:
    assert told(STEPS)[1] == STEPS


def test_every_score_as_of_an_instant_has_the_reasons_of_the_guide() -> None:
    story, _ = told(STEPS)
    rows = table("as of", "score", "reasons")
    for at, score, why in rows:
        found = score_as_of(story.facts, KNOWN, "anna", instant(at))
        assert f"{found['score']}, {found['grade']}" == score
        assert "; ".join(f"{line['rule']}: {line['points']}" for line in found["reasons"]) == why


def test_a_company_adds_up_its_people_as_the_guide_says() -> None:
    ann, colleague = told(STEPS)[0], told(STEPS[:6])[0]
    for at, people, score in table("as of", "people", "score"):
        found = standing({"ann": ann.facts, "colleague": colleague.facts}, KNOWN, instant(at))
        assert (str(found.people), str(found.score)) == (people, score)


def test_predictions_are_those_of_the_guide() -> None:
    counts = [
        Counted("guide", field, value, Outcomes(int(won), int(lost)))
        for field, value, won, lost in table("field", "value", "won", "lost")
    ]
    model = model_of(counts, {"guide": ("Open", "Contacted")})
    for lead, p, alike, speaks_for, against in table(
        "lead", "p", "looks like won", "speaks for it", "speaks against it"
    ):
        features = dict(pair.split("=") for pair in re.findall(r"\w+=[^=]+(?= \w+=|$)", lead))
        weighed = model.weighed("guide", features)
        shown = [model.probability("guide", features, stage=stage) or 0 for stage in (True, False)]
        assert [f"{each / 100:.2f}" for each in shown] == [p, alike]
        assert reasons(weighed, speaks_for=True) == speaks_for
        assert reasons(weighed, speaks_for=False) == against
