"""The short way for the one route that is called thousands of times a second.

What FastAPI does around an endpoint (routing, dependencies, exit stacks, telemetry) costs twice what the endpoint
itself does, and this route uses none of it. It is registered with FastAPI as well, which describes it.
"""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from leadstream.gateway.problems import Problem, response_to


class Front:
    """An application with one endpoint in front of it.

    Args:
        app: answers everything else.
        path: of the endpoint.
        post: answers POST to it.
    """

    def __init__(self, app: ASGIApp, path: str, post: Callable[[Request], Awaitable[Response]]) -> None:
        self._app, self._path, self._post = app, path, post

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http" or scope["path"] != self._path or scope["method"] != "POST":
            await self._app(scope, receive, send)
            return
        try:
            response = await self._post(Request(scope, receive))
        except Problem as exc:
            response = response_to(exc)
        await response(scope, receive, send)
