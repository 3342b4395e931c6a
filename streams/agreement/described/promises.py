"""What each side promises, and who gets a lead, in words."""

from collections.abc import Iterator

from streams.agreement.described.items import (
    Section,
    condition_words,
    duration_words,
    either,
    every,
    section,
    with_article,
)
from streams.agreement.described.pipeline import pipeline_section
from streams.agreement.grammar import AgreementSpec, ClausePart
from streams.agreement.scalars import Side
from streams.agreement.written_clauses import EscalationPart
from streams.agreement.written_routing import PoolPart, RoutingPart

_Pairs = Iterator[tuple[str, str]]
_STARTS = {"captured": "the capture", "qualified": "the qualification", "handed_over": "the hand-over"}


def promise_sections(spec: AgreementSpec) -> Iterator[Section]:
    """What is agreed between the two sides, section by section."""
    if spec.routing is not None:
        yield section("Who gets a lead", "sales", _routing(spec.routing))
    if spec.sales_clauses:
        yield section("What sales promises", "sales", _clauses(spec, "sales"))
    if spec.conversion is not None:
        yield section("A conversion", "sales", _conversion(spec))
    if spec.pipeline is not None:
        yield pipeline_section(spec.pipeline)
    if spec.marketing_clauses:
        yield section("What marketing promises", "marketing", (*_clauses(spec, "marketing"), *_commitments(spec)))


def clause_words(part: ClausePart, side: Side) -> str:
    """A promise in words."""
    within = duration_words(part.within, working=part.calendar is not None)
    hours = "" if part.calendar is None else f", counted in the hours of {part.calendar}"
    words = [f"within {within} of {_STARTS[part.starts_on]}{hours}: {_answer(part, side)}"]
    if part.warn_at is not None:
        words.append(f"a warning at {part.warn_at} of the time")
    words += [_escalation(level, part) for level in part.escalate]
    if part.paused_in:
        words.append(f"the clock stands still in {either(part.paused_in)}")
    return "; ".join(words)


def _clauses(spec: AgreementSpec, side: Side) -> _Pairs:
    for name, part in spec.clauses(side).items():
        yield name, f"{name}: {clause_words(part, side)}"


def _escalation(level: EscalationPart, part: ClausePart) -> str:
    after = duration_words(level.after, working=part.calendar is not None)
    done = [*([f"{level.to} is told"] if level.to else []), *(["the lead is reassigned"] if level.do else [])]
    return f"{after} after the due {every(done)}"


def _answer(part: ClausePart, side: Side) -> str:
    stopped_by = part.stopped_by
    if stopped_by is None:
        return f"{every([_times(need.channel, need.count) for need in part.needs])} by {side}"
    if stopped_by.touch is not None:
        what = " ".join(either(names) for names in (stopped_by.touch.channel, stopped_by.touch.kind) if names)
        return f"{with_article(what) if what else 'any touch'} by {side}"
    if stopped_by.status_changed:
        return "a change of status"
    return "sales accepts or rejects it" if stopped_by.accepted else "the hand-over to sales"


def _times(channel: str, count: int) -> str:
    return f"{count} {channel}" if count == 1 else f"{count} {channel}s"


def _commitments(spec: AgreementSpec) -> _Pairs:
    for name, part in spec.commitments().items():
        yield name, f"{name}: {part.qualified_leads} qualified leads in {part.quarter}"


def _routing(routing: RoutingPart) -> _Pairs:
    rules = [(each.when, each.pool, each.owner) for each in routing.territories]
    rules += [(each.when, each.pool, None) for each in routing.segments]
    for number, (when, pool, owner) in enumerate(rules, 1):
        words = condition_words(when)
        kind = "territory" if number <= len(routing.territories) else "segment"
        goes = f"the pool {pool}" if owner is None else owner
        yield f"{kind}: {words}", f"rule {number} ({kind}): leads with {words} go to {goes}"
    yield "fallback", f"all others go to the pool {routing.fallback.pool}"
    for name, part in routing.pools.items():
        yield f"pool {name}", f"the pool {name}: {_members(part)}"


def _members(pool: PoolPart) -> str:
    def words(name: str, weight: int, cap: int | None) -> str:
        share = [] if weight == 1 else [f"weight {weight}"]
        most = [] if cap is None else [f"at most {cap} in 30 days"]
        told = ", ".join((*share, *most))
        return f"{name} ({told})" if told else name

    return every([words(each.name, each.weight, each.cap_30d) for each in pool.members])


def _conversion(spec: AgreementSpec) -> _Pairs:
    part = spec.conversion
    assert part is not None, "asked only where it is written"
    if part.required_fields:
        yield "required fields", f"{every(part.required_fields)} are known"
    if part.criteria is not None:
        yield "criteria", condition_words(part.criteria)
    yield "confirmation", "a person confirms it" if part.confirm else "nobody has to confirm it"
