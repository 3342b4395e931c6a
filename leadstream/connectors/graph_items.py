"""Contacts, messages and events of Microsoft Graph as fetched: `{"resource": ..., "page": {"value": [...]}}`.

One alone is in `item`. `owner` is the mailbox's user where the resource names it by a number.
"""

from leadstream.connectors.building import Key, connector
from leadstream.connectors.correspondence import tell_mail, tell_meeting
from leadstream.connectors.faults import Bad, Skip
from leadstream.connectors.moments import iso
from leadstream.connectors.people import Profile, Who
from leadstream.connectors.port import Raw
from leadstream.connectors.reading import Doc, at_most, json_doc
from leadstream.connectors.signatures import fetched_only
from leadstream.connectors.telling import Telling

NAME = "graph_items"
_SYSTEM = "outlook"
_MOST = 1000
_KINDS = {"contacts": "contact", "messages": "message", "events": "event", "calendarview": "event"}
_Item = tuple[str, str, Doc]
"""What it is, the mailbox's address, and the item."""


def _items(raw: Raw) -> list[_Item]:
    body = json_doc(raw)
    found = body.doc("page").docs("value") or [item for item in (body.doc("item"),) if item]
    parts = body.text("resource").lower().strip("/").split("/")
    kind = next((_KINDS[part] for part in parts if part in _KINDS), "")
    owner = body.doc("owner").text("mail", "userPrincipalName") or next((part for part in parts if "@" in part), "")
    return [(kind, owner, each) for each in at_most(found, _MOST, "page.value")]


def _key(item: _Item, _raw: Raw) -> Key:
    """A contact in a version; a message and a meeting, which are told once."""
    kind, _, about = item
    version = about.text("lastModifiedDateTime") if kind == "contact" else ""
    return (kind, about.text("iCalUId", "internetMessageId", "id"), version)


def _tell(item: _Item, telling: Telling) -> None:
    kind, owner, about = item
    if "@removed" in about.fields:
        raise Skip("a message, event or contact was deleted; what it told stays")
    match kind:
        case "contact":
            _contact(about, telling)
        case "message":
            if about.flag("isDraft"):
                raise Skip("a draft")
            at = iso(about, "receivedDateTime", "sentDateTime", raw=telling.raw, zone="UTC")
            receivers = [_address(each) for each in (*about.docs("toRecipients"), *about.docs("ccRecipients"))]
            tell_mail(owner, _address(about.doc("from")), receivers, at, telling)
        case "event":
            if about.flag("isCancelled"):
                raise Skip("a meeting that was cancelled; what it told stays")
            people = [_address(each) for each in about.docs("attendees") if each.text("type") != "resource"]
            at = iso(about, "createdDateTime", raw=telling.raw, zone="UTC")
            tell_meeting(owner, _address(about.doc("organizer")), people, at, telling)
        case _:
            raise Bad("unknown_type", "resource", "expected contacts, messages or events")


def _address(recipient: Doc) -> str:
    return recipient.doc("emailAddress").text("address")


def _contact(about: Doc, telling: Telling) -> None:
    email = next((address for each in about.docs("emailAddresses") if (address := each.text("address"))), "")
    phone = next(iter(about.texts("businessPhones")), "") or about.text("mobilePhone")
    who = Who(system=_SYSTEM, own=about.need("id"), email=email, phone=phone)
    subject = who.subject(telling.given)
    created = iso(about, "createdDateTime", "lastModifiedDateTime", raw=telling.raw, zone="UTC")
    changed = iso(about, "lastModifiedDateTime", raw=telling.raw, zone="UTC")
    telling.capture(subject, _profile(about, email, phone, telling), created, source=_SYSTEM, once=True)
    telling.update(subject, _profile(about, email, phone, telling), changed, _SYSTEM)
    telling.links(who, subject, created)


def _profile(about: Doc, email: str, phone: str, telling: Telling) -> Profile:
    profile = Profile(telling.given)
    profile.name(about.text("givenName"), about.text("surname"), about.text("displayName"))
    profile.put("person.email", email)
    profile.put("person.phone", phone)
    profile.put("person.mobile", about.text("mobilePhone"))
    profile.put("person.title", about.text("jobTitle"))
    profile.put("company.name", about.text("companyName"))
    if categories := about.texts("categories"):
        profile.answer("categories", "; ".join(categories))
    return profile


CONNECTOR = connector(NAME, _items, _key, _tell, verify=fetched_only)
"""Items fetched from Microsoft Graph."""
