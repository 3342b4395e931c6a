"""Events of a calendar of Google's as fetched: `{"calendar": ..., "page": {"items": [...]}}`."""

from leadstream.connectors.building import Key, connector
from leadstream.connectors.correspondence import tell_meeting
from leadstream.connectors.faults import Skip
from leadstream.connectors.moments import iso
from leadstream.connectors.port import Raw
from leadstream.connectors.reading import Doc, at_most, json_doc
from leadstream.connectors.signatures import fetched_only
from leadstream.connectors.telling import Telling

NAME = "calendar_events"
_MOST = 2500


def _items(raw: Raw) -> list[tuple[str, Doc]]:
    body = json_doc(raw)
    found = body.doc("page").docs("items")
    return [(body.text("calendar"), each) for each in at_most(found, _MOST, "page.items")]


def _key(item: tuple[str, Doc], _raw: Raw) -> Key:
    """Not the version: that a meeting was made is told once, whatever changes in it."""
    return (item[1].text("iCalUID", "id"),)


def _tell(item: tuple[str, Doc], telling: Telling) -> None:
    calendar, event = item
    if event.text("status") == "cancelled":
        raise Skip("a meeting that was cancelled; what it told stays")
    if event.text("eventType") not in ("", "default"):
        raise Skip("an entry of a calendar that is no meeting")
    people = [each.text("email") for each in event.docs("attendees") if not each.flag("resource")]
    organizer = event.doc("organizer").text("email") or event.doc("creator").text("email")
    tell_meeting(
        _owner(calendar, event), organizer, people, iso(event, "created", raw=telling.raw, zone="UTC"), telling
    )


def _owner(calendar: str, event: Doc) -> str:
    """An address of ours: the calendar's own, or of whom the event says that it is us."""
    mine = next((each.text("email") for each in event.docs("attendees") if each.flag("self")), "")
    return mine or (event.doc("creator").text("email") if calendar.endswith(".calendar.google.com") else calendar)


CONNECTOR = connector(NAME, _items, _key, _tell, verify=fetched_only)
"""Events fetched from Google Calendar."""
