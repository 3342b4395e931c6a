"""What no single part of an agreement can know: that names fit together and that numbers make sense."""

from collections.abc import Iterator, Mapping
from itertools import pairwise

from streams.agreement.conditions import Condition, FitTest, ScoreTest, each_test
from streams.agreement.grammar import AgreementSpec, ClausePart, Scoring
from streams.agreement.problems import Place
from streams.agreement.working_hours import calendar_of

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


def _clauses(spec: AgreementSpec) -> Found:
    for side, clauses in (("sales_clauses", spec.sales_clauses), ("marketing_clauses", spec.marketing_clauses)):
        for name, clause in clauses.items():
            yield from _clause(spec, (side, name), clause)
    for name in spec.marketing_clauses:
        if name in spec.sales_clauses:
            yield ("marketing_clauses", name), "is a clause of sales already; expected a name of its own"


def _clause(spec: AgreementSpec, place: Place, clause: ClausePart) -> Found:
    if clause.calendar is not None and clause.calendar not in spec.calendars:
        yield (*place, "calendar"), _unknown("calendar", clause.calendar, spec.calendars)
    for index, status in enumerate(clause.paused_in):
        if status not in spec.statuses:
            yield (*place, "paused_in", index), _unknown("status", status, spec.statuses)
    if clause.starts_on == "qualified" and spec.qualified_lead is None:
        yield (*place, "starts_on"), "never happens: there is no `qualified_lead`"


def _unknown(what: str, name: str, known: Mapping[str, object]) -> str:
    return f"there is no {what} {name!r}; expected one of {', '.join(known)}" if known else f"there is no {what} at all"
