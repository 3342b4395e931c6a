"""What has to hold of a lead's canonical facts, counted from what upstream sent, without any decider."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

_WITHIN = 30 * 60 * 1_000_000


class Came(NamedTuple):
    """A fact as upstream sent it: its id, when it happened, what it says."""

    name: str
    at: int
    fact: Any


def faults(came: Sequence[Came], told: Sequence[Any], end: int | None) -> Iterator[str]:
    """What is wrong with what was told of one lead.

    Args:
        came: what was sent about it, in order of arrival, with duplicates.
        told: its canonical facts, in order.
        end: count the verdict of the one clause of the simple agreement as well, if time has passed until then.
    """
    kinds = [type(each.data).__name__ for each in told]
    accepted = [each.id for each in told if each.source == "/forms"]
    once = list(dict.fromkeys(each.name for each in came))
    if accepted != once:
        yield f"accepted {accepted} of {once}"
    if [each.sequence for each in told] != [f"{number:010d}" for number in range(1, len(told) + 1)]:
        yield f"sequence {[each.sequence for each in told]}"
    recorded = [each.recordedat for each in told]
    if recorded != sorted(recorded):
        yield f"recorded at {recorded}"
    doubled = [name for name, count in Counter(each.id for each in told).items() if count > 1]
    if doubled:
        yield f"told twice: {doubled}"
    fired = Counter(
        (kind, each.data.agreement, each.data.clause, each.data.version, each.data.cycle)
        for kind, each in zip(kinds, told, strict=True)
        if kind in ("SlaStarted", "SlaWarned", "SlaMet")
    )
    if any(count > 1 for count in fired.values()):
        yield f"more than once: {fired}"
    if end is not None:
        wanted, found = _verdict(came, end), _last_verdict(told)
        if wanted != found:
            yield f"verdict {found}, counted {wanted}; {kinds}"


def _verdict(came: Sequence[Came], end: int) -> str | None:
    """Of "a call or an e-mail within half an hour of the capture"."""
    kinds = [type(each.fact).__name__ for each in came]
    if "LeadCaptured" not in kinds:
        return None
    captured = came[kinds.index("LeadCaptured")].at
    answers = [
        max(each.at, captured)
        for each in came
        if type(each.fact).__name__ == "LeadTouched"
        and each.fact.direction == "outbound"
        and each.fact.channel in ("call", "email")
    ]
    due = captured + _WITHIN
    if answers and min(answers) <= due:
        return "met"
    return "breached" if due < end else "open"


def _last_verdict(told: Sequence[Any]) -> str | None:
    verdict = None
    for each in told:
        kind = type(each.data).__name__
        if kind in ("SlaStarted", "SlaMet", "SlaBreached"):
            verdict = {"SlaStarted": "open", "SlaMet": "met", "SlaBreached": "breached"}[kind]
        elif kind in ("SlaRevised", "SlaBreachRetracted"):
            verdict = each.data.now
    return verdict
