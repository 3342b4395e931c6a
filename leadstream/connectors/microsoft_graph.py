"""Change notifications of Microsoft Graph: something changed in a mailbox or calendar, which has to be fetched."""

import msgspec
from msgspec import structs

from leadstream.connectors import forms
from leadstream.connectors.building import Key, connector
from leadstream.connectors.faults import Bad, Skip
from leadstream.connectors.port import Raw, Refusal, Reply, Trust
from leadstream.connectors.reading import Doc, json_doc
from leadstream.connectors.signatures import NO_KEY, NO_SECRET, same, without_credentials
from leadstream.connectors.telling import Telling

NAME = "microsoft_graph"
_MOST = 1000
_LONGEST_TOKEN = 4096
_STATE = "clientState"
_LIFE = {
    "reauthorizationRequired": "graph_reauthorization",
    "subscriptionRemoved": "graph_subscription",
    "missed": "graph_delta",
}
"""What happens to a subscription -> what is to be done about it."""


def _items(raw: Raw) -> list[Doc]:
    found = json_doc(raw).docs("value")
    if not 1 <= len(found) <= _MOST:
        raise Bad("malformed", "value", f"expected 1 to {_MOST} notifications")
    return found


def _key(item: Doc, _raw: Raw) -> Key:
    """A notification has no id: it is the resource, in the version that its mark names."""
    data = item.doc("resourceData")
    names = ("subscriptionId", "changeType", "lifecycleEvent", "resource")
    return (*(item.text(name) for name in names), data.text("id"), data.text("@odata.etag"))


def _tell(item: Doc, telling: Telling) -> None:
    if life := item.text("lifecycleEvent"):
        if life not in _LIFE:
            raise Bad("unknown_type", f"{item.path}lifecycleEvent", "is nothing known that happens to a subscription")
        telling.want(_LIFE[life], item.need("subscriptionId"))
        return
    match item.text("changeType"):
        case "created" | "updated":
            telling.want("graph_resource", item.need("resource"))
        case "deleted":
            raise Skip("a message, event or contact was deleted; what it told stays")
        case _:
            raise Bad("unknown_type", f"{item.path}changeType", "expected created, updated or deleted")


def verify(raw: Raw, trust: Trust, _now: int) -> Refusal | None:
    """Every notification carries the secret that the subscription was made with."""
    if not trust.secrets:
        return NO_SECRET
    try:
        items = _items(raw)
    except Bad:
        return NO_KEY
    return None if all(_known(item.text(_STATE), trust) for item in items) else NO_KEY


def _known(state: str, trust: Trust) -> bool:
    return any([same(secret, state) for secret in trust.secrets])  # noqa: C419 - all of them, in equal time


def challenge(raw: Raw, _trust: Trust) -> Reply | None:
    """Graph asks, before it subscribes, for its token back as plain text."""
    try:
        token = next((value for name, value in forms.pairs_of(raw.query) if name == "validationToken"), "")
    except Bad:
        return None
    if not token or len(token) > _LONGEST_TOKEN:
        return None
    return Reply(media_type="text/plain; charset=utf-8", body=token.encode("utf-8", "replace"))


def kept(raw: Raw) -> Raw:
    """The request without the secret in each notification."""
    bare = without_credentials(raw)
    try:
        body = json_doc(raw)
    except Bad:
        return bare
    listed = body.fields.get("value")
    if not isinstance(listed, list):
        return bare
    value = [
        {name: told for name, told in item.items() if name != _STATE} if isinstance(item, dict) else item
        for item in listed
    ]
    return bare if value == listed else structs.replace(bare, body=msgspec.json.encode({**body.fields, "value": value}))


CONNECTOR = connector(NAME, _items, _key, _tell, verify=verify, challenge=challenge, kept=kept, reply=Reply(status=202))
"""Microsoft Graph."""
