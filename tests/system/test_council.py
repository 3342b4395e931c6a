"""A council is run beside a worker and a projector that let time pass, on either log."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest

from tests.system.conftest import MakeHome
from tests.system.homes import Home

pytestmark = pytest.mark.slow

PATIENCE = 90.0
BY = ("--by", "Ines")
CLOSED = ("--measure", "closed_acv")


def facts() -> str:
    """A target of this quarter, and an open opportunity."""
    now = datetime.now(UTC)
    said: list[tuple[str, str, dict[str, Any]]] = [
        ("target.set", "emea", {"quarter": f"{now.year}Q{(now.month + 2) // 3}", "amount_minor": 100_000}),
        (
            "opportunity.opened", "mill",
            {"account": "mill", "name": "Mill", "stage": "s", "amount_minor": 5, "close_date": f"{now:%Y-%m-%d}"},
        ),
    ]  # fmt: skip
    lines = [
        {
            "specversion": "1.0", "type": f"{name}.v1", "id": f"{number}", "source": "/crm", "subject": subject,
            "time": now.isoformat(), "data": {"currency": "EUR", **data},
        }
        for number, (name, subject, data) in enumerate(said)
    ]  # fmt: skip
    return "".join(json.dumps(line) + "\n" for line in lines)


def frozen(home: Home, published: datetime) -> list[dict[str, Any]]:
    """The red cells, convened once everything that was published can be frozen.

    Rows are shown as soon as they are there. Until every partition of every log that a council rests on has told its
    time they are complete to no instant, and until that time has passed an instant it is not final.
    """
    until, red = monotonic() + PATIENCE, ("--where", "measure=closed_acv", "--where", "colour=red")
    while not (passed(home, published, "partitions") and passed(home, published, "matrix", *red)):
        assert monotonic() < until, "the views have not come to what was published"
        sleep(0.5)
    return home.rows("council", "convene", "emea", *BY)


def passed(home: Home, instant: datetime, *view: str) -> bool:
    """Whether a view has rows, and they are complete to after an instant."""
    rows = home.rows("view", *view)
    complete_to = rows[0]["complete_to"] if rows else None
    return complete_to is not None and datetime.fromisoformat(complete_to) > instant


def test_a_council_is_run_beside_a_worker_and_a_projector(make_home: MakeHome, kind: str, tmp_path: Path) -> None:
    home = make_home(kind)
    if kind == "kafka":
        home.run("topics", "create")
    published = tmp_path / "facts.jsonl"
    published.write_text(facts(), encoding="utf-8")
    home.start("worker")
    home.start("projector")
    home.run("publish", published)
    cells = frozen(home, datetime.now(UTC))
    assert {(cell["measure"], cell["colour"]) for cell in cells} >= {("closed_acv", "red")}
    (said,) = home.rows("council", "comment", "emea", *CLOSED, *BY, "--text", "slipped")
    due = f"{datetime.now(UTC) + timedelta(days=3):%Y-%m-%d}"
    told = ("--kind", "dinner", "--what", "with Mill", "--owner", "Radu", "--due", due)
    (planned,) = home.rows("council", "plan", "emea", *CLOSED, *told, *BY)
    (done,) = home.rows("council", "finish", "emea", "--action", "1", *BY)
    assert [each["fact"] for each in (said, planned, done)] == ["cell.commented", "action.planned", "action.done"]
    assert "done already" in home.run("council", "finish", "emea", "--action", "1", *BY, code=1)
    assert home.rows("council", "convene", "emea", *BY) == cells
    report = home.run("council", "report", "emea")
    assert "#1 dinner: with Mill (Radu, due " in report
    until = monotonic() + PATIENCE
    while not (rows := home.rows("council", "show", "emea")) or not rows[0]["actions_done"]:
        assert monotonic() < until, "the projector has not shown the action"
        sleep(0.5)
    assert (rows[0]["comments"], rows[0]["actions"], rows[0]["amount_minor"]) == (1, 1, 0)
