"""Reads the body of a request: never more of it than allowed, never longer than allowed."""

import asyncio
from http import HTTPStatus

from starlette.requests import ClientDisconnect, Request

from leadstream.gateway.problems import Problem

MOST_BYTES = 1 << 20
"""The largest body that is taken, 1 MiB."""


async def body_of(request: Request, *, seconds: float, most: int = MOST_BYTES) -> bytes:
    """The whole body.

    Args:
        request: not read before.
        seconds: how long the client may take to send it.
        most: bytes that are taken.

    Raises:
        Problem: 400 the client has gone, 408 too slow, 413 too large, 415 compressed.
    """
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("", "identity"):
        raise Problem(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            f"a body in content-encoding {encoding[:40]!r} is not taken; send it as it is",
            field="content-encoding",
            headers={"accept-encoding": "identity"},
            close=True,
        )
    told = request.headers.get("content-length", "")
    if told.isdecimal() and int(told[:20]) > most:
        raise _too_large(most)
    parts: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(seconds):
            async for part in request.stream():
                size += len(part)
                if size > most:
                    raise _too_large(most)
                parts.append(part)
    except TimeoutError as exc:
        detail = f"the body did not come within {seconds:g} s"
        raise Problem(HTTPStatus.REQUEST_TIMEOUT, detail, close=True) from exc
    except ClientDisconnect as exc:
        raise Problem(HTTPStatus.BAD_REQUEST, "the body ended early", close=True) from exc
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _too_large(most: int) -> Problem:
    return Problem(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"at most {most} bytes are taken at once; send less", close=True
    )
