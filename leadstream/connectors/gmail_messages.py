"""Heads of messages of Gmail as fetched: `{"mailbox": ..., "messages": [...]}`, each in the format `metadata`."""

from email.utils import getaddresses

from leadstream.connectors.building import Key, connector
from leadstream.connectors.correspondence import tell_mail
from leadstream.connectors.faults import Skip
from leadstream.connectors.moments import epoch
from leadstream.connectors.port import Raw
from leadstream.connectors.reading import Doc, at_most, json_doc
from leadstream.connectors.signatures import fetched_only
from leadstream.connectors.telling import Telling

NAME = "gmail_messages"
_MOST = 1000
_NO_MAIL = {"DRAFT": "a draft", "SPAM": "spam", "TRASH": "in the bin", "CHAT": "a chat"}


def _items(raw: Raw) -> list[tuple[str, Doc]]:
    body = json_doc(raw)
    found = body.docs("messages")
    return [(body.text("mailbox"), each) for each in at_most(found, _MOST, "messages")]


def _key(item: tuple[str, Doc], _raw: Raw) -> Key:
    return (item[0], item[1].text("id"))


def _tell(item: tuple[str, Doc], telling: Telling) -> None:
    owner, message = item
    for label in message.texts("labelIds"):
        if label in _NO_MAIL:
            raise Skip(f"a message that is {_NO_MAIL[label]}")
    named = [(each.text("name").lower(), each.text("value")) for each in message.doc("payload").docs("headers")]
    sender = next(iter(_addresses(named, "from")), "")
    tell_mail(owner, sender, _addresses(named, "to", "cc"), epoch(message, "internalDate", telling.raw), telling)


def _addresses(headers: list[tuple[str, str]], *names: str) -> list[str]:
    return [address for _, address in getaddresses([value for name, value in headers if name in names]) if address]


CONNECTOR = connector(NAME, _items, _key, _tell, verify=fetched_only)
"""Messages fetched from Gmail."""
