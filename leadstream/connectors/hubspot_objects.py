"""Objects of HubSpot as fetched: `{"portalId": ..., "page": {"results": [...]}}`, or one in `item`."""

from leadstream.connectors import hubspot_object
from leadstream.connectors.building import Key, connector
from leadstream.connectors.port import Raw
from leadstream.connectors.reading import Doc, at_most, json_doc, said
from leadstream.connectors.signatures import fetched_only

NAME = "hubspot_objects"
_MOST = 1000


def _items(raw: Raw) -> list[Doc]:
    body = json_doc(raw)
    found = body.doc("page").docs("results") or [item for item in (body.doc("item"),) if item]
    portal = body.text("portalId")
    return [Doc({**each.fields, "portalId": portal}, each.path) for each in at_most(found, _MOST, "page.results")]


def _key(item: Doc, _raw: Raw) -> Key:
    """An object in a version; asked for with other properties it says other things."""
    return (item.text("portalId"), item.text("id"), item.text("updatedAt"), said(item))


CONNECTOR = connector(NAME, _items, _key, hubspot_object.tell, verify=fetched_only)
"""Objects fetched from HubSpot."""
