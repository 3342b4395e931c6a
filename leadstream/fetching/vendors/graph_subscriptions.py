"""Subscriptions of Microsoft Graph: it announces changes of a folder for less than three days, and is asked to go on.

Graph calls the address while it is asked, with a token that the gateway gives back; so the gateway has to be there.
"""

from collections.abc import Generator
from urllib.parse import quote

from events.instants import MINUTE, SECOND, iso
from leadstream.fetching import windows
from leadstream.fetching.port import (
    Answer,
    EndTurn,
    Request,
    Setup,
    Watch,
    Watched,
    Watching,
    WatchTurn,
    get,
    linked,
    ok,
    post,
)

_PATH = "/v1.0/subscriptions"
_LIFE = 4_230 * MINUTE
"""What every kind of folder has allowed from the beginning; some allow a week by now."""
_VIEW, _STATE = "calendarview", "clientState"


def subscription(asked: Watching) -> WatchTurn:
    """The subscription goes on; or a new one takes the place of all that announce the same to the same address."""
    setup, until = asked.setup, iso((asked.now + _LIFE) // SECOND * SECOND)
    if asked.held is not None:
        answer = yield post(setup, _of(asked.held), {"expirationDateTime": until}, method="PATCH")
        if answer.status != 404:
            return _watched(answer)
    folder = _folder(asked.id)
    others = yield from _same(setup, folder)
    said = {
        "changeType": "created,updated", "resource": folder, "expirationDateTime": until,
        "notificationUrl": setup.address, "lifecycleNotificationUrl": setup.address,
    }  # fmt: skip
    made = _watched((yield post(setup, _PATH, said, secret=_STATE)))
    for other in others:
        yield from ended(setup, other)
    return made


def ended(setup: Setup, held: Watched) -> EndTurn:
    """Delete a subscription; one that is gone already is none to be deleted."""
    yield post(setup, _of(held), method="DELETE")


def _same(setup: Setup, folder: str) -> Generator[Request, Answer, list[Watched]]:
    """Our app's subscriptions to the same folder and address: of a process that died before it could say so."""
    found, request = list[Watched](), get(setup, _PATH)
    while True:
        page = ok((yield request), "the subscriptions")
        found += [
            Watched(id=each.need("id"), until=0)
            for each in page.docs("value")
            if each.text("notificationUrl") == setup.address and _plain(each.text("resource")) == _plain(folder)
        ]
        link = page.text("@odata.nextLink")
        if not link:
            return found
        request = linked(setup, link)


def _folder(feed: str) -> str:
    """What is subscribed to: for a view of a calendar, which cannot be, the events in it."""
    path = feed.strip("/")
    return path[: -len(_VIEW)] + "events" if path.lower().endswith(f"/{_VIEW}") else path


def _plain(resource: str) -> str:
    return resource.strip("/").lower()


def _of(held: Watched) -> str:
    return f"{_PATH}/{quote(held.id, safe='')}"


def _watched(answer: Answer) -> Watched:
    found = ok(answer, "the subscription")
    until = windows.stamp(found.text("expirationDateTime"), "the subscription: the answer does not say when it ends")
    return Watched(id=found.need("id"), until=until)


OF_FOLDER = Watch("address", subscription, ended)
"""Of `graph_changes`."""
