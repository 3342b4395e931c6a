"""Handshakes are answered, and never with the signature of something that could be a message."""

import hashlib
import hmac
import json

import pytest

from leadstream.connectors.port import Reply
from leadstream.connectors.registry import CONNECTORS
from tests.leadstream.connectors.signing import SECRET, trusting
from tests.support import requests

CODE = "890e4665-4dfe-4ab1-b689-ed553bceeed0"


def test_linkedin_is_answered_with_the_code_and_its_mac() -> None:
    raw = requests.request("linkedin", method="GET", query=f"challengeCode={CODE}")
    reply = CONNECTORS["linkedin"].challenge(raw, trusting(SECRET))
    assert reply is not None
    made = hmac.new(SECRET.encode(), CODE.encode(), hashlib.sha256).hexdigest()
    assert json.loads(reply.body) == {"challengeCode": CODE, "challengeResponse": made}


@pytest.mark.parametrize("code", ["", "hmacsha256={}", '{"type":"LEAD_ACTION"}', CODE + "0", CODE[:-1]])
def test_linkedin_gets_no_mac_of_what_is_no_code(code: str) -> None:
    raw = requests.request("linkedin", method="GET", query=f"challengeCode={code}")
    assert CONNECTORS["linkedin"].challenge(raw, trusting(SECRET)) is None


def test_linkedin_is_not_answered_without_a_secret_nor_by_post() -> None:
    raw = requests.request("linkedin", method="GET", query=f"challengeCode={CODE}")
    assert CONNECTORS["linkedin"].challenge(raw, trusting()) is None
    posted = requests.request("linkedin", query=f"challengeCode={CODE}")
    assert CONNECTORS["linkedin"].challenge(posted, trusting(SECRET)) is None


def test_mailchimp_finds_somebody_there_when_it_asks() -> None:
    assert CONNECTORS["mailchimp"].challenge(requests.request("mailchimp", method="GET"), trusting()) == Reply()
    assert CONNECTORS["mailchimp"].challenge(requests.request("mailchimp"), trusting()) is None


def zoom_asks(token: str) -> Reply | None:
    body = json.dumps({"event": "endpoint.url_validation", "event_ts": 1, "payload": {"plainToken": token}})
    return CONNECTORS["zoom"].challenge(requests.request("zoom", body), trusting(SECRET))


def test_zoom_is_answered_with_the_token_and_its_mac() -> None:
    reply = zoom_asks("qgg8vlvZRS6UYooatFL8Aw")
    assert reply is not None
    made = hmac.new(SECRET.encode(), b"qgg8vlvZRS6UYooatFL8Aw", hashlib.sha256).hexdigest()
    assert json.loads(reply.body) == {"plainToken": "qgg8vlvZRS6UYooatFL8Aw", "encryptedToken": made}


@pytest.mark.parametrize("token", ["", "v0:1772442600:{}", "a b", "x" * 129])
def test_zoom_gets_no_mac_of_what_could_be_a_message(token: str) -> None:
    assert zoom_asks(token) is None


@pytest.mark.parametrize("body", ["", "endpoint.url_validation", '{"event": "endpoint.url_validation"}', "[]"])
def test_zoom_is_not_answered_where_it_asks_nothing(body: str) -> None:
    assert CONNECTORS["zoom"].challenge(requests.request("zoom", body), trusting(SECRET)) is None


def test_graph_gets_its_token_back_decoded_as_plain_text() -> None:
    raw = requests.request("microsoft_graph", query="validationToken=Validation%3A+Token%2B1")
    reply = CONNECTORS["microsoft_graph"].challenge(raw, trusting())
    assert reply == Reply(status=200, media_type="text/plain; charset=utf-8", body=b"Validation: Token+1")
    assert CONNECTORS["microsoft_graph"].challenge(requests.request("microsoft_graph"), trusting()) is None
