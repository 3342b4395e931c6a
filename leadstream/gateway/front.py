"""The short way for the routes that are called thousands of times a second.

What FastAPI does around an endpoint (routing, dependencies, exit stacks, telemetry) costs twice what the endpoint
itself does, and these routes use none of it. They are registered with FastAPI as well, which describes them.
"""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from leadstream.gateway.problems import Problem, response_to

Endpoint = Callable[[Request], Awaitable[Response]]
Find = Callable[[str, str], Endpoint | None]
"""Method and path -> what answers; None where the application does."""


class Front:
    """An application with endpoints in front of it.

    Args:
        app: answers everything else.
        find: finds the endpoint of a request.
    """

    def __init__(self, app: ASGIApp, find: Find) -> None:
        self._app, self._find = app, find

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        endpoint = self._find(scope["method"], scope["path"]) if scope["type"] == "http" else None
        if endpoint is None:
            await self._app(scope, receive, send)
            return
        try:
            response = await endpoint(Request(scope, receive))
        except Problem as exc:
            response = response_to(exc)
        await response(scope, receive, send)
