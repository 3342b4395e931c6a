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
