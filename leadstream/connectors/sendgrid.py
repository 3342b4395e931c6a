"""Events of SendGrid: what became of mail that was sent. Signed with a key of which we have the public half."""

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from events.life import LeadBounced
from leadstream.connectors.building import Key, connector
from leadstream.connectors.faults import Bad, Skip
from leadstream.connectors.moments import epoch
from leadstream.connectors.people import LONGEST, Who
from leadstream.connectors.port import Raw, Refusal, Trust
from leadstream.connectors.reading import Doc, json_docs
from leadstream.connectors.signatures import (
    NO_SECRET,
    UNSIGNED,
    WRONG,
    stale,
    unbased,
)
from leadstream.connectors.telling import Telling

NAME = "sendgrid"
_MOST = 5000
_SKIPPED = {
    "processed": "mail was taken for sending",
    "deferred": "mail is tried again later",
}
_HARD_DROPS = ("Bounced Address", "Invalid")


def _items(raw: Raw) -> list[Doc]:
    return json_docs(raw, _MOST)


def _key(item: Doc, _raw: Raw) -> Key:
    if identity := item.text("sg_event_id"):
        return (identity,)
    return (
        "",
        *(item.text(name) for name in ("event", "sg_message_id", "timestamp", "url")),
        item.text("email").lower(),
    )


def _tell(item: Doc, telling: Telling) -> None:
    kind = item.need("event")
    if kind in _SKIPPED:
        raise Skip(_SKIPPED[kind])
    at = epoch(item, "timestamp", telling.raw)
    who = Who(lead=item.text("lead_id"), email=item.need("email"))
    subject = who.subject(telling.given)
    campaign = item.text("marketing_campaign_name", "singlesend_name") or next(iter(item.texts("category")), "")
    match kind:
        case "delivered":
            telling.touch(
                subject, at, channel="email", kind="sent", direction="outbound", side="marketing", campaign=campaign
            )
        case "open" if item.flag("sg_machine_open"):
            raise Skip("a program opened the mail, not a person")
        case "open":
            telling.touch(subject, at, channel="email", kind="opened", campaign=campaign, asset=campaign)
        case "click":
            telling.touch(subject, at, channel="email", kind="clicked", campaign=campaign, asset=item.text("url"))
        case "bounce" | "dropped":
            _bounced(item, subject, at, telling)
        case "spamreport" | "unsubscribe" | "group_unsubscribe" | "group_resubscribe":
            _consent(item, kind, subject, at, telling)
        case _:
            raise Bad("unknown_type", "event", "is no event of mail that is known")
    telling.link_email(subject, who.email, at)


def _bounced(item: Doc, subject: str, at: int, telling: Telling) -> None:
    """A `bounce` of type `blocked` may come through another time. Of what is dropped only bad addresses are news."""
    if item.text("event") == "dropped" and not item.text("reason").startswith(_HARD_DROPS):
        raise Skip("mail was not sent, for no fault of the address")
    hard = item.text("event") == "dropped" or item.text("type") != "blocked"
    telling.tell(subject, LeadBounced(channel="email", hard=hard, address=item.text("email")[:LONGEST]), at)


def _consent(item: Doc, kind: str, subject: str, at: int, telling: Telling) -> None:
    group = item.text("asm_group_id") if kind.startswith("group_") else ""
    purpose = f"{telling.given.purpose}:{group}" if group else telling.given.purpose
    telling.consent(subject, at, purpose=purpose, granted=kind == "group_resubscribe", source=f"{NAME} {kind}")


def verify(raw: Raw, trust: Trust, now: int) -> Refusal | None:
    """ECDSA over time and body; the secrets are public keys, as SendGrid shows them."""
    if not trust.secrets:
        return NO_SECRET
    signature, timestamp = raw.header(f"{_HEADER}signature"), raw.header(f"{_HEADER}timestamp")
    if not signature:
        return UNSIGNED
    if outside := stale(timestamp, now):
        return outside
    message, given = timestamp.encode() + raw.body, unbased(signature)
    fits = [_fits(key, given, message) for key in trust.secrets] if given else []
    return None if any(fits) else WRONG


_HEADER = "x-twilio-email-event-webhook-"


def _fits(key: str, signature: bytes, message: bytes) -> bool:
    try:
        public = load_der_public_key(unbased(key) or b"")
    except (ValueError, UnsupportedAlgorithm):
        return False
    if not isinstance(public, EllipticCurvePublicKey):
        return False
    try:
        public.verify(signature, message, ECDSA(SHA256()))
    except InvalidSignature:
        return False
    return True


CONNECTOR = connector(NAME, _items, _key, _tell, verify=verify, whose_key="vendor")
"""SendGrid."""
