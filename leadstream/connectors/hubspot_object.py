"""A whole object of HubSpot: as a workflow sends it (values with their versions), or as the API gives it (plain).

The API does not say whose object it is: who fetches one adds `portalId`.
"""

from events.lead import LeadConverted
from leadstream.connectors.faults import Bad, Skip
from leadstream.connectors.hubspot_properties import PROFILE, STATUSES, put, tell_status, withdraw
from leadstream.connectors.moments import epoch, iso
from leadstream.connectors.people import Profile, Who
from leadstream.connectors.reading import YES, Doc, words
from leadstream.connectors.telling import Telling

NAME = "hubspot"
_IDS = ("vid", "canonical-vid", "id", "objectId")
_WON = "closedwon"
_TOLD = frozenset(PROFILE)


def is_object(item: Doc) -> bool:
    """Whether it is a whole object, and not an announcement."""
    return "properties" in item.fields


def who_of(portal: str, own: str) -> Who:
    """A contact; its id is unique in its portal."""
    return Who(system=f"{NAME}.{portal}", own=own)


def tell(item: Doc, telling: Telling) -> None:
    """Tell what a contact or deal is now.

    Raises:
        Bad: it has no id.
        Skip: it is a company, which is no lead.
    """
    if item.text("companyId"):
        raise Skip("a company, no lead")
    values = _values(item.doc("properties"))
    if item.text("dealId") or values.text("dealstage"):
        _deal(item, values, telling)
        return
    who = who_of(item.need("portalId", "portal-id"), item.text(*_IDS) or values.need("hs_object_id"))
    subject = who.subject(telling.given)
    created = _when(item, values, ("createdAt",), "createdate", telling)
    changed = _when(item, values, ("updatedAt",), "lastmodifieddate", telling)
    profile = _profile(values, telling)
    source = values.text("hs_analytics_source", "hs_object_source_label") or NAME
    telling.capture(subject, profile, created, source=source, once=True)
    telling.update(subject, _profile(values, telling), changed, NAME)
    telling.links(
        Who(who.system, own=who.own, email=values.text("email"), phone=values.text("phone")), subject, created
    )
    for name in STATUSES[:1]:
        tell_status(name, values.text(name), subject, changed, telling)
    for name, value in values:
        if name.startswith("hs_email_optout") and words(value).lower() in YES:
            withdraw(name, subject, changed, telling)


def _profile(values: Doc, telling: Telling) -> Profile:
    profile = Profile(telling.given)
    profile.name(values.text("firstname"), values.text("lastname"))
    for name, value in values:
        if name in _TOLD or name in telling.given.fields:
            put(profile, name, words(value), telling)
    return profile


def _values(properties: Doc) -> Doc:
    """The present values: `{"email": {"value": ..., "versions": [...]}}` or `{"email": ...}`."""
    return Doc(
        {name: value.get("value") if isinstance(value, dict) else value for name, value in properties}, properties.path
    )


def _when(item: Doc, values: Doc, plain: tuple[str, ...], versioned: str, telling: Telling) -> int:
    """The API gives ISO times beside the properties, workflows milliseconds in one."""
    if item.text(*plain):
        return iso(item, *plain, raw=telling.raw, zone="UTC")
    text = values.text(versioned)
    if text and not text.isdigit():
        return iso(values, versioned, raw=telling.raw, zone="UTC")
    return epoch(values, versioned, telling.raw)


def _deal(item: Doc, values: Doc, telling: Telling) -> None:
    """A deal that was won converted the contacts it is with."""
    if values.text("dealstage") != _WON:
        raise Skip("a deal that is not won")
    contacts = _with(item, "associatedVids", "contacts")
    if not contacts:
        raise Bad("nobody", "associations", "the deal is with no contact")
    companies = _with(item, "associatedCompanyIds", "companies")
    deal = item.text("dealId") or item.need("id")
    at = _when(item, values, (), "closedate", telling)
    for contact in dict.fromkeys(contacts):
        who = who_of(item.need("portalId", "portal-id"), contact)
        converted = LeadConverted(account=companies[0] if companies else None, contact=contact, opportunity=deal)
        telling.tell(who.subject(telling.given), converted, at)


def _with(item: Doc, ids: str, kind: str) -> list[str]:
    """Ids of what a deal is with: as workflows list them, or as the API does."""
    associations = item.doc("associations")
    return associations.texts(ids) or [
        found for each in associations.doc(kind).docs("results") if (found := each.text("id"))
    ]
