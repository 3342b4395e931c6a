"""Requests signed as the vendors' documentation says, by code that shares nothing with the connectors."""

import base64
import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import parse_qsl

from msgspec import structs

from leadstream.connectors.port import Raw, Translated, Trust
from tests.support import requests

BASE = "https://leads.example.com"
SECRET = "s3cret-of-the-tests-0123456789abcdef"
NOW = requests.at(requests.RECEIVED)
SECONDS, MILLISECONDS = NOW // 1_000_000, NOW // 1_000


def first_case(connector: str) -> Raw:
    """A request of the connector; of those with a body one that says something."""
    found = [requests.case(path) for path in requests.CASES if path.parent.name == connector]
    return next((raw for raw in found if raw.body and isinstance(requests.translate(raw), Translated)), found[0])


def with_header(raw: Raw, *headers: tuple[str, str]) -> Raw:
    gone = {name.lower() for name, _ in headers}
    return structs.replace(raw, headers=(*(each for each in raw.headers if each[0].lower() not in gone), *headers))


def hmac_hex(secret: str, message: bytes, kind: str = "sha256") -> str:
    return hmac.new(secret.encode(), message, kind).hexdigest()


def hmac_base64(secret: str, message: bytes, kind: str = "sha256") -> str:
    return base64.b64encode(hmac.new(secret.encode(), message, kind).digest()).decode()


def url(raw: Raw) -> str:
    return f"{BASE}{raw.path}" + (f"?{raw.query}" if raw.query else "")


def key_in_url(secret: str, raw: Raw, _at: int) -> Raw:
    raw = with_header(raw, ("webhook-signature", ""))
    rest = "&".join(part for part in raw.query.split("&") if part and not part.startswith("key="))
    return structs.replace(raw, query=f"{rest}&key={secret}" if rest else f"key={secret}")


