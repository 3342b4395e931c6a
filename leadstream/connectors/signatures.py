"""Whether a request is from whom it claims: comparisons in constant time, and windows of time.

A secret is never in what these functions return.
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Callable, Iterable
from typing import Final, Literal
from urllib.parse import parse_qsl

from msgspec import structs

from events.instants import MINUTE, SECOND
from leadstream.connectors import forms
from leadstream.connectors.port import Raw, Refusal, Trust

Hash = Literal["sha1", "sha256"]

WINDOW: Final = 5 * MINUTE
"""So far the time in a signature may lie from ours, before and after."""

NO_SECRET: Final = Refusal(401, "no secret is configured for this way in")
UNSIGNED: Final = Refusal(401, "the signature is missing")
WRONG: Final = Refusal(401, "the signature does not fit")
STALE: Final = Refusal(401, "the signature's time is outside the window of 5 minutes")
NO_KEY: Final = Refusal(401, "the key is missing or wrong")
OTHER_ACCOUNT: Final = Refusal(403, "it is from an account that is not configured")

KEY_PARAMETER = "key"
"""Query parameter that carries the shared secret of vendors who sign nothing."""
_TOLD_BY_HEADER = frozenset({"authorization", "proxy-authorization", "cookie", "x-api-key"})
_WHOLE = re.compile(r"[0-9]{1,16}")


def same(one: str, other: str) -> bool:
    """Whether two texts are the same, in a time that does not depend on where they differ."""
    return hmac.compare_digest(one.encode("utf-8", "surrogatepass"), other.encode("utf-8", "surrogatepass"))


def mac(secret: bytes, message: bytes, kind: Hash = "sha256") -> bytes:
    """The HMAC of a message."""
    return hmac.digest(secret, message, kind)


def hexed(digest: bytes) -> str:
    """A digest in lower-case hexadecimal."""
    return digest.hex()


def based(digest: bytes) -> str:
    """A digest in base64."""
    return base64.b64encode(digest).decode()


def signed(given: str, trust: Trust, expected: Callable[[bytes], str | Iterable[str]]) -> Refusal | None:
    """Whether a signature fits one of the secrets.

    Args:
        given: the signature as sent.
        trust: the secrets.
        expected: secret -> the signature, or the several that are taken. All of them are compared.
    """
    if not trust.secrets:
        return NO_SECRET
    if not given:
        return UNSIGNED
    fits = False
    for secret in trust.secrets:
        wanted = expected(secret.encode())
        for each in (wanted,) if isinstance(wanted, str) else wanted:
            fits |= same(each, given)
    return None if fits else WRONG


def stale(timestamp: str, now: int, *, unit: int = SECOND) -> Refusal | None:
    """Whether a signature's time is outside the window.

    Args:
        timestamp: whole units since the epoch, as sent.
        now: microseconds.
        unit: microseconds in a unit.
    """
    if not _WHOLE.fullmatch(timestamp) or abs(int(timestamp) * unit - now) > WINDOW:
        return STALE
    return None


def digest_of(body: bytes) -> str:
    """SHA-256 of a body, hexadecimal: what names a request that has no name of its own."""
    return hashlib.sha256(body).hexdigest()


def shared_key(raw: Raw, trust: Trust, _now: int) -> Refusal | None:
    """For vendors who sign nothing: the secret in the URL (`?key=`), as bearer token, or by Basic authentication."""
    if not trust.secrets:
        return NO_SECRET
    fits = False
    for found in (*_query_values(raw.query), *_authorization(raw.header("authorization"))):
        for secret in trust.secrets:
            fits |= same(secret, found)
    return None if fits else NO_KEY


def fetched_only(_raw: Raw, _trust: Trust, _now: int) -> Refusal | None:
    """For what is fetched from a vendor: nobody may send it."""
    return Refusal(403, "this is fetched from the vendor, and taken from nobody else")


def no_challenge(_raw: Raw, _trust: Trust) -> None:
    """For vendors without a handshake."""
    return


def without_credentials(raw: Raw, *more: str) -> Raw:
    """The request without keys in its URL and without headers that carry credentials; `more` of them in lower case."""
    gone = _TOLD_BY_HEADER.union(more)
    query = forms.without(raw.query, (KEY_PARAMETER,))
    headers = tuple(header for header in raw.headers if header[0].lower() not in gone)
    if query == raw.query and len(headers) == len(raw.headers):
        return raw
    return structs.replace(raw, query=query, headers=headers)


def url_of(raw: Raw, trust: Trust) -> str:
    """The URL under which the vendor sent the request."""
    base = trust.base or f"https://{raw.header('host')}"
    return f"{base.rstrip('/')}{raw.path}{'?' if raw.query else ''}{raw.query}"


def unbased(text: str) -> bytes | None:
    """Bytes from base64; None where it is none."""
    try:
        return base64.b64decode(text.encode(), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        return None


def _query_values(query: str) -> list[str]:
    try:
        pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=forms.MOST_FIELDS)
    except ValueError:
        return []
    return [value for name, value in pairs if name == KEY_PARAMETER]


def _authorization(header: str) -> list[str]:
    scheme, _, rest = header.strip().partition(" ")
    if scheme.lower() == "bearer":
        return [rest.strip()]
    if scheme.lower() != "basic":
        return []
    user, _, password = (unbased(rest.strip()) or b"").decode("utf-8", "replace").partition(":")
    return [user, password]  # some vendors send a key as the user and no password
