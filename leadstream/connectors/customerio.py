"""Reporting webhooks of Customer.io: what became of messages, and who subscribed."""

from events.life import LeadBounced
from leadstream.connectors.building import Key, connector
from leadstream.connectors.faults import Bad, Skip
from leadstream.connectors.moments import epoch
from leadstream.connectors.people import LONGEST, Who
from leadstream.connectors.port import Raw, Refusal, Trust
from leadstream.connectors.reading import Doc, json_doc
from leadstream.connectors.signatures import digest_of, hexed, mac, signed, stale
from leadstream.connectors.telling import Telling

NAME = "customerio"
_CHANNELS = frozenset({"email", "sms", "push", "in_app", "slack", "webhook", "whatsapp"})
_TO_US = frozenset({"slack", "webhook"})
_UNSEEN = frozenset({"drafted", "attempted", "deferred", "dropped", "failed", "sent", "converted", "undeliverable"})
_TOUCHES = {"opened": "opened", "human_opened": "opened", "clicked": "clicked", "human_clicked": "clicked"}


def _items(raw: Raw) -> list[Doc]:
    return [json_doc(raw)]


def _key(item: Doc, raw: Raw) -> Key:
    return (item.text("event_id") or digest_of(raw.body),)


def _tell(item: Doc, telling: Telling) -> None:
    channel, metric, data = item.need("object_type"), item.need("metric"), item.doc("data")
    if channel not in (*_CHANNELS, "customer"):
        raise Bad("unknown_type", "object_type", "is no kind of message that is known")
    at = epoch(item, "timestamp", telling.raw)
    people = data.doc("identifiers")
    address = data.text("recipient", "email_address")
    who = Who(
        system=NAME,
        own=people.text("id", "cio_id") or data.text("customer_id"),
        email=people.text("email") or (address if "@" in address else ""),
        phone=address if channel in ("sms", "whatsapp") else "",
    )
    subject = who.subject(telling.given)
    if channel == "customer":
        _customer(metric, subject, at, telling)
    else:
        _message(item, subject, at, telling)
    telling.links(who, subject, at)


def _customer(metric: str, subject: str, at: int, telling: Telling) -> None:
    if metric not in ("subscribed", "unsubscribed"):
        raise Skip("a change of preferences that is neither consent nor its end")
    granted = metric == "subscribed"
    telling.consent(subject, at, purpose=telling.given.purpose, granted=granted, source=f"{NAME} {metric}")


def _message(item: Doc, subject: str, at: int, telling: Telling) -> None:
    channel, metric, data = item.text("object_type"), item.text("metric"), item.doc("data")
    if channel in _TO_US:
        raise Skip(f"a message by {channel}, which goes to a team or a program and to no lead")
    campaign = data.text("campaign_id", "broadcast_id", "newsletter_id", "transactional_message_id")
    match metric:
        case "delivered":
            telling.touch(
                subject, at, channel=channel, kind="sent", direction="outbound", side="marketing", campaign=campaign
            )
        case _ if metric in _TOUCHES:
            asset = data.text("href", "link_id") or data.text("subject")
            telling.touch(subject, at, channel=channel, kind=_TOUCHES[metric], campaign=campaign, asset=asset)
        case "bounced":
            address = data.text("recipient")[:LONGEST] or None
            telling.tell(subject, LeadBounced(channel=channel, hard=True, address=address), at)
        case "spammed" | "unsubscribed":
            telling.consent(subject, at, purpose=telling.given.purpose, granted=False, source=f"{NAME} {metric}")
        case _ if metric in _UNSEEN:
            raise Skip(f"a message was {metric}, which its reader does not see")
        case _:
            raise Bad("unknown_type", "metric", "is nothing known that becomes of a message")


def verify(raw: Raw, trust: Trust, now: int) -> Refusal | None:
    """HMAC-SHA256 over version, time and body."""
    timestamp = raw.header("x-cio-timestamp")
    message = f"v0:{timestamp}:".encode("utf-8", "replace") + raw.body
    refused = signed(raw.header("x-cio-signature"), trust, lambda secret: hexed(mac(secret, message)))
    return stale(timestamp, now) or refused


CONNECTOR = connector(NAME, _items, _key, _tell, verify=verify, seconds=4.0)
"""Customer.io."""
