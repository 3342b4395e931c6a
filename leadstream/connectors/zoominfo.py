"""Contacts as ZoomInfo enriches them: the answer to `/enrich/contact`, fetched for leads that are known already."""

from typing import Any

from leadstream.connectors.building import Key, connector
from leadstream.connectors.faults import Bad, Skip
from leadstream.connectors.moments import written
from leadstream.connectors.people import Profile, Who
from leadstream.connectors.port import Raw
from leadstream.connectors.reading import Doc, json_doc, said
from leadstream.connectors.signatures import fetched_only
from leadstream.connectors.telling import Telling

NAME = "zoominfo"
_MOST = 100
_TIMES = ("%m/%d/%Y %I:%M %p", "%m/%d/%Y", "%m-%d-%YT%H:%M:%S.%fZ", "iso")
_PERSON = {
    "email": "person.email",
    "phone": "person.phone",
    "mobilePhone": "person.mobile",
    "jobTitle": "person.title",
    "jobFunction": "person.function",
    "managementLevel": "person.seniority",
    "city": "person.city",
    "state": "person.region",
    "country": "person.country",
    "personHasMoved": "person.has_moved",
    "withinEu": "person.within_eu",
    "withinCalifornia": "person.within_california",
    "withinCanada": "person.within_canada",
}
_COMPANY = {
    "name": "company.name",
    "website": "company.website",
    "phone": "company.phone",
    "employeeCount": "company.employees",
    "revenueNumeric": "company.revenue_thousands",
    "primaryIndustry": "company.industry",
    "country": "company.country",
    "zipCode": "company.postcode",
    "city": "company.city",
}
_DO_NOT_CALL = ("directPhoneDoNotCall", "mobilePhoneDoNotCall")
_BOOLEANS = frozenset({"personHasMoved", "withinEu", "withinCalifornia", "withinCanada"})


def _items(raw: Raw) -> list[Doc]:
    body = json_doc(raw)
    if not body.flag("success"):
        raise Bad("malformed", "success", "is not true")
    found = body.doc("data").docs("result")
    if not 1 <= len(found) <= _MOST:
        raise Bad("malformed", "data.result", f"expected 1 to {_MOST} results")
    return found


def _key(item: Doc, _raw: Raw) -> Key:
    return (said(item.doc("input")), *(said(each) for each in item.docs("data")))


def _tell(item: Doc, telling: Telling) -> None:
    matches, asked = item.docs("data"), item.doc("input")
    if not matches:
        raise Skip("nobody was found")
    if len(matches) > 1:
        raise Skip("several people were found, and which one is meant nobody knows")
    found = matches[0]
    who = Who(lead=asked.text("lead_id"), email=asked.text("emailAddress"), phone=asked.text("phone"))
    subject = who.subject(telling.given)
    at = written(found, "lastUpdatedDate", raw=telling.raw, forms=_TIMES, zone="UTC")
    telling.update(subject, _profile(found, telling), at, NAME, _confidence(found))
    if any(found.flag(name) for name in _DO_NOT_CALL):
        telling.consent(subject, at, purpose="phone", granted=False, basis="registry", source=NAME)
    telling.link_email(subject, asked.text("emailAddress"), at)


def _confidence(found: Doc) -> float | None:
    """A score of accuracy out of 100."""
    score = found.fields.get("contactAccuracyScore")
    text = found.text("contactAccuracyScore")
    if isinstance(score, bool) or not (text.isascii() and text.isdigit() and len(text) <= 3):
        return None
    return min(int(text), 100) / 100


def _profile(found: Doc, telling: Telling) -> Profile:
    profile, company = Profile(telling.given), found.doc("company")
    profile.name(found.text("firstName"), found.text("lastName"))
    for name, field in _PERSON.items():
        profile.put(
            field, found.flag(name) if name in _BOOLEANS and found.text(name) else _plain(found.fields.get(name))
        )
    for name, field in _COMPANY.items():
        profile.put(field, _plain(company.fields.get(name)))
    return profile


def _plain(value: Any) -> Any:
    """A list of one is its item; `[{"name": ...}]` is that name, if it has one."""
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return "; ".join(
            name for each in value if isinstance(each, dict) and isinstance(name := each.get("name"), str) and name
        )
    if isinstance(value, dict):
        return value.get("name")
    return value


CONNECTOR = connector(NAME, _items, _key, _tell, verify=fetched_only)
"""ZoomInfo."""
