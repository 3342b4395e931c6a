"""Microsoft Graph: a resource that a notification names, and folders by delta queries.

A delta query is followed by the links it answers with: `@odata.nextLink` while there is more, `@odata.deltaLink` for
next time. Graph forgets a link after a while and says so with 410; then the folder is read anew, and what was told
before falls out by its ids.
"""

import re
from urllib.parse import quote

import msgspec

from events.instants import DAY, from_us
from leadstream.connectors import graph_items, microsoft_graph
from leadstream.fetching.answers import standard
from leadstream.fetching.port import (
    Answer,
    Asked,
    Kind,
    Page,
    Refused,
    Request,
    Setup,
    Turn,
    Vendor,
    begun_anew,
    get,
    joined,
    linked,
    ok,
)
from leadstream.fetching.tokens import by_client
from leadstream.fetching.vendors.graph_subscriptions import OF_FOLDER

_VERSION = "/v1.0/"
_SELECT = {
    "contacts": "id,displayName,givenName,surname,emailAddresses,companyName,jobTitle,businessPhones,mobilePhone,"
    "categories,createdDateTime,lastModifiedDateTime",
    "messages": "id,internetMessageId,from,toRecipients,ccRecipients,isDraft,sentDateTime,receivedDateTime,"
    "lastModifiedDateTime",
    "events": "id,iCalUId,organizer,attendees,isCancelled,isOrganizer,start,end,createdDateTime,lastModifiedDateTime",
}
"""Heads and addresses alone: no subject and no body of a message is ever asked for."""
_OF_VIEWS = {"calendarview": "events"}
_AHEAD = 365
_RESOURCE = re.compile(r"(?i)(users/[^/]+|me)/(?:[^/]+/)*?(contacts|messages|events|calendarView)(?:/[^/]+)?")


def collection(resource: str) -> str | None:
    """Whether a path is about contacts, messages or events; None where it is about something else."""
    found = _RESOURCE.fullmatch(resource.strip("/"))
    if found is None:
        return None
    name = found[2].lower()
    return _OF_VIEWS.get(name, name)


def _owner(setup: Setup, resource: str) -> Request | None:
    """The request for the mailbox's address, where the path has its number instead."""
    user = resource.strip("/").split("/")[1] if resource.lower().startswith("users/") else ""
    if "@" in user:
        return None
    path = f"{_VERSION}users/{quote(user, safe='')}" if user else f"{_VERSION}me"
    return get(setup, path, ("$select", "mail,userPrincipalName"))


def resource(asked: Asked) -> Turn:
    """What a notification names."""
    path, kind = asked.id.strip("/"), collection(asked.id)
    if kind is None:
        return Page(told=f"a notification is about {_shape(path)}, and only contacts, messages and events are read")
    whose = _owner(asked.setup, path)
    owner = (yield whose) if whose is not None else None
    if owner is not None and owner.status == 404:
        return Page(missing=asked.ids)
    answer = yield get(asked.setup, f"{_VERSION}{quote(path, safe='/@=')}", ("$select", _SELECT[kind]))
    if answer.status in (404, 410):
        return Page(missing=asked.ids)
    ok(answer, "the resource")
    body = joined(resource=msgspec.json.encode(path), **_whose(owner), item=answer.body)
    return Page(body=body, path=f"{_VERSION}{path}", connector=graph_items.NAME)


def changes(asked: Asked) -> Turn:
    """The next page of what changed in a folder, such as `users/ada@example.com/contacts`."""
    path, kind = asked.id.strip("/"), collection(asked.id)
    if kind is None:
        raise Refused(0, f"{path!r} is no folder of contacts, messages or events")
    whose = _owner(asked.setup, path)
    owner = (yield whose) if whose is not None else None
    link = str(asked.cursor.get("link", ""))
    answer = yield linked(asked.setup, link, _paged(asked.setup.size)) if link else _first(asked, path, kind)
    if link and answer.status in (400, 404, 410) and _forgotten(answer):
        return begun_anew()
    found = ok(answer, "the changes of a folder")
    after, later = found.text("@odata.nextLink"), found.text("@odata.deltaLink")
    if not (after or later):
        raise Refused(200, "the changes of a folder: the answer has neither a next link nor a delta link")
    body = joined(resource=msgspec.json.encode(path), **_whose(owner), page=answer.body) if found.docs("value") else b""
    return Page(
        cursor={"link": after or later}, body=body, path=f"{_VERSION}{path}/delta", connector=graph_items.NAME,
        more=bool(after),
    )  # fmt: skip


def _first(asked: Asked, path: str, kind: str) -> Request:
    query, size = [("$select", _SELECT[kind])], asked.setup.size
    if path.lower().endswith("calendarview"):
        start, end = asked.now - asked.setup.days * DAY, asked.now + _AHEAD * DAY
        query = [
            (name, from_us(at // DAY * DAY).isoformat())
            for name, at in (("startDateTime", start), ("endDateTime", end))
        ]
    elif kind == "messages":
        since = from_us((asked.now - asked.setup.days * DAY) // DAY * DAY).strftime("%Y-%m-%dT%H:%M:%SZ")
        query.append(("$filter", f"receivedDateTime ge {since}"))
    return get(asked.setup, f"{_VERSION}{quote(path, safe='/@=')}/delta", *query, headers=_paged(size))


def _paged(size: int) -> tuple[tuple[str, str], ...]:
    return (("prefer", f"odata.maxpagesize={size}"),)


def _forgotten(answer: Answer) -> bool:
    """Whether the link is one that Graph does not know any more."""
    words = (b"syncStateNotFound", b"SyncStateNotFound", b"resyncRequired", b"syncStateInvalid", b"SyncStateInvalid")
    return answer.status == 410 or any(word in answer.body for word in words)


def reauthorize(asked: Asked) -> Turn:
    """A subscription wants to hear that we still want it."""
    answer = yield Request(
        method="POST", url=f"{asked.setup.base}{_VERSION}subscriptions/{quote(asked.id, safe='')}/reauthorize"
    )
    if answer.status == 404:
        return Page(missing=asked.ids, lapsed=asked.ids, told="a subscription of Graph is gone and has to be made anew")
    if not 200 <= answer.status < 300:
        raise Refused(answer.status, f"renewing a subscription: {answer.status}")
    return Page()


def removed(asked: Asked) -> Turn:
    """A subscription was removed. One that is not ours only a person can make anew; folders are read meanwhile."""
    yield from ()
    return Page(lapsed=asked.ids, told=f"the subscription {asked.id} of Graph was removed and has to be made anew")


def _whose(owner: Answer | None) -> dict[str, bytes]:
    if owner is None:
        return {}
    ok(owner, "the mailbox")
    return {"owner": owner.body}


def _shape(path: str) -> str:
    """A path without its ids."""
    return "/".join(part for place, part in enumerate(path.split("/")) if place % 2 == 0)


VENDOR = Vendor(
    name=microsoft_graph.NAME,
    base="https://graph.microsoft.com",
    token_url="https://login.microsoftonline.com/{account}/oauth2/v2.0/token",  # noqa: S106 - an address
    grant=by_client("https://graph.microsoft.com/.default"),
    kinds={
        "graph_resource": Kind(resource),
        "graph_changes": Kind(changes, watch=OF_FOLDER),
        "graph_delta": Kind(removed, all_feeds=True),
        "graph_reauthorization": Kind(reauthorize),
        "graph_subscription": Kind(removed),
    },
    translators=frozenset({graph_items.NAME}),
    judge=standard,
    needs=("account",),
    takes=("client_id", "client_secret"),
    size=50,
)
"""Microsoft Graph."""
