"""A plain client for the gateway: many connections, each sending one request after the other, as fast as wanted."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

BATCH = 500
_KEYS = 20_000


@dataclass(slots=True)
class Answered:
    """What was answered.

    Attributes:
        events: how many were acknowledged.
        seconds: from sending a request to its answer, of each.
        refused: answers that were no acknowledgement, the first ones.
        took: seconds of the whole.
    """

    events: int = 0
    seconds: list[float] = field(default_factory=list)
    refused: list[bytes] = field(default_factory=list)
    took: float = 0.0

    def percentile(self, percent: float) -> float:
        """Seconds that so many percent of the requests did not exceed."""
        ordered = sorted(self.seconds)
        return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))] if ordered else 0.0


class Requests(Protocol):
    """Makes requests that are never the same."""

    @property
    def events(self) -> int:
        """Facts that a request tells."""
        ...

    def request(self) -> bytes:
        """The next one."""
        ...


class Forms:
    """Forms of a page, to the way in `contact`; each tells two facts: somebody became known, and sent it."""

    events = 2

    def __init__(self, run: str) -> None:
        self._run, self._number = run, 0

    def request(self) -> bytes:
        """The next one."""
        number = self._number = self._number + 1
        body = (
            f"email=person{number * 7919 % _KEYS}%40example.com&name=A.+Example&company=Example&country=RO"
            f"&employees=250&submission_id={self._run}-{number}&page_url=https%3A%2F%2Fwww.example.com%2Fpricing%3Futm_campaign%3Dnew"
        ).encode()
        head = (
            "POST /v1/hooks/contact?key=bench HTTP/1.1\r\nhost: bench\r\n"
            f"content-type: application/x-www-form-urlencoded\r\ncontent-length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body


class Load:
    """Events, one by one or in batches."""

    def __init__(self, key: str, run: str, batch: int) -> None:
        self._run, self._batch, self._number = run, batch, 0
        kind = "cloudevents-batch+json" if batch > 1 else "cloudevents+json"
        self._head = (
            f"POST /v1/events HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer {key}\r\n"
            f"content-type: application/{kind}\r\n"
        )

    @property
    def events(self) -> int:
        """Events of a request."""
        return self._batch

    def request(self) -> bytes:
        """The next one."""
        many = ",".join(self._event() for _ in range(self._batch))
        body = (f"[{many}]" if self._batch > 1 else many).encode()
        return f"{self._head}content-length: {len(body)}\r\n\r\n".encode() + body

    def _event(self) -> str:
        number = self._number = self._number + 1
        return (
            f'{{"specversion":"1.0","type":"lead.touched.v1","id":"{self._run}-{number}","source":"/bench",'
            f'"subject":"lead-{number * 7919 % _KEYS}","time":"2026-03-02T09:05:00Z","data":{{"channel":"website",'
            '"kind":"visited","direction":"inbound","asset":"pricing","campaign":"spring"}}'
        )


async def drive(port: int, load: Requests, *, connections: int, seconds: float, rate: float | None = None) -> Answered:
    """Send for so long.

    Args:
        port: of the gateway on this machine.
        load: makes the requests.
        connections: how many at a time.
        seconds: how long.
        rate: requests a second in all; None for as many as are answered.
    """
    told, began = Answered(), time.perf_counter()
    turn = _turns(rate, began)
    await asyncio.gather(*(_connection(port, load, turn, began + seconds, told) for _ in range(connections)))
    told.took = time.perf_counter() - began
    return told


def _turns(rate: float | None, began: float) -> Callable[[], float]:
    """When the next request is to leave, on the clock that was started with."""
    sent = 0

    def turn() -> float:
        nonlocal sent
        sent += 1
        return began if rate is None else began + sent / rate

    return turn


async def _connection(port: int, load: Requests, turn: Callable[[], float], until: float, told: Answered) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        while (at := turn()) < until and time.perf_counter() < until:
            request = load.request()
            await asyncio.sleep(max(0.0, at - time.perf_counter()))
            sent = time.perf_counter()
            writer.write(request)
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            length = int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0])
            body = await reader.readexactly(length)
            told.seconds.append(time.perf_counter() - sent)
            if head[9:12] in (b"200", b"202"):
                told.events += load.events
            elif len(told.refused) < 5:
                told.refused.append(body)
    finally:
        writer.close()
