"""HubSpot: contacts by their ids, many at once; a deal with whom it is; and contacts as they change."""

from urllib.parse import quote

import msgspec

from events.instants import SECOND
from leadstream.connectors import hubspot_object, hubspot_objects
from leadstream.connectors.hubspot_properties import PROFILE, STATUSES
from leadstream.connectors.reading import Doc
from leadstream.fetching import windows
from leadstream.fetching.answers import standard
from leadstream.fetching.port import Asked, Kind, Page, Setup, Turn, Vendor, get, joined, ok, post
from leadstream.fetching.tokens import refreshed

_CONTACTS, _DEALS = "/crm/v3/objects/contacts", "/crm/v3/objects/deals"
_PROPERTIES = (
    *PROFILE, *STATUSES, "hs_email_optout", "hs_analytics_source", "hs_object_source_label", "createdate",
    "lastmodifieddate",
)  # fmt: skip
_DEAL = ("dealname", "dealstage", "closedate", "amount")
_MS = SECOND // 1000


def _asked_for(setup: Setup) -> list[str]:
    return list(dict.fromkeys((*_PROPERTIES, *setup.properties)))


def _body(setup: Setup, **parts: bytes) -> bytes:
    """The API does not say whose objects they are."""
    return joined(portalId=msgspec.json.encode(setup.account), **parts)


def contacts(asked: Asked) -> Turn:
    """Contacts by id. Those that are not there are left out of an answer 207, or without a word."""
    said = {"properties": _asked_for(asked.setup), "inputs": [{"id": identity} for identity in asked.ids]}
    answer = yield post(asked.setup, f"{_CONTACTS}/batch/read", said)
    found = ok(answer, "the contacts")
    there = {each.text("id") for each in found.docs("results")}
    return Page(
        body=_body(asked.setup, page=answer.body) if there else b"",
        path=f"{_CONTACTS}/batch/read",
        connector=hubspot_objects.NAME,
        missing=tuple(identity for identity in asked.ids if identity not in there),
    )


def deal(asked: Asked) -> Turn:
    """One deal with its contacts and companies, which reading many at once does not tell."""
    path = f"{_DEALS}/{quote(asked.id, safe='')}"
    query = ("properties", ",".join((*_DEAL, *asked.setup.properties))), ("associations", "contacts,companies")
    answer = yield get(asked.setup, path, *query)
    if answer.status == 404:
        return Page(missing=asked.ids)
    ok(answer, "the deal")
    return Page(body=_body(asked.setup, item=answer.body), path=path, connector=hubspot_objects.NAME)


def changed(asked: Asked) -> Turn:
    """The next page of contacts in the order in which they were changed.

    A contact that changes while the list is read moves to its end, and those behind it move up; so no place in the list
    is ever asked for, only what was changed at a time or later, and of one time those with a greater id.
    """
    cursor, size = asked.cursor, asked.setup.size
    at, tie = int(cursor.get("at", windows.since(asked) // _MS)), str(cursor.get("tie", ""))
    if tie:
        filters = [_filter("lastmodifieddate", "EQ", at), _filter("hs_object_id", "GT", tie)]
        order = "hs_object_id"
    else:
        filters, order = [_filter("lastmodifieddate", "GTE", at)], "lastmodifieddate"
    said = {
        "filterGroups": [{"filters": filters}],
        "sorts": [{"propertyName": order, "direction": "ASCENDING"}],
        "properties": _asked_for(asked.setup),
        "limit": size,
    }
    answer = yield post(asked.setup, f"{_CONTACTS}/search", said)
    found = ok(answer, "the changed contacts").docs("results")
    stamps = {each.text("id"): _stamp(each) for each in found}
    place = _next(found, size, at, tie=tie)
    return Page(
        cursor=windows.moved(asked, stamps, place),
        body=_body(asked.setup, page=answer.body) if windows.is_new(cursor, stamps) else b"",
        path=f"{_CONTACTS}/search",
        connector=hubspot_objects.NAME,
        more=bool(place),
    )


def _filter(name: str, operator: str, value: object) -> dict[str, str]:
    return {"propertyName": name, "operator": operator, "value": str(value)}


def _next(found: list[Doc], size: int, at: int, *, tie: str) -> dict[str, object]:
    """Where to go on after a page; empty at the end."""
    full = len(found) >= size
    if tie:
        return {"at": at, "tie": found[-1].text("id")} if full else {"at": at + 1}
    if not full:
        return {}
    last = _stamp(found[-1]) // _MS
    if last > at:
        return {"at": last}
    return {"at": at, "tie": "0"}  # a page of one time alone: go through that time by id


def _stamp(contact: Doc) -> int:
    """When it was changed, microseconds, in whole milliseconds as the search compares it."""
    text = contact.doc("properties").text("lastmodifieddate") or contact.text("updatedAt")
    return windows.stamp(text, "the changed contacts: one of them has no lastmodifieddate") // _MS * _MS


VENDOR = Vendor(
    name=hubspot_object.NAME,
    base="https://api.hubapi.com",
    token_url="https://api.hubapi.com/oauth/v1/token",  # noqa: S106 - an address
    grant=refreshed,
    kinds={"contact": Kind(contacts, most=100), "deal": Kind(deal), "contacts": Kind(changed)},
    translators=frozenset({hubspot_objects.NAME}),
    judge=standard,
    needs=("account",),
    size=100,
)
"""HubSpot."""
