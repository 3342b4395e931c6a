"""What a property of a HubSpot contact is here."""

from events.lead import LeadStatusChanged
from leadstream.connectors.faults import Skip
from leadstream.connectors.people import LONGEST_NAME, Profile
from leadstream.connectors.reading import YES
from leadstream.connectors.telling import Telling

_NAME = "hubspot"
PROFILE = {
    "firstname": "person.first_name",
    "lastname": "person.last_name",
    "email": "person.email",
    "phone": "person.phone",
    "mobilephone": "person.mobile",
    "jobtitle": "person.title",
    "hs_language": "person.language",
    "company": "company.name",
    "website": "company.website",
    "industry": "company.industry",
    "numberofemployees": "company.size",
    "country": "company.country",
    "zip": "company.postcode",
    "city": "company.city",
    "state": "company.region",
}
STATUSES = ("hs_lead_status", "lifecyclestage")
_OPT_OUT = "hs_email_optout"


def tell_property(name: str, value: str, subject: str, at: int, telling: Telling) -> None:
    """Tell the change of one property.

    Raises:
        Skip: it says nothing about the lead.
    """
    if name in STATUSES:
        tell_status(name, value, subject, at, telling)
    elif name.startswith(_OPT_OUT):
        if value.lower() not in YES:
            raise Skip("an opt-out was taken back, which is no consent")
        withdraw(name, subject, at, telling)
    else:
        profile = Profile(telling.given)
        put(profile, name, value, telling)
        telling.update(subject, profile, at, _NAME)
        if name == "email":
            telling.link_email(subject, value, at)


def put(profile: Profile, name: str, value: str, telling: Telling) -> None:
    """Put a property into a profile: as configured, as known, else under its own name."""
    profile.put(telling.given.fields.get(name) or PROFILE.get(name) or f"{_NAME}.{name}", value)


def tell_status(name: str, value: str, subject: str, at: int, telling: Telling) -> None:
    """Tell a status, by the company's own name where `fields` gives one: `hs_lead_status.OPEN` -> `Open`."""
    status = telling.given.fields.get(f"{name}.{value}") or value
    if status:
        telling.tell(subject, LeadStatusChanged(status=status[:LONGEST_NAME]), at)


def withdraw(name: str, subject: str, at: int, telling: Telling) -> None:
    """Tell an opt-out: of all mail, or of one kind of subscription by its number."""
    kind = name.removeprefix(_OPT_OUT).removeprefix("_")
    purpose = f"{telling.given.purpose}:{kind}" if kind else telling.given.purpose
    telling.consent(subject, at, purpose=purpose, granted=False, source=_NAME)
