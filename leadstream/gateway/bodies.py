"""Reads the body of a request: never more of it than allowed, never longer than allowed."""

import asyncio
from collections.abc import Iterable
from http import HTTPStatus

from starlette.requests import Request

from leadstream.gateway.problems import Problem

MOST_BYTES = 1 << 20
"""The largest body that is taken, 1 MiB."""


def header(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> str:
    """The first value of a header; empty where there is none.

    Args:
        headers: names in lower case, as ASGI gives them.
        name: in lower case.
    """
    for found, value in headers:
        if found == name:
            return value.decode("latin-1")
    return ""


async def body_of(request: Request, *, seconds: float, most: int = MOST_BYTES) -> bytes:
    """The whole body.

    Args:
        request: not read before.
        seconds: how long the client may take to send it.
        most: bytes that are taken.

    Raises:
        Problem: 400 the client has gone, 408 too slow, 413 too large, 415 compressed.
    """
    headers = request.scope["headers"]
    encoding = header(headers, b"content-encoding").strip().lower()
    if encoding not in ("", "identity"):
        raise Problem(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            f"a body in content-encoding {encoding[:40]!r} is not taken; send it as it is",
            field="content-encoding",
            headers={"accept-encoding": "identity"},
            close=True,
        )
    told = header(headers, b"content-length")
    if told.isdecimal() and int(told[:20]) > most:
        raise _too_large(most)
    parts: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(seconds):
            more = True
            while more:  # as Request.stream does, without its generator
                message = await request.receive()
                if message["type"] == "http.disconnect":
                    raise Problem(HTTPStatus.BAD_REQUEST, "the body ended early", close=True)
                part, more = message.get("body", b""), message.get("more_body", False)
                size += len(part)
                if size > most:
                    raise _too_large(most)
                parts.append(part)
    except TimeoutError as exc:
        detail = f"the body did not come within {seconds:g} s"
        raise Problem(HTTPStatus.REQUEST_TIMEOUT, detail, close=True) from exc
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _too_large(most: int) -> Problem:
    return Problem(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"at most {most} bytes are taken at once; send less", close=True
    )
