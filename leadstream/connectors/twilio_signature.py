"""Signatures of Twilio (https://www.twilio.com/docs/usage/security#validating-requests)."""

import hashlib
from urllib.parse import parse_qsl, urlsplit

from leadstream.connectors import forms
from leadstream.connectors.faults import Bad
from leadstream.connectors.port import Raw, Refusal, Trust
from leadstream.connectors.signatures import WRONG, based, mac, same, signed, url_of

_DIGEST = "bodySHA256"
_PORTS = {"http": 80, "https": 443}


def verify(raw: Raw, trust: Trust, _now: int) -> Refusal | None:
    """HMAC-SHA1 over the URL and the sorted fields; with another body over the URL, which then holds its digest."""
    digest = next((value for name, value in parse_qsl(raw.query[:_LONGEST]) if name == _DIGEST), "")
    if digest and not same(digest.lower(), hashlib.sha256(raw.body).hexdigest()):
        return WRONG
    fields = "" if digest else _fields(raw)
    if fields is None:
        return WRONG
    messages = [f"{url}{fields}".encode("utf-8", "surrogatepass") for url in _urls(url_of(raw, trust))]
    return signed(
        raw.header("x-twilio-signature"), trust, lambda token: [based(mac(token, each, "sha1")) for each in messages]
    )


_LONGEST = 64_000


def _fields(raw: Raw) -> str | None:
    """Names and values as they are signed: sorted, of a repeated name each value once. None where nobody could say."""
    if forms.media_type(raw) != forms.URLENCODED:
        return None if raw.body else ""  # a body that no digest vouches for
    try:
        pairs = forms.pairs_of(raw.body.decode("utf-8", "replace"))
    except Bad:
        return None
    return "".join(f"{name}{value}" for name, value in sorted(set(pairs)))


def _urls(url: str) -> tuple[str, ...]:
    """The URL with and without its port: Twilio signs either."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return (url,)
    host = parts.netloc.rpartition(":")[0] if port is not None else parts.netloc
    bare = url.replace(f"//{parts.netloc}", f"//{host}", 1)
    known = port or _PORTS.get(parts.scheme)
    return (bare, url.replace(f"//{parts.netloc}", f"//{host}:{known}", 1)) if known else (bare,)
