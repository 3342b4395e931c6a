"""Answers with an ETag: whoever has the same already is told so, and gets nothing."""

from hashlib import blake2b
from http import HTTPStatus
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response


def tagged(request: Request, content: Any) -> Response:
    """JSON with its ETag; 304 when the caller's `If-None-Match` names it."""
    body = orjson.dumps(content)
    tag = f'"{blake2b(body, digest_size=12).hexdigest()}"'
    headers = {"etag": tag, "cache-control": "private, no-cache"}
    asked = [each.strip().removeprefix("W/") for each in request.headers.get("if-none-match", "").split(",")]
    if tag in asked or "*" in asked:
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    return Response(body, headers=headers, media_type="application/json")
