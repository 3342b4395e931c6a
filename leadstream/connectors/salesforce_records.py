"""Leads of Salesforce as a query answers them: `{"records": [...]}`. Each is what the lead is now."""

from leadstream.connectors import salesforce_lead as lead
from leadstream.connectors.building import Key, connector
from leadstream.connectors.faults import Skip
from leadstream.connectors.port import Raw
from leadstream.connectors.reading import Doc, at_most, json_doc, said
from leadstream.connectors.signatures import fetched_only
from leadstream.connectors.telling import Telling

NAME = "salesforce_records"
_MOST = 2000


def _items(raw: Raw) -> list[Doc]:
    return at_most(json_doc(raw).docs("records"), _MOST, "records")


def _key(item: Doc, _raw: Raw) -> Key:
    return (item.text("Id"), item.text("SystemModstamp", "LastModifiedDate"), said(item))


def _tell(item: Doc, telling: Telling) -> None:
    if item.doc("attributes").text("type") != "Lead":
        raise Skip("another object than a lead")
    lead.tell_whole(item, telling)


CONNECTOR = connector(NAME, _items, _key, _tell, verify=fetched_only)
"""Leads fetched from Salesforce."""
