"""The verdicts of a simulated week, counted again from what was told, without any of the product's rules."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from events.instants import to_us
from events.lead import LeadConverted, LeadStatusChanged, LeadTouched
from leadstream.demo.company import Arrival
from tests.leadstream.demo.office_twin import minutes_later, one_working_day_later


class HandOver(NamedTuple):
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


def verdicts(arrivals: Iterable[Arrival], hand_overs: Mapping[str, HandOver], end: int) -> dict[str, Counter[str]]:
    """Verdicts by clause; `retracted` counts clocks that were breached for a while."""
    calls: defaultdict[str, list[Deed]] = defaultdict(list)
    statuses: defaultdict[str, list[Deed]] = defaultdict(list)
    for arrival in unique(arrivals):
        envelope = arrival.envelope
        assert envelope is not None
        at, lead = to_us(envelope.time), envelope.subject
        match envelope.data:
            case LeadTouched(direction="outbound", side="sales"):
                calls[lead].append(Deed(at, arrival.at, closes=False))
            case LeadStatusChanged(status="Unqualified"):
                calls[lead].append(Deed(at, arrival.at, closes=True))
                statuses[lead].append(Deed(at, arrival.at, closes=False))
            case LeadStatusChanged():
                statuses[lead].append(Deed(at, arrival.at, closes=False))
            case LeadConverted():
                calls[lead].append(Deed(at, arrival.at, closes=True))
                statuses[lead].append(Deed(at, arrival.at, closes=True))
            case _:
                pass
    found: dict[str, Counter[str]] = {"first_response": Counter(), "status_update": Counter()}
    for lead, start in hand_overs.items():
        _judge(found["first_response"], calls[lead], start, minutes_later(start.at, 30), end)
        after = [deed for deed in statuses[lead] if deed.at >= start.at]
        _judge(found["status_update"], after, start, one_working_day_later(start.at), end)
    return found


def _judge(counts: Counter[str], deeds: list[Deed], start: HandOver, due: int, end: int) -> None:
    counts["started"] += 1
    final = _outcome(deeds, start, due)
    fires = max(due, start.known)
    fired = due < end and _outcome([deed for deed in deeds if deed.told <= fires], start, due) is None
    if final is None:
        counts["breached" if fired else "open"] += 1
        return
    counts[final] += 1
    counts["retracted"] += fired


def _outcome(deeds: list[Deed], start: HandOver, due: int) -> str | None:
    """Met or cancelled if something ended the clock by its due; an answer counts before a closing."""
    in_time = sorted((max(deed.at, start.at), deed.closes) for deed in deeds if max(deed.at, start.at) <= due)
    if not in_time:
        return None
    return "cancelled" if in_time[0][1] else "met"
