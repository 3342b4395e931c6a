"""Calls of Segment's tracking API, as a webhook destination sends them, or in batches (https://segment.com/docs/connections/spec/)."""

import re
from typing import Any

from leadstream.connectors.building import Key, connector
from leadstream.connectors.faults import Bad, Skip
from leadstream.connectors.moments import iso
from leadstream.connectors.people import Profile, Who
from leadstream.connectors.port import Raw, Refusal, Trust
from leadstream.connectors.reading import Doc, json_doc, said, words
from leadstream.connectors.signatures import (
    hexed,
    mac,
    shared_key,
    signed,
)
from leadstream.connectors.telling import Telling
from leadstream.connectors.tracking import Landing, landing

NAME = "segment"
_MOST = 2000
_SIGNATURE = "x-signature"
_NOT_WORDS = re.compile(r"[^\w]+")
_PERSON = {
    "email": "person.email",
    "phone": "person.phone",
    "title": "person.title",
    "website": "company.website",
}
_NAMES = ("firstName", "first_name", "lastName", "last_name", "name", "company", "address")
_COMPANY = {
    "name": "company.name",
    "industry": "company.industry",
    "employees": "company.employees",
    "employee_count": "company.employees",
    "website": "company.website",
    "phone": "company.phone",
}


def _items(raw: Raw) -> list[Doc]:
    body = json_doc(raw)
    if "batch" not in body.fields:
        return [body]
    calls = body.docs("batch")
    if not 1 <= len(calls) <= _MOST:
        raise Bad("malformed", "batch", f"expected 1 to {_MOST} calls")
    return calls


def _key(call: Doc, _raw: Raw) -> Key:
    """Two calls of different types may share one message id."""
    message = call.text("messageId")
    return (call.text("type"), message, "" if message else said(call))


def _tell(call: Doc, telling: Telling) -> None:
    kind, context = call.need("type"), call.doc("context")
    at = _when(call, telling)
    traits = call.doc("traits") or context.doc("traits")
    who = Who(
        system=NAME,
        own=call.text("userId"),
        email=traits.text("email"),
        phone=traits.text("phone"),
        anonymous=call.text("anonymousId"),
    )
    subject = who.subject(telling.given)
    match kind:
        case "identify":
            telling.update(subject, _person(traits, telling), at, NAME)
        case "group":
            telling.update(subject, _company(call, traits, telling), at, NAME)
        case "alias":
            telling.link(subject, "anonymous_id", call.need("previousId"), at)
            telling.link(subject, "source_id", call.need("previousId"), at, NAME)
        case "track" | "page" | "screen":
            _touched(call, kind, subject, at, telling)
        case _:
            raise Bad("unknown_type", "type", "expected identify, group, alias, track, page or screen")
    telling.links(who, subject, at)


def _when(call: Doc, telling: Telling) -> int:
    """The time that Segment corrected, else corrected here: the device's clock is wrong by what it says on sending."""
    if call.text("timestamp") or not call.text("originalTimestamp"):
        return iso(call, "timestamp", "receivedAt", raw=telling.raw, zone="UTC")
    original = iso(call, "originalTimestamp", raw=telling.raw, zone="UTC")
    if not (call.text("receivedAt") and call.text("sentAt")):
        return original
    received, sent = (iso(call, name, raw=telling.raw, zone="UTC") for name in ("receivedAt", "sentAt"))
    return min(max(received - (sent - original), 0), telling.raw.received_at)


def _touched(call: Doc, kind: str, subject: str, at: int, telling: Telling) -> None:
    context, properties = call.doc("context"), call.doc("properties")
    page, campaign = context.doc("page"), context.doc("campaign")
    url = properties.text("url") or page.text("url")
    way: Landing = landing(url)
    screen = call.text("name") if kind == "screen" else ""
    happened = _NOT_WORDS.sub("_", call.need("event").lower()).strip("_") if kind == "track" else "visited"
    if not happened:
        raise Skip("an event whose name has no letters")
    telling.touch(
        subject, at,
        channel="app" if kind == "screen" else "website", kind=happened[:_LONGEST],
        asset=screen or way.page or page.text("path"),
        campaign=campaign.text("name") or way.campaign, click_id=way.click_id,
    )  # fmt: skip


_LONGEST = 256


def _person(traits: Doc, telling: Telling) -> Profile:
    profile, company = Profile(telling.given), traits.doc("company")
    profile.name(traits.text("firstName", "first_name"), traits.text("lastName", "last_name"), traits.text("name"))
    for name, field in _COMPANY.items():
        profile.put(field, _counted(field, company.fields.get(name)))
    profile.put("company.name", traits.text("company"))
    for name in ("city", "country", "state", "postalCode"):
        profile.put(f"person.{_ADDRESS.get(name, name)}", traits.doc("address").text(name))
    for name, value in traits:
        if name in _PERSON:
            profile.put(_PERSON[name], value)
        elif name not in _NAMES or name in telling.given.fields:
            profile.put(telling.given.fields.get(name) or f"{NAME}.{name}", value)
    return profile


_ADDRESS = {"state": "region", "postalCode": "postcode"}


def _company(call: Doc, traits: Doc, telling: Telling) -> Profile:
    profile = Profile(telling.given)
    profile.put(f"{NAME}.group", call.need("groupId"))
    for name, field in _COMPANY.items():
        profile.put(field, _counted(field, traits.fields.get(name)))
    return profile


def _counted(field: str, value: Any) -> Any:
    """A number of people that came as text is a number all the same."""
    text = words(value)
    return int(text) if field == "company.employees" and text.isascii() and text.isdigit() and len(text) < 16 else value


def verify(raw: Raw, trust: Trust, now: int) -> Refusal | None:
    """HMAC-SHA1 over the body as a webhook destination makes it; else the write key, as Basic user or in the URL."""
    if given := raw.header(_SIGNATURE):
        return signed(given, trust, lambda secret: hexed(mac(secret, raw.body, "sha1")))
    return shared_key(raw, trust, now)


CONNECTOR = connector(NAME, _items, _key, _tell, verify=verify, browsers=True)
"""Segment."""
