"""What is said about the simulated week, taken from the views and the log."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from engine.ports import EventLog
from engine.reading import records_of
from engine.recordtime import header
from events.codec import Codec
from events.topics import DEAD_LETTERS
from leadstream.demo.story import StoryLine, told
from leadstream.demo.week import WeekRun
from leadstream.reading import history_of
from projections.read import read_view
from projections.stores.port import ViewStore

Row = Mapping[str, Any]
TOTAL = "all sources"
_VERDICTS = ("started", "met", "breached", "cancelled", "open", "retracted", "escalated")
STANDING_IN = "stood in"
"""Beside the rules: leads that went to somebody instead of who is away."""
LIFE = {
    "accepted": "lead.accepted",
    "rejected": "lead.rejected",
    "given back": "lead.recycled",
    "asked to be warmed": "nurture.requested",
    "opened again": "lead.reopened",
    "merged into an older lead": "lead.merged",
    "converted": "lead.converted",
    "reminded of a task": "task.reminder_due",
}
"""What is counted of leads' lives -> the fact."""
_RICH = (*LIFE.values(), "lead.assigned", "sla.escalated", "sla.breach_retracted")
_RESPONSE = ("leads", "answered", "mean_seconds", "p50_seconds", "p90_seconds")


@dataclass(frozen=True, slots=True)
class Retraction:
    """A breach that a late fact took back.

    Attributes:
        lead: whose clock.
        clause: which promise.
        cycle: the lead's qualification cycle.
        due: until when the answer was promised.
        answered_at: when it really came.
        told_at: when leadstream heard of it.
    """

    lead: str
    clause: str
    cycle: int
    due: datetime
    answered_at: datetime
    told_at: datetime


@dataclass(frozen=True, slots=True)
class Summary:
    """The week at a glance.

    Attributes:
        run: what was told and decided.
        complete_to: up to which time the figures are complete.
        stages: funnel stages in order.
        funnel: source -> leads by stage, `TOTAL` last.
        grades: grade -> leads with a score.
        scores: leads by tens of their score: 0-9, 10-19, ..., the last one 90 and more.
        clauses: rows of the view `sla`.
        responses: source -> figures of the view `response-times`, `TOTAL` last.
        owners: owner -> leads they got by rule, and `STANDING_IN`.
        waited: leads that waited for an owner.
        life: what happened -> leads, and how often, by the names of `LIFE`.
        retractions: breaches that were taken back, first those by the latest facts.
        dead_letters: reason -> records that could not be taken.
        hero: the lead whose story is told; None when no breach was taken back.
        story: its facts in words, in order.
    """

    run: WeekRun
    complete_to: str
    stages: tuple[str, ...]
    funnel: dict[str, dict[str, int]]
    grades: dict[str, int]
    scores: tuple[int, ...]
    clauses: tuple[Row, ...]
    responses: dict[str, Row]
    owners: dict[str, dict[str, int]]
    waited: int
    life: dict[str, tuple[int, int]]
    retractions: tuple[Retraction, ...]
    dead_letters: dict[str, int]
    hero: str | None
    story: tuple[StoryLine, ...]


async def summarise(log: EventLog, store: ViewStore, partitions: int, run: WeekRun) -> Summary:
    """Read everything the summary says."""
    funnel_rows, leads = read_view(store, "funnel"), read_view(store, "leads")
    retractions = _retractions(read_view(store, "breaches", {"state": "retracted"}))
    timeline, routing = read_view(store, "timeline"), read_view(store, "routing")
    hero = _hero(retractions, timeline)
    total = read_view(store, "response-times")[0]
    responses: dict[str, Row] = {str(row["source"]): row for row in read_view(store, "response-times", by="source")}
    return Summary(
        run=run,
        complete_to=str(total["complete_to"]),
        stages=tuple(dict.fromkeys(str(row["stage"]) for row in funnel_rows)),
        funnel=_funnel(funnel_rows),
        grades=dict(sorted(Counter(str(row["grade"]) for row in leads if row["grade"] is not None).items())),
        scores=_tens(int(row["score"]) for row in leads if isinstance(row["score"], int)),
        clauses=tuple(read_view(store, "sla")),
        responses={**responses, TOTAL: total},
        owners=_owners(routing),
        waited=sum(1 for row in routing if row["state"] == "assigned" and row["waited_seconds"]),
        life=_life(timeline),
        retractions=retractions,
        dead_letters=await _dead_letters(log, partitions),
        hero=hero,
        story=() if hero is None else told(await history_of(log, partitions, hero, Codec())),
    )


