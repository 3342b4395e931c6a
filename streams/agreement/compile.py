"""From what people wrote to what deciders ask."""

from collections.abc import Callable, Iterator

from events.agreement import AgreementPublished
from streams.agreement.compiled import Agreement, Archiving, Clause, Side, StopKind, StopsTouch
from streams.agreement.evaluate import FitOf, Profile, compiled
from streams.agreement.grammar import AgreementSpec, AnsweringTouch, Archive, ClausePart, StoppedBy
from streams.agreement.load import from_document
from streams.agreement.qualifying import Definition
from streams.agreement.rules import scorer_of
from streams.agreement.texts import duration_us, instant_us, percent
from streams.agreement.working_hours import calendar_of
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
    scorer = None if spec.scoring is None else scorer_of(spec.scoring)
    fit_of = None if scorer is None else scorer.fit
    calendars = {name: calendar_of(part) for name, part in spec.calendars.items()}
    return Agreement(
        name=spec.agreement,
        version=spec.version,
        effective_from=instant_us(spec.effective_from),
        priority=spec.priority,
        matches=_matches(spec),
        conditional=spec.applies_to is not None,
        statuses={name: status.means for name, status in spec.statuses.items()},
        clauses=(
            *_clauses("sales", spec.sales_clauses, calendars),
            *_clauses("marketing", spec.marketing_clauses, calendars),
        ),
        late_facts_accepted=duration_us(spec.late_facts_accepted),
        scorer=scorer,
        qualification=None if spec.qualified_lead is None else Definition(spec.qualified_lead, fit_of),
        hand_over=spec.hand_over,
        archiving=None if spec.archive is None else _archiving(spec.archive, fit_of),
    )


def _matches(spec: AgreementSpec) -> Callable[[Profile], bool]:
    if spec.applies_to is None:
        return lambda _: True
    holds = compiled(spec.applies_to).holds
    return lambda profile: holds(profile, None)


def _clauses(side: Side, parts: dict[str, ClausePart], calendars: dict[str, Calendar]) -> Iterator[Clause]:
    for name, part in parts.items():
        yield Clause(
            name=name,
            side=side,
            starts_on=part.starts_on,
            stop=_stop(part.stopped_by),
            stops_touch=_stops_touch(part.stopped_by.touch, side),
            target_text=part.within,
            target=parse_target(part.within),
            calendar_name=part.calendar,
            calendar=ALWAYS if part.calendar is None else calendars[part.calendar],
            warn_percent=None if part.warn_at is None else percent(part.warn_at),
            paused_in=frozenset(part.paused_in),
        )


def _stop(stopped_by: StoppedBy) -> StopKind:
    if stopped_by.touch is not None:
        return "touch"
    return "status_changed" if stopped_by.status_changed else "handed_over"


def _stops_touch(touch: AnsweringTouch | None, side: Side) -> StopsTouch:
    if touch is None:
        return lambda *_: False
    fits = TouchPattern(_set(touch.channel), _set(touch.kind)).fits
    wanted = touch.direction

    def stops(channel: str, kind: str, direction: str, by_side: str) -> bool:
        return direction == wanted and by_side == side and fits(channel, kind)

    return stops


def _set(values: tuple[str, ...] | None) -> frozenset[str] | None:
    return None if values is None else frozenset(values)


def _archiving(part: Archive, fit_of: FitOf | None) -> Archiving:
    condition = None if part.when is None else compiled(part.when, fit_of)
    return Archiving(
        when=None if condition is None else condition.holds,
        words="" if condition is None else condition.words,
        untouched_us=None if part.or_untouched_for is None else duration_us(part.or_untouched_for),
    )
