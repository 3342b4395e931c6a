"""Events of a calendar of Google's as they change, by sync tokens; 410 means that the calendar has to be read anew."""

from urllib.parse import quote, unquote

import msgspec

from events.instants import DAY, iso
from leadstream.connectors import calendar_events
from leadstream.fetching.port import Asked, Kind, Page, Refused, Turn, begun_anew, get, joined, ok
from leadstream.fetching.vendors.google import CALENDAR, at
from leadstream.fetching.vendors.google_watches import OF_CALENDAR

_ITEM = (
    "id,iCalUID,status,eventType,created,updated,creator,organizer,attendees(email,organizer,self,resource),start,end"
)
_FIELDS = f"items({_ITEM}),nextPageToken,nextSyncToken"
"""Who meets, and when: neither what about nor where."""


def events(asked: Asked) -> Turn:
    """The next page of a calendar's events."""
    setup, cursor = at(asked.setup, CALENDAR), asked.cursor
    path = f"/calendar/v3/calendars/{quote(asked.id, safe='')}/events"
    sync, page, since = (cursor.get(name, "") for name in ("sync", "page", "from"))
    if not sync:
        since = since or iso((asked.now - setup.days * DAY) // DAY * DAY)
    query = [("maxResults", str(setup.size)), ("fields", _FIELDS)]
    query += [
        (name, str(value)) for name, value in (("syncToken", sync), ("timeMin", since), ("pageToken", page)) if value
    ]
    answer = yield get(setup, path, *query)
    if answer.status == 404:
        return Page(missing=asked.ids, told="Google has no such calendar, or it is not shared with us")
    if answer.status == 410 or (page and answer.status == 400):
        return begun_anew()
    found = ok(answer, "the events")
    after, later = found.text("nextPageToken"), found.text("nextSyncToken")
    if not (after or later):
        raise Refused(200, "the events: the answer has neither a page token nor a sync token")
    place = {name: value for name, value in (("sync", sync), ("from", since), ("page", after)) if value}
    body = joined(calendar=msgspec.json.encode(asked.id), page=answer.body) if found.docs("items") else b""
    return Page(
        cursor=place if after else {"sync": later}, body=body, path=path, connector=calendar_events.NAME,
        more=bool(after),
    )  # fmt: skip


KIND = Kind(events, key=unquote, watch=OF_CALENDAR)
"""`google_calendar_events`, by the calendar's id."""