def figures(summary: Summary) -> list[dict[str, Any]]:
    """The summary for scripts: flat rows of section, name, figure, value and `complete_to`."""
    run = summary.run
    rows: list[tuple[str, str, str, Any]] = [
        ("run", "inbox", "records", run.records),
        ("run", "inbox", "leads", run.leads),
    ]
    for source, stages in summary.funnel.items():
        rows += [("funnel", source, stage, leads) for stage, leads in stages.items()]
    rows += [("grades", grade, "leads", leads) for grade, leads in summary.grades.items()]
    rows += [("scores", f"{ten * 10}+", "leads", leads) for ten, leads in enumerate(summary.scores)]
    for clause in summary.clauses:
        rows += [("sla", str(clause["clause"]), verdict, clause[verdict]) for verdict in _VERDICTS]
    for source, response in summary.responses.items():
        rows += [("response-times", source, figure, response[figure]) for figure in _RESPONSE]
    for owner, rules in summary.owners.items():
        rows += [("owners", owner, rule, leads) for rule, leads in rules.items()]
    rows.append(("owners", "nobody yet", "waited", summary.waited))
    for name, (life_leads, times) in summary.life.items():
        rows += [("life", name, "leads", life_leads), ("life", name, "times", times)]
    rows += [
        (
            "retractions",
            f"{found.lead}/{found.clause}/{found.cycle}",
            "told_late_seconds",
            (found.told_at - found.answered_at) // timedelta(seconds=1),
        )
        for found in summary.retractions
    ]
    rows += [("dead-letters", reason, "records", count) for reason, count in summary.dead_letters.items()]
    if summary.hero is not None:
        rows.append(("story", summary.hero, "facts", len(summary.story)))
    return [
        {"section": section, "name": name, "figure": figure, "value": value, "complete_to": summary.complete_to}
        for section, name, figure, value in rows
    ]


def _funnel(rows: Iterable[Row]) -> dict[str, dict[str, int]]:
    funnel: dict[str, dict[str, int]] = {}
    total: Counter[str] = Counter()
    for row in rows:
        funnel.setdefault(str(row["source"]), {})[str(row["stage"])] = int(row["leads"])
        total[str(row["stage"])] += int(row["leads"])
    return {**funnel, TOTAL: dict(total)}


def _tens(scores: Iterable[int]) -> tuple[int, ...]:
    counts = Counter(min(score // 10, 9) for score in scores)
    return tuple(counts[ten] for ten in range(10))


def _retractions(rows: Iterable[Row]) -> tuple[Retraction, ...]:
    found = [
        Retraction(
            str(row["lead"]),
            str(row["clause"]),
            int(row["cycle"]),
            *(instant(row[name]) for name in ("due", "answered_at", "retracted_at")),
        )
        for row in rows
        if row["answered_at"] is not None
    ]
    return tuple(sorted(found, key=lambda each: (each.answered_at - each.told_at, each.lead)))


def _owners(rows: Iterable[Row]) -> dict[str, dict[str, int]]:
    owners: dict[str, Counter[str]] = {}
    for row in rows:
        if row["state"] == "assigned":
            counts = owners.setdefault(str(row["owner"]), Counter())
            counts[str(row["rule"])] += 1
            counts[STANDING_IN] += row["instead_of"] is not None
    return {owner: dict(owners[owner]) for owner in sorted(owners)}


def _life(timeline: Iterable[Row]) -> dict[str, tuple[int, int]]:
    facts: defaultdict[str, list[str]] = defaultdict(list)
    for row in timeline:
        facts[str(row["fact"])].append(str(row["lead"]))
    return {name: (len(set(facts[fact])), len(facts[fact])) for name, fact in LIFE.items()}


def _hero(retractions: tuple[Retraction, ...], timeline: Iterable[Row]) -> str | None:
    """The lead with a breach that was taken back to which most happened besides, in the fewest facts."""
    facts: dict[str, list[str]] = {each.lead: [] for each in retractions}
    for row in timeline:
        if row["lead"] in facts:
            facts[str(row["lead"])].append(str(row["fact"]))
    rich = {lead: (-len(set(happened).intersection(_RICH)), len(happened), lead) for lead, happened in facts.items()}
    return min(rich, key=rich.__getitem__, default=None)


def instant(cell: Any) -> datetime:
    """The instant in a cell of a view."""
    return datetime.fromisoformat(str(cell))


async def _dead_letters(log: EventLog, partitions: int) -> dict[str, int]:
    reasons: Counter[str] = Counter()
    for partition in range(partitions):
        async for record in records_of(log, DEAD_LETTERS, partition):
            reasons[(header(record.headers, "dlq.reason") or b"").decode(errors="replace")] += 1
    return dict(sorted(reasons.items()))
