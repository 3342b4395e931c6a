"""The verdicts of a simulated week, counted again from what was told, without any of the product's rules."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from msgspec import UNSET

from events.envelope import Envelope
from events.instants import to_us
from events.lead import LeadConverted, LeadHandedOver, LeadQualified, LeadStatusChanged, LeadTouched
from events.life import LeadAccepted, LeadRecycled, LeadRejected
from leadstream.demo.company import Arrival
from tests.leadstream.demo.office_twin import minutes_later, one_working_day_later


class Start(NamedTuple):
    lead: str
    cycle: int
    at: int
    known: int


class Deed(NamedTuple):
    """Something that can end a clock: when it happened, when it was told first, whether it closes the lead."""

    at: int
    told: int
    closes: bool


def unique(arrivals: Iterable[Arrival]) -> list[Arrival]:
    first: dict[tuple[str, str], Arrival] = {}
    for arrival in arrivals:
        if arrival.envelope is not None:
            first.setdefault((arrival.envelope.source, arrival.envelope.id), arrival)
    return list(first.values())


def verdicts(arrivals: Iterable[Arrival], facts: Iterable[Envelope], end: int) -> dict[str, Counter[str]]:
    """Verdicts by clause; `retracted` counts clocks that were breached for a while.

    From the facts only the starts of clocks and what was decided on commands are taken.
    """
    facts = list(facts)
    calls, statuses, answers = _deeds(arrivals, facts)
    handed = [_start(each, each.data.cycle) for each in facts if isinstance(each.data, LeadHandedOver)]
    qualified = [_start(each, each.data.cycle) for each in facts if isinstance(each.data, LeadQualified)]
    found = {name: Counter[str]() for name in ("acceptance", "first_response", "hand_over", "status_update")}
    for start in handed:
        due = minutes_later(start.at, 30)
        _judge(found["first_response"], _of(calls, start), start, due, end, minutes_later(due, 30))
        after = [deed for deed in statuses[start.lead] if deed.at >= start.at]
        _judge(found["status_update"], after, start, one_working_day_later(start.at), end)
        _judge(found["acceptance"], _of(answers, start), start, minutes_later(start.at, 4 * 60), end)
    ends = {(start.lead, start.cycle): [Deed(start.at, start.known, closes=False)] for start in handed}
    for start in qualified:
        _judge(found["hand_over"], ends.get((start.lead, start.cycle), []), start, minutes_later(start.at, 60), end)
    return found


_Deeds = defaultdict[str, list[Deed]]


def _deeds(arrivals: Iterable[Arrival], facts: Iterable[Envelope]) -> tuple[_Deeds, _Deeds, _Deeds]:
    """What can end the clocks of first_response, status_update and acceptance, by lead."""
    calls, statuses, answers = _Deeds(list), _Deeds(list), _Deeds(list)
    told = [(arrival.envelope, arrival.at) for arrival in unique(arrivals) if arrival.envelope is not None]
    decided = [(envelope, _known(envelope)) for envelope in facts if envelope.source == "/leadstream"]
    for envelope, known in [*told, *decided]:
        at, lead = to_us(envelope.time), envelope.subject
        answer, close = Deed(at, known, closes=False), Deed(at, known, closes=True)
        match envelope.data:
            case LeadTouched(direction="outbound", side="sales"):
                calls[lead].append(answer)
            case LeadStatusChanged(status="Unqualified") if envelope.source != "/leadstream":
                calls[lead].append(close)
                answers[lead].append(close)
                statuses[lead].append(answer)
            case LeadStatusChanged() if envelope.source != "/leadstream":
                statuses[lead].append(answer)
            case LeadConverted() | LeadRecycled():
                for deeds in (calls, statuses, answers):
                    deeds[lead].append(close)
            case LeadRejected():
                calls[lead].append(close)
                statuses[lead].append(close)
                answers[lead].append(answer)
            case LeadAccepted():
                answers[lead].append(answer)
            case _:
                pass
    return calls, statuses, answers


def _start(envelope: Envelope, cycle: int) -> Start:
    return Start(envelope.subject, cycle, to_us(envelope.time), _known(envelope))


def _known(envelope: Envelope) -> int:
    assert envelope.recordedat is not UNSET
    return to_us(envelope.recordedat)


def _of(deeds: _Deeds, start: Start) -> list[Deed]:
    """What was done in the cycle: in the first one, before the hand-over too."""
    return [deed for deed in deeds[start.lead] if start.cycle == 1 or deed.at >= start.at]


def _judge(
    counts: Counter[str], deeds: list[Deed], start: Start, due: int, end: int, escalates: int | None = None
) -> None:
    counts["started"] += 1
    final = _outcome(deeds, start, due)
    fires = max(due, start.known)
    fired = due < end and _outcome([deed for deed in deeds if deed.told <= fires], start, due) is None
    if final is None:
        counts["breached" if fired else "open"] += 1
        if fired and escalates is not None and escalates < end:
            counts["escalated"] += (
                _outcome([deed for deed in deeds if deed.told <= escalates], start, escalates) is None
            )
        return
    counts[final] += 1
    counts["retracted"] += fired


def _outcome(deeds: list[Deed], start: Start, due: int) -> str | None:
    """Met or cancelled if something ended the clock by its due; an answer counts before a closing."""
    in_time = sorted((max(deed.at, start.at), deed.closes) for deed in deeds if max(deed.at, start.at) <= due)
    if not in_time:
        return None
    return "cancelled" if in_time[0][1] else "met"
