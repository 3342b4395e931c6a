"""What no single part of an agreement can know: that names fit together and that numbers make sense."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from streams.agreement.conditions import Condition, FitTest, ScoreTest, each_test
from streams.agreement.grammar import AgreementSpec, ClausePart, Scoring
from streams.agreement.problems import Place
from streams.agreement.scalars import Side
from streams.agreement.texts import percent
from streams.agreement.working_hours import calendar_of
from streams.agreement.written_records import NurturePart
from streams.agreement.written_routing import RoutingPart, Segment, Territory
from streams.calendars import parse_target

_WHOLE = 100
"""Percent."""
RESERVED = frozenset({"captured", "converted"})
"""Stages of the funnel that every lead can reach; a status of that name would be counted with them."""

Found = Iterator[tuple[Place, str]]


def check(spec: AgreementSpec) -> Found:
    """Every such problem with its place."""
    for name in RESERVED & spec.statuses.keys():
        yield ("statuses", name), f"{name} is a stage of every funnel; expected another name"
    yield from _calendars(spec)
    yield from _scoring(spec)
    yield from _conditions(spec)
    yield from _clauses(spec)
    yield from _commitments(spec)
    yield from _routing(spec)
    yield from _nurture(spec)
    yield from _pipeline(spec)
    yield from _names(spec)
    sides = [signature.side for signature in spec.signed]
    for index, side in enumerate(sides):
        if side in sides[:index]:
            yield ("signed", index, "side"), f"{side} has signed already; expected one signature a side"


def _calendars(spec: AgreementSpec) -> Found:
    for name, part in spec.calendars.items():
        try:
            calendar_of(part)
        except ValueError as error:
            yield ("calendars", name), str(error)


def _scoring(spec: AgreementSpec) -> Found:
    if spec.scoring is None:
        return
    engagement = spec.scoring.engagement
    for index, rule in enumerate(engagement.rules):
        if rule.group is not None and rule.group not in engagement.groups:
            place = ("scoring", "engagement", "rules", index, "group")
            yield place, _unknown("group", rule.group, engagement.groups)
    yield from _grades(spec.scoring)


def _grades(scoring: Scoring) -> Found:
    if scoring.grades is None:
        return
    points = list(scoring.grades.values())
    if not points or points[-1] != 0:
        yield ("scoring", "grades"), "expected a last grade that begins at 0, so that every lead has one"
    if any(above <= below for above, below in pairwise(points)):
        yield ("scoring", "grades"), "expected grades from the best to the worst, each beginning below the one before"


def _scoreless(spec: AgreementSpec) -> Iterator[tuple[Place, Condition]]:
    if spec.applies_to is not None:
        yield from each_test(spec.applies_to, ("applies_to",))
    if spec.scoring is not None:
        for index, rule in enumerate(spec.scoring.fit):
            yield from each_test(rule.when, ("scoring", "fit", index, "when"))
    if spec.routing is not None:
        for place, route in _routes(spec.routing):
            yield from each_test(route.when, (*place, "when"))


def _conditions(spec: AgreementSpec) -> Found:
    for place, test in _scoreless(spec):
        if isinstance(test, ScoreTest | FitTest):
            yield place, "expected tests on fields only: points are not known here"
    for place, test in _scored(spec):
        if isinstance(test, ScoreTest | FitTest) and spec.scoring is None:
            yield place, "tests points, but there is no `scoring`"
        elif isinstance(test, ScoreTest) and spec.scoring is not None:
            most = 100 if test.score == "fit" else spec.scoring.cap
            if test.at_least > most:
                yield (*place, "at_least"), f"is never reached: {test.score} is at most {most}"


def _scored(spec: AgreementSpec) -> Iterator[tuple[Place, Condition]]:
    wanted = spec.qualified_lead
    if wanted is not None:
        for part in ("demographic", "situational", "behavioural"):
            condition = getattr(wanted, part)
            if condition is not None:
                yield from each_test(condition, ("qualified_lead", part))
    if spec.archive is not None and spec.archive.when is not None:
        yield from each_test(spec.archive.when, ("archive", "when"))
    if spec.conversion is not None and spec.conversion.criteria is not None:
        yield from each_test(spec.conversion.criteria, ("conversion", "criteria"))


def _clauses(spec: AgreementSpec) -> Found:
    sides: tuple[Side, ...] = ("sales", "marketing")
    for side in sides:
        for name, clause in spec.clauses(side).items():
            yield from _clause(spec, (f"{side}_clauses", name), clause)
    for name in spec.marketing_clauses:
        if name in spec.sales_clauses:
            yield ("marketing_clauses", name), "is a clause of sales already; expected a name of its own"


def _clause(spec: AgreementSpec, place: Place, clause: ClausePart) -> Found:
    if clause.calendar is not None and clause.calendar not in spec.calendars:
        yield (*place, "calendar"), _unknown("calendar", clause.calendar, spec.calendars)
    for index, status in enumerate(clause.paused_in):
        if status not in spec.statuses:
            yield (*place, "paused_in", index), _unknown("status", status, spec.statuses)
    for index, (before, level) in enumerate(pairwise(clause.escalate), 1):
        first, then = parse_target(before.after), parse_target(level.after)
        if bool(first.days) == bool(then.days) and (first.days, first.microseconds) >= (then.days, then.microseconds):
            yield (*place, "escalate", index, "after"), "expected later than the level before"
    yield from _twice((*place, "needs"), [need.channel for need in clause.needs], "channel")
    if clause.starts_on == "qualified" and spec.qualified_lead is None:
        yield (*place, "starts_on"), "never happens: there is no `qualified_lead`"


def _commitments(spec: AgreementSpec) -> Found:
    seen: dict[str, str] = {}
    for name, part in spec.commitments().items():
        place = ("marketing_clauses", name, "quarter")
        if part.quarter in seen:
            yield place, f"{part.quarter} is committed in {seen[part.quarter]} already; expected another quarter"
        elif spec.qualified_lead is None:
            yield place[:2], "is never kept: there is no `qualified_lead`"
        seen.setdefault(part.quarter, name)


def _routes(routing: RoutingPart) -> Iterator[tuple[Place, Territory | Segment]]:
    for index, territory in enumerate(routing.territories):
        yield ("routing", "territories", index), territory
    for index, segment in enumerate(routing.segments):
        yield ("routing", "segments", index), segment


def _routing(spec: AgreementSpec) -> Found:
    routing = spec.routing
    if routing is None:
        return
    named: list[tuple[Place, str | None]] = [(place, route.pool) for place, route in _routes(routing)]
    named.append((("routing", "fallback"), routing.fallback.pool))
    for place, pool in named:
        if pool is not None and pool not in routing.pools:
            yield (*place, "pool"), _unknown("pool", pool, routing.pools)
    for pool, part in routing.pools.items():
        yield from _twice(("routing", "pools", pool, "members"), [each.name for each in part.members], "name")


def _nurture(spec: AgreementSpec) -> Found:
    part = spec.nurture
    if part is None:
        return
    listed = [reason for status in spec.statuses.values() if status.means == "unqualified" for reason in status.reasons]
    usual = NurturePart()
    known = dict.fromkeys((*listed, *usual.reasons, *usual.archive_reasons))
    for key, reasons in (("reasons", part.reasons), ("archive_reasons", part.archive_reasons)):
        for index, reason in enumerate(reasons):
            if listed and reason not in known:
                yield ("nurture", key, index), _unknown("reason", reason, known)
    programs = dict.fromkeys(
        (part.program, *(status.on_enter.request_nurture for status in spec.statuses.values() if status.on_enter))
    )
    for program in part.programs:
        if program not in programs:
            yield ("nurture", "programs", program), _unknown("program", program, programs)
    for reason in part.reopened_by:
        if reason not in part.reasons:
            yield ("nurture", "reopened_by", reason), _unknown("reason", reason, dict.fromkeys(part.reasons))
    for index, reason in enumerate(part.archive_reasons):
        if reason in part.reasons:
            place = ("nurture", "archive_reasons", index)
            yield place, f"{reason} leads to the nurture program already; expected it in one of the two lists"


def _pipeline(spec: AgreementSpec) -> Found:
    part = spec.pipeline
    if part is None:
        return
    if part.stages is not None and next(iter(part.stages.values())).forecast == "closed":
        yield ("pipeline", "stages"), "expected a first stage that is not closed: converted leads begin in it"
    if part.rates and part.currency is None:
        yield ("pipeline", "rates"), "expected `currency` as well, into which the rates turn"
    for code, rates in part.rates.items():
        place = ("pipeline", "rates", code)
        if code == part.currency:
            yield place, f"{code} is the currency of reports; expected another one"
        yield from _dated(place, [rate.from_ for rate in rates], "rate")
    if percent(part.paces.yellow) > percent(part.paces.green):
        yield ("pipeline", "paces", "yellow"), "expected no more than `green`"
    yield from _dated(("pipeline", "seasons"), [season.from_ for season in part.seasons], "season")
    for index, season in enumerate(part.seasons):
        total = sum(percent(share) for share in season.months or ())
        if season.months is not None and total != _WHOLE:
            yield ("pipeline", "seasons", index, "months"), f"expected shares that sum to 100%, found {total}%"
    yield from _twice(("pipeline", "hygiene", "checks"), part.hygiene.checks)


def _dated(place: tuple[str, ...], days: Sequence[str], what: str) -> Found:
    """What holds from a day on stands in the order of its days."""
    for index, (before, day) in enumerate(pairwise(days), 1):
        if day <= before:
            yield (*place, index, "from"), f"expected a later day than the {what} before"


def _names(spec: AgreementSpec) -> Found:
    """Lists in which a name that stands twice can only be a mistake."""
    if spec.identity is not None:
        for key in ("merge_on", "company_on"):
            yield from _twice(("identity", key), getattr(spec.identity, key))
    if spec.enrichment is not None:
        yield from _twice(("enrichment", "precedence"), spec.enrichment.precedence)
        for field, providers in spec.enrichment.fields.items():
            yield from _twice(("enrichment", "fields", field), providers)


def _twice(place: Place, names: Sequence[str], *key: str) -> Found:
    for index, name in enumerate(names):
        if name in names[:index]:
            yield (*place, index, *key), f"{name!r} stands there already; expected each once"


def _unknown(what: str, name: str, known: Mapping[str, object]) -> str:
    return f"there is no {what} {name!r}; expected one of {', '.join(known)}" if known else f"there is no {what} at all"
