"""CloudEvents over HTTP, pure: a request's headers and body become single events in JSON, as the log keeps them.

CloudEvents 1.0, HTTP protocol binding: structured mode (the event is the body), batched mode (an array of them), and
binary mode (attributes in `ce-` headers, the body is the data).
"""

import re
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote_to_bytes

import msgspec
import orjson

from events.envelope import JSON_TYPE, STRUCTURED_TYPE
from leadstream.gateway.problems import Problem

BATCH_TYPE = "application/cloudevents-batch+json"
MOST_EVENTS = 1_000
"""Events that one batch holds at most."""

RawHeaders = Sequence[tuple[bytes, bytes]]
_ATTRIBUTE = re.compile(rb"ce-([a-z0-9]+)")
_BOOLEAN = {"true": True, "false": False}
_HELP = f"send {STRUCTURED_TYPE}, {BATCH_TYPE}, or {JSON_TYPE} with ce- headers"
_batch = msgspec.json.Decoder(list[msgspec.Raw])


def events_in(headers: RawHeaders, body: bytes) -> list[bytes]:
    """The events of a request in structured JSON; each is to be checked still.

    Args:
        headers: names in lower case, as ASGI gives them.
        body: as sent.

    Raises:
        Problem: 400 the body is not what its type says, 413 too many events, 415 a type that is not taken.
    """
    media_type, charset = _content_type(headers)
    if charset not in ("", "utf-8", "utf8", "us-ascii"):
        raise _unsupported(f"charset {charset[:40]!r} is not taken; send UTF-8")
    if media_type == BATCH_TYPE:
        return _batched(body)
    if media_type == STRUCTURED_TYPE:
        return [body.strip()]
    if any(name == b"ce-specversion" for name, _ in headers):
        if media_type not in ("", JSON_TYPE):
            raise _unsupported(f"data of the type {media_type[:80]!r} is not taken; send {JSON_TYPE}")
        return [_binary(headers, body)]
    raise _unsupported(f"a body of the type {media_type[:80]!r} is not taken; {_HELP}")


def _batched(body: bytes) -> list[bytes]:
    try:
        found = _batch.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as exc:
        raise _bad(f"the body is no JSON array of events: {exc}") from exc
    if len(found) > MOST_EVENTS:
        detail = f"{len(found)} events, at most {MOST_EVENTS} are taken at once; send them in parts"
        raise Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, detail)
    return [bytes(each) for each in found]


def _binary(headers: RawHeaders, body: bytes) -> bytes:
    attributes: dict[str, Any] = {}
    for name, raw in headers:
        if not name.startswith(b"ce-"):
            continue
        found = _ATTRIBUTE.fullmatch(name)
        if found is None:
            raise _bad("names of attributes are made of a-z and 0-9", name.decode("latin-1"))
        attribute = found[1].decode()
        if attribute in attributes:
            raise _bad("an attribute may be given once", f"ce-{attribute}")
        if attribute == "data":  # the body is
            raise _bad("data is no attribute; it is the body", "ce-data")
        attributes[attribute] = _value(attribute, raw)
    if "late" in attributes:
        attributes["late"] = _BOOLEAN.get(attributes["late"], attributes["late"])
    attributes["datacontenttype"] = JSON_TYPE
    try:
        orjson.loads(body)  # one value and nothing after it: else it could close the object it is put into
    except orjson.JSONDecodeError as exc:
        raise _bad(f"the body is not JSON: {exc}", "data") from exc
    return orjson.dumps(attributes)[:-1] + b',"data":' + body.strip() + b"}"


def _value(attribute: str, raw: bytes) -> str:
    """The value of a `ce-` header: percent-encoded UTF-8, perhaps between quotes."""
    if len(raw) >= 2 and raw[:1] == raw[-1:] == b'"':
        raw = re.sub(rb"\\(.)", rb"\1", raw[1:-1])
    try:
        return unquote_to_bytes(raw).decode()
    except UnicodeDecodeError as exc:
        raise _bad("percent-encoded UTF-8 was expected", f"ce-{attribute}") from exc


def _content_type(headers: RawHeaders) -> tuple[str, str]:
    """Media type and charset of the body, in lower case; empty where they are not told."""
    told = [value for name, value in headers if name == b"content-type"]
    if len(told) > 1:
        raise _bad("a content type may be given once", "content-type")
    media_type, *parameters = (told[0] if told else b"").decode("latin-1").lower().split(";")
    pairs = {name.strip(): value.strip().strip('"') for name, _, value in (each.partition("=") for each in parameters)}
    return media_type.strip(), pairs.get("charset", "")


def _bad(detail: str, field: str = "") -> Problem:
    return Problem(HTTPStatus.BAD_REQUEST, detail, field=field)


def _unsupported(detail: str) -> Problem:
    return Problem(
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        detail,
        field="content-type",
        headers={"accept": f"{STRUCTURED_TYPE}, {BATCH_TYPE}, {JSON_TYPE}"},
    )
