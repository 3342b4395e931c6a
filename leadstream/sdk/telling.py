"""From what an author says to an event: ids that follow from it, times, one check. Pure; the time is given."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from events.codec import Codec
from events.fact import Fact
from events.ids import derived_id
from events.instants import from_us
from events.registry import COMMANDS, ENVELOPES, WIRE_TYPE, wrap
from leadstream.publishing import Refused, check
from leadstream.sdk.port import Told

_TEXT, _TIME = "text", "a datetime with a zone"
_EXPECTED: dict[str, tuple[Any, str]] = {
    "subject": (str, _TEXT),
    "source": (str | None, _TEXT),
    "natural_key": (str | None, _TEXT),
    "id": (str | None, _TEXT),
    "time": (datetime | None, _TIME),
}
"""What authors write without a type checker is told by the name they wrote it under."""


@dataclass(frozen=True, slots=True)
class Event:
    """A fact and about whom it is, as an author says it.

    Attributes:
        fact: what happened, such as `LeadCaptured(source="web")`.
        subject: whom it is about: the id of the lead, account, opportunity or plan.
        source: who says so, a URI reference such as `/forms/contact`; the publisher's own where it is not told.
        natural_key: what the source itself knows the fact by, such as the number of the form that was sent. The id
            follows from it, so that the same fact told again, by whatever process, is the same event.
        id: the id itself, unique within the source, instead of a natural key.
        time: when it happened, with a zone; now where it is not told.
    """

    fact: Fact
    subject: str
    source: str | None = None
    natural_key: str | None = None
    id: str | None = None
    time: datetime | None = None


def told(event: object, codec: Codec, *, source: str | None, at: int) -> Told | Refused:
    """The event as it goes out, or why it is refused: the same check as everywhere else, before anything is sent.

    Args:
        event: an `Event` as the author says it; anything else is refused.
        codec: encodes and checks it.
        source: who speaks where the event does not say so.
        at: now, in microseconds; what claims to happen later is refused.
    """
    if not isinstance(event, Event):
        return Refused(1, "", f"expected an Event(fact, subject), got {type(event).__name__}")
    by = event.source or source
    misused = _misused(event, by)
    if misused is not None:
        return misused
    when = from_us(at) if event.time is None else event.time
    attributes: dict[str, Any] = {"source": by, "subject": event.subject, "time": when}
    try:
        fact_id = _id(event, by or "", when) if event.id is None else event.id
        value = codec.encode(wrap(event.fact, id=fact_id, **attributes))
    except (TypeError, ValueError, msgspec.MsgspecError, RecursionError) as exc:
        return Refused(1, "", f"cannot be written as JSON: {exc}")
    found = check(1, value, codec, at=at)
    return found if isinstance(found, Refused) else Told(found, value)


def _misused(event: Event, source: str | None) -> Refused | None:
    """What an author has to write otherwise, before anything can be made of it."""
    kind = type(event.fact)
    if kind not in ENVELOPES:
        return Refused(1, "type", f"expected a fact such as LeadCaptured(...), got {kind.__name__}")
    if kind in COMMANDS:
        return Refused(1, "type", f"{WIRE_TYPE[kind]} is a command; it is asked and answered, not published")
    for name, (expected, words) in _EXPECTED.items():
        if not isinstance(value := getattr(event, name), expected):
            return Refused(1, name, f"expected {words}, got {type(value).__name__}")
    if not source:
        return Refused(1, "source", "who says so? Give source='/forms/contact', here or to the publisher")
    if event.id is not None and event.natural_key is not None:
        return Refused(1, "id", "an id or a natural key, not both")
    return None


def _id(event: Event, source: str, when: datetime) -> str:
    """The id that follows from the natural key; without one, from all that is told."""
    kind = WIRE_TYPE[type(event.fact)]
    if event.natural_key is not None:
        return derived_id("natural key", source, kind, event.subject, event.natural_key)
    data = msgspec.json.encode(event.fact).decode()
    return derived_id("content", source, kind, event.subject, when.isoformat(), data)
