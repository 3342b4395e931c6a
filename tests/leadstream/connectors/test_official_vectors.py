"""The vendors' own vectors of signatures verify, and each that is wrong by one byte does not."""

import json
from pathlib import Path
from typing import Any

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
