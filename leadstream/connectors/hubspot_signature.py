"""The three signatures of HubSpot (https://developers.hubspot.com/docs/api/webhooks/validating-requests)."""

import hashlib
import re

from leadstream.connectors.port import Raw, Refusal, Trust
from leadstream.connectors.signatures import based, mac, signed, stale, url_of

_MILLISECOND = 1_000
_ESCAPES = {
    "%3A": ":", "%2F": "/", "%3F": "?", "%40": "@", "%21": "!", "%24": "$",
    "%27": "'", "%28": "(", "%29": ")", "%2A": "*", "%2C": ",", "%3B": ";",
}  # fmt: skip
_ESCAPE = re.compile("|".join(_ESCAPES), re.IGNORECASE)
"""The only escapes that version 3 takes back before it signs the URL."""


def verify(raw: Raw, trust: Trust, now: int) -> Refusal | None:
    """Version 3 where it is sent, else version 1 or 2, which have no time and so no window."""
    if given := raw.header("x-hubspot-signature-v3"):
        timestamp = raw.header("x-hubspot-request-timestamp")
        message = f"{raw.method}{_plain(url_of(raw, trust))}".encode() + raw.body + timestamp.encode("utf-8", "replace")
        return stale(timestamp, now, unit=_MILLISECOND) or signed(given, trust, lambda key: based(mac(key, message)))
    url = url_of(raw, trust).encode("utf-8", "replace")
    return signed(
        raw.header("x-hubspot-signature"),
        trust,
        lambda key: (_hash(key + raw.body), _hash(key + raw.method.encode("utf-8", "replace") + url + raw.body)),
    )


def _plain(url: str) -> str:
    return _ESCAPE.sub(lambda found: _ESCAPES[found[0].upper()], url)


def _hash(message: bytes) -> str:
    return hashlib.sha256(message).hexdigest()
