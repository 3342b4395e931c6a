"""What the OpenAPI document says of the ways in for vendors and forms."""

from typing import Any

from events.envelope import JSON_TYPE
from leadstream.gateway.described import problem

_ACCEPTED = {"outcome": "accepted", "key": "9b4ab5f2-0c0f-5d5e-8f0e-2f1f7f1e3c55"}

HOOKS: dict[str, Any] = {
    "tags": ["hooks"],
    "summary": "Take the request of a vendor or a form",
    "status_code": 200,
    "responses": {
        200: {
            "description": "the request is durably in the log; some vendors are answered in a form of their own",
            "content": {JSON_TYPE: {"schema": {"type": "object"}, "example": _ACCEPTED}},
        },
        303: {"description": "a browser that has sent a form is sent on to the page that is configured"},
        400: problem("what a form or a page says cannot be translated; `field` says where"),
        401: problem("the signature or the key is missing or wrong"),
        403: problem("an account or an origin that is not configured"),
        404: problem("there is no such way in"),
        408: problem("the body came too slowly"),
        413: problem("more than 1 MiB"),
        415: problem("a compressed body"),
        429: problem("too often; Retry-After says when to come again"),
        503: problem("the log cannot take it now; Retry-After says when to come again, and nothing is doubled by it"),
    },
    "openapi_extra": {
        "security": [],
        "parameters": [
            {
                "name": "source",
                "in": "path",
                "required": True,
                "schema": {"type": "string"},
                "description": "Name of a configured way in.",
            }
        ],
        "requestBody": {"required": True, "content": {"*/*": {"schema": {}}}},
    },
}
