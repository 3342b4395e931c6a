"""What has to be true when a soak has ended, by a second opinion that shares no rule with the product."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import orjson

from benchmarks import leads_check
from benchmarks.cases import lead_times
from benchmarks.homes import everything
from engine.kafka.log import KafkaLog
from engine.ports import FaustLog, Record
from events.topics import DEAD_LETTERS, LEAD_EVENTS
from leadstream.views_store import open_store
from projections.read import read_view
from tests.chaos import raw
from tests.chaos.soak.upstream import Upstream, promised
from tests.system.homes import Home

VERDICTS = ("met", "breached", "cancelled", "open")
Facts = Mapping[str, Sequence[dict[str, Any]]]


async def canonical(log: FaustLog, partitions: int) -> list[list[Record]]:
    """All canonical facts; from the brokers by a client that is not ours."""
    if not isinstance(log, KafkaLog):
        return await everything(log, LEAD_EVENTS, partitions)
    servers, topic = ",".join(log.servers), log.catalog.physical(LEAD_EVENTS)
    return [(await raw.committed(servers, topic, number))[0] for number in range(partitions)]


async def problems(log: FaustLog, partitions: int, upstream: Upstream, homes: Sequence[Home]) -> list[str]:
    """Everything that is wrong with the facts, and with the tables in these data directories."""
    found = await canonical(log, partitions)
    wrong = leads_check.problems(upstream.accepted, found, await lead_times(log, partitions), promised)
    if letters := sum(await log.ends(DEAD_LETTERS)):
        wrong.append(f"{letters} dead letters")
    facts = by_lead(found)
    for home in homes:
        wrong += [f"{home.folder.name}: {what}" for what in _views(home, facts)]
    return wrong


def by_lead(found: Sequence[Sequence[Record]]) -> dict[str, list[dict[str, Any]]]:
    """Facts as plain JSON."""
    facts: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for records in found:
        for record in records:
            envelope = orjson.loads(record.value or b"")
            facts[envelope["subject"]].append(envelope)
    return dict(facts)


def last_verdicts(facts: Facts) -> dict[str, Counter[str]]:
    """The verdict told last of every clock, counted by clause."""
    last: dict[tuple[str, str, int], str] = {}
    for name, history in facts.items():
        for fact in history:
            group, _, kind = fact["type"].removesuffix(".v1").partition(".")
            if group == "sla" and kind not in ("warned", "answered"):
                clock = name, fact["data"]["clause"], fact["data"]["cycle"]
                last[clock] = fact["data"].get("now", "open" if kind == "started" else kind)
    counted: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for (_, clause, _), verdict in last.items():
        counted[clause][verdict] += 1
    return dict(counted)


def _views(home: Home, facts: Facts) -> Iterator[str]:
    store = open_store(home.settings)
    try:
        leads, funnel, sla = (read_view(store, name) for name in ("leads", "funnel", "sla"))
    finally:
        store.close()
    if {row["lead"] for row in leads} != facts.keys():
        yield f"the view shows {len(leads)} leads, there are {len(facts)}"
    sources = Counter(history[0]["data"]["source"] for history in facts.values())
    shown = {row["source"]: row["leads"] for row in funnel if row["stage"] == "captured"}
    if shown != sources:
        yield f"the funnel shows {shown} captured, there are {dict(sources)}"
    told = {clause: {name: counts[name] for name in VERDICTS} for clause, counts in last_verdicts(facts).items()}
    found = {row["clause"]: {name: row[name] for name in VERDICTS} for row in sla}
    if found != told:
        yield f"the view of promises shows {found}, the facts say {told}"
