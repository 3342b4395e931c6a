"""Forms on one's own pages: urlencoded, multipart or JSON. See docs/connectors/web-forms.md for the names of fields."""

from typing import Any
from urllib.parse import urlsplit

from msgspec import structs

from events.instants import MINUTE
from leadstream.connectors import forms, moments, standard_webhooks
from leadstream.connectors.building import Key, connector
from leadstream.connectors.faults import Bad
from leadstream.connectors.people import CONSENT, Profile, Who
from leadstream.connectors.port import Raw, Refusal, Trust
from leadstream.connectors.reading import YES, Doc, json_doc, words
from leadstream.connectors.signatures import (
    NO_SECRET,
    digest_of,
    shared_key,
)
from leadstream.connectors.telling import Telling
from leadstream.connectors.tracking import PARAMETERS, Landing, landing, referrer_class

NAME = "web_form"
_SIGNATURE = "webhook-signature"
_BUCKET = 10 * MINUTE
_VERSION = "consent_version."
_HONEYPOTS = ("_gotcha", "_honeypot")
_FASTEST_MS = 1000
_FOREIGN = Refusal(403, "the form was sent from a page that is not configured")

_PROFILE = {
    "email": "person.email",
    "phone": "person.phone",
    "title": "person.title",
    "job_title": "person.title",
    "company": "company.name",
    "company_name": "company.name",
    "website": "company.website",
    "industry": "company.industry",
    "country": "company.country",
    "postcode": "company.postcode",
    "employees": "company.employees",
}
_PARAMETERS = sorted(PARAMETERS)
_NOT_ANSWERS = PARAMETERS | {
    *_HONEYPOTS, "lead_id", "submission_id", "form", "page_url", "referrer", "anonymous_id", "is_test", "submitted_at",
    "elapsed_ms", "name", "first_name", "last_name", "key",
}  # fmt: skip


def _items(raw: Raw) -> list[Doc]:
    kind = forms.media_type(raw)
    if kind == forms.MULTIPART:
        return [forms.flat(forms.multipart_pairs(raw))]
    if kind == "application/json" or kind.endswith("+json"):
        return [Doc(_flattened(json_doc(raw).fields, "", 0))]
    return [forms.flat(forms.form_pairs(raw))]


def _flattened(fields: Any, before: str, depth: int) -> dict[str, Any]:
    """Objects in objects as dotted names."""
    flat: dict[str, Any] = {}
    for name, value in fields.items():
        if isinstance(value, dict) and depth < _DEEPEST:
            flat |= _flattened(value, f"{before}{name}.", depth + 1)
        else:
            flat[f"{before}{name}"] = value
    return flat


_DEEPEST = 8


