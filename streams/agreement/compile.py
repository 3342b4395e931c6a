"""From what people wrote to what deciders ask."""

from collections.abc import Callable, Iterator, Mapping
from datetime import date

from events.agreement import AgreementPublished
from streams.agreement.asking import asks
from streams.agreement.compiled import (
    Agreement,
    Archiving,
    Clause,
    Commitment,
    Escalation,
    Need,
    StopKind,
    StopsTouch,
)
from streams.agreement.evaluate import FitOf, Lists, Profile, compiled
from streams.agreement.grammar import AgreementSpec, Archive, ClausePart, CommitmentPart, StoppedBy
from streams.agreement.lists import BUILT_IN
from streams.agreement.load import from_document
from streams.agreement.pipeline import pipeline_of
from streams.agreement.qualifying import Converting, Definition
from streams.agreement.records import enrichment_of, identity_of, nurture_of
from streams.agreement.reviews import Review
from streams.agreement.routes import routing_of
from streams.agreement.rules import scorer_of
from streams.agreement.scalars import Side
from streams.agreement.texts import duration_us, instant_us, percent
from streams.agreement.working_hours import calendar_of
from streams.agreement.written_records import AccountsPart
from streams.calendars import ALWAYS, Calendar, parse_target
from streams.scoring import TouchPattern


def compile_published(fact: AgreementPublished) -> Agreement:
    """Compile the document of a published version.

    Raises:
        AgreementError: the document cannot be carried out by this program.
    """
    return compile_agreement(from_document(fact.document))


def compile_agreement(spec: AgreementSpec) -> Agreement:
    """Compile an agreement; the same spec gives an agreement that answers the same. Keep it, it is not cheap."""
    identity = identity_of(spec.identity)
    lists = {**BUILT_IN, "free_mail": identity.free_mail}
    scorer = None if spec.scoring is None else scorer_of(spec.scoring, lists)
    fit_of = None if scorer is None else scorer.fit
    calendars = {name: calendar_of(part) for name, part in spec.calendars.items()}
    return Agreement(
        name=spec.agreement,
        version=spec.version,
        effective_from=instant_us(spec.effective_from),
        priority=spec.priority,
        matches=_matches(spec, lists),
        conditional=spec.applies_to is not None,
        statuses={name: status.means for name, status in spec.statuses.items()},
        request_nurture={
            name: status.on_enter.request_nurture for name, status in spec.statuses.items() if status.on_enter
        },
        clauses=(
            *_clauses("sales", spec.clauses("sales"), calendars),
            *_clauses("marketing", spec.clauses("marketing"), calendars),
        ),
        commitments=tuple(_commitment(name, part) for name, part in spec.commitments().items()),
        late_facts_accepted=duration_us(spec.late_facts_accepted),
        scorer=scorer,
        qualification=None if spec.qualified_lead is None else Definition(spec.qualified_lead, fit_of, lists),
        hand_over=spec.hand_over,
        archiving=None if spec.archive is None else _archiving(spec.archive, fit_of, lists),
        routing=None if spec.routing is None else routing_of(spec.routing, lists),
        conversion=Converting(spec.conversion, fit_of, lists),
        nurture=nurture_of(spec.nurture, spec.statuses),
        identity=identity,
        enrichment=enrichment_of(spec.enrichment),
        account_score_cap=(spec.accounts or AccountsPart()).score_cap,
        review=review_of(spec),
        pipeline=None if spec.pipeline is None else pipeline_of(spec.pipeline),
    )


def review_of(spec: AgreementSpec) -> Review | None:
    """When both sides look at the agreement again; None when they did not say."""
    since = date.fromisoformat(spec.effective_from[:10])
    return None if spec.review_every is None else Review(spec.review_every, since)


def quarter_days(quarter: str) -> tuple[date, date]:
    """The first day of a quarter such as `2026Q1`, and the day after its last one."""
    year, number = int(quarter[:4]), int(quarter[5])
    following = date(year + 1, 1, 1) if number == 4 else date(year, number * 3 + 1, 1)
    return date(year, number * 3 - 2, 1), following


def _commitment(name: str, part: CommitmentPart) -> Commitment:
    first, following = quarter_days(part.quarter)
    return Commitment(name, part.quarter, first, following, part.qualified_leads)


def _matches(spec: AgreementSpec, lists: Lists) -> Callable[[Profile], bool]:
    if spec.applies_to is None:
        return lambda _: True
    holds = compiled(spec.applies_to, lists=lists).holds
    return lambda profile: holds(profile, None)


def _clauses(side: Side, parts: Mapping[str, ClausePart], calendars: Mapping[str, Calendar]) -> Iterator[Clause]:
    for name, part in parts.items():
        yield Clause(
            name=name,
            side=side,
            starts_on=part.starts_on,
            stop=_stop(part.stopped_by),
            stops_touch=_stops_touch(part, side),
            target_text=part.within,
            target=parse_target(part.within),
            calendar_name=part.calendar,
            calendar=ALWAYS if part.calendar is None else calendars[part.calendar],
            warn_percent=None if part.warn_at is None else percent(part.warn_at),
            paused_in=frozenset(part.paused_in),
            needs=tuple(Need(need.channel, need.count) for need in part.needs),
            escalations=tuple(
                Escalation(each.after, parse_target(each.after), each.to, each.do) for each in part.escalate
            ),
            asks=asks(part),
        )


def _stop(stopped_by: StoppedBy | None) -> StopKind:
    if stopped_by is None:
        return "needs"
    if stopped_by.touch is not None:
        return "touch"
    if stopped_by.status_changed:
        return "status_changed"
    return "accepted" if stopped_by.accepted else "handed_over"


def _stops_touch(part: ClausePart, side: Side) -> StopsTouch:
    if part.needs:
        fits = TouchPattern(frozenset(need.channel for need in part.needs), None).fits
    elif part.stopped_by is not None and part.stopped_by.touch is not None:
        fits = TouchPattern(_set(part.stopped_by.touch.channel), _set(part.stopped_by.touch.kind)).fits
    else:
        return lambda *_: False

    def stops(channel: str, kind: str, direction: str, by_side: str) -> bool:
        return direction == "outbound" and by_side == side and fits(channel, kind)

    return stops


def _set(values: tuple[str, ...] | None) -> frozenset[str] | None:
    return None if values is None else frozenset(values)


def _archiving(part: Archive, fit_of: FitOf | None, lists: Lists) -> Archiving:
    condition = None if part.when is None else compiled(part.when, fit_of, lists)
    return Archiving(
        when=None if condition is None else condition.holds,
        words="" if condition is None else condition.words,
        untouched_us=None if part.or_untouched_for is None else duration_us(part.or_untouched_for),
    )
