"""The way through the gateway: `POST /v1/events`, batches of CloudEvents, an answer for each."""

import ssl
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import orjson

from leadstream.sdk.errors import NotAllowed, NotConfigured, PublishError, TryAgain
from leadstream.sdk.port import Receipt, Told

_BATCH_TYPE = "application/cloudevents-batch+json"
_PATH = "/v1/events"
_SECONDS = aiohttp.ClientTimeout(total=30, sock_connect=10)
_OUTCOMES = ("accepted", "duplicate", "refused")
_DENIED = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
_LATER = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS)
_NO_TLS = ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE")
"""What OpenSSL calls an answer in plain text."""
_ANSWERED = (HTTPStatus.ACCEPTED, HTTPStatus.MULTI_STATUS, HTTPStatus.BAD_REQUEST)


class GatewayWay:
    """Implements `leadstream.sdk.port.Way`.

    Args:
        url: "https://host", with a port or a path in front of `/v1` where there is one.
        key: as `leadstream keys create` shows it; it is sent to this address alone and never shown.
        tls: whom to trust; the authorities of the system unless given.

    Raises:
        NotConfigured: it is no such address, or the key is none that a header can carry.
    """

    most_events, most_bytes = 1_000, 1_000_000
    """The gateway takes 1 MiB: what separates a thousand events, and brackets, has room beside that."""

    def __init__(self, url: str, key: str, tls: ssl.SSLContext | None = None) -> None:
        _check_address(url)
        _check_key(key)
        self._url = url.rstrip("/") + _PATH
        self._headers = {"authorization": f"Bearer {key}", "content-type": _BATCH_TYPE}
        self._tls: ssl.SSLContext | bool = True if tls is None else tls
        self._session: aiohttp.ClientSession | None = None

    async def send(self, events: Sequence[Told]) -> list[Receipt]:
        """Send them as one request; see the port."""
        status, headers, body = await self._posted(b"[" + b",".join(event.value for event in events) + b"]")
        said = _object(body)
        if status in _ANSWERED and isinstance(said.get("items"), list):
            return [_receipt(item, event) for item, event in zip(_items(said, events), events, strict=True)]
        detail = str(said.get("detail") or f"HTTP {status}")
        if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            if len(events) == 1:
                return [Receipt("refused", events[0].envelope.id, reason=detail)]
            half = len(events) // 2
            return [*await self.send(events[:half]), *await self.send(events[half:])]
        if status in _LATER or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise TryAgain(f"the gateway says: {detail}", _seconds(headers.get("retry-after", "")))
        if status in _DENIED:
            raise NotAllowed(f"the gateway says: {detail}")
        raise NotAllowed(
            f"{self._url} answered {status}, as no gateway of leadstream does ({detail}); is it the right address?"
        )

    async def close(self) -> None:
        """End the connections."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def _posted(self, body: bytes) -> tuple[int, Any, bytes]:
        if self._session is None:
            # A key must not follow a redirect, nor must another one be taken from ~/.netrc.
            self._session = aiohttp.ClientSession(headers=self._headers, timeout=_SECONDS, trust_env=False)
        try:
            async with self._session.post(self._url, data=body, allow_redirects=False, ssl=self._tls) as response:
                return response.status, response.headers, await response.read()
        except aiohttp.ClientConnectorCertificateError as exc:
            raise NotAllowed(f"{self._url}: its certificate is not trusted: {exc}") from exc
        except aiohttp.ClientConnectorSSLError as exc:
            if getattr(exc.os_error, "reason", "") in _NO_TLS:
                raise NotAllowed(f"{self._url}: what answers there speaks http, not https; is it http://...?") from exc
            raise NotAllowed(f"{self._url}: no TLS could be agreed on: {exc}") from exc
        except (aiohttp.ClientError, TimeoutError, OSError) as exc:
            raise TryAgain(f"{self._url} is out of reach ({str(exc) or type(exc).__name__})") from exc


def _check_address(url: str) -> None:
    try:
        found = urlsplit(url)
        usable = found.scheme in ("http", "https") and found.hostname and found.port != 0
    except ValueError:  # the port is no number, or an address in brackets is none
        raise NotConfigured("expected https://host:port of a gateway, with a number for the port") from None
    if found.username is not None or found.password is not None:
        raise NotConfigured("no user and password in the address of a gateway; give api_key=")
    if not usable or found.query or found.fragment:
        raise NotConfigured(f"expected https://host of a gateway, got {url!r}")


def _check_key(key: object) -> None:
    """Refuse what no header can carry, without repeating it."""
    if not key:
        raise NotConfigured("a gateway wants a key: api_key= or LEADSTREAM_API_KEY; leadstream keys create makes one")
    if not isinstance(key, str):
        raise NotConfigured(f"the key: expected text, as leadstream keys create shows it, got {type(key).__name__}")
    if not key.isascii() or not key.isprintable() or " " in key:
        raise NotConfigured(
            "the key has a sign that no key has (a line end?); give it as leadstream keys create shows it"
        )


def _object(body: bytes) -> dict[str, Any]:
    try:
        said = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return said if isinstance(said, dict) else {}


def _items(said: dict[str, Any], events: Sequence[Told]) -> list[Any]:
    items: list[Any] = said["items"]
    if len(items) != len(events):
        raise PublishError(f"the gateway answered {len(items)} of {len(events)} events; none of them is taken for sent")
    return items


def _receipt(item: Any, event: Told) -> Receipt:
    """What became of an event; only what says so is taken for accepted."""
    outcome = item.get("outcome") if isinstance(item, dict) else None
    if outcome not in _OUTCOMES:
        raise PublishError(f"the gateway answered {str(item)[:80]!r}, which is not understood")
    if outcome == "refused":
        return Receipt(outcome, event.envelope.id, str(item.get("field", "")), str(item.get("reason", "")))
    return Receipt(outcome, event.envelope.id)


def _seconds(text: str) -> float:
    """What `Retry-After` says; 0 where it is a date or nothing."""
    return float(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0.0
