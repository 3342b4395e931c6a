"""The examples of docs/identity.md, row by row, over the log with all task groups."""

import json
import re
from datetime import datetime
from typing import Any

import msgspec

from events.account import AccountOpened
from events.envelope import Envelope
from events.fact import Fact
from events.identity import LeadHistoryShared, LeadMatched, LeadMerged, LeadSuspected, LeadUnmerged
from events.instants import MINUTE, to_us
from events.lead import LeadConverted, LeadScored
from events.registry import CATALOGUE
from events.sla import SlaStarted
from events.topics import ACCOUNT_INBOX, ANSWERS, IDENTITY_EVENTS, IDENTITY_INBOX, LEAD_EVENTS, LEAD_INBOX
from streams.agents.lead_bytes import load_lead
from streams.deciders.identity import IDENTITY, Key
from streams.deciders.lead.evolve import fold
from streams.deciders.lead.state import Lead
from streams.deciders.subject import fold as fold_subject
from tests.streams.agents.house import House, codec, sent
from tests.support.given import Arrival
from tests.support.process import REPOSITORY

GUIDE = (REPOSITORY / "docs" / "identity.md").read_text(encoding="utf-8")
AGREEMENTS = re.findall(r"^```yaml\n(.*?)^```$", GUIDE, re.DOTALL | re.MULTILINE)
ROWS = [
    [cell.strip() for cell in line.strip("|").split(" |")] for line in GUIDE.splitlines() if line.startswith("| 2026")
]


def instant(text: str) -> int:
    return to_us(datetime.fromisoformat(f"{text}+00:00"))


async def lived(partitions: int = 4) -> House:
    """A deployment in which all the rows have happened."""
    house = await House(partitions).open(*AGREEMENTS)
    for number, (at, who, happens, _) in enumerate(ROWS):
        ((name, data),) = json.loads(happens.strip("`")).items()
        fact: Fact = msgspec.convert(data, CATALOGUE[f"{name}.v1"])
        inbox = ACCOUNT_INBOX if isinstance(fact, AccountOpened) else LEAD_INBOX
        await house.send(sent(Arrival(fact, instant(at), instant(at), str(number), "/crm"), who), inbox=inbox)
    await house.run(until=instant(ROWS[-1][0]) + MINUTE)
    return house


async def facts(house: House) -> list[Envelope]:
    return sorted(
        (codec.decode(each.value) for each in await house.records(LEAD_EVENTS)),
        key=lambda each: (each.time, each.subject, each.sequence),
    )


def shown(envelope: Envelope) -> str | None:
    who = envelope.subject
    match envelope.data:
        case LeadMerged(into=into):
            return f"{who} is merged into {into}"
        case LeadUnmerged(lead=lead, into=into) if lead == who:
            return f"{who} is unmerged from {into}"
        case LeadSuspected(other=other):
            return f"{who} may be {other}"
        case LeadMatched(account=account, how=how, confidence=percent):
            return f"{who} belongs to {account} ({how}, {percent} %)"
        case LeadScored(score=score) if score:
            return f"{who} has score {score}"
        case LeadConverted():
            return f"{who} is converted"
        case SlaStarted(clause=clause, cycle=cycle) if cycle > 1:
            return f"{clause} of {who} begins anew ({cycle})"
        case _:
            return None


async def test_every_row_of_the_guide_happens_as_it_says() -> None:
    house = await lived()
    assert await house.dead() == []
    told: dict[str, list[str]] = {}
    for envelope in await facts(house):
        words = shown(envelope)
        if words is not None:
            told.setdefault(f"{envelope.time:%Y-%m-%d %H:%M}", []).append(words)
    found = [[at, who, happens, "; ".join(told.pop(at, []))] for at, who, happens, _ in ROWS]
    assert found == ROWS
    assert told == {}


async def test_commands_of_the_guide_are_answered() -> None:
    told: list[Any] = [codec.decode(each.value).data for each in await (await lived()).records(ANSWERS)]
    answers = {each.command: each for each in told}
    assert len(told) == len(answers) == 5
    assert all(each.accepted for each in told)
    assert answers["16"].facts == answers["14"].facts[:1], "the older one answers as the younger"


async def test_no_topic_of_keys_says_what_a_key_stands_for() -> None:
    house = await lived()
    for topic in (IDENTITY_INBOX, IDENTITY_EVENTS):
        for record in await house.records(topic):
            assert b"@" not in (record.value or b"") + (record.key or b"")
            assert b"ana" not in (record.value or b"").lower()


async def test_leads_and_keys_are_folds_of_their_logs() -> None:
    house = await lived()
    leads: dict[bytes, Lead] = {}
    for record in await house.records(LEAD_EVENTS):
        fold(leads.setdefault(record.key or b"", Lead()), codec.decode(record.value))
    kept = {key: load_lead((raw or b"")[8:]) for key, raw in (await house.states()).items()}
    for lead in kept.values():
        lead.answers = []
    assert kept == leads
    keys: dict[bytes, Key] = {}
    for record in await house.records(IDENTITY_EVENTS):
        fold_subject(IDENTITY, keys.setdefault(record.key or b"", Key()), codec.decode(record.value))
    assert all(key.sequence for key in keys.values())
    assert len(keys) > 3


async def test_the_partition_count_changes_nothing_of_what_is_told() -> None:
    one, many = await facts(await lived(1)), await facts(await lived(7))
    assert [codec.encode(each) for each in one] == [codec.encode(each) for each in many]


async def test_histories_are_shared_in_pieces_that_fit_a_record() -> None:
    pieces = [each for each in await facts(await lived()) if isinstance(each.data, LeadHistoryShared)]
    assert pieces
    assert all(len(codec.encode(each)) < 100_000 for each in pieces)
