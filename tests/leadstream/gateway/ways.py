"""Ways in for tests: every connector with a secret, and requests signed for the address they are sent to."""

import base64
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from msgspec import structs
from starlette.types import ASGIApp

from events.instants import SECOND
from leadstream.connectors.port import Raw
from leadstream.connectors.registry import CONNECTORS
from leadstream.connectors.signatures import fetched_only
from leadstream.intake.sources import Fault, Source, sources_of
from tests.leadstream.connectors import signing
from tests.leadstream.connectors.signing import BASE, SECRET, with_header
from tests.leadstream.gateway.fuzzing import Asked, Told, send
from tests.support import requests

KEY = requests.given_for("").secret
SENDING = sorted(name for name, connector in CONNECTORS.items() if connector.verify is not fetched_only)
"""Connectors that somebody sends to."""
_SENDGRID = ec.derive_private_key(0x5EED_0001, ec.SECP256R1())
_SENDGRID_HEADER = "X-Twilio-Email-Event-Webhook-"
_SCHEMES = {
    "customerio": signing.customerio, "formsort": signing.bearer, "google_ads": signing.google_key,
    "hubspot": signing.hubspot_v3, "linkedin": signing.linkedin, "microsoft_graph": signing.client_state,
    "segment": signing.segment, "twilio": signing.twilio, "zoom": signing.zoom,
}  # fmt: skip


def public_key() -> str:
    """SendGrid's, as its settings show it."""
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return base64.b64encode(_SENDGRID.public_key().public_bytes(serialization.Encoding.DER, form)).decode()


def sources(tables: dict[str, Any]) -> dict[str, Source]:
    """Ways in that have to be right; every secret is the one of the tests."""
    found, faults = sources_of(tables, lambda _: SECRET, KEY)
    assert faults == (), [str(each) for each in faults]
    return found


def wrong(tables: dict[str, Any]) -> tuple[Fault, ...]:
    """What is wrong with ways in."""
    return sources_of(tables, lambda _: SECRET, KEY)[1]


def every_source() -> dict[str, Source]:
    """A way in for each connector, under the connector's name."""
    return sources({
        name: {
            "connector": name,
            "base": BASE,
            "fields": requests.GIVEN.get(name, {}),
            **({"public_key": public_key()} if name == "sendgrid" else {"secret": "env:SECRET"}),
        }
        for name in SENDING
    })  # fmt: skip


def signed(raw: Raw, secret: str = SECRET) -> Raw:
    """The request as its vendor would send it to the way in that has the connector's name."""
    here = structs.replace(raw, path=f"/v1/hooks/{raw.endpoint}")
    name, at = raw.connector, raw.received_at
    if raw.header("webhook-signature"):
        return signing.standard_webhooks(secret, here, at)
    if raw.header("x-goog-resource-state"):
        return with_header(here, ("X-Goog-Channel-Token", secret))
    if name == "sendgrid":
        time = str(at // SECOND)
        made = _SENDGRID.sign(time.encode() + raw.body, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))
        signature = base64.b64encode(made).decode()
        return with_header(here, (f"{_SENDGRID_HEADER}Signature", signature), (f"{_SENDGRID_HEADER}Timestamp", time))
    if name == "google_ads" and b'"google_key":"' not in raw.body:
        return here
    return _SCHEMES.get(name, signing.key_in_url)(secret, here, at)


def asked(raw: Raw) -> Asked:
    """The request as a server hands it over."""
    headers = [(name.lower().encode("latin-1"), value.encode("latin-1", "replace")) for name, value in raw.headers]
    return Asked(raw.method, raw.path.encode("ascii"), raw.query.encode("utf-8"), headers, raw.body)


async def deliver(app: ASGIApp, raw: Raw) -> Told:
    """Send a request as it is."""
    return await send(app, asked(raw))
