"""Checks what the lead decider left in the log against the facts that went in and a second opinion on the rules."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson

from benchmarks import lead_twin as twin
from engine.ports import NewRecord, Record
from events.instants import to_us

_OWN = "/leadstream"
Fact = dict[str, Any]
Promise = Callable[[str, int], int]


@dataclass(slots=True)
class _Life:
    """What the second opinion knows of a lead after some of its canonical facts."""

    profile: dict[str, Any] = field(default_factory=dict)
    profile_at: dict[str, int] = field(default_factory=dict)
    touches: list[twin.Touch] = field(default_factory=list)
    statuses: list[tuple[int, str, str]] = field(default_factory=list)
    told: tuple[int, int, int, str] | None = None
    qualified: bool = False
    clocks: dict[str, tuple[int, str]] = field(default_factory=dict)
    handed_over: int | None = None


def problems(
    load: Iterable[NewRecord],
    canonical: Sequence[Sequence[Record]],
    times: Sequence[int],
    promised: Promise = twin.promised,
    *,
    routed: bool = False,
    backlog: bool = False,
) -> list[str]:
    """What is wrong with the canonical facts.

    Checked for every lead: all facts that went in are there, once, in order; sequence numbers have no gap; every score
    told is the right one and none is missing; it is qualified when the definition first holds; every clause has the
    verdict that follows from what happened when.

    Args:
        load: the facts, in the order in which they were appended.
        canonical: all records of `lead-events`, by partition.
        times: time of each partition at its last commit, microseconds.
        promised: when a clause is due, given its name and start.
        routed: somebody is asked before a lead is handed over; what leads say to others is left to another check.
        backlog: who was asked answered only after all of `load` had been decided, so qualifications and clauses went
            other ways than in the order of time; then these two are left out.
    """
    sent: dict[str, list[str]] = defaultdict(list)
    for record in load:
        fact = orjson.loads(record.value or b"")
        sent[fact["subject"]].append(fact["id"])
    wrong: list[str] = []
    known: set[str] = set()
    for records, now in zip(canonical, times, strict=True):
        leads: dict[str, list[Fact]] = defaultdict(list)
        for kept in records:
            fact = orjson.loads(kept.value or b"")
            leads[fact["subject"]].append(fact)
        for lead, facts in leads.items():
            wrong += [f"{lead}: {what}" for what in _wrong_with(facts, sent[lead], now, promised, routed, backlog)]
        known |= leads.keys()
    return wrong + [f"{lead}: nothing is known of it" for lead in sent.keys() - known]


def _wrong_with(
    facts: list[Fact], sent: list[str], now: int, promised: Promise, routed: bool, backlog: bool
) -> Iterator[str]:
    if [fact["id"] for fact in facts if not fact["source"].startswith(_OWN)] != sent:
        yield "facts that went in are missing, doubled or out of order"
        return
    if [int(fact["sequence"]) for fact in facts] != list(range(1, len(facts) + 1)):
        yield "sequence numbers have gaps"
    life = _Life()
    for at, fact in enumerate(facts):
        answers = facts[at + 1 : at + 3]
        yield from _step(life, fact, [answer for answer in answers if answer.get("causationid") == fact["id"]], backlog)
    if backlog:
        return
    running = {"hand_over"} if life.qualified else set()
    if life.handed_over is not None:
        running |= twin.TARGETS.keys()
    if life.clocks.keys() != running or (life.qualified and life.handed_over is None and not routed):
        yield f"clocks {sorted(life.clocks)}"
        return
    touches = sorted(life.touches)
    statuses = [(at, status) for at, _, status in sorted(life.statuses)]
    for clause, (start, verdict) in life.clocks.items():
        answered = life.handed_over if routed else start
        expected = twin.verdict(clause, start, promised(clause, start), touches, statuses, now, answered)
        if verdict != expected:
            yield f"{clause} is {verdict}, should be {expected}"


def _step(life: _Life, fact: Fact, answers: list[Fact], backlog: bool) -> Iterator[str]:
    """Take in one canonical fact; `answers` are those told because of it, as far as they follow at once."""
    kind, data = fact["type"], fact["data"]
    recorded = _us(fact["recordedat"])
    if fact["source"].startswith(_OWN):
        _own(life, kind, data, fact)
        if kind == "lead.scored.v1" and data["cause"] == "decay" and life.told != _shown(life, recorded):
            yield f"score told after decay is {life.told}, should be {_shown(life, recorded)}"
        return
    _take(life, fact)
    if not _moves_score(kind, life, fact):
        return
    expected = _shown(life, recorded)
    scored = [answer["data"] for answer in answers if answer["type"] == "lead.scored.v1"]
    told = _told(scored[0]) if scored else life.told
    if (told != expected or (scored and told == life.told)) and _counts(life, fact):
        yield f"after {fact['id']} the score told is {told}, should be {expected}"
    if backlog:
        return
    closed = bool(life.statuses) and max(life.statuses)[2] == "Unqualified"
    ought = not life.qualified and not closed and twin.is_qualified(life.profile, expected[2])
    if ought != any(answer["type"] == "lead.qualified.v1" for answer in answers):
        yield f"after {fact['id']} it should {'' if ought else 'not '}be qualified"


def _take(life: _Life, fact: Fact) -> None:
    at, data = _us(fact["time"]), fact["data"]
    if fact["type"] == "lead.touched.v1":
        asset = data.get("asset")
        life.touches.append(twin.Touch(at, fact["id"], data["channel"], data["kind"], asset, data["direction"]))
    elif fact["type"] == "lead.status_changed.v1":
        life.statuses.append((at, fact["id"], data["status"]))
    for name, value in data.get("profile", {}).items():
        if at >= life.profile_at.get(name, at):
            life.profile[name], life.profile_at[name] = value, at


def _moves_score(kind: str, life: _Life, fact: Fact) -> bool:
    if kind == "lead.touched.v1":
        return bool(life.profile) and fact["data"]["direction"] == "inbound"
    return kind in {"lead.captured.v1", "lead.profile_updated.v1"}


def _counts(life: _Life, fact: Fact) -> bool:
    """Whether the score is looked at: not after a touch that no rule speaks of."""
    return fact["type"] != "lead.touched.v1" or twin.rule_of(life.touches[-1]) is not None


def _own(life: _Life, kind: str, data: Fact, fact: Fact) -> None:
    if kind == "lead.scored.v1":
        life.told = _told(data)
    elif kind == "lead.qualified.v1":
        life.qualified = True
    elif kind == "lead.handed_over.v1":
        life.handed_over = _us(fact["time"])
    elif kind == "sla.started.v1":
        life.clocks[data["clause"]] = (_us(fact["time"]), "open")
    elif kind in {"sla.breached.v1", "sla.met.v1", "sla.cancelled.v1"}:
        life.clocks[data["clause"]] = (_start(life, data), kind.split(".")[1])
    elif kind in {"sla.revised.v1", "sla.breach_retracted.v1"}:
        life.clocks[data["clause"]] = (_start(life, data), data["now"])


def _start(life: _Life, data: Fact) -> int:
    return life.clocks.get(data["clause"], (0, ""))[0]


def _shown(life: _Life, now: int) -> tuple[int, int, int, str]:
    fit, engagement = twin.fit(life.profile), twin.engagement(life.touches, now)
    return min(100, fit + engagement), fit, engagement, twin.grade(fit, engagement)


def _told(scored: Fact) -> tuple[int, int, int, str]:
    return scored["score"], scored["fit"], scored["engagement"], scored["grade"]


def _us(text: str) -> int:
    return to_us(datetime.fromisoformat(text))
