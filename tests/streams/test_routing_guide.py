"""The examples of docs/routing.md, row by row, over the log with all task groups."""

import json
import re
from datetime import datetime

import msgspec

from events.account import AccountOpened
from events.envelope import Envelope
from events.fact import Fact
from events.instants import MINUTE, to_us
from events.registry import CATALOGUE
from events.routing import LeadAssigned, MemberAway, PoolWaiting
from events.topics import ACCOUNT_INBOX, LEAD_EVENTS, LEAD_INBOX, POOL_EVENTS, POOL_INBOX
from tests.streams.agents.house import House, codec, sent
from tests.support.given import Arrival
from tests.support.process import REPOSITORY

GUIDE = (REPOSITORY / "docs" / "routing.md").read_text(encoding="utf-8")
AGREEMENTS = re.findall(r"^```yaml\n(.*?)^```$", GUIDE, re.DOTALL | re.MULTILINE)
ROWS = [
    [cell.strip() for cell in line.strip("|").split(" |")] for line in GUIDE.splitlines() if line.startswith("| 2026")
]


def instant(text: str) -> int:
    return to_us(datetime.fromisoformat(f"{text}+00:00"))


def inbox_of(fact: Fact) -> str:
    return (
        ACCOUNT_INBOX if isinstance(fact, AccountOpened) else POOL_INBOX if isinstance(fact, MemberAway) else LEAD_INBOX
    )


async def lived() -> list[Envelope]:
    """What was told to whom in all the rows."""
    house = await House().open(*AGREEMENTS)
    for number, (at, who, happens, _) in enumerate(ROWS):
        if happens != "time passes":
            ((name, data),) = json.loads(happens.strip("`")).items()
            fact: Fact = msgspec.convert(data, CATALOGUE[f"{name}.v1"])
            arrival = Arrival(fact, instant(at), instant(at), str(number), "/crm")
            await house.send(sent(arrival, who), inbox=inbox_of(fact))
    await house.run(until=instant(ROWS[-1][0]) + MINUTE)
    assert await house.dead() == []
    records = [*await house.records(LEAD_EVENTS), *await house.records(POOL_EVENTS)]
    return sorted((codec.decode(each.value) for each in records), key=lambda each: each.time)


def shown(envelope: Envelope) -> str | None:
    match envelope.data:
        case LeadAssigned() as fact:
            instead = "" if fact.instead_of is None else f" instead of {fact.instead_of}"
            after = "" if fact.former is None else f" after {fact.former}"
            why = fact.why.partition("; ")[0].removeprefix(f"{fact.rule}: ")
            return f"{envelope.subject} goes to {fact.owner}{instead}{after} ({fact.rule}: {why})"
        case PoolWaiting(lead=lead, until=until) if until is not None:
            return f"{lead} waits until {until:%Y-%m-%d %H:%M}"
        case _:
            return None


async def test_every_row_of_the_guide_happens_as_it_says() -> None:
    told: dict[str, list[str]] = {}
    for envelope in await lived():
        words = shown(envelope)
        if words is not None:
            told.setdefault(f"{envelope.time:%Y-%m-%d %H:%M}", []).append(words)
    found = [[at, who, happens, "; ".join(told.pop(at, []))] for at, who, happens, _ in ROWS]
    assert found == ROWS
    assert told == {}


async def test_nobody_is_handed_over_before_it_is_assigned_and_each_at_that_instant() -> None:
    assigned: dict[str, datetime] = {}
    for envelope in await lived():
        name = type(envelope.data).__name__
        if name == "LeadAssigned":
            assigned.setdefault(envelope.subject, envelope.time)
        elif name == "LeadHandedOver":
            assert assigned[envelope.subject] == envelope.time
    assert len(assigned) == len({row[1] for row in ROWS if "lead.captured" in row[2]})
