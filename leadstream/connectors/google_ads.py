"""Lead forms of Google Ads, by webhook (https://developers.google.com/google-ads/webhook)."""

import msgspec
from msgspec import structs

from leadstream.connectors import moments
from leadstream.connectors.building import Key, connector
from leadstream.connectors.faults import Bad
from leadstream.connectors.people import Profile, Who
from leadstream.connectors.port import Given, Raw, Refusal, Trust
from leadstream.connectors.reading import Doc, json_doc
from leadstream.connectors.signatures import (
    NO_KEY,
    NO_SECRET,
    digest_of,
    same,
    without_credentials,
)
from leadstream.connectors.telling import Telling

NAME = "google_ads"
_KEY_FIELD = "google_key"

_PROFILE = {
    "WORK_EMAIL": "person.email",
    "EMAIL": "person.email",
    "PHONE_NUMBER": "person.phone",
    "WORK_PHONE": "company.phone",
    "JOB_TITLE": "person.title",
    "COMPANY_NAME": "company.name",
    "STREET_ADDRESS": "person.street",
    "POSTAL_CODE": "person.postcode",
    "CITY": "person.city",
    "REGION": "person.region",
    "COUNTRY": "person.country",
}
"""Column id -> field of the profile; of two for one field the first in this order counts."""
_NAMES = ("FULL_NAME", "FIRST_NAME", "LAST_NAME")


def _items(raw: Raw) -> list[Doc]:
    return [json_doc(raw)]


def _key(lead: Doc, raw: Raw) -> Key:
    """Google's id of the lead; its test button always sends the same one, so there the content counts too."""
    said = digest_of(_without_key(raw).body) if lead.flag("is_test") or not lead.text("lead_id") else ""
    return (lead.text("lead_id"), said)


def _tell(lead: Doc, telling: Telling) -> None:
    at = moments.iso(lead, "lead_submit_time", raw=telling.raw, zone="UTC")
    who = Who(system=NAME, own=lead.need("lead_id"))
    subject = who.subject(telling.given)
    telling.capture(
        subject,
        _profile(lead, telling.given),
        at,
        source=NAME,
        campaign=lead.text("campaign_id"),
        form=lead.text("form_id"),
        test=lead.flag("is_test"),
    )
    telling.touch(
        subject,
        at,
        channel="ad_click",
        kind="submitted",
        campaign=lead.text("campaign_id"),
        asset=lead.text("creative_id", "asset_group_id", "adgroup_id"),
        click_id=lead.text("gcl_id"),
    )
    telling.link(subject, "source_id", who.own, at, NAME)


def _profile(lead: Doc, given: Given) -> Profile:
    answers = {column: each.fields.get("string_value") for each in lead.docs("user_column_data")
               if (column := each.text("column_id", "column_name"))}  # fmt: skip
    profile, told = Profile(given), Doc(answers)
    profile.name(told.text("FIRST_NAME"), told.text("LAST_NAME"), told.text("FULL_NAME"))
    for column, field in _PROFILE.items():
        profile.put(field, answers.get(column))
    for column, value in answers.items():
        if column not in _PROFILE and column not in _NAMES:
            profile.answer(column, value)
    return profile


def verify(raw: Raw, trust: Trust, _now: int) -> Refusal | None:
    """Google signs nothing: the key that was typed in at the form comes in the body."""
    if not trust.secrets:
        return NO_SECRET
    try:
        given = json_doc(raw).text(_KEY_FIELD)
    except Bad:
        return NO_KEY
    fits = [same(secret, given) for secret in trust.secrets]
    return None if any(fits) else NO_KEY


def _without_key(raw: Raw) -> Raw:
    """The request without its key, which is a credential."""
    try:
        lead = json_doc(raw)
    except Bad:
        return without_credentials(raw)
    if _KEY_FIELD not in lead.fields:
        return without_credentials(raw)
    left = {name: value for name, value in lead if name != _KEY_FIELD}
    return structs.replace(without_credentials(raw), body=msgspec.json.encode(left))


CONNECTOR = connector(NAME, _items, _key, _tell, verify=verify, kept=_without_key)
"""Lead forms of Google Ads."""
