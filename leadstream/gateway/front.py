"""The short way for the routes that are called thousands of times a second.

What FastAPI does around an endpoint (routing, dependencies, exit stacks, telemetry) costs twice what the endpoint
itself does, and these routes use none of it. They are registered with FastAPI as well, which describes them.
"""

from collections.abc import Awaitable, Callable
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from leadstream.gateway.measures import Measures
from leadstream.gateway.problems import Problem, response_to

Endpoint = Callable[[Request], Awaitable[Response]]
Find = Callable[[str, str], Endpoint | None]
"""Method and path -> what answers; None where the application does."""
_FAULT = int(HTTPStatus.INTERNAL_SERVER_ERROR)
"""What the server answers where nobody else did."""


class Front:
    """An application with endpoints in front of it; counts what it answers.

    Args:
        app: answers everything else.
        find: finds the endpoint of a request.
        measures: counts.
    """

    def __init__(self, app: ASGIApp, find: Find, measures: Measures) -> None:
        self._app, self._find, self._measures = app, find, measures

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path, began, status = scope["path"], self._measures.ticks(), _FAULT
        endpoint = self._find(scope["method"], path)
        try:
            if endpoint is None:
                status = await self._passed(scope, receive, send)
                return
            try:
                response = await endpoint(Request(scope, receive))
            except Problem as exc:
                response = response_to(exc)
            status = response.status_code
        finally:
            self._measures.answered(path, status, began)
        await response(scope, receive, send)

    async def _passed(self, scope: Scope, receive: Receive, send: Send) -> int:
        """Have the application answer; the status of the answer."""
        status = _FAULT

        async def seen(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        await self._app(scope, receive, seen)
        return status
