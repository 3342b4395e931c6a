"""The vendors' own vectors of signatures verify, and each that is wrong by one byte does not."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from leadstream.connectors import standard_webhooks
from leadstream.connectors.port import Raw, Refusal, Trust
from leadstream.connectors.registry import CONNECTORS
from tests.support import requests

pytestmark = pytest.mark.data


@pytest.fixture(scope="module")
def vectors(payloads: Path) -> Any:
    return json.loads((payloads / "_signature_vectors" / "vectors.json").read_text())


def wrong(signature: str) -> list[str]:
    """The signature with each of its characters replaced in turn."""
    return [
        signature[:place] + ("A" if sign != "A" else "B") + signature[place + 1 :]
        for place, sign in enumerate(signature)
        if sign != "="
    ]


def hubspot(vector: Any, signature: str, header: str, *more: tuple[str, str]) -> Raw:
    return requests.request("hubspot", vector["body"], path="/webhook_uri", headers={header: signature, **dict(more)})


@pytest.mark.parametrize("version", ["v1", "v2", "v3"])
def test_hubspot(vectors: Any, version: str) -> None:
    vector = vectors[f"hubspot_{version}"]
    trust = Trust(secrets=(vector["secret"],), base="https://www.example.com")
    header = "X-HubSpot-Signature-v3" if version == "v3" else "X-HubSpot-Signature"
    more = [("X-HubSpot-Request-Timestamp", vector["timestamp"])] if version == "v3" else []
    now = int(vector.get("timestamp", "0")) * 1000
    verify = CONNECTORS["hubspot"].verify
    assert verify(hubspot(vector, vector["expected"], header, *more), trust, now) is None
    for signature in wrong(vector["expected"]):
        assert isinstance(verify(hubspot(vector, signature, header, *more), trust, now), Refusal)
    spoilt = {**vector, "body": vector["body"].replace("e", "f", 1)}
    assert isinstance(verify(hubspot(spoilt, vector["expected"], header, *more), trust, now), Refusal)


def test_standard_webhooks(payloads: Path) -> None:
    vector = json.loads((payloads / "_downstream" / "standard_webhooks_vector.json").read_text())
    trust, now = Trust(secrets=(vector["secret"],)), vector["timestamp"] * 1_000_000

    def raw(signature: str, body: str = vector["body"]) -> Raw:
        headers = {"webhook-id": vector["msg_id"], "webhook-timestamp": str(vector["timestamp"])}
        return requests.request("web_form", body, headers={**headers, "webhook-signature": signature})

    assert standard_webhooks.verify(raw(vector["expected_header"]), trust, now) is None
    assert standard_webhooks.verify(raw(f"v1a,AAAA v1,AAAA {vector['expected_header']}"), trust, now) is None
    for signature in wrong(vector["expected_header"].removeprefix("v1,")):
        assert isinstance(standard_webhooks.verify(raw(f"v1,{signature}"), trust, now), Refusal)
    assert isinstance(
        standard_webhooks.verify(raw(vector["expected_header"], vector["body"] + " "), trust, now), Refusal
    )
    assert isinstance(standard_webhooks.verify(raw(vector["expected_header"]), trust, now + 301_000_000), Refusal)


def twilio(
    vector: Any, body: str, signature: str, base: str = "https://mycompany.com", query: str = ""
) -> Refusal | None:
    media = "application/json" if body.startswith("{") else "application/x-www-form-urlencoded"
    headers = {"X-Twilio-Signature": signature, "Content-Type": media}
    raw = requests.request(
        "twilio", body, path="/myapp.php", query=query or vector["url"].partition("?")[2], headers=headers
    )
    return CONNECTORS["twilio"].verify(raw, Trust(secrets=(vector["auth_token"],), base=base), 0)


def test_twilio_forms(vectors: Any) -> None:
    for name, pairs in (("twilio_form", "params"), ("twilio_form_duplicate_params", "params_list")):
        vector = vectors[name]
        found = vector[pairs]
        body = urlencode([*found.items()] if isinstance(found, dict) else [(one, two) for one, two in found])
        assert twilio(vector, body, vector["expected"]) is None
        assert twilio(vector, body + "&" + body, vector["expected"]) is None  # a value that is repeated counts once
        for signature in wrong(vector["expected"]):
            assert isinstance(twilio(vector, body, signature), Refusal)
        assert isinstance(twilio(vector, body + "x", vector["expected"]), Refusal)
        assert isinstance(twilio(vector, body, vector["expected"], query="foo=1&bar=3"), Refusal)


def test_twilio_json(vectors: Any) -> None:
    vector = vectors["twilio_json_body"]
    assert twilio(vector, vector["body"], vector["expected"]) is None
    assert isinstance(twilio(vector, vector["body"] + " ", vector["expected"]), Refusal)
    for signature in wrong(vector["expected"]):
        assert isinstance(twilio(vector, vector["body"], signature), Refusal)
    assert isinstance(twilio(vector, vector["body"], vector["expected"], query="foo=1&bar=2"), Refusal)


def test_twilio_signs_with_or_without_the_port(vectors: Any) -> None:
    form, ports = vectors["twilio_form"], vectors["twilio_port_variants"]
    body = urlencode([*form["params"].items()])
    for base, signature in (
        ("https://mycompany.com:443", ports["https_443"]),
        ("https://mycompany.com", ports["https_443"]),
        ("https://mycompany.com:443", form["expected"]),
        ("http://mycompany.com:1234", ports["http_port_1234"]),
        ("http://mycompany.com", ports["http_80"]),
    ):
        assert twilio(form, body, signature, base) is None, base
    assert isinstance(twilio(form, body, ports["http_80"], "https://mycompany.com"), Refusal)
