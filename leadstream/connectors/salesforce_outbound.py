"""Outbound messages of Salesforce: SOAP, up to a hundred notifications, acknowledged or sent again for a day."""

import re
from typing import Any

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring
from msgspec import structs

from leadstream.connectors import salesforce_lead as lead
from leadstream.connectors.building import Key, connector
from leadstream.connectors.faults import Bad, Skip
from leadstream.connectors.port import Raw, Refusal, Reply, Trust
from leadstream.connectors.reading import Doc, said
from leadstream.connectors.signatures import OTHER_ACCOUNT, shared_key, without_credentials
from leadstream.connectors.telling import Telling

NAME = "salesforce_outbound"
_MOST = 100
_SESSION = re.compile(rb"(<(?:[A-Za-z_][\w.-]*:)?SessionId(?:\s[^>]{0,300})?>)[^<]*")
"""Bounded, or a body of nothing but beginnings would be looked through to its end from each of them."""
_ACK = (
    b'<?xml version="1.0" encoding="UTF-8"?>'
    b'<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>'
    b'<notificationsResponse xmlns="http://soap.sforce.com/2005/09/outbound"><Ack>true</Ack></notificationsResponse>'
    b"</soapenv:Body></soapenv:Envelope>"
)


def _notifications(raw: Raw) -> Any:
    """The element `notifications` of the envelope.

    Raises:
        Bad: it is no SOAP of this kind, or holds what XML from outside must not: a DTD, entities.
    """
    try:
        root = fromstring(raw.body, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        raise Bad("unreadable", "", "is not XML without DTD and entities") from None
    found = next((element for element in root.iter() if _local(element) == "notifications"), None)
    if found is None:
        raise Bad("malformed", "", "expected a SOAP envelope with notifications")
    return found


def _local(element: Any) -> str:
    return str(element.tag).rpartition("}")[2]


def _items(raw: Raw) -> list[Doc]:
    found = [each for each in _notifications(raw) if _local(each) == "Notification"]
    if not 1 <= len(found) <= _MOST:
        raise Bad("malformed", "Notification", f"expected 1 to {_MOST} notifications")
    return [Doc(_fields(each), f"Notification[{place}].") for place, each in enumerate(found)]


def _fields(element: Any) -> dict[str, Any]:
    """Child elements as fields; what has children itself is an object. The type of an object stands under `@type`."""
    fields: dict[str, Any] = {}
    for child in element:
        fields.setdefault(_local(child), _fields(child) if len(child) else child.text or "")
    kind = next((value for name, value in element.attrib.items() if name.rpartition("}")[2] == "type"), "")
    return {**fields, "@type": kind.rpartition(":")[2]}


def _key(item: Doc, _raw: Raw) -> Key:
    return (item.text("Id") or said(item),)


def _tell(item: Doc, telling: Telling) -> None:
    record = item.doc("sObject")
    if record.need("@type") != "Lead":
        raise Skip("a message about another object than a lead")
    lead.tell_whole(record, telling)


def verify(raw: Raw, trust: Trust, now: int) -> Refusal | None:
    """Nothing is signed: a key in the URL, and the organisation where it is configured, in either length of its id."""
    if refused := shared_key(raw, trust, now):
        return refused
    if not trust.accounts:
        return None
    try:
        found = next((each.text or "" for each in _notifications(raw) if _local(each) == "OrganizationId"), "")
    except Bad:
        return OTHER_ACCOUNT
    return None if found[:15] in {account[:15] for account in trust.accounts} and len(found) >= 15 else OTHER_ACCOUNT


def kept(raw: Raw) -> Raw:
    """The request without the session id, with which one could act for the user who caused it."""
    return structs.replace(without_credentials(raw), body=_SESSION.sub(rb"\1", raw.body))


CONNECTOR = connector(
    NAME, _items, _key, _tell, verify=verify, kept=kept, reply=Reply(media_type="text/xml; charset=utf-8", body=_ACK)
)
"""Outbound messages of Salesforce."""
