"""Requests that the vendors themselves sent, or published, become what their documentation says."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from events.identity import LeadIdentityLinked
from events.lead import LeadCaptured, LeadProfileUpdated, LeadTouched
from leadstream.connectors.port import Translated
from tests.support import requests

pytestmark = pytest.mark.data


def test_the_test_lead_of_google_ads(payloads: Path) -> None:
    body = (payloads / "google_ads_lead_form" / "google_test_insurance.json").read_bytes()
    captured, touched, _ = (told.fact for told in requests.facts(requests.request("google_ads", body)))
    assert isinstance(captured, LeadCaptured)
    assert captured.is_test
    assert captured.form == "194054118492"
    assert captured.profile == {
        "person.name": "FirstName LastName",
        "person.first_name": "FirstName",
        "person.last_name": "LastName",
        "person.email": "test@example.com",
        "person.phone": "+16505550123",
        "person.region": "California",
        "answers.what_type_of_insurance_are_you_looking_for?": "Condo",
    }
    assert isinstance(touched, LeadTouched)
    assert touched.click_id is None


def test_the_test_lead_of_linkedin(payloads: Path) -> None:
    body = (payloads / "linkedin_lead_gen" / "pipedream_lead_form_response.json").read_bytes()
    told = requests.facts(requests.request("linkedin_response", body))
    captured = told[0].fact
    assert isinstance(captured, LeadCaptured)
    assert captured.is_test
    assert captured.form == "3213"
    assert captured.profile == {
        "answers.20502584796": "test1@gmail.com",
        "answers.20502643516": "Test 1",
        "answers.20502667260": "Test 1",
    }
    assert {each.occurred_at for each in told} == {1706741502694_000}


def test_the_changed_address_of_mailchimp_keeps_its_plus(payloads: Path) -> None:
    body = (payloads / "mailchimp" / "upemail_redacted.form").read_bytes()
    told = requests.facts(requests.request("mailchimp", body))
    links = [each.fact.value for each in told if isinstance(each.fact, LeadIdentityLinked)]
    assert links == ["redacted@example.com", "50696b797a", "redacted+test@example.com"]


@pytest.mark.parametrize("name", ["contact_update", "deal_update"])
def test_activecampaign(payloads: Path, name: str) -> None:
    """The capture shows the body decoded; here it is written as it is sent."""
    decoded = json.loads((payloads / "activecampaign" / f"{name}.json").read_text())
    outcome = requests.translate(requests.request("activecampaign", urlencode([*_bracketed(decoded)])))
    assert isinstance(outcome, Translated)
    if name == "deal_update":
        assert outcome.skipped == ("a deal changed in something that leads do not have",)
        return
    updated = outcome.facts[0].fact
    assert isinstance(updated, LeadProfileUpdated)
    assert updated.profile == {
        "person.name": "John Wick",
        "person.first_name": "John",
        "person.last_name": "Wick",
        "person.email": "code.test@gmail.com",
        "activecampaign.tags": "tag1, tag2",
        "answers.field_0": "Option 1",
        "answers.field_1": "Option 1; Option 2",
    }


def _bracketed(value: Any, name: str = "") -> Any:
    """Names and values as a form writes them."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    if inside is None:
        yield name, value
        return
    for step, item in inside:
        yield from _bracketed(item, f"{name}[{step}]" if name else str(step))
