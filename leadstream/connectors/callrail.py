"""Calls tracked by CallRail: fields in the query or in a form; what is blank is not known."""

from leadstream.connectors import forms
from leadstream.connectors.building import Key, connector
from leadstream.connectors.faults import Bad
from leadstream.connectors.moments import written
from leadstream.connectors.people import Profile, Who
from leadstream.connectors.port import Raw
from leadstream.connectors.reading import Doc, said
from leadstream.connectors.signatures import KEY_PARAMETER, shared_key
from leadstream.connectors.telling import Telling
from leadstream.connectors.tracking import PARAMETERS, landing

NAME = "callrail"
_FORMS = ("iso", "%Y-%m-%d %H:%M:%S %Z")


def _items(raw: Raw) -> list[Doc]:
    found = [pair for pair in forms.pairs_of(raw.query) if pair[0] != KEY_PARAMETER]
    if raw.body:
        found += forms.form_pairs(raw)
    if not found:
        raise Bad("unreadable", "", "expected fields in the query or in a form")
    return [forms.flat(found)]


def _key(item: Doc, _raw: Raw) -> Key:
    if call := item.text("id", "resource_id"):
        return (call,)
    return ("", said(item))


def _tell(item: Doc, telling: Telling) -> None:
    at = written(item, "datetime", "start_time", raw=telling.raw, forms=_FORMS, zone=telling.given.zone)
    number = item.need("callernum", "customer_phone_number")
    who = Who(phone=number)
    subject = who.subject(telling.given)
    way = landing(
        item.text("landingpage", "landing_page_url"), [(name, item.text(name)) for name in sorted(PARAMETERS)]
    )
    campaign = way.campaign or item.text("campaign")
    if item.flag("first_call"):
        profile = Profile(telling.given)
        profile.put("person.phone", number)
        profile.put("person.name", item.text("callername", "customer_name"))
        profile.put("person.city", item.text("callercity", "customer_city"))
        profile.put("person.country", item.text("callercountry", "customer_country"))
        profile.put("marketing.term", way.term or item.text("keywords"))
        profile.put("marketing.medium", way.medium)
        profile.put("marketing.referrer", item.text("referrer"))
        source = way.source or item.text("callsource", "source") or way.network or NAME
        telling.capture(subject, profile, at, source=source, campaign=campaign, form=item.text("trackingnum"))
    telling.touch(
        subject,
        at,
        channel="call",
        kind="answered" if item.flag("answered") else "no_answer",
        campaign=campaign,
        asset=way.page,
        click_id=way.click_id,
    )
    telling.links(who, subject, at)


CONNECTOR = connector(NAME, _items, _key, _tell, verify=shared_key, methods=("POST", "GET"))
"""CallRail."""
