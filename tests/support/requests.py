"""Requests of vendors, as files: request line, headers, a blank line, the body.

The header `Test-Received-At` says when the request came and is no part of it; lines of a multipart body end in CRLF.
"""

import json
from datetime import datetime
from pathlib import Path

import msgspec

from events.instants import iso, to_us
from events.registry import WIRE_TYPE
from leadstream.connectors.port import Given, Outcome, Raw, Rejected, Told
from leadstream.connectors.registry import CONNECTORS

FOLDER = Path(__file__).resolve().parents[1] / "leadstream" / "connectors"
CASES = sorted((FOLDER / "cases").glob("*/*.http"))
RECEIVED = "2026-03-02T09:30:00Z"
_RECEIVED_AT = "test-received-at"

GIVEN = {
    "": {},
    "mailchimp": {"MMERGE5": "company.name"},
    "hubspot": {"hs_lead_status.OPEN": "Open", "budget_eur": "answers.budget"},
    "linkedin_response": {"consent.11": "marketing_email"},
    "formsort": {"consent_box": "consent.marketing_email"},
    "salesforce": {"Status.Open - Not Contacted": "Open", "Budget__c": "answers.budget"},
}
"""The configured fields of a connector's cases; the first for those that are not named."""


def given_for(connector: str) -> Given:
    return Given(secret=b"a secret of the tests", fields=GIVEN.get(connector, GIVEN[""]))


def at(text: str) -> int:
    """An instant, microseconds."""
    return to_us(datetime.fromisoformat(text))


def case(path: Path) -> Raw:
    """The request in a file; its folder names the connector."""
    head, _, body = path.read_bytes().partition(b"\n\n")
    line, *headers = head.decode().split("\n")
    method, target, _ = line.split(" ")
    pairs = [(name, value) for name, _, value in (header.partition(": ") for header in headers)]
    received = next((value for name, value in pairs if name.lower() == _RECEIVED_AT), RECEIVED)
    content = body.removesuffix(b"\n")
    if any(value.startswith("multipart/") for _, value in pairs):
        content = content.replace(b"\n", b"\r\n") + b"\r\n"
    address, _, query = target.partition("?")
    return Raw(
        connector=path.parent.name,
        endpoint=path.parent.name,
        received_at=at(received),
        method=method,
        path=address,
        query=query,
        headers=tuple(pair for pair in pairs if pair[0].lower() != _RECEIVED_AT),
        body=content,
    )


def request(connector: str, body: bytes | str = b"", *, received: str = RECEIVED, **fields: object) -> Raw:
    """A request made by a test; headers as a mapping."""
    headers = fields.pop("headers", {})
    assert isinstance(headers, dict)
    made = {
        "connector": connector,
        "endpoint": connector,
        "received_at": at(received),
        "headers": tuple(headers.items()),
    }
    return Raw(**made, body=body.encode() if isinstance(body, str) else body, **fields)  # type: ignore[arg-type]


def translate(raw: Raw, given: Given | None = None) -> Outcome:
    return CONNECTORS[raw.connector].translate(raw, given or given_for(raw.connector))


def facts(raw: Raw, given: Given | None = None) -> tuple[Told, ...]:
    """The facts of a request that has to have some."""
    outcome = translate(raw, given)
    assert not isinstance(outcome, Rejected), outcome
    return outcome.facts


def shown(raw: Raw) -> bytes:
    """What a request becomes, as its golden file has it."""
    outcome = translate(raw)
    key = CONNECTORS[raw.connector].natural_key(raw)
    if isinstance(outcome, Rejected):
        told: dict[str, object] = {"natural_key": key, "rejected": msgspec.to_builtins(outcome)}
    else:
        told = {"natural_key": key, "facts": [_shown(fact) for fact in outcome.facts]}
        for name in ("rejected", "skipped", "wanted"):
            if found := getattr(outcome, name):
                told[name] = msgspec.to_builtins(found)
    return json.dumps(told, indent=2, ensure_ascii=False).encode() + b"\n"


def _shown(told: Told) -> dict[str, object]:
    return {
        "type": WIRE_TYPE[type(told.fact)],
        "subject": told.subject,
        "time": iso(told.occurred_at),
        "source": told.source,
        "id": told.id,
        "data": msgspec.to_builtins(told.fact),
    }
