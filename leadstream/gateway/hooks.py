"""`/v1/hooks/{source}`: requests of vendors and forms, answered as their senders expect.

What is kept and what it tells go into the log in one append. A request is called accepted only when that is durable;
one that comes again has the same key and the same ids, so sending it again is always right.
"""

import logging
from collections.abc import Mapping
from hashlib import blake2b
from http import HTTPStatus

import orjson
from fastapi import APIRouter, Request, Response

from events.codec import Codec
from leadstream.connectors import forms
from leadstream.connectors.port import Raw, Refusal, Reply
from leadstream.gateway.bodies import body_of
from leadstream.gateway.described_hooks import HOOKS
from leadstream.gateway.front import Endpoint
from leadstream.gateway.parts import Parts
from leadstream.gateway.problems import Problem
from leadstream.gateway.rates import Bucket, too_often
from leadstream.intake.sources import Source
from leadstream.intake.taking import FAULT, Taken, batches, size_of, taken
from leadstream.remembered import Remembered

logger = logging.getLogger("leadstream.gateway")
PATH = "/v1/hooks/"
"""Of the ways in; the name follows."""
KNOWN = 100_000
"""Requests of which this process remembers that they are in the log."""
_IN_TIME = 0.8
"""Which part of the time that a sender waits may be spent on the log; the rest is for the way."""
_QUIET = 60_000_000
"""For so long, in microseconds, the same refusal of the same way in is told once."""
_NOT_THEIRS = frozenset({"automatic", "erasure", FAULT})
"""Faults that whoever sent the request is not told of: a program, a person's decision, a fault of ours."""
_EMPTY = Reply()


class Hooks:
    """Answers requests to the configured ways in. Belongs to one event loop.

    Args:
        parts: of the gateway.
    """

    def __init__(self, parts: Parts) -> None:
        self._parts, self._codec = parts, Codec()
        at = parts.clock()
        self._buckets = {name: Bucket(source.rate, at) for name, source in parts.sources.items()}
        self._known = Remembered[bytes, None](KNOWN)
        self._told: dict[tuple[str, str], int] = {}

    async def answer(self, request: Request) -> Response:
        """The answer to a request.

        Raises:
            Problem: 404 no such way in, 401 and 403 not from whom it should be, 405, 408, 413, 415, 429, 503; and 400
                for what whoever sent it can mend.
        """
        source = self._parts.sources.get(request.scope["path"].removeprefix(PATH))
        if source is None:
            raise Problem(
                HTTPStatus.NOT_FOUND, "there is no such way in; leadstream connectors check shows those there are"
            )
        if request.method == "OPTIONS" and source.connector.browsers:
            return _preflight(source, request)
        raw = await self._received(source, request)
        challenged = source.connector.challenge(raw, source.trust)
        if challenged is not None:
            return _shown(challenged)
        shared = _cross_origin(source, request)
        try:
            response = await self._taken(source, raw)
        except Problem as exc:
            exc.headers.update(shared)
            raise
        response.headers.update(shared)
        return response

    async def _received(self, source: Source, request: Request) -> Raw:
        at, scope = self._parts.clock(), request.scope
        body = await body_of(request, seconds=self._parts.limits.body_seconds)
        path: bytes = scope.get("raw_path") or request.url.path.encode()
        return Raw(
            connector=source.connector.name,
            endpoint=source.name,
            received_at=at,
            method=request.method,
            path=path.decode("latin-1"),
            query=scope["query_string"].decode("latin-1"),
            headers=tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]),
            body=body,
        )

    async def _taken(self, source: Source, raw: Raw) -> Response:
        connector = source.connector
        if raw.method not in connector.methods:
            allowed = ", ".join(connector.methods)
            detail = f"{raw.method} is not taken here; send {' or '.join(connector.methods)}"
            raise Problem(HTTPStatus.METHOD_NOT_ALLOWED, detail, headers={"allow": allowed})
        refused = connector.verify(raw, source.trust, raw.received_at)
        counts = self._parts.measures
        if refused is not None:
            counts.hooks[source.name, "refused"] += 1
            raise self._refusal(source, refused, raw.received_at)
        bucket = self._buckets[source.name]
        if wait := bucket.wait(raw.received_at):
            counts.limited["source", source.name] += 1
            raise too_often(f"this way in takes {source.rate} requests a second", wait)
        bucket.spend(1, raw.received_at)
        found = taken(source, raw, self._codec)
        for letter in found.letters:
            if letter.reason == FAULT:
                self._tell("%s: %s", source.name, letter.detail, raw.received_at)
        mark = _mark(found)
        outcome = "duplicate" if mark in self._known else "accepted"
        if outcome == "accepted":
            records = batches(found, self._parts.publisher.partitions)
            await self._parts.publisher.put(records, size_of(records), seconds=connector.seconds * _IN_TIME)
            self._known.put(mark, None)
            counts.facts[source.name,] += len(found.facts)
            counts.letters.update((source.name, letter.reason) for letter in found.letters)
        counts.hooks[source.name, outcome] += 1
        return _answered(source, raw, found, outcome)

    def _refusal(self, source: Source, refused: Refusal, at: int) -> Problem:
        """What whoever is not believed is told; our log says so now and then, for the one who set it up."""
        self._tell("a request to %s was refused: %s", source.name, refused.reason, at)
        return Problem(refused.status, refused.reason)

    def _tell(self, text: str, source: str, reason: str, at: int) -> None:
        """Log what is wrong with a way in, once a minute: anybody can send thousands of wrong requests."""
        about = source, reason
        if at - self._told.get(about, at - _QUIET) >= _QUIET:
            self._told[about] = at
            logger.warning(text, source, reason)


