"""Change data capture of Salesforce: the JSON of CometD, or that of Pub/Sub once its Avro is decoded."""

from leadstream.connectors import salesforce_lead as lead
from leadstream.connectors.building import Key, connector
from leadstream.connectors.faults import Bad, Skip, erasure
from leadstream.connectors.moments import epoch
from leadstream.connectors.people import Who
from leadstream.connectors.port import Raw, Refusal, Trust
from leadstream.connectors.reading import Doc, json_docs
from leadstream.connectors.signatures import shared_key
from leadstream.connectors.standard_webhooks import verify as verify_signature
from leadstream.connectors.telling import Telling

NAME = "salesforce"
_MOST = 1000
_HEADER = "ChangeEventHeader"
_TOLD = ("CREATE", "UPDATE")


def _items(raw: Raw) -> list[tuple[Doc, str]]:
    """Each change with each record it is about. A change wraps its fields in `payload`, CometD that in `data`."""
    found: list[tuple[Doc, str]] = []
    for event in json_docs(raw, _MOST):
        inner = event.doc("data") or event
        payload = inner.doc("payload") or inner
        records = payload.doc(_HEADER).texts("recordIds")[:_MOST]
        found += [(payload, record) for record in records or [""]]
    return found


def _key(item: tuple[Doc, str], _raw: Raw) -> Key:
    header = item[0].doc(_HEADER)
    return (header.text("transactionKey"), header.text("sequenceNumber"), header.text("changeType"), item[1])


def _tell(item: tuple[Doc, str], telling: Telling) -> None:
    fields, record = item
    header = fields.doc(_HEADER)
    entity, change = header.need("entityName"), header.need("changeType")
    if entity != "Lead":
        raise Skip("a change of another object than a lead; of a conversion the lead itself says all")
    if not record:
        raise Bad("malformed", f"{_HEADER}.recordIds", "is missing or empty")
    at, who = epoch(header, "commitTimestamp", telling.raw), lead.who_of(record)
    if change.startswith("GAP_") or change == "UNDELETE":
        telling.want("lead", who.own)  # what changed is not said
        return
    if change == "DELETE":
        raise erasure("Salesforce reports that a lead was deleted")
    if change not in _TOLD:
        raise Bad("unknown_type", f"{_HEADER}.changeType", "is no change that is known")
    _change(fields, who, at, telling)


def _change(fields: Doc, who: Who, at: int, telling: Telling) -> None:
    """Tell a change. Fields that are null did not change, or were emptied; neither is told."""
    subject, header = who.subject(telling.given), fields.doc(_HEADER)
    profile = lead.profile_of(fields, telling)
    if header.text("changeType") == "CREATE":
        source = fields.text("LeadSource") or NAME
        telling.capture(subject, profile, at, source=source, once=True)
    else:
        telling.update(subject, profile, at, NAME)
    lead.tell_rest(fields, subject, at, header.text("commitUser"), telling)
    telling.links(Who(who.system, own=who.own, email=fields.text("Email"), phone=fields.text("Phone")), subject, at)


def verify(raw: Raw, trust: Trust, now: int) -> Refusal | None:
    """Salesforce does not post these itself: whoever subscribes for us signs (Standard Webhooks) or has a key."""
    return verify_signature(raw, trust, now) if raw.header("webhook-signature") else shared_key(raw, trust, now)


CONNECTOR = connector(NAME, _items, _key, _tell, verify=verify)
"""Change data capture of Salesforce."""
