"""What a lead of Salesforce is here, whichever way it comes."""

from events.lead import LeadConverted, LeadStatusChanged
from leadstream.connectors.faults import Bad
from leadstream.connectors.moments import iso
from leadstream.connectors.people import LONGEST, LONGEST_NAME, Profile, Who
from leadstream.connectors.reading import Doc, words
from leadstream.connectors.telling import Telling
from leadstream.salesforce_ids import long_id

SYSTEM = "salesforce"
LEAD_PREFIX = "00Q"
_PROFILE = {
    "Email": "person.email",
    "Phone": "person.phone",
    "MobilePhone": "person.mobile",
    "Title": "person.title",
    "Company": "company.name",
    "Website": "company.website",
    "Industry": "company.industry",
    "NumberOfEmployees": "company.employees",
    "CountryCode": "company.country",
    "Country": "company.country",
    "PostalCode": "company.postcode",
    "City": "company.city",
    "State": "company.region",
    "Rating": "salesforce.Rating",
    "Description": "salesforce.Description",
}
_OPT_OUTS = {"HasOptedOutOfEmail": "", "DoNotCall": "phone", "HasOptedOutOfFax": "fax"}


def _own(text: str) -> str:
    found = long_id(text)
    if found is None:
        raise Bad("malformed", "Id", "expected an id of 15 or 18 letters and digits")
    return found


def who_of(identity: str) -> Who:
    """A lead by its id.

    Raises:
        Bad: it is no id.
    """
    return Who(system=SYSTEM, own=_own(identity))


def profile_of(fields: Doc, telling: Telling) -> Profile:
    """The profile that fields tell: those that are known, those that the configuration names, and one's own (`__c`)."""
    profile, name = Profile(telling.given), fields.doc("Name")
    first, last = fields.text("FirstName") or name.text("FirstName"), fields.text("LastName") or name.text("LastName")
    whole = fields.text("Name")
    if (first and last) or whole:
        profile.name(first, last, whole)
    profile.put("person.first_name", first)
    profile.put("person.last_name", last)
    given = telling.given.fields
    for field, value in (*fields, *fields.doc("Address")):
        if field in given or field in _PROFILE or field.endswith("__c"):
            profile.put(given.get(field) or _PROFILE.get(field) or f"{SYSTEM}.{field}", _counted(field, value))
    return profile


def _counted(field: str, value: object) -> object:
    text = words(value)
    whole = field == "NumberOfEmployees" and text.isascii() and text.isdigit() and len(text) < 16
    return int(text) if whole else value


def tell_whole(record: Doc, telling: Telling) -> None:
    """Tell what a lead is now.

    Raises:
        Bad: it has no id.
    """
    who = who_of(record.need("Id"))
    subject = who.subject(telling.given)
    created = iso(record, "CreatedDate", raw=telling.raw, zone="UTC")
    changed = iso(record, "LastModifiedDate", "SystemModstamp", raw=telling.raw, zone="UTC")
    telling.capture(
        subject, profile_of(record, telling), created, source=record.text("LeadSource") or SYSTEM, once=True
    )
    telling.update(subject, profile_of(record, telling), changed, SYSTEM)
    tell_rest(record, subject, changed, record.text("LastModifiedById"), telling)
    telling.links(
        Who(who.system, own=who.own, email=record.text("Email"), phone=record.text("Phone")), subject, created
    )


def tell_rest(fields: Doc, subject: str, at: int, by: str, telling: Telling) -> None:
    """Tell status, conversion and opt-outs. That somebody has not opted out is no consent."""
    if fields.flag("IsConverted"):
        converted = LeadConverted(
            account=fields.text("ConvertedAccountId")[:LONGEST] or None,
            contact=fields.text("ConvertedContactId")[:LONGEST] or None,
            opportunity=fields.text("ConvertedOpportunityId")[:LONGEST] or None,
            by=by[:LONGEST] or None,
        )
        telling.tell(subject, converted, at)
    if status := fields.text("Status"):
        named = telling.given.fields.get(f"Status.{status}") or status
        telling.tell(subject, LeadStatusChanged(status=named[:LONGEST_NAME], by=by[:LONGEST] or None), at)
    for field, purpose in _OPT_OUTS.items():
        if fields.flag(field):
            telling.consent(subject, at, purpose=purpose or telling.given.purpose, granted=False, source=SYSTEM)
