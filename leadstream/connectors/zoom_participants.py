"""Who attended a webinar of Zoom, as reported after its end: `{"webinar": ..., "page": ...}`.

Each stay says what the two messages of coming and going would, with the ids that they give their facts: what was told
by messages is not told again, and what got lost on the way is.
"""

from collections.abc import Iterator

from leadstream.connectors import zoom
from leadstream.connectors.building import Key, connector
from leadstream.connectors.faults import Skip
from leadstream.connectors.port import Raw
from leadstream.connectors.reading import Doc, at_most, json_doc
from leadstream.connectors.signatures import fetched_only
from leadstream.connectors.telling import Telling

NAME = "zoom_participants"
_MOST = 1000
_WAITED = "in_waiting_room"
_OURS = "of_ours"


def _items(raw: Raw) -> list[Doc]:
    body = json_doc(raw)
    webinar, found = body.doc("webinar"), body.doc("page").docs("participants")
    about = {name: webinar.fields.get(name) for name in ("id", "uuid", "topic")}
    host = webinar.text("user_email").lower()
    return [each for one in at_most(found, _MOST, "page.participants") for each in _messages(about, one, host)]


def _messages(about: dict[str, object], participant: Doc, host: str) -> Iterator[Doc]:
    """That somebody came, and that they left; of a stay without an end only the first."""
    told = dict(participant.fields)
    join, leave = told.pop("join_time", None), told.pop("leave_time", None)
    email = participant.text("user_email").lower()
    ours = participant.flag("internal_user") or (email and email == host)
    for change, when in (("joined", {"join_time": join}), ("left", {"leave_time": leave})):
        if change == "joined" or leave:
            person = {**told, **when, _OURS: ours}
            yield Doc({
                "event": f"webinar.participant_{change}", "payload": {"object": {**about, "participant": person}},
            })  # fmt: skip


def _key(item: Doc, raw: Raw) -> Key:
    return zoom.key(item, raw)


def _tell(item: Doc, telling: Telling) -> None:
    person = item.doc("payload").doc("object").doc("participant")
    if person.flag(_OURS):
        raise Skip("the host, or somebody of our own account")
    if person.text("status") == _WAITED:
        raise Skip("somebody who only came into the waiting room")
    zoom.tell(item, telling)


CONNECTOR = connector(NAME, _items, _key, _tell, verify=fetched_only, ids_of=zoom.NAME)
"""Participants of Zoom."""
