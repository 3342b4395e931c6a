"""Webhooks of a Mailchimp audience (https://mailchimp.com/developer/marketing/guides/sync-audience-data-webhooks/)."""

from events.life import LeadBounced
from leadstream.connectors import forms
from leadstream.connectors.building import Key, connector
from leadstream.connectors.faults import Bad, Skip
from leadstream.connectors.moments import iso
from leadstream.connectors.people import LONGEST, Profile, Who
from leadstream.connectors.port import Raw, Reply, Trust
from leadstream.connectors.reading import Doc
from leadstream.connectors.signatures import shared_key
from leadstream.connectors.telling import Telling

NAME = "mailchimp"
_PROFILE = {
    "EMAIL": "person.email",
    "PHONE": "person.phone",
    "COMPANY": "company.name",
    "JOBTITLE": "person.title",
    "WEBSITE": "company.website",
}
_NAMES = ("FNAME", "LNAME")


def _items(raw: Raw) -> list[Doc]:
    return [forms.nested(forms.form_pairs(raw))]


def _key(item: Doc, _raw: Raw) -> Key:
    data = item.doc("data")
    return (item.text("type"), data.text("list_id"), data.text("id", "new_id", "email"), item.text("fired_at"))


def _tell(item: Doc, telling: Telling) -> None:
    data, kind = item.doc("data"), item.need("type")
    if kind == "campaign":
        raise Skip("a campaign was sent")
    at = iso(item, "fired_at", raw=telling.raw, zone=telling.given.zone)
    who = Who(
        system=f"{NAME}.{data.need('list_id')}",
        own=data.text("id", "new_id"),
        email=data.text("email", "new_email"),
    )
    subject = who.subject(telling.given)
    where = f"{NAME} list {data.text('list_id')}"
    match kind:
        case "subscribe":
            telling.capture(subject, _profile(data, telling), at, source=NAME, form=data.text("list_id"), once=True)
            telling.touch(subject, at, channel="email", kind="subscribed")
            telling.consent(subject, at, purpose=telling.given.purpose, granted=True, source=where)
        case "unsubscribe":
            telling.consent(subject, at, purpose=telling.given.purpose, granted=False, source=where)
        case "profile":
            telling.update(subject, _profile(data, telling), at, NAME)
        case "upemail":
            telling.update(subject, _profile(data, telling), at, NAME)
            telling.link_email(subject, data.text("old_email"), at)
        case "cleaned":
            _cleaned(data, subject, at, telling)
        case _:
            raise Bad("unknown_type", "type", "is no change of an audience that is known")
    telling.links(who, subject, at)


def _cleaned(data: Doc, subject: str, at: int, telling: Telling) -> None:
    """Mailchimp writes to the address no more: mail came back, or the reader called it spam."""
    if data.text("reason") == "abuse":
        telling.consent(subject, at, purpose=telling.given.purpose, granted=False, source=f"{NAME}: reported as spam")
        return
    telling.tell(subject, LeadBounced(channel="email", hard=True, address=data.text("email")[:LONGEST] or None), at)


def _profile(data: Doc, telling: Telling) -> Profile:
    """Merge fields are the company's own: the usual ones are known, others go where `fields` says, else to answers."""
    profile, merges = Profile(telling.given), data.doc("merges")
    profile.name(merges.text("FNAME"), merges.text("LNAME"))
    profile.put("person.email", data.text("new_email", "email"))
    for name, value in merges:
        if name in telling.given.fields or name not in (*_PROFILE, *_NAMES):
            profile.answer(name, value)
        elif name in _PROFILE:
            profile.put(_PROFILE[name], value)
    return profile


def challenge(raw: Raw, _trust: Trust) -> Reply | None:
    """Mailchimp asks with GET whether somebody is there."""
    return Reply() if raw.method in ("GET", "HEAD") else None


CONNECTOR = connector(NAME, _items, _key, _tell, verify=shared_key, challenge=challenge)
"""A Mailchimp audience."""
