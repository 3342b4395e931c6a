"""`Idempotency-Key`: a request that is sent again under the same key is answered as it was, and done once."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from hashlib import blake2b
from http import HTTPStatus
from typing import Generic, NamedTuple, TypeVar

from leadstream.gateway.problems import Problem
from leadstream.remembered import Remembered

HEADER = "idempotency-key"
KEPT = 10_000
"""Keys whose answers are kept; after that, (source, id) of each event still keeps it from counting twice."""
LONGEST = 255

T = TypeVar("T")


class Name(NamedTuple):
    """Whose key it is, and the key."""

    caller: str
    key: str


class _Kept(NamedTuple, Generic[T]):
    digest: bytes
    answer: "asyncio.Future[T]"


class Repeats(Generic[T]):
    """The answers of requests with a key. Belongs to one event loop."""

    def __init__(self) -> None:
        self._kept = Remembered[Name, _Kept[T]](KEPT)

    async def once(self, name: Name, digest: bytes, work: Callable[[], Awaitable[T]]) -> T:
        """Do the work, unless it is done or under way already; a failure is not kept.

        Raises:
            Problem: 422, the key was used for another request.
        """
        kept = self._kept.get(name)
        if kept is None:
            kept = _Kept(digest, asyncio.ensure_future(work()))
            self._kept.put(name, kept)
        elif kept.digest != digest:
            detail = "this key was used for another request; take a new one for each"
            raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, detail, field=HEADER)
        try:
            return await asyncio.shield(kept.answer)
        except BaseException:
            if kept.answer.done():
                self._kept.forget(name)
            raise


def key_in(text: str | None) -> str | None:
    """The key of a request, with or without the quotes that the standard wants.

    Raises:
        Problem: 400, it is empty or too long.
    """
    if text is None:
        return None
    key = text.strip()
    if len(key) >= 2 and key[0] == key[-1] == '"':
        key = key[1:-1]
    if not 1 <= len(key) <= LONGEST:
        raise Problem(HTTPStatus.BAD_REQUEST, f"1 to {LONGEST} characters were expected", field=HEADER)
    return key


def digest_of(parts: Iterable[bytes]) -> bytes:
    """What tells one request from another."""
    found = blake2b(digest_size=16)
    for part in parts:
        found.update(len(part).to_bytes(8, "big") + part)
    return found.digest()
