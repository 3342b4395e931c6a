"""Webinars and meetings of Zoom: who registered, came and left."""

import re

import msgspec

from events.instants import SECOND
from leadstream.connectors.building import Key, connector
from leadstream.connectors.faults import Bad, Skip
from leadstream.connectors.moments import epoch, iso
from leadstream.connectors.people import Profile, Who
from leadstream.connectors.port import Raw, Refusal, Reply, Trust
from leadstream.connectors.reading import Doc, json_doc
from leadstream.connectors.signatures import digest_of, hexed, mac, signed, stale
from leadstream.connectors.telling import Telling

NAME = "zoom"
_VALIDATION = "endpoint.url_validation"
_TOKEN = re.compile(r"[A-Za-z0-9_-]{1,128}")
_PREFIX = "v0"
_REPORT = "zoom_participants"
"""What is wanted when a webinar has ended."""

_PROFILE = {
    "email": "person.email",
    "phone": "person.phone",
    "job_title": "person.title",
    "org": "company.name",
    "industry": "company.industry",
    "no_of_employees": "company.size",
    "country": "company.country",
    "zip": "company.postcode",
    "city": "company.city",
    "state": "company.region",
}
_ANSWERS = ("comments", "purchasing_time_frame", "role_in_purchase_process")
_PEOPLE = {
    "registration_created": "registered",
    "registration_cancelled": "cancelled",
    "participant_joined": "attended",
    "participant_left": "left",
}
"""What somebody did -> kind of the touch."""
_OTHERS = frozenset(
    {"created", "updated", "deleted", "started", "ended", "registration_approved", "registration_denied", "alert"}
)


def _items(raw: Raw) -> list[Doc]:
    return [json_doc(raw)]


def _person(item: Doc) -> Doc:
    about = item.doc("payload").doc("object")
    return about.doc("registrant") or about.doc("participant")


def key(item: Doc, raw: Raw) -> Key:
    """What makes a repetition of it the same one."""
    about, person = item.doc("payload").doc("object"), _person(item)
    who = person.text("registrant_id", "id", "participant_uuid", "participant_user_id", "user_id")
    if item.text("event").endswith(".registration_created"):
        return (item.text("event"), about.text("id"), who)  # once, also where the list of registrants tells it again
    # Some messages of leaving say when they came as well, others do not; the report after the end says both.
    times = ("leave_time", "join_time") if item.text("event").endswith("_left") else ("join_time", "leave_time")
    when = person.text(*times, "create_time") or item.text("event_ts")
    return (item.text("event"), about.text("uuid", "id"), who, when, "" if who and when else digest_of(raw.body))


def tell(item: Doc, telling: Telling) -> None:
    """Tell what somebody did.

    Raises:
        Bad: it is no message of Zoom's that is known.
        Skip: it is about nobody.
    """
    channel, _, change = item.need("event").partition(".")
    if channel not in ("webinar", "meeting") or change not in (*_PEOPLE, *_OTHERS):
        raise Bad("unknown_type", "event", "is no change of a webinar or meeting that is known")
    if (channel, change) == ("webinar", "ended"):
        telling.want(_REPORT, _report(item))
        return
    if change in _OTHERS:
        raise Skip(f"a {channel} was {change}, which is about no person")
    about, person = item.doc("payload").doc("object"), _person(item)
    registers = change.startswith("registration")
    number, email = about.need("id"), person.text("email", "user_email")
    # A name is no key: guests type what they like. The registration's id is, within its webinar.
    own = person.text("id") if registers else person.text("registrant_id")
    if not (own or email):
        raise Skip("a guest who told neither a registration nor an address")
    who = Who(system=f"{NAME}.{number}", own=own, email=email, phone=person.text("phone"))
    subject = who.subject(telling.given)
    at = _when(item, person, change, telling)
    topic = about.text("topic") or number
    campaign = person.text("tracking_source", "source_name")
    if change == "registration_created":
        telling.capture(
            subject, _profile(person, telling), at, source=f"{NAME} {channel}", campaign=campaign, form=topic
        )
    telling.touch(subject, at, channel=channel, kind=_PEOPLE[change], campaign=campaign, asset=topic)
    telling.links(who, subject, at)


def _report(item: Doc) -> str:
    """The report on who attended an occurrence that has ended, as it is fetched: with when it ended, milliseconds."""
    about, ended = item.doc("payload").doc("object"), item.text("event_ts")
    return f"{about.need('uuid', 'id')}:{ended}" if ended else about.need("uuid", "id")


def _when(item: Doc, person: Doc, change: str, telling: Telling) -> int:
    field = {"participant_joined": "join_time", "participant_left": "leave_time"}.get(change, "create_time")
    if person.text(field):
        return iso(person, field, raw=telling.raw, zone="UTC")
    return epoch(item, "event_ts", telling.raw)


def _profile(person: Doc, telling: Telling) -> Profile:
    profile = Profile(telling.given)
    profile.name(person.text("first_name"), person.text("last_name"))
    for name, field in _PROFILE.items():
        profile.put(field, person.text(name))
    for name in _ANSWERS:
        profile.answer(name, person.text(name))
    for question in person.docs("custom_questions"):
        if title := question.text("title"):
            profile.answer(title, question.text("value"))
    return profile


def verify(raw: Raw, trust: Trust, now: int) -> Refusal | None:
    """HMAC-SHA256 over version, time and body."""
    timestamp = raw.header("x-zm-request-timestamp")
    message = f"{_PREFIX}:{timestamp}:".encode("utf-8", "replace") + raw.body
    expected = signed(raw.header("x-zm-signature"), trust, lambda secret: f"{_PREFIX}={hexed(mac(secret, message))}")
    return stale(timestamp, now, unit=SECOND) or expected


def challenge(raw: Raw, trust: Trust) -> Reply | None:
    """Proves that we know the secret, by the HMAC of a token.

    Only of what looks like a token: of a text with colons the answer could be the signature of a message.
    """
    if _VALIDATION.encode() not in raw.body or not trust.secrets:
        return None
    try:
        item = json_doc(raw)
    except Bad:
        return None
    token = item.doc("payload").text("plainToken")
    if item.text("event") != _VALIDATION or not _TOKEN.fullmatch(token):
        return None
    encrypted = hexed(mac(trust.secrets[0].encode(), token.encode()))
    return Reply(body=msgspec.json.encode({"plainToken": token, "encryptedToken": encrypted}))


CONNECTOR = connector(NAME, _items, key, tell, verify=verify, challenge=challenge, seconds=3.0)
"""Zoom."""
