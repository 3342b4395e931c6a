"""Requests that vendors themselves sent, over HTTP: each becomes what its connector's page says, or a letter."""

import json
from pathlib import Path

import pytest

from events.topics import DEAD_LETTERS, RAW
from leadstream.connectors.port import Raw
from tests.leadstream.gateway.house import gateway
from tests.leadstream.gateway.ways import deliver, every_source, signed
from tests.support import captured, requests

pytestmark = pytest.mark.data

EVERY = every_source()
NOTHING = ""
LINKED = "lead.identity_linked"
EXPECTED = {
    "activecampaign/contact_update.json": [f"lead.profile_updated {LINKED} {LINKED}"],
    "activecampaign/deal_update.json": [NOTHING],
    "formsort/rudder-transformer/formsort_source.json": [NOTHING, f"lead.captured lead.touched {LINKED}"],
    "google_ads_lead_form/google_test_insurance.json": [f"lead.captured lead.touched {LINKED}"],
    "hubspot/snowplow-enrich/01.body.json": [LINKED],
    "hubspot/snowplow-enrich/02.bodyStr.json": ["unknown_type subscriptionType"],
    "hubspot/snowplow-enrich/03.bodyStr.json": ["unknown_type subscriptionType"],
    "linkedin_lead_gen/pipedream_lead_form_response.json": ["unknown_type type"],
    "mailchimp/snowplow-enrich/01.body.form": [f"lead.captured lead.touched lead.consent_changed {LINKED} {LINKED}"],
    "mailchimp/snowplow-enrich/02.body.form": ["malformed data.list_id"],
    "mailchimp/snowplow-enrich/03.body.form": ["malformed data.list_id"],
    "mailchimp/snowplow-enrich/04.body.form": [f"lead.consent_changed {LINKED} {LINKED}"],
    "mailchimp/snowplow-enrich/05.body.form": ["malformed type"],
    "mailchimp/upemail_redacted.form": [f"lead.profile_updated {LINKED} {LINKED} {LINKED}"],
    "segment/common_with_campaign.json": ["malformed event"],
    "segment/identify_peter.json": [f"lead.profile_updated {LINKED} {LINKED} {LINKED}"],
    "segment/rudder-transformer/segment_source_input.json": ["malformed "],
    "segment/track_course_clicked.json": [f"lead.touched {LINKED} {LINKED}"],
    "sendgrid/snowplow-enrich/01.body.json": [NOTHING],
    "snowplow/snowplow-enrich/01.body.json": [NOTHING],
    "telephony/plivo_hangup_redacted.form": ["unknown_type CallSid"],
    "telephony/twilio_call_list_failed_sip.json": ["401"],
    "telephony/twilio_call_resource.json": ["401"],
    "unbounce_form/snowplow-enrich/01.body.form": ["nobody "],
    "unbounce_form/snowplow-enrich/02.body.form": ["nobody "],
    "unbounce_form/snowplow-enrich/03.body.form": ["lead.captured lead.touched"],
    "unbounce_form/snowplow-enrich/04.body.form": ["malformed data.json"],
    "unbounce_form/snowplow-enrich/05.body.form": ["malformed data.json"],
    "zoom/meeting_participant_joined_tng.json": [NOTHING],
}
"""File -> of each request in it the facts it tells, or reason and field of its letter, or the status of a refusal."""

OF_CUSTOMER_IO = {
    ("customer", "subscribed"): "lead.consent_changed",
    ("customer", "unsubscribed"): "lead.consent_changed",
    "delivered": "lead.touched",
    "opened": "lead.touched",
    "clicked": "lead.touched",
    "bounced": "lead.bounced",
    "spammed": "lead.consent_changed",
    "unsubscribed": "lead.consent_changed",
}
"""What docs/connectors/customerio.md says of a customer or of a message -> the fact; all others are skipped."""
_CUSTOMER_IO = "customerio/rudder-transformer/customerio_source_input.json"
_CONNECTORS = {
    "google_ads_lead_form": "google_ads",
    "linkedin_lead_gen": "linkedin",
    "telephony": "twilio",
    "unbounce_form": "unbounce",
}
_NO_WAY_IN = {"_downstream", "_signature_vectors", "google_contacts", "outlook", "tracking_params"}


def sent_by_vendor(name: str, media_type: str, body: bytes) -> Raw:
    folder = name.partition("/")[0]
    raw = captured.request(_CONNECTORS.get(folder, folder), media_type, body, requests.RECEIVED)
    return signed(raw)


async def became(folder: Path, raw: Raw) -> str:
    """What is left of a request that comes alone, in the words of `EXPECTED`."""
    async with gateway(folder, ways_in=EVERY) as house:
        house.clock.at = raw.received_at
        status = (await deliver(house.app, raw)).status
        kept, letters, facts = await house.kept(RAW), await house.kept(DEAD_LETTERS), await house.values()
    if status != EVERY[raw.connector].connector.reply.status:
        assert not any([kept, letters, facts]), "nothing is kept of what is refused"
        return str(status)
    (record,) = kept
    if not letters:
        return " ".join(fact["type"].removesuffix(".v1") for fact in facts)
    (letter,) = letters
    assert (facts, letter.value) == ([], record.value)
    headers = {name: value.decode() for name, value in letter.headers}
    return f"{headers['dlq.reason']} {headers['dlq.field']}"


@pytest.mark.parametrize("name", EXPECTED)
async def test_a_captured_request_becomes_what_its_page_says(name: str, payloads: Path, tmp_path: Path) -> None:
    raws = [sent_by_vendor(name, *found) for found in captured.bodies(payloads, name)]
    for number, (raw, expected) in enumerate(zip(raws, EXPECTED[name], strict=True)):
        folder = tmp_path / str(number)
        folder.mkdir()
        assert await became(folder, raw) == expected


async def test_events_of_customer_io_become_what_its_page_says(payloads: Path, tmp_path: Path) -> None:
    seen: set[str] = set()
    for number, found in enumerate(captured.bodies(payloads, _CUSTOMER_IO)):
        event = json.loads(found[1])
        folder = tmp_path / str(number)
        folder.mkdir()
        told = await became(folder, sent_by_vendor(_CUSTOMER_IO, *found))
        if event["timestamp"] == "abc":
            assert told == "malformed timestamp"
            continue
        about, metric = event["object_type"], event["metric"]
        fact = OF_CUSTOMER_IO.get((about, metric)) if about == "customer" else OF_CUSTOMER_IO.get(metric)
        if about in ("slack", "webhook"):  # to a team or a program
            fact = NOTHING
        assert told.partition(" ")[0] == (fact or NOTHING), event
        seen.add(told.partition(" ")[0])
    assert seen == {"lead.consent_changed", "lead.touched", "lead.bounced", NOTHING}


def test_every_captured_request_of_a_connector_is_tried(payloads: Path) -> None:
    there = {
        path.relative_to(payloads).as_posix()
        for path in payloads.rglob("*")
        if path.suffix in (".json", ".form") and path.relative_to(payloads).parts[0] not in _NO_WAY_IN
    }
    assert there == {*EXPECTED, _CUSTOMER_IO}
