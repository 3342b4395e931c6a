"""The figures, counted directly from all facts at once: no base rows, no differences, no partitions."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from math import ceil
from typing import Any

from events.envelope import Envelope
from events.identity import LeadHistoryShared, LeadHistoryTakenBack, LeadMatched, LeadMerged, LeadUnmerged, SharedTouch
from events.lead import (
    LeadArchived,
    LeadCaptured,
    LeadConverted,
    LeadHandedOver,
    LeadProfileUpdated,
    LeadScored,
    LeadStatusChanged,
    LeadTouched,
)
from events.life import LeadReopened, LeadUnconverted
from events.sla import (
    SlaAnswered,
    SlaBreached,
    SlaBreachRetracted,
    SlaCancelled,
    SlaMet,
    SlaPaused,
    SlaResumed,
    SlaRevised,
    SlaStarted,
)

Histories = Mapping[str, Sequence[Envelope]]


def histories(facts: Iterable[Envelope]) -> Histories:
    """The facts of each lead, in order."""
    found: defaultdict[str, list[Envelope]] = defaultdict(list)
    for envelope in facts:
        found[envelope.subject].append(envelope)
    return found


def captures(history: Sequence[Envelope]) -> list[Any]:
    return [envelope for envelope in history if isinstance(envelope.data, LeadCaptured)]


def left_out(history: Sequence[Envelope]) -> bool:
    """Whether the lead is in no figure: it is a test lead, or merged into another one."""
    is_test = any(envelope.data.is_test for envelope in captures(history))
    told = [
        each.data
        for each in history
        if isinstance(each.data, LeadMerged) or (isinstance(each.data, LeadUnmerged) and each.data.lead == each.subject)
    ]
    return is_test or (bool(told) and isinstance(told[-1], LeadMerged))


def cohort(facts: Histories) -> dict[str, tuple[Any, Any]]:
    """Captured leads that count: the earliest capture, and the one told first."""
    return {
        lead: (min(captures(history), key=lambda envelope: envelope.time), captures(history)[0])
        for lead, history in facts.items()
        if captures(history) and not left_out(history)
    }


def funnel(facts: Histories, stages: Mapping[str, Sequence[str]]) -> dict[tuple[str, str], int]:
    """(source, stage) -> leads; `stages` are the statuses of each agreement."""
    counts: Counter[tuple[str, str]] = Counter()
    for lead, (earliest, first) in cohort(facts).items():
        source = earliest.data.source
        statuses = {envelope.data.status for envelope in facts[lead] if isinstance(envelope.data, LeadStatusChanged)}
        lives = shared_pieces(facts[lead]).values()
        statuses |= {each.status for pieces in lives for piece in pieces for each in piece.statuses}
        converted = is_converted(facts[lead]) or any(is_shared_converted(pieces) for pieces in lives)
        counts.update({(source, "captured"): 1, (source, "converted"): int(converted)})
        counts.update({(source, stage): int(stage in statuses) for stage in stages.get(first.data.agreement, ())})
    return dict(counts)


def is_converted(history: Sequence[Envelope]) -> bool:
    """Whether a conversion was told that was not taken back later on, by what happened then or after it."""
    return any(
        isinstance(each.data, LeadConverted)
        and not any(isinstance(other.data, LeadUnconverted) and other.time >= each.time for other in history[n:])
        for n, each in enumerate(history)
    )


def is_shared_converted(pieces: Sequence[LeadHistoryShared]) -> bool:
    """Whether a conversion of a merged lead stands: none was taken back at its instant or later."""
    turns = [each for piece in pieces for each in piece.turns]
    back = [each.at for each in turns if each.how == "unconverted"]
    return any(each.how == "converted" and all(each.at > at for at in back) for each in turns)


def is_shared_archived(pieces: Sequence[LeadHistoryShared], history: Sequence[Envelope]) -> bool:
    """Whether a merged lead was put aside and not opened since, nor the lead for which it counts."""
    since: list[Any] = []
    for each in (turn for piece in pieces for turn in piece.turns):
        if each.how == "archived":
            since.append(each.at)
        elif each.how == "reopened" and since and min(since) <= each.at:
            since = []
    opened = [envelope.time for envelope in history if isinstance(envelope.data, LeadReopened)]
    return bool(since) and all(min(since) > at for at in opened)


def is_archived(history: Sequence[Envelope]) -> bool:
    """Whether the lead was put aside and not opened since."""
    told = [each.data for each in history if isinstance(each.data, LeadArchived | LeadReopened)]
    return bool(told) and isinstance(told[-1], LeadArchived)


def response_seconds(facts: Histories) -> dict[str, tuple[str, int | None]]:
    """Lead -> source and completed seconds to the first answer."""
    found: dict[str, tuple[str, int | None]] = {}
    for lead, (earliest, _) in cohort(facts).items():
        touches = [
            envelope.time
            for envelope in facts[lead]
            if isinstance(envelope.data, LeadTouched)
            and (envelope.data.direction, envelope.data.side) == ("outbound", "sales")
        ]
        touches += [touch.at for touch in shared_touches(facts[lead]) if touch.direction == "outbound"]
        waited = (min(touches) - earliest.time).total_seconds() if touches else None
        found[lead] = (earliest.data.source, None if waited is None else max(0, int(waited)))
    return found


def shared_touches(history: Sequence[Envelope]) -> list[SharedTouch]:
    """The touches of leads that were merged into this one and not parted from it."""
    return [touch for pieces in shared_pieces(history).values() for piece in pieces for touch in piece.touches]


def shared_pieces(history: Sequence[Envelope]) -> dict[str, list[LeadHistoryShared]]:
    """The pieces told of each lead that was merged into this one and not parted from it."""
    parts: dict[str, tuple[tuple[str, ...], list[LeadHistoryShared]]] = {}
    for envelope in history:
        fact = envelope.data
        if getattr(fact, "into", None) != envelope.subject:
            continue
        if isinstance(fact, LeadHistoryShared):
            if fact.begins:
                parts[fact.lead] = (fact.through, [])
            if fact.lead in parts and parts[fact.lead][0] == fact.through:
                parts[fact.lead][1].append(fact)
        elif isinstance(fact, LeadHistoryTakenBack | LeadUnmerged):
            by = fact.through if isinstance(fact, LeadHistoryTakenBack) else fact.lead
            routes = {name: (name, *through) for name, (through, _) in parts.items()}
            parts = {
                name: part for name, part in parts.items() if not (fact.lead in routes[name] and routes[name][-1] == by)
            }
    return {name: pieces for name, (_, pieces) in parts.items()}


def response_figures(seconds: Sequence[int | None]) -> dict[str, Any]:
    """The figures of `response-times` for some leads."""
    answered = sorted(one for one in seconds if one is not None)
    return {
        "answered": len(answered),
        "leads": len(seconds),
        "mean_seconds": int(sum(answered) / len(answered) + 0.5) if answered else None,
        "p50_seconds": nearest_rank(answered, 50),
        "p90_seconds": nearest_rank(answered, 90),
    }


def nearest_rank(ordered: Sequence[int], percent: int) -> int | None:
    return ordered[max(1, ceil(len(ordered) * percent / 100)) - 1] if ordered else None


def verdicts(facts: Histories) -> dict[tuple[str, str, int], Counter[str]]:
    """(agreement, clause, version) -> how many clocks are met, breached, ... and how many breaches fell."""
    found: defaultdict[tuple[str, str, int], Counter[str]] = defaultdict(Counter)
    for history in facts.values():
        if left_out(history):
            continue
        clocks: dict[tuple[str, str, int, int], str] = {}
        for envelope in history:
            verdict = verdict_of(envelope.data)
            if verdict is not None:
                fact: Any = envelope.data
                clocks[fact.agreement, fact.clause, fact.version, fact.cycle] = verdict
                fell = isinstance(fact, SlaBreachRetracted)
                found[fact.agreement, fact.clause, fact.version]["retracted"] += fell
        for (*group, _), verdict in clocks.items():
            found[tuple(group)].update({verdict: 1, "started": 1})  # type: ignore[index]
    return found


def verdict_of(fact: object) -> str | None:
    match fact:
        case SlaStarted() | SlaPaused() | SlaResumed():
            return "open"
        case SlaMet():
            return "met"
        case SlaBreached():
            return "breached"
        case SlaCancelled():
            return "cancelled"
        case SlaRevised() | SlaBreachRetracted():
            return fact.now
        case _:
            return None


def governed(history: Sequence[Envelope]) -> bool:
    """Whether an agreement governs a lead."""
    said = [each.data.agreement for each in history if isinstance(each.data, LeadCaptured | LeadHandedOver)]
    return bool(said and said[-1])


Company = tuple[str, str | None]
"""Account id, or name without legal form, or domain; the account where one is known."""


def companies(facts: Histories, company_of: Callable[[str], str]) -> dict[Company, tuple[int, int, int | None]]:
    """Company -> people, open leads, sum of the scores told last, at most 100; no status of theirs closes a lead.

    A lead belongs to the account it was matched with last; no conversion here names one.
    """
    people: defaultdict[Company, list[Sequence[Envelope]]] = defaultdict(list)
    for lead in cohort(facts):
        said = [(envelope.time, n, getattr(envelope.data, "profile", {})) for n, envelope in enumerate(facts[lead])]
        told = {key: value for _, _, profile in sorted(said, key=lambda one: one[:2]) for key, value in profile.items()}
        account = ([each.data.account for each in facts[lead] if isinstance(each.data, LeadMatched)] or [None])[-1]
        company = account or company_of(told.get("company.name", "")) or told.get("company.domain", "").lower()
        if company:
            people[company, account].append(facts[lead])
    found: dict[Company, tuple[int, int, int | None]] = {}
    for company, histories_of_it in people.items():
        closed = sum(
            is_converted(history)
            or is_archived(history)
            or any(
                is_shared_converted(pieces) or is_shared_archived(pieces, history)
                for pieces in shared_pieces(history).values()
            )
            for history in histories_of_it
        )
        last = [
            [envelope.data.score for envelope in history if isinstance(envelope.data, LeadScored)][-1:]
            for history in histories_of_it
        ]
        scores = [score for one in last for score in one]
        capped = any(governed(history) for history in histories_of_it)
        total = None if not scores else min(sum(scores), 100) if capped else sum(scores)
        found[company] = (len(histories_of_it), len(histories_of_it) - closed, total)
    return found


def without_second_endings(facts: Iterable[Envelope]) -> list[Envelope]:
    """The facts without what no decider writes: a breach that ends as if it were open, an answer to no breach."""
    kept: list[Envelope] = []
    breached: set[Any] = set()
    for envelope in facts:
        verdict = verdict_of(envelope.data)
        if verdict is not None or isinstance(envelope.data, SlaAnswered):
            fact: Any = envelope.data
            clock = (envelope.subject, fact.agreement, fact.clause, fact.version, fact.cycle)
            if isinstance(fact, SlaAnswered):
                kept += [envelope] if clock in breached else []
                continue
            if clock in breached and isinstance(fact, SlaStarted | SlaMet | SlaCancelled | SlaPaused | SlaResumed):
                continue
            (breached.add if verdict == "breached" else breached.discard)(clock)
        kept.append(envelope)
    return kept


def deciding(history: Sequence[Envelope]) -> Envelope | None:
    """The fact that decided a lead, as things stand: its conversion, else its archive, else its last status."""
    standing: dict[type, Envelope] = {}
    for envelope in history:
        kind = type(envelope.data)
        if kind in (LeadConverted, LeadArchived):
            standing.setdefault(kind, envelope)
        elif kind is LeadStatusChanged:
            found = [each for each in (standing.get(kind), envelope) if each is not None]
            standing[kind] = max(found, key=lambda each: (each.time, each.source, each.id))
        undone = {LeadUnconverted: (LeadConverted,), LeadReopened: (LeadArchived, LeadStatusChanged)}.get(kind, ())
        for each in undone:
            if each in standing and standing[each].time <= envelope.time:
                del standing[each]
    return next((standing[kind] for kind in (LeadConverted, LeadArchived, LeadStatusChanged) if kind in standing), None)


def prospect(history: Sequence[Envelope]) -> tuple[str, str, dict[str, str]] | None:
    """How a lead was decided, in which status, and what was known strictly before; of facts told in order of time."""
    last = deciding(history)
    if last is None:
        return None
    known: dict[str, str] = {}
    for envelope in history[: history.index(last)]:
        fact: Any = envelope.data
        if envelope.time >= last.time:
            continue
        if isinstance(fact, LeadCaptured):
            known.setdefault("stage", "captured")
            if fact.source:
                known.setdefault("source", fact.source)
        if isinstance(fact, LeadTouched) and fact.direction == "inbound":
            known.setdefault("channel", fact.channel)
        if isinstance(fact, LeadCaptured | LeadProfileUpdated):
            if "company.country" in fact.profile:
                known["company.country"] = str(fact.profile["company.country"]).lower()
            if "company.employees" in fact.profile:
                known["company.employees"] = {3: "2-3", 5: "4-7", 100: "64-127"}[int(fact.profile["company.employees"])]
    entered = [each for each in history[: history.index(last)] if isinstance(each.data, LeadStatusChanged)]
    before = sorted((each.time, each.source, each.id, each.data.status) for each in entered if each.time < last.time)
    known.update({"stage": before[-1][-1]} if before else {})
    how = {LeadConverted: "converted", LeadArchived: "archived"}.get(type(last.data), "status")
    return how, last.data.status if isinstance(last.data, LeadStatusChanged) else "", known
