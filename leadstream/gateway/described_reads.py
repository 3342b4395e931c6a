"""What the OpenAPI document says of commands and questions."""

from typing import Any

from events.envelope import JSON_TYPE
from leadstream.gateway.described import COMMON, problem

REJECT = {"subject": "lead-1", "data": {"by": "Ines", "reason": "no_budget"}}
_DECIDED = {
    "command": "c-1",
    "subject": "lead-1",
    "accepted": True,
    "fact_ids": ["0b9b8a4c-9d0e-5d5f-8a3b-6a2f0a1c2d3e"],
    "facts": [{"sequence": 7, "occurred_at": "2026-03-02T09:10:00Z", "fact": "lead.rejected", "says": "by=Ines"}],
}
_PAGE = {
    "view": "funnel",
    "rows": [{"source": "web", "stage": "captured", "leads": 12, "complete_to": "2026-03-02T09:00:00.000000Z"}],
    "next": None,
}


def _answer(description: str, example: Any = None) -> dict[str, Any]:
    content = {"schema": {"type": "object"}, **({} if example is None else {"example": example})}
    return {"description": description, "content": {JSON_TYPE: content}}


def _query(name: str, meaning: str, schema: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"name": name, "in": "query", "description": meaning, "schema": schema or {"type": "string"}}


_MANY = {"type": "array", "items": {"type": "string"}}
_INSTANT = {"type": "string", "format": "date-time"}
_AS_OF = _query("as_of", "as it was: by what had happened up to this instant", _INSTANT)
_KNOWN_AT = _query("known_at", "by what was recorded up to this instant alone", _INSTANT)
_SAME = {304: {"description": "as the ETag in If-None-Match says"}}

COMMANDS: dict[str, Any] = {
    "tags": ["commands"],
    "responses": {
        **COMMON,
        200: _answer("accepted, with the facts that followed", _DECIDED),
        202: _answer("not decided yet; Location says where the answer will be"),
        400: problem("the body or a field is not what it should be"),
        404: problem("no such command"),
        409: problem("refused: `reason`, and `missing` with what is missing or wrong"),
        415: problem("a type that is not taken"),
    },
    "openapi_extra": {
        "parameters": [
            _query("wait", "seconds to wait for the decision", {"type": "number", "default": 10, "maximum": 60}),
            {"name": "Idempotency-Key", "in": "header", "schema": {"type": "string", "maxLength": 255}},
        ],
        "requestBody": {
            "required": True,
            "content": {
                JSON_TYPE: {
                    "schema": {
                        "type": "object",
                        "required": ["subject", "data"],
                        "properties": {
                            "subject": {"type": "string", "description": "the lead id"},
                            "data": {"type": "object", "description": "fields of the command, see docs/facts.md"},
                        },
                    },
                    "example": REJECT,
                }
            },
        },
    },
}
ANSWERS: dict[str, Any] = {
    "tags": ["commands"],
    "responses": {
        **COMMON,
        200: _answer("accepted"),
        404: problem("no answer, or not yet"),
        409: problem("refused, and why"),
    },
}
LEADS: dict[str, Any] = {
    "tags": ["questions"],
    "responses": {**COMMON, **_SAME, 200: _answer("the story"), 404: problem("nothing is known of this lead")},
    "openapi_extra": {
        "parameters": [
            _AS_OF,
            _query("known_at", "by what was recorded up to this instant; the score is that of then", _INSTANT),
            _query("zone", "in which days are counted; UTC by default"),
        ]
    },
}
OPPORTUNITIES: dict[str, Any] = {
    "tags": ["questions"],
    "responses": {**COMMON, **_SAME, 200: _answer("the story"), 404: problem("nothing is known of this opportunity")},
    "openapi_extra": {"parameters": [_AS_OF, _KNOWN_AT]},
}
VIEWS: dict[str, Any] = {"tags": ["questions"], "responses": {**COMMON, **_SAME, 200: _answer("the views")}}
VIEW: dict[str, Any] = {
    "tags": ["questions"],
    "responses": {
        **COMMON,
        **_SAME,
        200: _answer(
            "a page of rows; `next` is the cursor of the page after it, or null; `former` is there while views are "
            "rebuilt after an upgrade, and says how far that is: the rows are of their former definitions",
            _PAGE,
        ),
        400: problem("a parameter that is none of the view's"),
        404: problem("no such view"),
    },
    "openapi_extra": {
        "parameters": [
            _query("where", "COLUMN=VALUE, or !=, <, <=, >, >=; all have to hold", _MANY),
            _query("sort", "a column; a minus in front turns the order round", _MANY),
            _query("by", "split a total by a column, where the view allows it"),
            _AS_OF,
            _KNOWN_AT,
            _query("since", "from this instant on, of views of what lies between two", _INSTANT),
            _query("scores_as_of", "scores and grades of this instant; of views of leads", _INSTANT),
            _query("limit", "rows of a page", {"type": "integer", "default": 100, "maximum": 1000}),
            _query("cursor", "`next` of the page before"),
        ]
    },
}
