"""How Google is asked to announce changes: of a mailbox and a form through Pub/Sub, of a calendar by a channel.

All three last for a week at most. A mailbox has one watch, and asking again prolongs it. A form has one for each
project, which is renewed by its id. A channel of a calendar cannot be renewed: a new one is opened, then the old one
is stopped.
"""

from urllib.parse import quote

from events.instants import DAY, SECOND
from leadstream.fetching import windows
from leadstream.fetching.port import (
    Answer,
    EndTurn,
    Refused,
    Request,
    Setup,
    Watch,
    Watched,
    Watching,
    WatchTurn,
    get,
    ok,
    post,
)
from leadstream.fetching.vendors.google import CALENDAR, FORMS, GMAIL, at

_WEEK = 7 * DAY
_EVENT = "RESPONSES"
_TOKEN = "token"  # noqa: S105 - the name of a member
_OTHER_TOPIC = b"Only one user push notification client"


def mailbox(asked: Watching) -> WatchTurn:
    """`users.watch`. A watch that publishes to another topic has to be stopped first."""
    setup = at(asked.setup, GMAIL)
    path = f"/gmail/v1/users/{quote(asked.id, safe='@')}"
    request = post(setup, f"{path}/watch", {"topicName": setup.topic})
    answer = yield request
    if answer.status == 400 and _OTHER_TOPIC in answer.body:
        yield post(setup, f"{path}/stop")
        answer = yield request
    return Watched(until=_ms(ok(answer, "the watch of the mailbox").text("expiration"), "the watch of the mailbox"))


def form(asked: Watching) -> WatchTurn:
    """`forms.watches`: the one that is there goes on, whoever has made it; one to another topic gives way."""
    setup = at(asked.setup, FORMS)
    path = f"/v1/forms/{quote(asked.id, safe='')}/watches"
    if asked.held is not None:
        answer = yield _renewal(setup, path, asked.held.id)
        if answer.status != 404:
            return _form_watch(answer)
    listed = ok((yield get(setup, path)), "the watches of the form")
    for each in listed.docs("watches"):
        if each.text("eventType") != _EVENT:
            continue
        if each.doc("target").doc("topic").text("topicName") == setup.topic:
            answer = yield _renewal(setup, path, each.need("id"))
            if answer.status != 404:
                return _form_watch(answer)
        else:
            yield post(setup, f"{path}/{quote(each.need('id'), safe='')}", method="DELETE")
    said = {"watch": {"target": {"topic": {"topicName": setup.topic}}, "eventType": _EVENT}}
    return _form_watch((yield post(setup, path, said)))


def _renewal(setup: Setup, path: str, identity: str) -> Request:
    return post(setup, f"{path}/{quote(identity, safe='')}:renew")


def _form_watch(answer: Answer) -> Watched:
    found = ok(answer, "the watch of the form")
    until = windows.stamp(found.text("expireTime"), "the watch of the form: the answer does not say when it ends")
    return Watched(id=found.need("id"), until=until)


def calendar(asked: Watching) -> WatchTurn:
    """`events.watch`: a new channel each time."""
    setup = at(asked.setup, CALENDAR)
    said = {
        "id": asked.name, "type": "web_hook", "address": setup.address,
        "params": {"ttl": str(_WEEK // SECOND)},
    }  # fmt: skip
    path = f"/calendar/v3/calendars/{quote(asked.id, safe='')}/events/watch"
    found = ok((yield post(setup, path, said, secret=_TOKEN)), "the channel of the calendar")
    until = _ms(found.text("expiration"), "the channel of the calendar")
    return Watched(id=asked.name, resource=found.text("resourceId"), until=until)


def stopped(setup: Setup, channel: Watched) -> EndTurn:
    """`channels.stop`; one that is gone already is none to be stopped."""
    yield post(at(setup, CALENDAR), "/calendar/v3/channels/stop", {"id": channel.id, "resourceId": channel.resource})


def _ms(text: str, what: str) -> int:
    """Milliseconds since the epoch, as a text."""
    if not text.isdecimal() or len(text) > 15:
        raise Refused(200, f"{what}: the answer does not say when it ends")
    return int(text) * (SECOND // 1000)


OF_MAILBOX = Watch("topic", mailbox)
"""Of `gmail_history`."""
OF_FORM = Watch("topic", form)
"""Of `google_form_responses`."""
OF_CALENDAR = Watch("address", calendar, stopped)
"""Of `google_calendar_events`."""
