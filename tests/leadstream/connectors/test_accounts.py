"""Requests of accounts that are not configured are refused, though their key be right."""

import pytest

from leadstream.connectors.port import Raw, Refusal, Trust
from leadstream.connectors.registry import CONNECTORS
from leadstream.connectors.signatures import OTHER_ACCOUNT
from tests.leadstream.connectors.signing import BASE, NOW, SECRET, key_in_url, twilio
from tests.support import requests


def verdict(raw: Raw, *accounts: str, secrets: tuple[str, ...] = (SECRET,)) -> Refusal | None:
    return CONNECTORS[raw.connector].verify(raw, Trust(secrets=secrets, base=BASE, accounts=accounts), NOW)


def case(connector: str, name: str) -> Raw:
    return requests.case(requests.FOLDER / "cases" / connector / f"{name}.http")


def test_an_organisation_of_salesforce_is_known_by_either_length_of_its_id() -> None:
    raw = key_in_url(SECRET, case("salesforce_outbound", "two_leads"), NOW)
    assert verdict(raw, "00D5e0000008AbC") is None
    assert verdict(raw, "00D5e0000008AbCEAU") is None
    assert verdict(raw, "00D5e0000008AbD") == OTHER_ACCOUNT
    assert verdict(key_in_url(SECRET, case("salesforce_outbound", "entities"), NOW), "00D5e0000008AbC") == OTHER_ACCOUNT


def test_an_account_of_twilio() -> None:
    raw = twilio(SECRET, case("twilio", "completed_outbound"), NOW)
    assert verdict(raw, "AC1") is None
    assert verdict(raw, "AC2") == OTHER_ACCOUNT


@pytest.mark.parametrize("secrets", [(), (SECRET,)])
def test_an_application_of_snowplow_with_a_key_or_without(secrets: tuple[str, ...]) -> None:
    raw = key_in_url(SECRET, case("snowplow", "events"), NOW)
    assert verdict(raw, "site", secrets=secrets) is None
    assert verdict(raw, "other", secrets=secrets) == OTHER_ACCOUNT
    assert isinstance(verdict(raw, secrets=()), Refusal)


def test_a_form_from_a_page_that_is_not_configured() -> None:
    trust = Trust(secrets=(SECRET,), origins=("https://www.example.com",))
    verify = CONNECTORS["web_form"].verify
    query = f"key={SECRET}"
    for headers, status in (
        ({"Origin": "https://www.example.com"}, None),
        ({"Referer": "https://www.example.com/contact?x=1"}, None),
        ({"Origin": "https://www.example.com.evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({}, 403),
        ({"Referer": "http://[::1"}, 403),
    ):
        refusal = verify(requests.request("web_form", "email=a", query=query, headers=headers), trust, NOW)
        assert (refusal and refusal.status) == status, headers


def test_long_ids_of_salesforce_follow_from_short_ones() -> None:
    told = requests.facts(case("salesforce_outbound", "two_leads"))
    assert told[0].subject == "salesforce:00Q5e00000AbCdEEAV"


def test_a_page_cannot_name_the_lead_it_writes_to() -> None:
    told = requests.facts(case("web_form", "lead_id_from_a_page"))
    assert {each.subject.partition(":")[0] for each in told} == {"email"}
    assert requests.facts(case("web_form", "json"))[0].subject == "lead-4711"