def hooks_routes(endpoint: Endpoint) -> APIRouter:
    """The route to the ways in, with its description."""
    router = APIRouter()
    router.add_api_route(f"{PATH}{{source}}", endpoint, methods=["POST"], **HOOKS)
    return router


def _mark(found: Taken) -> bytes:
    """What tells a request from every other: its natural key, and what it says."""
    digest = blake2b(found.key, digest_size=16)
    for part in (found.raw.query.encode("utf-8", "replace"), found.raw.body):
        digest.update(len(part).to_bytes(8, "big") + part)
    return digest.digest()


def _answered(source: Source, raw: Raw, found: Taken, outcome: str) -> Response:
    letter = next((each for each in found.letters if each.reason not in _NOT_THEIRS), None)
    if source.connector.tells and found.whole and letter is not None:
        detail = f"{letter.detail}; it is kept, and could not be translated ({letter.reason})"
        raise Problem(HTTPStatus.BAD_REQUEST, detail, field=letter.field)
    if source.thanks and forms.media_type(raw) in (forms.URLENCODED, forms.MULTIPART):
        return Response(status_code=HTTPStatus.SEE_OTHER, headers={"location": source.thanks})
    reply = source.connector.reply
    if (reply.media_type, reply.body) == (_EMPTY.media_type, _EMPTY.body):  # nobody expects anything in it
        key = found.key.decode().partition(":")[2]
        return _shown(Reply(reply.status, reply.media_type, orjson.dumps({"outcome": outcome, "key": key})))
    return _shown(reply)


def _shown(reply: Reply) -> Response:
    """A reply; what a challenge echoes is never taken for a page."""
    headers = {"x-content-type-options": "nosniff"}
    if not reply.body:
        return Response(status_code=reply.status, headers=headers)
    return Response(reply.body, reply.status, headers, reply.media_type)


def _preflight(source: Source, request: Request) -> Response:
    """What a browser asks before a page sends JSON."""
    allowed = {
        "access-control-allow-methods": ", ".join(source.connector.methods),
        "access-control-allow-headers": "content-type",
        "access-control-max-age": "600",
    }
    return Response(status_code=HTTPStatus.NO_CONTENT, headers={**allowed, **_cross_origin(source, request)})


def _cross_origin(source: Source, request: Request) -> Mapping[str, str]:
    """Lets a page of a configured origin read the answer."""
    origin = request.headers.get("origin")
    if origin is None or not source.connector.browsers:
        return {}
    if not source.trust.origins:
        return {"access-control-allow-origin": "*"}
    allowed = {"access-control-allow-origin": origin} if origin in source.trust.origins else {}
    return {**allowed, "vary": "origin"}
