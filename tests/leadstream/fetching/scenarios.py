"""For each vendor: its server with some data, a way in that fetches from it, and what it has announced."""

import json
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from msgspec import structs

from events.instants import SECOND
from leadstream.connectors.port import Raw
from tests.support import requests
from tests.support.vendors import google, graph, hubspot, linkedin, salesforce, zoom
from tests.support.vendors.house import CLIENT, REFRESH, SECRET, VendorServer

NOW = requests.at("2026-03-02T09:30:00Z")
APP = {"client_id": CLIENT, "client_secret": "env:SECRET"}
OWN_APP = {**APP, "refresh_token": "env:REFRESH"}
SECRETS = {"env:SECRET": SECRET, "env:REFRESH": REFRESH}


@dataclass(frozen=True)
class Scenario:
    """A vendor under test.

    Attributes:
        make: its server with so many records.
        connector: of the way in.
        fetch: settings of `[sources.NAME.fetch]`, besides its addresses.
        announced: bodies of what it has sent, or headers alone.
        ago: seconds since it came.
    """

    make: Callable[[int], VendorServer]
    connector: str
    fetch: dict[str, Any]
    announced: tuple[bytes | dict[str, str], ...] = field(default=())
    ago: int = 0

    def table(self, base: str, **more: Any) -> dict[str, Any]:
        """The way in as the configuration has it."""
        token_url = f"{base}{self.make(0).token_path}"
        said = {"base": base, "token_url": token_url, "size": 3, **self.fetch, **more}
        return {"connector": self.connector, "secret": "env:SECRET", "fetch": said}

    def hooks(self, name: str) -> list[Raw]:
        """What it has sent."""
        return [
            structs.replace(
                requests.request(self.connector, body, headers=headers),
                endpoint=name,
                received_at=NOW - self.ago * SECOND,
            )
            for body, headers in ((b"", said) if isinstance(said, dict) else (said, {}) for said in self.announced)
        ]


def _json(said: object) -> bytes:
    return json.dumps(said).encode()


def _lead(number: int) -> bytes:
    return _json({
        "type": "LEAD_ACTION", "leadAction": "CREATED", "occurredAt": 1772442600000,
        "leadGenFormResponse": f"urn:li:leadGenFormResponse:0f1e2d3c-26f9-4af3-b1fc-{number:012d}-4",
    })  # fmt: skip


def _contact(identity: int) -> dict[str, Any]:
    return {
        "eventId": identity, "portalId": 4737818, "occurredAt": 1772442600000, "subscriptionType": "contact.creation",
        "objectId": identity,
    }  # fmt: skip


def _hubspot(records: int) -> VendorServer:
    server = hubspot.HubSpot(NOW, records, at_once=4)
    server.deals["900"] = {
        "id": "900", "properties": {"dealstage": "closedwon", "closedate": "2026-03-01T09:00:00Z"},
        "associations": {"contacts": {"results": [{"id": "101"}]}},
    }  # fmt: skip
    return server


def _mailbox(history: str) -> bytes:
    data = urlsafe_b64encode(_json({"emailAddress": google.MAILBOX, "historyId": history})).decode()
    return _json({"message": {"data": data, "messageId": history}})


_CALENDAR = {
    "X-Goog-Channel-ID": "c", "X-Goog-Resource-ID": "r", "X-Goog-Resource-State": "exists",
    "X-Goog-Message-Number": "2",
    "X-Goog-Resource-URI": "https://www.googleapis.com/calendar/v3/calendars/sales%40example.com/events?alt=json",
}  # fmt: skip


def _changed(resource: str) -> dict[str, Any]:
    return {"subscriptionId": "s1", "clientState": "x", "changeType": "updated", "resource": resource}


SCENARIOS = {
    "linkedin": Scenario(
        lambda records: linkedin.LinkedIn(NOW, records), "linkedin",
        {**APP, "feeds": [f"lead_form_responses:{linkedin.OWNER}"]}, (_lead(1), _lead(2), _lead(2), _lead(999)),
    ),
    "linkedin-plain": Scenario(
        lambda records: linkedin.LinkedIn(NOW, records, decorates=False), "linkedin", APP, (_lead(1), _lead(3)),
    ),
    "hubspot": Scenario(
        _hubspot, "hubspot", {**OWN_APP, "account": "4737818", "feeds": ["contacts:all"]},
        (
            _json([_contact(101), _contact(102), _contact(7)]), _json([_contact(103)]),
            _json([{**_contact(900), "subscriptionType": "deal.creation"}]),
        ),
    ),
    "google": Scenario(
        lambda records: google.Google(NOW, records), "google_workspace",
        {**OWN_APP, "feeds": [
            f"google_form_responses:{google.FORM_ID}", f"gmail_history:{google.MAILBOX}",
            f"google_calendar_events:{google.CALENDAR}",
        ]},
        (_json({"message": {"attributes": {"formId": google.FORM_ID}, "messageId": "1"}}), _mailbox("1001"), _CALENDAR),
    ),
    "graph": Scenario(
        lambda records: graph.Graph(NOW, records), "microsoft_graph",
        {**APP, "account": graph.TENANT, "feeds": [f"graph_changes:{graph.FOLDER}"]},
        (
            _json({"value": [_changed("Users/0aa1/Contacts/AAMk0000"), _changed("Users/0aa1/Contacts/AAMkGONE")]}),
            _json({"value": [
                {"subscriptionId": "s1", "clientState": "x", "lifecycleEvent": "missed"},
                {"subscriptionId": "s1", "clientState": "x", "lifecycleEvent": "reauthorizationRequired"},
            ]}),
        ),
    ),
    "zoom": Scenario(
        lambda records: zoom.Zoom(NOW, records), "zoom",
        {**APP, "account": zoom.ACCOUNT, "feeds": [f"zoom_registrants:{zoom.WEBINAR}"]},
    ),
    "zoom-report": Scenario(
        lambda records: zoom.Zoom(NOW, records), "zoom", {**APP, "account": zoom.ACCOUNT},
        (_json({
            "event": "webinar.ended", "event_ts": NOW // 1000 - 3_600_000,
            "payload": {"object": {"id": zoom.WEBINAR, "uuid": zoom.OCCURRENCE, "topic": "Scoring"}},
        }),), 3600,
    ),
    "salesforce": Scenario(
        lambda records: salesforce.Salesforce(NOW, records, page=3), "salesforce",
        {**APP, "feeds": ["salesforce_leads:all"]},
        (_json({"ChangeEventHeader": {
            "entityName": "Lead", "changeType": "GAP_UPDATE", "transactionKey": "k", "sequenceNumber": 1,
            "commitTimestamp": 1772442600000, "recordIds": ["00Q5e0000000000", "00Q5e0000099999"],
        }}),),
    ),
}  # fmt: skip
"""Name -> the vendor under test."""
