"""Registrants of a webinar of Zoom as fetched: `{"webinar": ..., "page": ...}`. Each says what a message would.

Facts have the ids that the message of the same registration gives them, so that nobody registers twice.
"""

from leadstream.connectors import zoom
from leadstream.connectors.building import Key, connector
from leadstream.connectors.port import Raw
from leadstream.connectors.reading import Doc, at_most, json_doc
from leadstream.connectors.signatures import fetched_only

NAME = "zoom_registrants"
_MOST = 1000


def _items(raw: Raw) -> list[Doc]:
    body = json_doc(raw)
    webinar, found = body.doc("webinar"), body.doc("page").docs("registrants")
    about = {name: webinar.fields.get(name) for name in ("id", "uuid", "topic")}
    return [_message({**about, "registrant": each.fields}) for each in at_most(found, _MOST, "page.registrants")]


def _message(about: dict[str, object]) -> Doc:
    return Doc({"event": "webinar.registration_created", "payload": {"object": about}})


def _key(item: Doc, raw: Raw) -> Key:
    return zoom.key(item, raw)


CONNECTOR = connector(NAME, _items, _key, zoom.tell, verify=fetched_only, ids_of=zoom.NAME)
"""Registrants of Zoom."""
