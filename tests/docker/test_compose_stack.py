import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import httpx
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


def _leads_shown(stack: Stack) -> set[str]:
    rows = json.loads(stack.leadstream("projector", "view", "leads", "--format", "json"))
    return {row["lead"] for row in rows}


def test_facts_reach_the_view_though_a_worker_is_killed(stack: Stack) -> None:
    stack.up()
    workers = stack.containers("worker")
    assert len(workers) == 2

    def leads_shown() -> set[str]:
        return _leads_shown(stack)

    stack.leadstream("projector", "publish", "-", stdin=_facts(range(20)))
    _await(leads_shown, {f"lead-{n}" for n in range(20)})

    stack.kill(workers[0])
    stack.leadstream("projector", "publish", "-", stdin=_facts(range(20, 40)))
    _await(leads_shown, {f"lead-{n}" for n in range(40)})

    assert stack.containers("worker") == [workers[1]]


def test_events_and_forms_reach_the_view_through_the_gateway(stack: Stack) -> None:
    stack.up()
    before = _leads_shown(stack)
    asked = ("keys", "create", "tests", "--source", "/forms", "--scope", "publish", "--scope", "read")
    key = stack.leadstream("gateway", *asked).strip()
    shown = {"authorization": f"Bearer {key}"}
    with httpx.Client(base_url=stack.gateway, timeout=60) as client:
        event = _facts(range(900, 901)).splitlines()[0]
        media_type = {"content-type": "application/cloudevents+json"}
        told = client.post("/v1/events", content=event, headers={**shown, **media_type})
        assert (told.status_code, told.json()["accepted"]) == (202, 1), told.text
        form = client.post("/v1/hooks/contact?key=contact-2026", data={"email": "ada@example.com"})
        assert (form.status_code, form.json()["outcome"]) == (200, "accepted"), form.text
        until = time.monotonic() + 90
        while len(new := _leads_shown(stack) - before) < 2 and time.monotonic() < until:
            time.sleep(1.0)
        assert "lead-900" in new
        assert len(new) == 2
        rows = client.get("/v1/views/leads?where=lead=lead-900", headers=shown).json()["rows"]
        assert [row["lead"] for row in rows] == ["lead-900"]
    assert key not in stack.compose("logs", "gateway")
