"""Events of Snowplow trackers (protocol tp2): all values are texts, and whole documents hide in some of them."""

import base64
import binascii
from typing import NamedTuple

from leadstream.connectors.building import Key, connector
from leadstream.connectors.faults import Bad, Skip
from leadstream.connectors.moments import epoch
from leadstream.connectors.people import LONGEST_NAME, Who
from leadstream.connectors.port import Raw, Refusal, Trust
from leadstream.connectors.reading import Doc, json_doc, json_of, said
from leadstream.connectors.signatures import (
    NO_SECRET,
    OTHER_ACCOUNT,
    shared_key,
)
from leadstream.connectors.telling import Telling
from leadstream.connectors.tracking import landing

NAME = "snowplow"
_MOST = 1000
_SCHEMA = "iglu:com.snowplowanalytics.snowplow/payload_data/"
_CONSENTS = {"consent_granted": True, "consent_withdrawn": False}
_FORMS = frozenset({"submit_form"})


def _items(raw: Raw) -> list[Doc]:
    body = json_doc(raw)
    if not body.text("schema").startswith(_SCHEMA):
        raise Bad("malformed", "schema", "expected payload_data of com.snowplowanalytics.snowplow")
    events = body.docs("data")
    if not 1 <= len(events) <= _MOST:
        raise Bad("malformed", "data", f"expected 1 to {_MOST} events")
    return events


def _key(event: Doc, _raw: Raw) -> Key:
    """An id alone is not enough: trackers have sent different events under one. When it was sent (`stm`) may differ."""
    return (event.text("eid"), said(Doc({name: value for name, value in event if name != "stm"})))


def _tell(event: Doc, telling: Telling) -> None:
    kind = event.need("e")
    if kind in ("pp", "tr", "ti"):
        raise Skip("a ping or a sale, which leads do not have")
    if kind not in ("pv", "se", "ue"):
        raise Bad("unknown_type", "e", "expected pv, pp, se, ue, tr or ti")
    who = Who(system=NAME, own=event.text("uid"), anonymous=event.text("duid", "nuid"))
    if not (who.own or who.anonymous):
        raise Skip("an event of nobody: neither a user (uid) nor a browser (duid)")
    subject, at = who.subject(telling.given), epoch(event, "dtm", telling.raw)
    if kind == "ue":
        _described(event, subject, at, telling)
    else:
        seen = "visited" if kind == "pv" else event.need("se_ac")
        asset = "" if kind == "pv" else event.text("se_la", "se_pr", "se_ca")
        _Page(event, subject, at, telling).touch("website", seen, asset)
    telling.links(who, subject, at)


class _Page(NamedTuple):
    """A page on which somebody did something."""

    event: Doc
    subject: str
    at: int
    telling: Telling

    def touch(self, channel: str, kind: str, asset: str = "") -> None:
        """Tell what was done; by default with the page itself."""
        way = landing(self.event.text("url"))
        self.telling.touch(
            self.subject,
            self.at,
            channel=channel,
            kind=kind[:LONGEST_NAME],
            asset=asset or way.page,
            campaign=way.campaign,
            click_id=way.click_id,
        )


def _described(event: Doc, subject: str, at: int, telling: Telling) -> None:
    """An event that describes itself: `iglu:vendor/NAME/jsonschema/version` and its data."""
    told = _document(event).doc("data")
    _, _, rest = told.text("schema").partition(":")
    name = [*rest.split("/"), ""][1]
    if not name:
        raise Bad("malformed", "ue_px.data.schema", "expected iglu:vendor/name/format/version")
    data, page = told.doc("data"), _Page(event, subject, at, telling)
    if name in _CONSENTS:
        version = data.text("version")
        purpose = data.text("name", "id") or telling.given.purpose
        telling.consent(subject, at, purpose=purpose, granted=_CONSENTS[name], source=NAME, version=version)
    elif name in _FORMS:
        page.touch("landing_page", "submitted", data.text("formId"))
    elif name == "ad_click":
        page.touch("ad_click", "clicked", data.text("targetUrl", "bannerId"))
    elif name == "link_click":
        page.touch("website", "clicked", data.text("targetUrl"))
    else:
        page.touch("website", name)


def _document(event: Doc) -> Doc:
    """The document of an event, in base64 for URLs (`ue_px`) or as it is (`ue_pr`).

    Raises:
        Bad: there is none.
    """
    plain = event.text("ue_pr").encode("utf-8", "surrogatepass")
    if coded := event.text("ue_px"):
        try:
            plain = base64.urlsafe_b64decode(coded.encode() + b"==")
        except (binascii.Error, ValueError):
            raise Bad("unreadable", "ue_px", "is not base64") from None
    found = json_of(plain, "ue_px")
    if not isinstance(found, dict):
        raise Bad("malformed", "ue_px", "expected a JSON object")
    return Doc(found, "ue_px.")


def verify(raw: Raw, trust: Trust, now: int) -> Refusal | None:
    """Browsers have no secret: the application (`aid`) has to be configured. A collector that sends on has a key."""
    if trust.secrets:
        if refused := shared_key(raw, trust, now):
            return refused
    elif not trust.accounts:
        return NO_SECRET
    try:
        applications = {event.text("aid") for event in _items(raw)}
    except Bad:
        applications = set()
    return OTHER_ACCOUNT if trust.accounts and not applications <= set(trust.accounts) else None


CONNECTOR = connector(NAME, _items, _key, _tell, verify=verify, browsers=True, open_by_account=True)
"""Snowplow."""
