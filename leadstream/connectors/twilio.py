"""Calls and messages of Twilio. No field says what happened: it follows from which fields there are."""

from events.life import LeadBounced
from leadstream.connectors import forms
from leadstream.connectors.building import Key, connector
from leadstream.connectors.faults import Bad, Skip
from leadstream.connectors.moments import rfc2822
from leadstream.connectors.people import Who
from leadstream.connectors.port import Raw, Refusal, Reply, Trust
from leadstream.connectors.reading import Doc, json_doc
from leadstream.connectors.signatures import OTHER_ACCOUNT, digest_of
from leadstream.connectors.telling import Telling
from leadstream.connectors.twilio_signature import verify as verify_signature
from streams.matching.people import phone_of

NAME = "twilio"
_CALLS = {"completed": "answered", "no-answer": "no_answer", "busy": "busy"}
_UNFINISHED = frozenset({"queued", "initiated", "ringing", "in-progress", "answered", "failed", "canceled"})
_MESSAGES_UNFINISHED = frozenset(
    {"accepted", "scheduled", "queued", "sending", "sent", "receiving", "read", "canceled"}
)
_STOP = frozenset({"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"})
_START = frozenset({"START", "UNSTOP"})
_GONE = frozenset({"30003", "30005", "30006", "21211", "21614"})
"""Errors that stay: unreachable handset, unknown number, landline, no number, no mobile."""


def _items(raw: Raw) -> list[Doc]:
    if forms.media_type(raw) == "application/json":
        return [json_doc(raw)]
    return [forms.flat([*forms.form_pairs(raw)] if raw.body else forms.pairs_of(raw.query))]


def _key(item: Doc, raw: Raw) -> Key:
    call, message = item.text("CallSid"), item.text("MessageSid", "SmsSid")
    if call:
        return (call, item.text("CallStatus"))
    return (message, item.text("MessageStatus", "SmsStatus"), "" if message else digest_of(raw.body))


def _tell(item: Doc, telling: Telling) -> None:
    if item.text("CallSid"):
        _call(item, telling)
    elif item.text("MessageSid", "SmsSid"):
        _message(item, telling)
    else:
        raise Bad("unknown_type", "CallSid", "expected a call (CallSid) or a message (MessageSid)")


def _call(item: Doc, telling: Telling) -> None:
    status = item.need("CallStatus")
    if status in _UNFINISHED:
        raise Skip(f"a call is {status}")
    if status not in _CALLS:
        raise Bad("unknown_type", "CallStatus", "is no status of a call that is known")
    inbound = item.text("Direction") == "inbound"
    subject, number = _somebody(item, inbound=inbound, telling=telling)
    at = rfc2822(item, "Timestamp", telling.raw)
    telling.touch(subject, at, channel="call", kind=_CALLS[status], direction="inbound" if inbound else "outbound")
    telling.link(subject, "phone", number, at)


def _message(item: Doc, telling: Telling) -> None:
    status = item.text("MessageStatus", "SmsStatus") or "received"
    if status in _MESSAGES_UNFINISHED:
        raise Skip(f"a message is {status}")
    inbound = status == "received"
    subject, number = _somebody(item, inbound=inbound, telling=telling)
    at = rfc2822(item, "Timestamp", telling.raw)
    match status:
        case "received":
            _received(item, subject, at, telling)
        case "delivered":
            telling.touch(subject, at, channel="sms", kind="sent", direction="outbound")
        case "undelivered" | "failed":
            hard = item.text("ErrorCode") in _GONE
            telling.tell(subject, LeadBounced(channel="sms", hard=hard, address=number), at)
        case _:
            raise Bad("unknown_type", "MessageStatus", "is no status of a message that is known")
    telling.link(subject, "phone", number, at)


def _received(item: Doc, subject: str, at: int, telling: Telling) -> None:
    """A word of the carriers' alone is consent or its end; anything else is an answer."""
    word = item.text("OptOutType").upper() or item.text("Body").upper()
    if word in _STOP or word in _START:
        telling.consent(subject, at, purpose="sms", granted=word in _START, source=f"{NAME} {word}")
    else:
        telling.touch(subject, at, channel="sms", kind="replied")


def _somebody(item: Doc, *, inbound: bool, telling: Telling) -> tuple[str, str]:
    """Lead and number of the other side.

    Raises:
        Bad: it is no number, such as a SIP address or a withheld one.
    """
    field = "From" if inbound else "To"
    number = phone_of(item.text(field), telling.given.country)
    if number is None:
        raise Bad("nobody", field, "is no phone number")
    return Who(lead=item.text("lead_id"), phone=number).subject(telling.given), number


def verify(raw: Raw, trust: Trust, now: int) -> Refusal | None:
    """The signature, and the account where it is configured."""
    if refused := verify_signature(raw, trust, now):
        return refused
    try:
        account = _items(raw)[0].text("AccountSid")
    except Bad:
        account = ""
    return OTHER_ACCOUNT if trust.accounts and account not in trust.accounts else None


CONNECTOR = connector(
    NAME,
    _items,
    _key,
    _tell,
    verify=verify,
    methods=("POST", "GET"),
    reply=Reply(media_type="text/xml", body=b"<Response/>"),
)
"""Twilio."""
