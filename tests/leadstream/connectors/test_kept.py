"""What is stored of a request holds no credential."""

from pathlib import Path

import pytest

from leadstream.connectors.port import Raw
from leadstream.connectors.registry import CONNECTORS
from leadstream.gateway.bodies import MOST_BYTES
from tests.support import requests


def kept(connector: str, name: str) -> Raw:
    return CONNECTORS[connector].kept(requests.case(requests.FOLDER / "cases" / connector / f"{name}.http"))


def test_a_session_id_of_salesforce_is_taken_out_and_nothing_else() -> None:
    raw = requests.case(requests.FOLDER / "cases" / "salesforce_outbound" / "two_leads.http")
    assert b"00D5e!a.session.id.of.the.tests" in raw.body
    assert kept("salesforce_outbound", "two_leads").body == raw.body.replace(b"00D5e!a.session.id.of.the.tests", b"")


@pytest.mark.parametrize("tag", ["SessionId", "x:SessionId", 'SessionId xmlns="y"'])
def test_a_session_id_is_found_under_any_prefix(tag: str) -> None:
    raw = requests.request("salesforce_outbound", f"<a><{tag}>a-session</{tag.split(maxsplit=1)[0]}></a>")
    assert b"a-session" not in CONNECTORS["salesforce_outbound"].kept(raw).body


@pytest.mark.timeout(60)
@pytest.mark.parametrize("piece", [b"<x:SessionId ", b"<SessionId>", b"<a:", b"<SessionId a='", b"</SessionId"])
def test_a_large_body_of_beginnings_is_looked_through_once(piece: bytes) -> None:
    raw = requests.request("salesforce_outbound", piece * (MOST_BYTES // len(piece)))
    assert len(CONNECTORS["salesforce_outbound"].kept(raw).body) <= len(raw.body)


def test_the_state_of_graph_and_the_token_of_a_channel_are_taken_out() -> None:
    assert b"a-state" not in kept("microsoft_graph", "several").body
    assert kept("google_workspace", "calendar").header("x-goog-channel-token") == ""
    assert kept("google_workspace", "calendar").header("x-goog-channel-id") == "c1"


def test_the_key_of_google_ads_is_taken_out_of_the_body() -> None:
    assert b"google_key" not in kept("google_ads", "work_email").body
    assert b"FULL_NAME" in kept("google_ads", "work_email").body


@pytest.mark.parametrize("path", requests.CASES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_no_key_is_left_in_any_url(path: Path) -> None:
    raw = CONNECTORS[path.parent.name].kept(requests.case(path))
    assert "key=" not in raw.query


def test_the_other_parameters_of_a_url_stay() -> None:
    raw = requests.request("callrail", query="a=1&key=s&b=%2B", method="GET")
    assert CONNECTORS["callrail"].kept(raw).query == "a=1&b=%2B"
