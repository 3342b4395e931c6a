"""What all vendors' servers have in common: tokens, troubles that come with requests, a record of what was asked."""

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from email.utils import format_datetime
from typing import Any, Literal, get_args
from urllib.parse import parse_qsl

from aiohttp import web

from events.instants import SECOND, from_us

Trouble = Literal["limit", "limit-date", "outage", "outage-after", "reset", "cut", "token", "change", "forget"]
"""What happens to a request:

limit: 429 with Retry-After in seconds; limit-date: with a date. outage: 500; outage-after: 503 with Retry-After.
reset: the connection ends in the middle of the body; cut: before the answer. token: it ends before its time (401).
change: the data change before it is answered. forget: places in lists are not known any more.
"""
TROUBLES: tuple[Trouble, ...] = get_args(Trouble)
CLIENT, SECRET, REFRESH = "our-app", "the-secret-of-our-app", "what-stands-for-whoever-allowed-us-in"
HOOK = "/v1/hooks/there"
"""Where our way in is, on the vendor's own server, so that the vendor reaches it."""
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class VendorServer:
    """One vendor.

    Attributes:
        troubles: what comes with the next requests, one each; None for a request that is answered as it should be.
        asked: method and path of each request that was let in.
        refused: statuses of those that were not.
        tokens: how many were given.
        rotates: whether each token comes with a new refresh token, which ends the one that was shown: at once, or, with
            `grace`, when the new one is shown.
        now: the vendor's clock, microseconds.

    Args:
        now: the time.
    """

    token_path = "/oauth/token"
    grant = "refresh_token"
    lasts = 3600

    def __init__(self, now: int) -> None:
        self.troubles: deque[Trouble | None] = deque()
        self.asked: list[tuple[str, str]] = []
        self.refused: list[int] = []
        self.tokens, self.now, self.era = 0, now, 0
        self.rotates: Literal["at once", "grace"] | None = None
        self.refresh = [REFRESH]
        self.on_request: Callable[[], None] = lambda: None

    def change(self) -> None:
        """Something changes at the vendor."""
        raise NotImplementedError

    def everybody(self) -> set[str]:
        """The leads that whoever has read all of it knows; those that are known by an address alone are left out."""
        raise NotImplementedError

    def add_routes(self, app: web.Application) -> None:
        """The vendor's own paths."""
        raise NotImplementedError

    def forget(self) -> None:
        """Places in lists are not known any more: tokens of pages carry the era that they were made in."""
        self.era += 1

    def place(self, **parts: Any) -> str:
        """A token of a page."""
        return json.dumps({**parts, "era": self.era}).encode().hex()

    def placed(self, token: str) -> dict[str, Any] | None:
        """What a token of a page says; None where it is not known any more."""
        try:
            found = json.loads(bytes.fromhex(token))
        except ValueError:
            return None
        return found if found["era"] == self.era else None

    @asynccontextmanager
    async def serving(self, port: int = 0) -> AsyncIterator[str]:
        """Serve on this machine; yields scheme, host and port."""
        app = web.Application(middlewares=[self._let_in])
        app.router.add_post(self.token_path, self._give_token)
        self.add_routes(app)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", port)
        await site.start()
        try:
            yield f"http://127.0.0.1:{runner.addresses[0][1]}"
        finally:
            await runner.cleanup()

    @web.middleware
    async def _let_in(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path == HOOK:
            return await handler(request)
        self.on_request()
        trouble = self.troubles.popleft() if self.troubles else None
        if trouble in ("limit", "limit-date", "outage", "outage-after", "cut"):
            return self._refuse(request, trouble)
        if trouble == "token":
            self.tokens += 1  # the one that was given last is not the last one any more
        elif trouble == "change":
            self.change()
        elif trouble == "forget":
            self.forget()
        if request.path != self.token_path:
            if request.headers.get("authorization") != f"Bearer token-{self.tokens}":
                self.refused.append(401)
                return web.json_response({"error": "invalid_token"}, status=401)
            self.asked.append((request.method, request.path_qs))
        response = await handler(request)
        if trouble == "reset" and isinstance(response, web.Response):
            return await self._break_off(request, response)
        return response

    def _refuse(self, request: web.Request, trouble: Trouble) -> web.Response:
        if trouble == "cut":
            if request.transport is not None:
                request.transport.abort()
            return web.Response(status=500)
        status = {"limit": 429, "limit-date": 429, "outage": 500, "outage-after": 503}[trouble]
        self.refused.append(status)
        date = format_datetime(from_us(self.now + 5 * SECOND), usegmt=True)
        later = {"limit": "3", "outage-after": "7", "limit-date": date}.get(trouble)
        return web.Response(status=status, headers={"Retry-After": later} if later else {}, text="<html>sorry</html>")

    async def _break_off(self, request: web.Request, response: web.Response) -> web.StreamResponse:
        """Send half of a body, and end the connection."""
        body = response.body
        assert isinstance(body, bytes)
        broken = web.StreamResponse(status=response.status, headers={"Content-Length": str(len(body) + 10)})
        await broken.prepare(request)
        await broken.write(body[: len(body) // 2])
        await asyncio.sleep(0)
        if request.transport is not None:
            request.transport.abort()
        return broken

    async def _give_token(self, request: web.Request) -> web.Response:
        said = dict(parse_qsl(await request.text()))
        if said.get("grant_type") != self.grant or not self.knows(request, said):
            return web.json_response({"error": "invalid_grant"}, status=400)
        self.tokens += 1
        token = {"access_token": f"token-{self.tokens}", "expires_in": self.lasts, "token_type": "Bearer"}
        if self.rotates and self.grant == "refresh_token":
            shown = said["refresh_token"]
            made = f"{REFRESH}-{self.tokens}"
            self.refresh = [made] if self.rotates == "at once" else [shown, made]
            token["refresh_token"] = made
        return web.json_response(token)

    def knows(self, _request: web.Request, said: dict[str, str]) -> bool:
        """Whether whoever asks for a token is who they should be."""
        wanted = {"client_id": CLIENT, "client_secret": SECRET}
        if self.grant == "refresh_token" and said.get("refresh_token") not in self.refresh:
            return False
        return all(said.get(name) == value for name, value in wanted.items())


def error(status: int, /, **said: Any) -> web.Response:
    """An answer that refuses."""
    return web.json_response(said, status=status)
