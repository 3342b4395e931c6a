"""What came before its opportunity was opened can be seen, and tried again once it was given up."""

import json
from datetime import UTC, datetime, timedelta

from tests.leadstream.cli.house import House

NOW = datetime.now(UTC).replace(microsecond=0)
OPENED = {"account": "acme", "name": "New plant", "stage": "Discovery"}


def fact(what: str, number: int, data: dict[str, object]) -> str:
    """A fact about the opportunity o-7 as its system tells it, in the order of the numbers."""
    at = (NOW - timedelta(minutes=60 - number)).isoformat()
    head = {"specversion": "1.0", "type": f"opportunity.{what}.v1", "source": "/crm", "subject": "o-7"}
    return json.dumps({**head, "id": f"fact-{number}", "time": at, "data": data})


def publish(house: House, *facts: str) -> None:
    house.run("publish", house.write("facts.jsonl", "\n".join(facts)))
    house.run("run", "--until-idle")


def test_facts_that_wait_are_listed_with_how_long_until_the_opening_comes(house: House) -> None:
    house.run("topics", "create")
    assert house.run("dead-letters", "waiting").stdout == "nothing waits\n"
    publish(house, fact("closed_won", 9, {}), fact("stage_changed", 5, {"stage": "Proposal"}))
    waiting = house.rows("dead-letters", "waiting")
    assert [(row["subject"], row["type"], row["id"]) for row in waiting] == [
        ("o-7", "opportunity.stage_changed.v1", "fact-5"),
        ("o-7", "opportunity.closed_won.v1", "fact-9"),
    ]
    assert all(datetime.fromisoformat(row["waits_until"]) >= NOW + timedelta(days=7) for row in waiting)
    assert house.rows("dead-letters", "list") == []
    publish(house, fact("opened", 1, OPENED))
    assert house.rows("dead-letters", "waiting") == house.rows("dead-letters", "list") == []
    (deal,) = house.rows("view", "opportunities")
    assert (deal["opportunity"], deal["status"], deal["stage"]) == ("o-7", "won", "Proposal")


def test_states_with_something_that_waits_are_verified(house: House) -> None:
    house.run("topics", "create")
    publish(house, fact("closed_won", 9, {}))
    checked = {row["what"]: row for row in house.rows("verify", "--redecide")}
    assert (checked["deal states"]["compared"], checked["deal states"]["differ"]) == (1, 0)