def standard_webhooks(secret: str, raw: Raw, at: int) -> Raw:
    message = f"msg_1.{at // 1_000_000}.".encode() + raw.body
    signature = base64.b64encode(hmac.new(secret.encode(), message, "sha256").digest()).decode()
    return with_header(
        raw,
        ("webhook-id", "msg_1"),
        ("webhook-timestamp", str(at // 1_000_000)),
        ("webhook-signature", f"v1,{signature}"),
    )


def google_key(secret: str, raw: Raw, _at: int) -> Raw:
    before, _, after = raw.body.partition(b'"google_key":"')
    return structs.replace(raw, body=before + b'"google_key":"' + secret.encode() + after[after.index(b'"') :])


def hubspot_v3(secret: str, raw: Raw, at: int) -> Raw:
    time = str(at // 1_000)
    signature = hmac_base64(secret, b"POST" + url(raw).encode() + raw.body + time.encode())
    return with_header(raw, ("X-HubSpot-Signature-v3", signature), ("X-HubSpot-Request-Timestamp", time))


def hubspot_v2(secret: str, raw: Raw, _at: int) -> Raw:
    made = hashlib.sha256(secret.encode() + b"POST" + url(raw).encode() + raw.body).hexdigest()
    return with_header(raw, ("X-HubSpot-Signature", made), ("X-HubSpot-Signature-Version", "v2"))


def hubspot_v1(secret: str, raw: Raw, _at: int) -> Raw:
    made = hashlib.sha256(secret.encode() + raw.body).hexdigest()
    return with_header(raw, ("X-HubSpot-Signature", made), ("X-HubSpot-Signature-Version", "v1"))


def linkedin(secret: str, raw: Raw, _at: int) -> Raw:
    return with_header(raw, ("X-LI-Signature", hmac_hex(secret, b"hmacsha256=" + raw.body)))


def linkedin_bare(secret: str, raw: Raw, _at: int) -> Raw:
    return with_header(raw, ("X-LI-Signature", "hmacsha256=" + hmac_hex(secret, raw.body)))


def basic_user(secret: str, raw: Raw, _at: int) -> Raw:
    return with_header(raw, ("Authorization", "Basic " + base64.b64encode(f"{secret}:".encode()).decode()))


def bearer(secret: str, raw: Raw, _at: int) -> Raw:
    return with_header(raw, ("Authorization", f"Bearer {secret}"))


def zoom(secret: str, raw: Raw, at: int) -> Raw:
    time = str(at // 1_000_000)
    made = "v0=" + hmac_hex(secret, f"v0:{time}:".encode() + raw.body)
    return with_header(raw, ("x-zm-signature", made), ("x-zm-request-timestamp", time))


def customerio(secret: str, raw: Raw, at: int) -> Raw:
    time = str(at // 1_000_000)
    made = hmac_hex(secret, f"v0:{time}:".encode() + raw.body)
    return with_header(raw, ("X-CIO-Signature", made), ("X-CIO-Timestamp", time))


def segment(secret: str, raw: Raw, _at: int) -> Raw:
    return with_header(raw, ("X-Signature", hmac_hex(secret, raw.body, "sha1")))


def twilio(secret: str, raw: Raw, _at: int) -> Raw:
    fields = "".join(name + value for name, value in sorted(parse_qsl(raw.body.decode(), keep_blank_values=True)))
    return with_header(raw, ("X-Twilio-Signature", hmac_base64(secret, (url(raw) + fields).encode(), "sha1")))


def channel_token(secret: str, _raw: Raw, _at: int) -> Raw:
    path = next(path for path in requests.CASES if path.parent.name == "google_workspace" and path.stem == "calendar")
    return with_header(requests.case(path), ("X-Goog-Channel-Token", secret))


def client_state(secret: str, raw: Raw, _at: int) -> Raw:
    return structs.replace(raw, body=raw.body.replace(b'"a-state"', f'"{secret}"'.encode()))


@dataclass(frozen=True)
class Scheme:
    """How one vendor proves who it is.

    Attributes:
        connector: name of the connector.
        sign: (secret, request, instant) -> the request signed.
        header: where the signature is; empty where the secret itself is sent.
        over_body: the body is signed.
        timed: the instant is signed, and has a window.
    """

    connector: str
    sign: Callable[[str, Raw, int], Raw]
    header: str = ""
    over_body: bool = False
    timed: bool = False

    def signed(self, secret: str = SECRET, at: int = NOW) -> Raw:
        return self.sign(secret, first_case(self.connector), at)


SCHEMES = {
    "web_form by key": Scheme("web_form", key_in_url),
    "web_form signed": Scheme("web_form", standard_webhooks, "webhook-signature", over_body=True, timed=True),
    "google_ads": Scheme("google_ads", google_key),
    "hubspot v1": Scheme("hubspot", hubspot_v1, "X-HubSpot-Signature", over_body=True),
    "hubspot v2": Scheme("hubspot", hubspot_v2, "X-HubSpot-Signature", over_body=True),
    "hubspot v3": Scheme("hubspot", hubspot_v3, "X-HubSpot-Signature-v3", over_body=True, timed=True),
    "linkedin": Scheme("linkedin", linkedin, "X-LI-Signature", over_body=True),
    "linkedin bare": Scheme("linkedin", linkedin_bare, "X-LI-Signature", over_body=True),
    "mailchimp": Scheme("mailchimp", key_in_url),
    "activecampaign": Scheme("activecampaign", key_in_url),
    "zoom": Scheme("zoom", zoom, "x-zm-signature", over_body=True, timed=True),
    "twilio": Scheme("twilio", twilio, "X-Twilio-Signature", over_body=True),
    "callrail": Scheme("callrail", key_in_url),
    "customerio": Scheme("customerio", customerio, "X-CIO-Signature", over_body=True, timed=True),
    "unbounce": Scheme("unbounce", key_in_url),
    "formsort": Scheme("formsort", bearer),
    "segment signed": Scheme("segment", segment, "X-Signature", over_body=True),
    "segment by write key": Scheme("segment", basic_user),
    "snowplow": Scheme("snowplow", key_in_url),
    "ad_click": Scheme("ad_click", key_in_url),
    "salesforce by key": Scheme("salesforce", key_in_url),
    "salesforce signed": Scheme("salesforce", standard_webhooks, "webhook-signature", over_body=True, timed=True),
    "salesforce_outbound": Scheme("salesforce_outbound", key_in_url),
    "google pub/sub": Scheme("google_workspace", key_in_url),
    "google calendar": Scheme("google_workspace", channel_token),
    "microsoft_graph": Scheme("microsoft_graph", client_state),
}


def trusting(*secrets: str) -> Trust:
    return Trust(secrets=secrets, base=BASE)
