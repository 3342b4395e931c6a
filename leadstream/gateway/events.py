"""`POST /v1/events`: CloudEvents in, an answer for each."""

from collections import Counter
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

import orjson
from fastapi import APIRouter, Request, Response

from leadstream.gateway.bodies import body_of, header
from leadstream.gateway.cloudevents import RawHeaders, events_in
from leadstream.gateway.described import EVENTS
from leadstream.gateway.front import Endpoint
from leadstream.gateway.parts import Parts
from leadstream.gateway.problems import PROBLEM_TYPE, Problem
from leadstream.gateway.publisher import Item
from leadstream.gateway.repeating import HEADER, Name, Repeats, digest_of, key_in

PATH = "/v1/events"
_KEY = HEADER.encode()


def events_endpoint(parts: Parts) -> Endpoint:
    """What answers a request, over the parts of a gateway."""
    repeats = Repeats[list[Item]]()

    async def post_events(request: Request) -> Response:
        """Publish facts. Each is answered by itself; what is accepted is durably in the log."""
        headers: RawHeaders = request.scope["headers"]
        caller = parts.callers.calling(header(headers, b"authorization"), "publish")
        refuse_marks(headers)
        key = key_in(next((value.decode("latin-1") for name, value in headers if name == _KEY), None))
        values = events_in(headers, await body_of(request, seconds=parts.limits.body_seconds))
        caller.bucket.spend(len(values), parts.clock())
        if key is None:
            items = await parts.publisher.take(values, caller)
        else:
            name = Name(caller.key.id, key)
            items = await repeats.once(name, digest_of(values), lambda: parts.publisher.take(values, caller))
        return answer(items)

    return post_events


def events_routes(endpoint: Endpoint) -> APIRouter:
    """The route to it, with its description."""
    router = APIRouter()
    router.add_api_route(PATH, endpoint, methods=["POST"], **EVENTS)
    return router


def refuse_marks(headers: RawHeaders) -> None:
    """Refuse headers by which our own tasks mark their records: they are not for anybody else to set.

    Raises:
        Problem: 400.
    """
    for name, _ in headers:
        if name.startswith(b"ls-"):
            detail = "headers that begin with ls- are set by leadstream itself"
            raise Problem(HTTPStatus.BAD_REQUEST, detail, field=name.decode("latin-1"))


def answer(items: Sequence[Item]) -> Response:
    """202 all are in the log, 207 some are and some were refused, 400 all were refused."""
    counts = Counter(item.outcome for item in items)
    body: dict[str, Any] = {outcome: counts[outcome] for outcome in ("accepted", "duplicate", "refused")}
    body["items"] = [_shown(item) for item in items]
    status, media_type = HTTPStatus.ACCEPTED, "application/json"
    if counts["refused"]:
        status = HTTPStatus.MULTI_STATUS
    if counts["refused"] and counts["refused"] == len(items):
        status, media_type = HTTPStatus.BAD_REQUEST, PROBLEM_TYPE
        first = items[0]
        about = {"status": int(status), "title": status.phrase, "detail": first.reason, "field": first.field}
        body = {**about, **body}
    return Response(orjson.dumps(body), status, media_type=media_type)


def _shown(item: Item) -> dict[str, Any]:
    if item.outcome == "refused":
        return {"outcome": item.outcome, "field": item.field, "reason": item.reason}
    shown: dict[str, Any] = {"outcome": item.outcome, "id": item.id}
    return {**shown, "ignored": item.ignored} if item.ignored else shown
