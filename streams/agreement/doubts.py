"""What can be carried out and yet cannot be meant: a new agreement is refused for it, one in force goes on as it is.

Nothing here is a guess. A number is called unreachable only where no lead whatever could reach it; rules that exclude
one another, and touches that fade before the next one comes, are taken at their best.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta, timezone

from events.instants import from_us, iso
from streams.agreement.conditions import Condition, FieldTest, ScoreTest, each_test
from streams.agreement.grammar import AgreementSpec, QualifiedLead
from streams.agreement.problems import Place
from streams.agreement.reachable import Most, most_of

_EASTERNMOST = timezone(timedelta(hours=14))
"""Where a day begins first."""

Found = Iterator[tuple[Place, str]]


def doubts(spec: AgreementSpec, at: int) -> Found:
    """Every such thing with its place.

    Args:
        spec: an agreement that can be carried out.
        at: when it is looked at, microseconds; no signature is later.
    """
    for index, signature in enumerate(spec.signed):
        if is_ahead(signature.at, at):
            yield ("signed", index, "at"), ahead(signature.at, at)
    for place, condition in _conditions(spec):
        for where, test in each_test(condition, place):
            yield from _bounds(where, test)
    yield from _unreached(spec)
    for _, name, words in _repeated(spec.statuses, _as_read):
        yield ("statuses", name), words
    for place, names in _read_by_people(spec):
        yield from (((*place, index), words) for index, _, words in _repeated(names, _as_read))
    for place, names in _lists(spec):
        yield from (((*place, index), words) for index, _, words in _repeated(names))


def is_ahead(written: str, at: int) -> bool:
    """Whether a date or an instant is later than an instant, wherever it was written down."""
    found = datetime.fromisoformat(written)
    if found.tzinfo is None:
        return found.date() > _latest_day(at)
    return found > from_us(at) + timedelta(minutes=1)


def ahead(written: str, at: int) -> str:
    """Why a signature of that date or instant is none yet."""
    is_day = datetime.fromisoformat(written).tzinfo is None
    return f"{written} is still to come; expected {_latest_day(at).isoformat() if is_day else iso(at)} or earlier"


def _latest_day(at: int) -> date:
    return from_us(at).astimezone(_EASTERNMOST).date()


def _conditions(spec: AgreementSpec) -> Iterator[tuple[Place, Condition]]:
    """Every condition of an agreement, whatever it is for."""
    written: list[tuple[Place, Condition | None]] = [(("applies_to",), spec.applies_to)]
    if spec.scoring is not None:
        written += [(("scoring", "fit", index, "when"), rule.when) for index, rule in enumerate(spec.scoring.fit)]
    if spec.qualified_lead is not None:
        written += _definition(spec.qualified_lead)
    if spec.routing is not None:
        territories, segments = spec.routing.territories, spec.routing.segments
        written += [(("routing", "territories", index, "when"), each.when) for index, each in enumerate(territories)]
        written += [(("routing", "segments", index, "when"), each.when) for index, each in enumerate(segments)]
    if spec.conversion is not None:
        written.append((("conversion", "criteria"), spec.conversion.criteria))
    if spec.archive is not None:
        written.append((("archive", "when"), spec.archive.when))
    return ((place, condition) for place, condition in written if condition is not None)


def _definition(wanted: QualifiedLead) -> list[tuple[Place, Condition | None]]:
    parts = ("demographic", "situational", "behavioural")
    return [(("qualified_lead", part), getattr(wanted, part)) for part in parts]


def _bounds(place: Place, test: Condition) -> Found:
    if not isinstance(test, FieldTest) or test.at_least is None or test.at_most is None:
        return
    if test.at_least > test.at_most:
        yield (*place, "at_least"), f"{test.at_least} is more than at_most, {test.at_most}; no number is on both sides"


def _unreached(spec: AgreementSpec) -> Found:
    """Points that are asked for and that the rules never give."""
    if spec.scoring is None:
        return
    most = most_of(spec.scoring)
    for letter, points in (spec.scoring.grades or {}).items():
        if points > max(most.fit, most.engagement):
            words = f"never given: fit is at most {most.fit}, engagement at most {most.engagement}"
            yield ("scoring", "grades", letter), f"{words}; expected at most {max(most.fit, most.engagement)}"
    for place, condition in _conditions(spec):
        for where, test in each_test(condition, place):
            yield from _unreached_test(where, test, most)


def _unreached_test(place: Place, test: Condition, most: Most) -> Found:
    if isinstance(test, ScoreTest) and most.of(test.score) < test.at_least <= most.bound(test.score):
        found = most.of(test.score)
        yield (*place, "at_least"), f"is never reached: by the rules {test.score} is at most {found}"


def _lists(spec: AgreementSpec) -> Iterator[tuple[Place, Sequence[str]]]:
    """Lists of names that are told apart letter by letter."""
    for side in ("sales_clauses", "marketing_clauses"):
        for name, part in getattr(spec, side).items():
            yield (side, name, "paused_in"), getattr(part, "paused_in", ())
    if spec.qualified_lead is not None:
        yield ("qualified_lead", "required_fields"), spec.qualified_lead.required_fields
    if spec.conversion is not None:
        yield ("conversion", "required_fields"), spec.conversion.required_fields


def _read_by_people(spec: AgreementSpec) -> Iterator[tuple[Place, Sequence[str]]]:
    """Lists of names that people choose from, or say."""
    for name, status in spec.statuses.items():
        yield ("statuses", name, "reasons"), status.reasons
    if spec.nurture is not None:
        yield ("nurture", "reasons"), spec.nurture.reasons
        yield ("nurture", "archive_reasons"), spec.nurture.archive_reasons


def _repeated(names: Iterable[str], plain: Callable[[str], str] = str) -> Iterator[tuple[int, str, str]]:
    """Position and name of each that reads as one before it does, and what is wrong with it."""
    seen: dict[str, str] = {}
    for index, name in enumerate(names):
        if (before := seen.get(plain(name))) is None:
            seen[plain(name)] = name
        else:
            how = "stands there already" if before == name else f"differs from {before!r} in capitals and spaces only"
            yield index, name, f"{name!r} {how}; expected each once"


def _as_read(name: str) -> str:
    """A name without what people overlook."""
    return " ".join(name.casefold().split())
