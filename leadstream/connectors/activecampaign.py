"""Webhooks of ActiveCampaign: forms with names in brackets, sent once and never again."""

from collections.abc import Callable

from events.lead import LeadConverted, LeadStatusChanged
from events.life import LeadBounced
from leadstream.connectors import forms
from leadstream.connectors.building import Key, connector
from leadstream.connectors.faults import Bad, Skip, erasure
from leadstream.connectors.moments import iso
from leadstream.connectors.people import LONGEST_NAME, Profile, Who
from leadstream.connectors.port import Raw
from leadstream.connectors.reading import Doc, words
from leadstream.connectors.signatures import digest_of, shared_key
from leadstream.connectors.telling import Telling

NAME = "activecampaign"
_CHOICES = "||"
_WON = "1"
_SKIPPED = {
    "list_add": "a list was made",
    "account_add": "an account, no lead",
    "account_update": "an account, no lead",
    "account_contact_add": "a contact was put to an account",
    "contact_task_add": "a task",
    "deal_task_add": "a task",
    "deal_note_add": "a note",
    "subscriber_note": "a note",
}
_TOUCHES = {"open": "opened", "click": "clicked", "forward": "forwarded", "share": "shared", "reply": "replied"}


def _items(raw: Raw) -> list[Doc]:
    return [forms.nested(forms.form_pairs(raw))]


def _key(item: Doc, raw: Raw) -> Key:
    ids = (item.text("type"), item.doc("contact").text("id"), item.doc("deal").text("id"), item.text("date_time"))
    return (*ids, digest_of(raw.body))


def _tell(item: Doc, telling: Telling) -> None:
    kind, contact = item.need("type"), item.doc("contact")
    if kind in _SKIPPED:
        raise Skip(_SKIPPED[kind])
    at = iso(item, "date_time", raw=telling.raw, zone=telling.given.zone)
    who = Who(
        system=NAME,
        own=contact.text("id") or item.doc("deal").text("contactid"),
        email=contact.text("email"),
        phone=contact.text("phone"),
    )
    tell = _TELLERS.get(kind) or (_deal if kind.startswith("deal_") else None)
    if tell is None:
        raise Bad("unknown_type", "type", "is no change that is known")
    subject = who.subject(telling.given)
    tell(item, subject, at, telling)
    telling.links(who, subject, at)


_Teller = Callable[[Doc, str, int, Telling], None]


def _captured(item: Doc, subject: str, at: int, telling: Telling) -> None:
    """A contact is new, or new on a list. Only what a person did in public is a consent; an import is none."""
    telling.capture(subject, _profile(item, telling), at, source=NAME, form=_list(item), once=True)
    telling.update(subject, _profile(item, telling), at, NAME)
    if item.text("type") == "subscribe" and item.text("initiated_from") == "public":
        telling.consent(subject, at, purpose=telling.given.purpose, granted=True, source=f"{NAME} list {_list(item)}")


def _unsubscribed(item: Doc, subject: str, at: int, telling: Telling) -> None:
    telling.consent(subject, at, purpose=telling.given.purpose, granted=False, source=f"{NAME} list {_list(item)}")


def _updated(item: Doc, subject: str, at: int, telling: Telling) -> None:
    telling.update(subject, _profile(item, telling), at, NAME)


def _touched(item: Doc, subject: str, at: int, telling: Telling) -> None:
    kind, campaign = _TOUCHES[item.text("type")], item.doc("campaign").text("name", "id")
    telling.touch(
        subject, at, channel="email", kind=kind, campaign=campaign, asset=item.doc("link").text("url", "id") or campaign
    )


def _sent(item: Doc, subject: str, at: int, telling: Telling) -> None:
    campaign = item.doc("campaign").text("name", "id")
    telling.touch(subject, at, channel="email", kind="sent", direction="outbound", side="marketing", campaign=campaign)


def _bounced(item: Doc, subject: str, at: int, telling: Telling) -> None:
    address = item.doc("contact").text("email")
    hard = item.doc("bounce").text("type") == "hard"
    telling.tell(subject, LeadBounced(channel="email", hard=hard, address=address or None), at)


def _deleted(_item: Doc, _subject: str, _at: int, _telling: Telling) -> None:
    raise erasure("ActiveCampaign reports that a contact was deleted")


def _deal(item: Doc, subject: str, at: int, telling: Telling) -> None:
    """A deal moved: won, the lead is converted; else its stage is the lead's status."""
    deal = item.doc("deal")
    changed = {words(value) for _, value in item.doc("updated_fields")}
    if changed and not any("stage" in name or "status" in name for name in changed):
        raise Skip("a deal changed in something that leads do not have")
    if deal.text("status") == _WON:
        converted = LeadConverted(
            account=deal.text("orgid") or None,
            contact=deal.text("contactid") or None,
            opportunity=deal.text("id") or None,
        )
        telling.tell(subject, converted, at)
        return
    owner = " ".join(part for part in (deal.text("owner_firstname"), deal.text("owner_lastname")) if part)
    stage = deal.need("stage_title")
    status = telling.given.fields.get(f"stage.{stage}") or stage
    telling.tell(subject, LeadStatusChanged(status=status[:LONGEST_NAME], by=owner[:LONGEST_NAME] or None), at)


_TELLERS: dict[str, _Teller] = {
    "contact_add": _captured,
    "subscribe": _captured,
    "unsubscribe": _unsubscribed,
    "update": _updated,
    "contact_tag_added": _updated,
    "contact_tag_removed": _updated,
    "sent": _sent,
    "bounce": _bounced,
    "contact_delete": _deleted,
    **dict.fromkeys(_TOUCHES, _touched),
}


def _list(item: Doc) -> str:
    found = item.text("list")
    return "" if found == "0" else found


def _profile(item: Doc, telling: Telling) -> Profile:
    contact, profile = item.doc("contact"), Profile(telling.given)
    profile.name(contact.text("first_name"), contact.text("last_name"))
    profile.put("person.email", contact.text("email"))
    profile.put("person.phone", contact.text("phone"))
    profile.put(
        "company.name", contact.text("customer_acct_name", "orgname") or item.text("customer_acct_name", "orgname")
    )
    profile.put(f"{NAME}.tags", contact.text("tags"))
    for number, value in contact.doc("fields"):
        chosen = [part for part in words(value).split(_CHOICES) if part]
        profile.answer(f"field_{number}", "; ".join(chosen))
    return profile


CONNECTOR = connector(NAME, _items, _key, _tell, verify=shared_key)
"""ActiveCampaign."""
