import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from tests.docker.stack import Stack

pytestmark = [pytest.mark.docker, pytest.mark.slow, pytest.mark.timeout(900)]

_FIRST = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def _facts(leads: range) -> str:
    """A capture and a touch for each lead, as CloudEvents, one JSON object a line."""
    lines = []
    for n in leads:
        at = (_FIRST + timedelta(minutes=n)).isoformat().replace("+00:00", "Z")
        common = {"specversion": "1.0", "source": "/forms/contact", "subject": f"lead-{n}", "time": at}
        common["datacontenttype"] = "application/json"
        captured = {"source": "website", "profile": {"person.email": f"person{n}@example.com"}}
        touched = {"channel": "landing_page", "kind": "submitted", "direction": "inbound"}
        lines.append({**common, "id": f"captured-{n}", "type": "lead.captured.v1", "data": captured})
        lines.append({**common, "id": f"touched-{n}", "type": "lead.touched.v1", "data": touched})
    return "".join(f"{json.dumps(line)}\n" for line in lines)


def _await(what: Callable[[], set[str]], wanted: set[str], seconds: float = 90.0) -> None:
    until = time.monotonic() + seconds
    while (got := what()) != wanted and time.monotonic() < until:
        time.sleep(1.0)
    assert got == wanted


def test_facts_reach_the_view_though_a_worker_is_killed(stack: Stack) -> None:
    stack.up()
    workers = stack.containers("worker")
    assert len(workers) == 2

    def leads_shown() -> set[str]:
        rows = json.loads(stack.leadstream("projector", "view", "leads", "--format", "json"))
        return {row["lead"] for row in rows}

    stack.leadstream("projector", "publish", "-", stdin=_facts(range(20)))
    _await(leads_shown, {f"lead-{n}" for n in range(20)})

    stack.kill(workers[0])
    stack.leadstream("projector", "publish", "-", stdin=_facts(range(20, 40)))
    _await(leads_shown, {f"lead-{n}" for n in range(40)})

    assert stack.containers("worker") == [workers[1]]
