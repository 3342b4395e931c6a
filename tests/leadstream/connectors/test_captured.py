"""Requests that the vendors themselves sent, or published, become what their documentation says."""

import json
from pathlib import Path
from urllib.parse import urlencode

import pytest

from events.identity import LeadIdentityLinked
from events.lead import LeadCaptured, LeadProfileUpdated, LeadTouched
from events.life import LeadConsentChanged
from leadstream.connectors.port import Rejected, Translated
from leadstream.connectors.registry import CONNECTORS
from tests.support import requests
from tests.support.captured import bracketed

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
    outcome = requests.translate(requests.request("activecampaign", urlencode([*bracketed(decoded)])))
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


def test_customer_io_takes_a_time_as_number_or_text_and_refuses_one_that_is_none(payloads: Path) -> None:
    folder = payloads / "customerio" / "rudder-transformer"
    events = json.loads((folder / "customerio_source_input.json").read_text())
    known = [event for event in events if isinstance(event, dict) and event.get("timestamp")]
    outcomes = [requests.translate(requests.request("customerio", json.dumps(event))) for event in known]
    assert outcomes[0] == Rejected("malformed", "timestamp", "expected seconds or milliseconds since 1970")
    assert isinstance(outcomes[1], Translated)
    assert outcomes[1] == outcomes[2]
    consents = [told.fact.granted for outcome in outcomes if isinstance(outcome, Translated) for told in outcome.facts
                if isinstance(told.fact, LeadConsentChanged)]  # fmt: skip
    assert consents[:3] == [True, True, False]
    for event, outcome in zip(known, outcomes, strict=True):
        if event["metric"] in ("clicked", "bounced", "delivered", "opened") and event["object_type"] == "email":
            assert isinstance(outcome, Translated), event
            assert outcome.facts[0].subject.startswith("customerio:"), event


def test_formsort_is_a_lead_when_it_is_finished(payloads: Path) -> None:
    cases = json.loads((payloads / "formsort" / "rudder-transformer" / "formsort_source.json").read_text())
    partial, finished = (requests.translate(requests.request("formsort", json.dumps(case["input"]))) for case in cases)
    assert partial == Translated(skipped=("a flow that is not finished",))
    assert isinstance(finished, Translated)
    captured = finished.facts[0].fact
    assert isinstance(captured, LeadCaptured)
    assert captured.form == cases[1]["output"]["context"]["page"]["title"]
    assert finished.facts[0].subject == f"formsort:{cases[1]['output']['userId']}"
    asked = {f"answers.{name}": value for name, value in cases[1]["output"]["properties"].items()}
    assert captured.profile == asked


def test_two_calls_of_segment_with_one_message_id_are_two(payloads: Path) -> None:
    """The second one shows what calls have in common, and so lacks what happened."""
    identify = (payloads / "segment" / "identify_peter.json").read_bytes()
    common = json.loads((payloads / "segment" / "common_with_campaign.json").read_bytes())
    assert requests.translate(requests.request("segment", json.dumps(common))) == Rejected(
        "malformed", "event", "is missing or blank"
    )
    first = requests.request("segment", identify)
    second = requests.request("segment", json.dumps({**common, "event": "Seen"}))
    key = CONNECTORS["segment"].natural_key
    assert key(first) != key(second)
    updated, touched = requests.facts(first)[0], requests.facts(second)[0]
    assert isinstance(updated.fact, LeadProfileUpdated)
    assert updated.fact.profile["person.email"] == "peter@example.com"
    assert updated.fact.profile["person.city"] == "San Francisco"
    assert updated.subject == "segment:97980cfea0067"
    assert isinstance(touched.fact, LeadTouched)
    assert touched.fact.campaign == "TPS Innovation Newsletter"


def test_a_track_of_segment_has_the_time_that_segment_corrected(payloads: Path) -> None:
    told = requests.facts(
        requests.request("segment", (payloads / "segment" / "track_course_clicked.json").read_bytes())
    )
    assert isinstance(told[0].fact, LeadTouched)
    assert told[0].fact.kind == "course_clicked"
    assert told[0].fact.asset == "https://segment.com/academy/"
    assert told[0].occurred_at == requests.at("2015-12-12T19:11:01.249+00:00")


def test_what_is_no_call_of_segment_is_rejected(payloads: Path) -> None:
    """The capture holds lists that a log of another vendor sent through it."""
    body = (payloads / "segment" / "rudder-transformer" / "segment_source_input.json").read_bytes()
    assert isinstance(requests.translate(requests.request("segment", body)), Rejected)
    for call in json.loads(body)[0]:
        assert isinstance(requests.translate(requests.request("segment", json.dumps(call))), Rejected)


def test_a_participant_of_zoom_without_registration_and_address_is_nobody(payloads: Path) -> None:
    body = (payloads / "zoom" / "meeting_participant_joined_tng.json").read_bytes()
    skipped = ("a guest who told neither a registration nor an address",)
    assert requests.translate(requests.request("zoom", body)) == Translated(skipped=skipped)
