"""HubSpot: webhooks of an app, which only announce (a list), and the object that a workflow sends (one, whole)."""

from leadstream.connectors import hubspot_object
from leadstream.connectors.building import Key, connector
from leadstream.connectors.faults import Bad, Skip, erasure
from leadstream.connectors.hubspot_object import NAME, who_of
from leadstream.connectors.hubspot_properties import tell_property
from leadstream.connectors.hubspot_signature import verify
from leadstream.connectors.moments import epoch
from leadstream.connectors.port import Raw
from leadstream.connectors.reading import Doc, json_docs
from leadstream.connectors.signatures import digest_of
from leadstream.connectors.telling import Telling

_MOST = 1000
_OBJECTS = frozenset({"contact", "company", "deal", "ticket", "product", "line_item", "conversation"})
_CHANGES = frozenset(
    {"creation", "deletion", "propertyChange", "merge", "restore", "associationChange", "privacyDeletion", "newMessage"}
)


def _items(raw: Raw) -> list[Doc]:
    return json_docs(raw, _MOST)


def _key(item: Doc, raw: Raw) -> Key:
    """Not `eventId`, which is not unique, nor `attemptNumber`."""
    if hubspot_object.is_object(item):
        return ("object", digest_of(raw.body))
    value = digest_of(item.text("propertyValue").encode("utf-8", "surrogatepass"))
    return (*(item.text(name) for name in ("portalId", "objectId", "propertyName", "occurredAt")), _type(item), value)


def _type(item: Doc) -> str:
    return item.text("subscriptionType", "eventType")


def _tell(item: Doc, telling: Telling) -> None:
    if hubspot_object.is_object(item):
        hubspot_object.tell(item, telling)
        return
    about, _, change = _type(item).partition(".")
    if about not in _OBJECTS or change not in _CHANGES:
        raise Bad("unknown_type", "subscriptionType", "is no change of a contact, company or deal that is known")
    if about == "deal" and change in ("creation", "propertyChange", "restore"):
        telling.want("deal", item.need("objectId"))
    elif about == "contact":
        _contact(item, change, telling)
    else:
        raise Skip(f"a {about} changed, no lead")


def _contact(item: Doc, change: str, telling: Telling) -> None:
    portal, at = item.need("portalId"), epoch(item, "occurredAt", telling.raw)
    if change == "merge":
        _merged(item, portal, at, telling)
        return
    who = who_of(portal, item.need("objectId"))
    subject = who.subject(telling.given)
    if change in ("deletion", "privacyDeletion"):
        raise erasure(f"HubSpot reports {change} of a contact")
    if change == "associationChange":
        raise Skip("a contact was put to a company or deal, or taken from it")
    telling.link(subject, "source_id", who.own, at, who.system)
    if change == "propertyChange":
        tell_property(item.need("propertyName"), item.text("propertyValue"), subject, at, telling)
    if change != "propertyChange" or item.text("propertyName") in ("firstname", "lastname"):
        telling.want("contact", who.own)  # a name comes in two halves, and only the contact has both


def _merged(item: Doc, portal: str, at: int, telling: Telling) -> None:
    """Contacts became one, under the id of one of them or under a new one; the others' ids lead to it."""
    primary = item.need("primaryObjectId", "objectId")
    who = who_of(portal, item.text("newObjectId") or primary)
    subject = who.subject(telling.given)
    for own in dict.fromkeys((who.own, primary, *item.texts("mergedObjectIds"))):
        telling.link(subject, "source_id", own, at, who.system)
    telling.want("contact", who.own)


CONNECTOR = connector(NAME, _items, _key, _tell, verify=verify, seconds=5.0)
"""HubSpot."""
