"""Requests that no vendor would send, by the thousand: real ones, broken before they are signed or after."""

import json
import random
from typing import Any

from msgspec import structs

from leadstream.connectors.port import Raw
from tests.leadstream.gateway.fuzzing import Asked
from tests.leadstream.gateway.ways import SENDING, asked, signed
from tests.support import requests

_MEDIA = (
    "", "application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x",
    "multipart/form-data", "text/xml", "text/plain; charset=\xff",
)  # fmt: skip
_METHODS = ("GET", "HEAD", "OPTIONS", "PUT", "DELETE", "FOO", "POST")


class HookFuzzer:
    """Makes requests to the ways in of `ways.every_source`; the same seed makes the same ones.

    Attributes:
        at: when the next request comes, microseconds; the gateway's clock has to say the same.
    """

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)
        self._cases = [requests.case(path) for path in requests.CASES if path.parent.name in SENDING]
        self._names = sorted({name for raw in self._cases for name, _ in raw.headers})
        self._number = 0
        self.at = 0

    def asked(self) -> Asked:
        """The next request."""
        chance = self._chance
        raw = chance.choice(self._cases)
        self.at = raw.received_at
        if chance.random() < 0.7:
            raw = self._broken(raw)
        if chance.random() < 0.9:
            raw = self._signed(raw)
        if chance.random() < 0.3:
            raw = self._broken(raw)
        if chance.random() < 0.1:
            raw = structs.replace(raw, method=chance.choice(_METHODS))
        made = asked(raw)
        path = b"/v1/hooks/" + (raw.endpoint.encode() if chance.random() < 0.97 else chance.choice([b"x", b"%00", b""]))
        return made._replace(path=path)

    def _signed(self, raw: Raw) -> Raw:
        """As its vendor signs it, where that can be done to what is left of it."""
        try:
            return signed(raw)
        except (UnicodeError, ValueError):
            return structs.replace(raw, query=f"{raw.query}&key=x")

    def _broken(self, raw: Raw) -> Raw:
        chance, body = self._chance, raw.body
        match chance.randrange(9):
            case 0 if body:
                at = chance.randrange(len(body))
                body = body[:at] + chance.randbytes(chance.randrange(1, 4)) + body[at + 1 :]
            case 1:
                body = body[: chance.randrange(len(body) + 1)]
            case 2:
                body = chance.randbytes(chance.randrange(300))
            case 3 | 4 | 5:
                body = self._replaced(body)
            case 6:
                headers = dict(raw.headers)
                headers["Content-Type"] = chance.choice(_MEDIA)
                return structs.replace(raw, headers=tuple(headers.items()))
            case 7:
                name = chance.choice([*self._names, "Webhook-Signature", "Origin", "Content-Encoding", "Accept"])
                return structs.replace(raw, headers=(*raw.headers, (name, self._text())))
            case _:
                more = chance.choice(["a=%ff", "&&=", "key=", "validationToken=%00", "challengeCode=x", "a=" * 400])
                return structs.replace(raw, query=f"{raw.query}&{more}" if chance.random() < 0.5 else more)
        return structs.replace(raw, body=body)

    def _replaced(self, body: bytes) -> bytes:
        """The body with another value somewhere in it."""
        try:
            tree = json.loads(body)
        except (ValueError, RecursionError):
            at = self._chance.randrange(len(body) + 1)
            return body[:at] + self._text().encode(errors="replace") + body[at:]
        self._number += 1
        return json.dumps(self._changed(tree)).encode()

    def _changed(self, tree: Any) -> Any:
        chance = self._chance
        if isinstance(tree, dict) and tree and chance.random() < 0.9:
            name = chance.choice(list(tree))
            if chance.random() < 0.1:
                return {other: value for other, value in tree.items() if other != name}
            return {**tree, name: self._changed(tree[name])}
        if isinstance(tree, list) and tree and chance.random() < 0.9:
            at = chance.randrange(len(tree))
            return [*tree[:at], self._changed(tree[at]), *tree[at + 1 :]]
        return chance.choice([
            None, True, False, 0, -1, 2**53, 10**400, 1e308, float("nan"), "", "\0", "\ud800", [], {}, [[[]]],
            {"a": [1]}, "yes", "2026-03-02T09:00:00Z", "9999-12-31T23:59:59Z", "+40 21 123 4567", f"new-{self._number}",
            "x" * 5000, self._text(), [self._text()] * 50,
        ])  # fmt: skip

    def _text(self) -> str:
        return "".join(chr(self._chance.choice([0x20, 0x22, 0x25, 0x3D, 0x40, 0x5B, 0x7F, 0xE9])) for _ in range(5))
