"""What an agreement means for a lead, in words: points, statuses, and when it is good enough."""

from collections.abc import Iterator

from streams.agreement.described.items import Section, condition_words, duration_words, either, every, section
from streams.agreement.grammar import AgreementSpec, DecayPart, RepeatPart, ScoredTouch, Scoring, TouchRule
from streams.agreement.written_records import NurturePart

_Pairs = Iterator[tuple[str, str]]


def lead_sections(spec: AgreementSpec) -> Iterator[Section]:
    """What is agreed about leads, section by section."""
    yield section("Who it is about", "leads", _scope(spec))
    yield section("Statuses", "leads", _statuses(spec))
    if spec.scoring is not None:
        yield section("Points for who they are", "leads", _fit(spec.scoring))
        yield section("Points for what they did", "leads", _engagement(spec.scoring))
        yield section("The score", "leads", _score(spec.scoring))
    if spec.qualified_lead is not None:
        yield section("A qualified lead", "leads", _qualified(spec))
    yield section("Unqualified and forgotten leads", "leads", _aside(spec))


def _scope(spec: AgreementSpec) -> _Pairs:
    if spec.applies_to is None:
        yield "leads", "every lead that no agreement with a condition is about"
    else:
        yield "leads", f"leads with {condition_words(spec.applies_to)}"
    yield "priority", f"where several agreements are about a lead, this one counts with priority {spec.priority}"


def _statuses(spec: AgreementSpec) -> _Pairs:
    for name, status in spec.statuses.items():
        reasons = f"; reasons: {', '.join(status.reasons)}" if status.reasons else ""
        asked = f"; asks the program {status.on_enter.request_nurture} to warm the lead" if status.on_enter else ""
        yield name, f"{name} means {status.means}{asked}{reasons}"
    yield "order", f"the funnel has them in this order: {', '.join(spec.statuses)}"


def _fit(scoring: Scoring) -> _Pairs:
    for rule in scoring.fit:
        words = condition_words(rule.when)
        yield words, f"{rule.points:+d} for {words}"


def _engagement(scoring: Scoring) -> _Pairs:
    engagement = scoring.engagement
    for rule in engagement.rules:
        touch = _touch(rule.touch)
        yield touch, f"{rule.points:+d} for {touch}{_limits(rule)}"
    for name, group in engagement.groups.items():
        yield f"group {name}", f"the group {name} gives {group.cap} points at most"
    yield "decay", _decay(engagement.decay)


def _touch(touch: ScoredTouch) -> str:
    named = (("", touch.channel), ("", touch.kind), ("asset ", touch.asset), ("campaign ", touch.campaign))
    return " ".join(f"{prefix}{either(values)}" for prefix, values in named if values)


def _limits(rule: TouchRule) -> str:
    group = f", in the group {rule.group}" if rule.group else ""
    signal = f"; a buying signal: {rule.buying_signal}" if rule.buying_signal else ""
    return f"{_repeat(rule.repeat)}{group}{signal}"


def _repeat(repeat: RepeatPart | None) -> str:
    if repeat is None:
        return ""
    if repeat.max is None or repeat.per is None:
        return ", once"
    return f", at most {repeat.max} times within {duration_words(repeat.per)}"


def _decay(decay: DecayPart | None) -> str:
    if decay is None:
        return "points do not fade"
    if decay.half_life is not None:
        return f"half of what is left fades every {duration_words(decay.half_life)}"
    assert decay.per is not None, "checked: one of the two is written"
    return f"{decay.linear} of the first points fade every {duration_words(decay.per)}"


def _score(scoring: Scoring) -> _Pairs:
    yield "cap", f"at most {scoring.cap} points"
    if scoring.grades is not None:
        yield "grades", ", ".join(f"{letter} from {points}" for letter, points in scoring.grades.items())


def _qualified(spec: AgreementSpec) -> _Pairs:
    wanted = spec.qualified_lead
    assert wanted is not None, "asked only where it is written"
    if wanted.required_fields:
        yield "required fields", f"{every(wanted.required_fields)} are known"
    for part in ("demographic", "situational", "behavioural"):
        condition = getattr(wanted, part)
        if condition is not None:
            yield part, f"{part}: {condition_words(condition)}"
    how = "at once" if spec.hand_over == "automatic" else "when marketing says so"
    yield "hand-over", f"is handed over to sales {how}"


def _aside(spec: AgreementSpec) -> _Pairs:
    nurture = spec.nurture or NurturePart()
    if nurture.reasons:
        yield "nurture", f"unqualified with {either(nurture.reasons)}: the program {nurture.program} warms them"
    for name, needs in nurture.programs.items():
        wanted = [f"{needs.purpose} is not allowed any more"] if needs.purpose else []
        wanted += [f"{needs.channel} does not reach them"] if needs.channel else []
        yield f"program {name}", f"the program {name} leaves alone whom it may not warm: {either(wanted)}"
    if nurture.archive_reasons:
        yield "put aside", f"unqualified with {either(nurture.archive_reasons)}: put aside"
    if spec.archive is not None and spec.archive.when is not None:
        yield "put aside when", f"put aside when {condition_words(spec.archive.when)}"
    if spec.archive is not None and spec.archive.or_untouched_for is not None:
        yield "untouched", f"put aside after {duration_words(spec.archive.or_untouched_for)} without a touch"
