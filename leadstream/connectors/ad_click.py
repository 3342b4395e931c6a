"""Landings on one's own pages, told by a few lines of script: an ad was clicked, or a page was found another way."""

from leadstream.connectors import forms
from leadstream.connectors.building import Key, connector
from leadstream.connectors.moments import iso
from leadstream.connectors.people import Who
from leadstream.connectors.port import Raw, Reply
from leadstream.connectors.reading import Doc, json_doc
from leadstream.connectors.signatures import digest_of
from leadstream.connectors.telling import Telling
from leadstream.connectors.tracking import PARAMETERS, landing, referrer_class
from leadstream.connectors.web_form import told_lead, verify

NAME = "ad_click"
_PAID = frozenset({"cpc", "ppc", "cpm", "paid", "paidsearch", "paid_search", "paid_social", "paidsocial", "display"})
_CHANNELS = {"search": "search", "social": "social", "email": "email", "assistant": "assistant", "referral": "referral"}


def _items(raw: Raw) -> list[Doc]:
    if raw.method == "GET":
        return [forms.flat(forms.pairs_of(raw.query))]
    if forms.media_type(raw) == forms.URLENCODED:
        return [forms.flat(forms.form_pairs(raw))]
    return [json_doc(raw)]  # beacons say text/plain, whatever they carry


def _key(item: Doc, raw: Raw) -> Key:
    if visit := item.text("visit_id"):
        return (raw.endpoint, visit)
    said = (item.text(name) for name in ("anonymous_id", "page_url", "occurred_at", "referrer"))
    return (raw.endpoint, "", digest_of("\x1f".join(said).encode("utf-8", "surrogatepass")))


def _tell(item: Doc, telling: Telling) -> None:
    at = iso(item, "occurred_at", raw=telling.raw, zone="UTC")
    url = item.need("page_url")
    way = landing(url, [(name, item.text(name)) for name in sorted(PARAMETERS)])
    who = Who(lead=told_lead(item, telling.raw), anonymous=item.text("anonymous_id") or way.click_id)
    subject = who.subject(telling.given)
    clicked = bool(way.click_id) or way.medium.lower() in _PAID
    kind = referrer_class(item.text("referrer"), url)
    channel = "ad_click" if clicked else "email" if way.medium.lower() == "email" else _CHANNELS.get(kind, "website")
    telling.touch(
        subject, at,
        channel=channel, kind="clicked" if clicked or channel == "email" else "visited",
        campaign=way.campaign, asset=way.page, click_id=way.click_id,
    )  # fmt: skip
    telling.links(who, subject, at)


CONNECTOR = connector(
    NAME,
    _items,
    _key,
    _tell,
    verify=verify,
    methods=("POST", "GET"),
    reply=Reply(status=204, body=b""),
    tells=True,
    browsers=True,
    whose_key="page",
)
"""Ad clicks and other landings."""
