"""Requests that nobody would write, by the thousand: right ones with something broken, and noise."""

import random
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, NamedTuple
from urllib.parse import unquote

import orjson
from starlette.types import ASGIApp

from events.registry import CATALOGUE
from projections.catalogue import BY_NAME
from tests.leadstream.gateway.house import BATCH, STRUCTURED, event

Headers = list[tuple[bytes, bytes]]


class Asked(NamedTuple):
    """A request as a server hands it over; `path` as sent, still escaped."""

    method: str
    path: bytes
    query: bytes
    headers: Headers
    body: bytes


class Told(NamedTuple):
    """What was answered."""

    status: int
    headers: dict[bytes, bytes]
    body: bytes


async def send(app: ASGIApp, asked: Asked) -> Told:
    """Hand a request to an application; what it raises gets out."""
    parts = [asked.body[: len(asked.body) // 2], asked.body[len(asked.body) // 2 :]]
    told: list[MutableMapping[str, Any]] = []

    async def receive() -> MutableMapping[str, Any]:
        if parts:
            return {"type": "http.request", "body": parts.pop(0), "more_body": bool(parts)}
        return {"type": "http.disconnect"}

    async def answered(message: MutableMapping[str, Any]) -> None:
        told.append(message)

    scope = {
        "type": "http", "asgi": {"version": "3.0", "spec_version": "2.3"}, "http_version": "1.1",
        "method": asked.method, "path": unquote(asked.path.decode("ascii")), "raw_path": asked.path,
        "query_string": asked.query, "root_path": "", "scheme": "http", "headers": asked.headers,
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 2), "state": {},
    }  # fmt: skip
    handle: Callable[..., Awaitable[None]] = app
    await handle(scope, receive, answered)
    start, *rest = told
    return Told(start["status"], dict(start["headers"]), b"".join(each.get("body", b"") for each in rest))


class Fuzzer:
    """Makes requests; the same seed makes the same ones."""

    def __init__(self, key: str, seed: int) -> None:
        self._key, self._chance = key, random.Random(seed)
        self._number = 0

    def asked(self) -> Asked:
        """The next request."""
        chance = self._chance
        made = chance.choices(
            [self._events, self._batch, self._binary, self._command, self._question, self._noise], [6, 3, 3, 3, 1, 2]
        )[0]()
        return self._broken(made) if chance.random() < 0.8 else made

    def _headers(self, media_type: str) -> Headers:
        return [(b"authorization", b"Bearer " + self._key.encode()), (b"content-type", media_type.encode())]

    def _event(self) -> dict[str, Any]:
        self._number += 1
        chance = self._chance
        said = event(self._number)
        if chance.random() < 0.3:
            said["type"] = chance.choice(sorted(CATALOGUE))
        for _ in range(chance.choice([0, 0, 1, 2])):
            at = said if chance.random() < 0.6 else said.get("data")
            if isinstance(at, dict):
                name = chance.choice([*at, self._text()]) if at else self._text()
                if chance.random() < 0.3:
                    at.pop(name, None)
                else:
                    at[name] = self._value()
        return said

    def _events(self) -> Asked:
        return Asked("POST", b"/v1/events", b"", self._headers(STRUCTURED), self._json(self._event()))

    def _batch(self) -> Asked:
        many = [self._event() for _ in range(self._chance.randrange(5))]
        return Asked("POST", b"/v1/events", b"", self._headers(BATCH), self._json(many))

    def _binary(self) -> Asked:
        said = self._event()
        headers = self._headers("application/json")
        for name, value in said.items():
            if name != "data":
                raw = value if isinstance(value, str) else str(value)
                headers.append((b"ce-" + name.encode(errors="replace").lower(), raw.encode(errors="replace")))
        return Asked("POST", b"/v1/events", b"", headers, self._json(said.get("data")))

    def _command(self) -> Asked:
        name = self._chance.choice([b"reject", b"accept", b"convert", b"merge", b"explode", b"%00"])
        said = {"subject": self._text(), "data": {"by": "Ines", "reason": self._value()}}
        return Asked("POST", b"/v1/commands/" + name, b"wait=0", self._headers("application/json"), self._json(said))

    def _question(self) -> Asked:
        chance = self._chance
        path = chance.choice([b"/v1/views", b"/v1/leads/%C3%A9%2F", b"/v1/answers/x", b"/v1/openapi.json"])
        if chance.random() < 0.6:
            path = b"/v1/views/" + chance.choice(sorted(BY_NAME)).encode()
        names = [b"where", b"sort", b"by", b"as_of", b"limit", b"cursor", b"zone"]
        values = [
            b"lead=1", b"score>=%00", b"-lead", b"2026-03-02", b"0.abc", b"10", b"1e999", b"leads>=9999999999999999999",
            self._text().encode(errors="replace"),
        ]  # fmt: skip
        query = b"&".join(chance.choice(names) + b"=" + chance.choice(values) for _ in range(chance.randrange(4)))
        return Asked("GET", path, query, self._headers("application/json"), b"")

    def _noise(self) -> Asked:
        chance = self._chance
        headers = [(self._bytes(12).lower() or b"x", self._bytes(20)) for _ in range(chance.randrange(6))]
        path = b"/" + bytes(each for each in self._bytes(20) if 33 <= each < 127 and each not in b"?#")
        return Asked(
            chance.choice(["GET", "POST", "PUT", "DELETE", "OPTIONS", "HEAD", "PATCH", "FOO"]),
            chance.choice([path, b"/v1/events", b"/v1/commands/reject", b"/v1/views/leads"]),
            self._bytes(20), [*headers, *(self._headers(STRUCTURED) if chance.random() < 0.5 else [])], self._bytes(60),
        )  # fmt: skip

    def _broken(self, asked: Asked) -> Asked:
        """The request with one thing in it that is not as it was."""
        chance, headers, body = self._chance, list(asked.headers), asked.body
        what = chance.randrange(8)
        if what == 0 and body:
            at = chance.randrange(len(body))
            body = body[:at] + bytes([chance.randrange(256)]) + body[at + 1 :]
        elif what == 1:
            body = body[: chance.randrange(len(body) + 1)]
        elif what == 2:
            body += self._bytes(8)
        elif what == 3 and headers:
            headers.pop(chance.randrange(len(headers)))
        elif what == 4 and headers:
            at = chance.randrange(len(headers))
            headers[at] = headers[at][0], self._bytes(30)
        elif what == 5 and headers:
            headers.append(chance.choice(headers))
        elif what == 6:
            names = [b"idempotency-key", b"content-encoding", b"content-length", b"if-none-match", b"ce-x", b"ls-task"]
            headers.append((chance.choice(names), self._bytes(12)))
        return asked._replace(headers=headers, body=body)

    def _json(self, value: Any) -> bytes:
        try:
            return orjson.dumps(value)
        except (TypeError, orjson.JSONEncodeError):
            return b"{}"

    def _value(self) -> Any:
        chance = self._chance
        return chance.choice([
            None, True, 0, -1, 2**53, 2**63 - 1, 1e308, 0.1, "", "\0", "é" * 10, [], {}, [[[]]], {"a": {"b": [1]}},
            "2026-03-02T09:00:00Z", "9999-12-31T23:59:59Z", "/leadstream", self._text(), "x" * 5000,
        ])  # fmt: skip

    def _text(self) -> str:
        return "".join(chr(self._chance.choice([0, 10, 34, 37, 47, 65, 0x7F, 0xE9, 0x1F600, 0xFFFF])) for _ in range(4))

    def _bytes(self, most: int) -> bytes:
        return self._chance.randbytes(self._chance.randrange(most))
