"""What the OpenAPI document says of the routes: bodies, answers, and examples that the tests send."""

from typing import Any

from events.envelope import JSON_TYPE, STRUCTURED_TYPE
from leadstream.gateway.cloudevents import BATCH_TYPE
from leadstream.gateway.problems import PROBLEM_TYPE

CAPTURED = {
    "specversion": "1.0",
    "type": "lead.captured.v1",
    "id": "form-2026-0001",
    "source": "/forms/contact",
    "subject": "lead-1",
    "time": "2026-03-02T09:00:00Z",
    "data": {"source": "web", "profile": {"person.name": "A. Example", "company.country": "RO"}},
}
TOUCHED = {
    "specversion": "1.0",
    "type": "lead.touched.v1",
    "id": "visit-2026-0001",
    "source": "/forms/contact",
    "subject": "lead-1",
    "time": "2026-03-02T09:05:00Z",
    "data": {"channel": "website", "kind": "visited", "direction": "inbound", "asset": "pricing"},
}
_TAKEN = {"accepted": 1, "duplicate": 0, "refused": 0, "items": [{"outcome": "accepted", "id": CAPTURED["id"]}]}
_EVENT = {"type": "object", "required": ["specversion", "type", "id", "source", "subject", "time", "data"]}
_PROBLEM = {
    "type": "object",
    "required": ["status", "title", "detail"],
    "properties": {
        "status": {"type": "integer"},
        "title": {"type": "string"},
        "detail": {"type": "string", "description": "what was expected"},
        "field": {"type": "string", "description": "which header, parameter or field it is about"},
    },
}


def problem(description: str) -> dict[str, Any]:
    """A response that tells of a problem."""
    return {"description": description, "content": {PROBLEM_TYPE: {"schema": _PROBLEM}}}


COMMON: dict[int | str, dict[str, Any]] = {
    401: problem("no key, or one that is not known"),
    403: problem("the key may not do that"),
    429: problem("the key comes too often; Retry-After says when to come again"),
    503: problem("the log is out of reach; Retry-After says when to come again, and nothing is doubled by it"),
}

EVENTS: dict[str, Any] = {
    "tags": ["publish"],
    "status_code": 202,
    "responses": {
        **COMMON,
        202: {
            "description": "all are durably in the log",
            "content": {JSON_TYPE: {"schema": {"type": "object"}, "example": _TAKEN}},
        },
        207: {"description": "some are in the log, some were refused; each item says which and why"},
        400: problem("all were refused, or the body or a header is not what it should be"),
        408: problem("the body came too slowly"),
        413: problem("more than 1 MiB or 1,000 events"),
        415: problem("a type that is not taken"),
        422: problem("the Idempotency-Key was used for another request"),
    },
    "openapi_extra": {
        "parameters": [
            {
                "name": "Idempotency-Key",
                "in": "header",
                "schema": {"type": "string", "maxLength": 255},
                "description": "A request that is sent again under the same key is answered as it was.",
            }
        ],
        "requestBody": {
            "required": True,
            "description": f"With {JSON_TYPE} the attributes stand in ce- headers and the body is the data.",
            "content": {
                STRUCTURED_TYPE: {"schema": _EVENT, "example": CAPTURED},
                BATCH_TYPE: {
                    "schema": {"type": "array", "items": _EVENT, "maxItems": 1000},
                    "example": [CAPTURED, TOUCHED],
                },
                JSON_TYPE: {"schema": {"type": "object"}, "example": CAPTURED["data"]},
            },
        },
    },
}
