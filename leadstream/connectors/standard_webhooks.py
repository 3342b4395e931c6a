"""Signatures of Standard Webhooks 1.0 (https://www.standardwebhooks.com), as many senders make them."""

from leadstream.connectors.port import Raw, Refusal, Trust
from leadstream.connectors.signatures import based, mac, signed, stale, unbased

_PREFIX = "whsec_"
_VERSION = "v1,"


def verify(raw: Raw, trust: Trust, now: int) -> Refusal | None:
    """Whether one of the signatures in `webhook-signature` is ours and fresh. Secrets are base64, after `whsec_`.

    Asymmetric signatures (`v1a`) are passed over.
    """
    message_id, timestamp = raw.header("webhook-id"), raw.header("webhook-timestamp")
    if outside := stale(timestamp, now):
        return outside
    message = f"{message_id}.{timestamp}.".encode() + raw.body
    given = [each for each in raw.header("webhook-signature").split(" ")[:_MOST] if each.startswith(_VERSION)]
    verdicts = [signed(each, trust, lambda secret: _VERSION + based(mac(_key(secret), message))) for each in given]
    if not verdicts:
        return signed("", trust, lambda _: "")
    return None if None in verdicts else verdicts[0]


_MOST = 10
"""Signatures looked at: old and new secret, and some to spare."""


def _key(secret: bytes) -> bytes:
    text = secret.decode("utf-8", "replace").removeprefix(_PREFIX)
    return unbased(text) or secret
