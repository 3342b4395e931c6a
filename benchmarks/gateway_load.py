"""A client for the gateway that costs little itself: many connections, each with one request under way at a time."""

import asyncio
import base64
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol, cast

import orjson
from typing_extensions import override

from events.topics import LEAD_INBOX, RAW

BATCH = 500
_KEYS = 20_000
_TAKEN = (b"HTTP/1.1 202", b"HTTP/1.1 200")
_ID = re.compile(rb'"id":"([^"]+)"')
_SUBMISSION = re.compile(rb"submission_id=([^&]+)")


@dataclass(slots=True)
class Answered:
    """What was answered.

    Attributes:
        acknowledged: names of what the log has to hold, see `Requests`.
        requests: how many were acknowledged.
        seconds: of each request, until its answer: from sending it, or from when it was due where a rate was kept.
        refused: answers that were no acknowledgement, the first ones.
        took: seconds of the whole.
    """

    acknowledged: list[str] = field(default_factory=list)
    requests: int = 0
    seconds: list[float] = field(default_factory=list)
    refused: list[bytes] = field(default_factory=list)
    took: float = 0.0

    def percentile(self, percent: float) -> float:
        """Seconds that so many percent of the requests did not exceed."""
        ordered = sorted(self.seconds)
        return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))] if ordered else 0.0


class Requests(Protocol):
    """Makes requests that are never the same.

    Attributes:
        events: facts that a request tells.
        topic: where what was acknowledged is looked for.
    """

    events: int
    topic: str

    def request(self) -> tuple[bytes, list[str]]:
        """The next one, and the names of what the log has to hold when it is acknowledged."""
        ...

    def named(self, value: bytes) -> str:
        """The name of a record in the log."""
        ...


class Forms:
    """Forms of a page, to the way in `contact`; each tells two facts: somebody became known, and sent it."""

    def __init__(self, run: str) -> None:
        self.events, self.topic = 2, RAW
        self._run, self._number = run, 0

    def request(self) -> tuple[bytes, list[str]]:
        """The next one, named by its submission."""
        number = self._number = self._number + 1
        name = f"{self._run}-{number}"
        body = (
            f"email=person{number * 7919 % _KEYS}%40example.com&name=A.+Example&company=Example&country=RO"
            f"&employees=250&submission_id={name}&page_url=https%3A%2F%2Fwww.example.com%2Fpricing%3Futm_campaign%3Dnew"
        )
        head = (
            "POST /v1/hooks/contact?key=bench HTTP/1.1\r\nhost: bench\r\n"
            f"content-type: application/x-www-form-urlencoded\r\ncontent-length: {len(body)}\r\n\r\n"
        )
        return f"{head}{body}".encode(), [name]

    def named(self, value: bytes) -> str:
        """The submission of a kept request."""
        found = _SUBMISSION.search(base64.b64decode(orjson.loads(value)["body"]))
        return "" if found is None else found[1].decode()


class Load:
    """Events, one by one or in batches."""

    def __init__(self, key: str, run: str, batch: int) -> None:
        self.events, self.topic = batch, LEAD_INBOX
        self._run, self._number = run, 0
        kind = "cloudevents-batch+json" if batch > 1 else "cloudevents+json"
        self._head = (
            f"POST /v1/events HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer {key}\r\n"
            f"content-type: application/{kind}\r\n"
        )

    def request(self) -> tuple[bytes, list[str]]:
        """The next one, named by the ids of its events."""
        first = self._number
        self._number += self.events
        names = [f"{self._run}-{number}" for number in range(first, self._number)]
        many = ",".join([
            f'{{"specversion":"1.0","type":"lead.touched.v1","id":"{name}","source":"/bench",'
            f'"subject":"lead-{number * 7919 % _KEYS}","time":"2026-03-02T09:05:00Z","data":{{"channel":"website",'
            '"kind":"visited","direction":"inbound","asset":"pricing","campaign":"spring"}}'
            for number, name in enumerate(names, first)
        ])  # fmt: skip
        body = f"[{many}]" if self.events > 1 else many
        return f"{self._head}content-length: {len(body)}\r\n\r\n{body}".encode(), names

    def named(self, value: bytes) -> str:
        """The id of an event."""
        found = _ID.search(value)
        return "" if found is None else found[1].decode()


async def drive(port: int, load: Requests, *, connections: int, seconds: float, rate: float | None = None) -> Answered:
    """Send for so long; what is under way then is waited for.

    Args:
        port: of the gateway on this machine.
        load: makes the requests.
        connections: how many at a time.
        seconds: how long.
        rate: requests a second in all; None for as many as are answered.
    """
    told, began, loop = Answered(), time.perf_counter(), asyncio.get_running_loop()
    due = _turns(rate, began, began + seconds)
    ended = []
    for _ in range(connections):
        done: asyncio.Future[None] = loop.create_future()
        await loop.create_connection(lambda done=done: _Connection(load, due, told, done), "127.0.0.1", port)
        ended.append(done)
    await asyncio.gather(*ended)
    told.took = time.perf_counter() - began
    return told


def _turns(rate: float | None, began: float, until: float) -> Callable[[], float | None]:
    """When the next request is due, on the clock that was started with; None when there is none any more."""
    sent = 0

    def turn() -> float | None:
        nonlocal sent
        sent += 1
        at = time.perf_counter() if rate is None else began + sent / rate
        return at if at < until else None

    return turn


class _Connection(asyncio.Protocol):
    def __init__(
        self, load: Requests, due: Callable[[], float | None], told: Answered, done: "asyncio.Future[None]"
    ) -> None:
        self._load, self._due, self._told, self._done = load, due, told, done
        self._transport: asyncio.WriteTransport
        self._at, self._names, self._buffer = 0.0, list[str](), b""

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.WriteTransport", transport)  # uvloop's are none by their classes
        self._next()

    @override
    def data_received(self, data: bytes) -> None:
        buffer = self._buffer = self._buffer + data if self._buffer else data
        head, gap, body = buffer.partition(b"\r\n\r\n")
        if not gap or len(body) < int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]):
            return
        self._buffer = b""
        told = self._told
        told.seconds.append(time.perf_counter() - self._at)
        if buffer.startswith(_TAKEN):
            told.requests += 1
            told.acknowledged += self._names
        elif len(told.refused) < 5:
            told.refused.append(body)
        self._next()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        if not self._done.done():
            self._told.refused.append(f"the connection was lost: {exc}".encode())
            self._done.set_result(None)

    def _next(self) -> None:
        at = self._due()
        if at is None:
            self._done.set_result(None)
            self._transport.close()
            return
        self._at = at
        wait = at - time.perf_counter()
        if wait > 0:
            asyncio.get_running_loop().call_later(wait, self._send)
        else:
            self._send()

    def _send(self) -> None:
        request, self._names = self._load.request()
        self._transport.write(request)