def _key(form: Doc, raw: Raw) -> Key:
    """The page's own id of the submission; else what was said, within ten minutes."""
    if submission := form.text("submission_id"):
        return (raw.endpoint, submission)
    said = "\x1f".join(f"{name}={words(value)}" for name, value in form if name not in ("elapsed_ms", "submitted_at"))
    return (raw.endpoint, digest_of(said.encode("utf-8", "surrogatepass")), str(raw.received_at // _BUCKET))


def _tell(form: Doc, telling: Telling) -> None:
    _by_a_person(form)
    at = _when(form, telling)
    way = landing(form.text("page_url"), [(name, form.text(name)) for name in _PARAMETERS])
    profile = _profile(form, telling, way)
    who = Who(
        lead=told_lead(form, telling.raw),
        email=profile.text("person.email"),  # also where `fields` calls another field so
        phone=profile.text("person.phone"),
        anonymous=form.text("anonymous_id"),
    )
    subject = who.subject(telling.given)
    name = form.text("form") or telling.raw.endpoint
    telling.capture(
        subject, profile, at,
        source=_source(form, way), campaign=way.campaign, form=name, test=form.flag("is_test"),
    )  # fmt: skip
    telling.touch(
        subject, at,
        channel="landing_page", kind="submitted", campaign=way.campaign, asset=way.page or name, click_id=way.click_id,
    )  # fmt: skip
    for field, value in form:
        purpose = field.removeprefix(CONSENT)
        if purpose != field and purpose and words(value).lower() in YES:
            version = form.text(f"{_VERSION}{purpose}")
            telling.consent(subject, at, purpose=purpose, granted=True, source=name, version=version)
    telling.link(subject, "anonymous_id", who.anonymous, at)


def told_lead(form: Doc, raw: Raw) -> str:
    """The lead's id, where a server names it. From a page anybody could write to anybody's lead."""
    return form.text("lead_id") if raw.header(_SIGNATURE) else ""


def _when(form: Doc, telling: Telling) -> int:
    """When it was sent. A browser's clock that is wrong costs no lead: then the time of receipt counts."""
    try:
        return moments.iso(form, "submitted_at", raw=telling.raw, zone=telling.given.zone)
    except Bad:
        return telling.raw.received_at


def _by_a_person(form: Doc) -> None:
    """Programs fill in every field, also those that no person sees, and need no time for it."""
    if filled := next((name for name in _HONEYPOTS if form.text(name)), ""):
        raise Bad("automatic", filled, "a field that no person sees is filled in")
    elapsed = form.text("elapsed_ms")
    if elapsed.isascii() and elapsed.isdigit() and len(elapsed) < 16 and int(elapsed) < _FASTEST_MS:
        raise Bad("automatic", "elapsed_ms", f"filled in within {_FASTEST_MS} ms")


def _profile(form: Doc, telling: Telling, way: Landing) -> Profile:
    profile = Profile(telling.given)
    profile.name(form.text("first_name"), form.text("last_name"), form.text("name"))
    for field, value in form:
        if field in _PROFILE:
            text = words(value)
            whole = field == "employees" and text.isascii() and text.isdigit() and len(text) < 16
            profile.put(_PROFILE[field], int(text) if whole else value)
        elif field not in _NOT_ANSWERS and not field.startswith((CONSENT, _VERSION)):
            profile.answer(field, _ticked(value))
    for field, value in (
        ("marketing.source", way.source),
        ("marketing.medium", way.medium),
        ("marketing.term", way.term),
        ("marketing.content", way.content),
        ("marketing.network", way.network),
        ("marketing.referrer", form.text("referrer")),
    ):
        profile.put(field, value)
    return profile


def _ticked(value: Any) -> Any:
    """What forms send for a box or a yes and no is one; other texts stay texts."""
    return {"on": True, "true": True, "false": False}.get(value, value) if isinstance(value, str) else value


def _source(form: Doc, way: Landing) -> str:
    """Where the lead came from: as the campaign says, else the ad network, else what kind of page sent them."""
    return way.source or way.network or referrer_class(form.text("referrer"), form.text("page_url"))


def verify(raw: Raw, trust: Trust, now: int) -> Refusal | None:
    """Servers sign (Standard Webhooks); pages send the form's public key, from an origin that is configured.

    A public key signs nothing: whoever reads the page could else send in a server's name.
    """
    if raw.header(_SIGNATURE):
        return standard_webhooks.verify(raw, trust, now)
    keys = (*trust.public_keys, *trust.secrets)
    if not keys:
        return NO_SECRET
    if trust.origins and _origin(raw) not in trust.origins:
        return _FOREIGN
    return shared_key(raw, structs.replace(trust, secrets=keys), now)


def _origin(raw: Raw) -> str:
    if origin := raw.header("origin"):
        return origin
    try:
        parts = urlsplit(raw.header("referer"))
    except ValueError:
        return ""
    return f"{parts.scheme}://{parts.netloc}"


CONNECTOR = connector(NAME, _items, _key, _tell, verify=verify, tells=True, browsers=True, whose_key="page")
"""Forms on one's own pages."""
