"""Push notifications of Gmail, Calendar and Forms: something changed, which has to be fetched."""

import re

from leadstream.connectors.building import Key, connector
from leadstream.connectors.faults import Bad, Skip
from leadstream.connectors.port import Raw, Refusal, Trust
from leadstream.connectors.reading import Doc, json_doc, json_of
from leadstream.connectors.signatures import (
    NO_KEY,
    NO_SECRET,
    digest_of,
    same,
    shared_key,
    unbased,
    without_credentials,
)
from leadstream.connectors.telling import Telling

NAME = "google_workspace"
_CHANNEL = "x-goog-"
_TOKEN = f"{_CHANNEL}channel-token"
_NAMES = ("channel-id", "resource-id", "resource-state", "message-number", "resource-uri")
_CALENDAR = re.compile(r"/calendars/([^/?]{1,400})/events")


def _items(raw: Raw) -> list[Doc]:
    """A message of Pub/Sub in the body, or headers alone."""
    if raw.header(f"{_CHANNEL}resource-state"):
        return [Doc({name: raw.header(f"{_CHANNEL}{name}") for name in _NAMES}, _CHANNEL)]
    return [json_doc(raw).doc("message")]


def _key(item: Doc, _raw: Raw) -> Key:
    if item.path == _CHANNEL:
        return tuple(item.text(name) for name in _NAMES[:4])
    message = item.text("messageId", "message_id")
    return (message, "" if message else digest_of(item.text("data").encode("utf-8", "surrogatepass")))


def _tell(item: Doc, telling: Telling) -> None:
    if item.path == _CHANNEL:
        _calendar(item, telling)
    elif form := item.doc("attributes").text("formId"):
        telling.want("google_form_responses", form)
    else:
        _mailbox(item, telling)


def _calendar(item: Doc, telling: Telling) -> None:
    if item.text("resource-state") == "sync":
        raise Skip("a channel was opened, nothing changed yet")
    if item.text("resource-state") not in ("exists", "not_exists"):
        raise Bad("unknown_type", f"{_CHANNEL}resource-state", "expected sync, exists or not_exists")
    found = _CALENDAR.search(item.text("resource-uri"))
    telling.want("google_calendar_events", found[1] if found else item.need("resource-id"))


def _mailbox(item: Doc, telling: Telling) -> None:
    """Notifications are merged on the way: the number is where the mailbox is, not how much is new."""
    plain = unbased(item.need("data").replace("-", "+").replace("_", "/"))
    if plain is None:
        raise Bad("unreadable", "message.data", "is not base64")
    found = json_of(plain, "message.data")
    if not isinstance(found, dict):
        raise Bad("malformed", "message.data", "expected a JSON object")
    data = Doc(found, "message.data.")
    telling.want("gmail_history", f"{data.need('emailAddress')}:{data.need('historyId')}")


def verify(raw: Raw, trust: Trust, now: int) -> Refusal | None:
    """Calendar sends the channel's token in a header; Pub/Sub has a key in the URL of its subscription."""
    if not raw.header(f"{_CHANNEL}resource-state"):
        return shared_key(raw, trust, now)
    if not trust.secrets:
        return NO_SECRET
    fits = [same(secret, raw.header(_TOKEN)) for secret in trust.secrets]
    return None if any(fits) else NO_KEY


def _kept(raw: Raw) -> Raw:
    return without_credentials(raw, _TOKEN)


CONNECTOR = connector(NAME, _items, _key, _tell, verify=verify, kept=_kept)
"""Google Workspace."""
