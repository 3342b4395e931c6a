"""The composition of the gateway: routes over parts, and what becomes of every error."""

import logging
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.openapi.utils import get_openapi
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp

from engine.errors import LogError
from leadstream import __version__
from leadstream.gateway.commands import commands_routes
from leadstream.gateway.events import PATH as EVENTS_PATH
from leadstream.gateway.events import events_endpoint, events_routes
from leadstream.gateway.front import Endpoint, Front
from leadstream.gateway.hooks import PATH as HOOKS_PATH
from leadstream.gateway.hooks import Hooks, hooks_routes
from leadstream.gateway.leads import leads_routes
from leadstream.gateway.opportunities import opportunities_routes
from leadstream.gateway.parts import Parts
from leadstream.gateway.problems import Problem, response_to, unavailable
from leadstream.gateway.views import views_routes
from projections.stores.port import StoreError

logger = logging.getLogger("leadstream.gateway")
_ABOUT = (
    "Facts, commands and questions over HTTP. Requests show a key (`leadstream keys create`) as "
    "`Authorization: Bearer`; those of vendors and forms (`/v1/hooks/`) prove in their own ways who sends them. "
    "Problems are told as application/problem+json."
)


def build_app(parts: Parts) -> ASGIApp:
    """The application. It starts nothing and owns nothing: who made the parts ends them."""
    post_events, hook = events_endpoint(parts), Hooks(parts).answer
    app = _routed(parts, post_events, hook)

    def in_front(method: str, path: str) -> Endpoint | None:
        if path == EVENTS_PATH:
            return post_events if method == "POST" else None
        return hook if path.startswith(HOOKS_PATH) else None

    return Front(app, in_front, parts.measures)


def _routed(parts: Parts, post_events: Endpoint, hook: Endpoint) -> FastAPI:
    app = FastAPI(
        title="leadstream gateway",
        version=__version__,
        description=_ABOUT,
        openapi_url="/v1/openapi.json",
        docs_url=None,  # their pages load scripts from elsewhere
        redoc_url=None,
        redirect_slashes=False,
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},  # tells nobody else
    )
    app.include_router(events_routes(post_events))
    app.include_router(hooks_routes(hook))
    for routes in (commands_routes, leads_routes, opportunities_routes, views_routes):
        app.include_router(routes(parts))
    app.add_api_route("/v1/health", _health, methods=["GET"], include_in_schema=False)
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(HTTPException, _not_here)
    app.add_exception_handler(LogError, _out_of_reach)
    app.add_exception_handler(StoreError, _out_of_reach)
    app.add_exception_handler(Exception, _unexpected)
    app.openapi = lambda: _described(app)  # type: ignore[method-assign]
    return app


def _described(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document, with how callers show who they are."""
    if not app.openapi_schema:
        made = get_openapi(title=app.title, version=app.version, description=_ABOUT, routes=app.routes)
        made.setdefault("components", {})["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
        made["security"] = [{"key": []}]
        app.openapi_schema = made
    return app.openapi_schema


async def _health() -> Response:
    return Response(b'{"status":"ok"}', media_type="application/json")


async def _problem(_: Request, exc: Exception) -> Response:
    assert isinstance(exc, Problem)
    return response_to(exc)


async def _out_of_reach(_: Request, exc: Exception) -> Response:
    """The log or the tables do not answer; told in our log, where whoever can mend it looks."""
    logger.warning("a request cannot be answered: %s", exc)
    return response_to(unavailable(f"{exc}; try again", 5))


async def _not_here(request: Request, exc: Exception) -> Response:
    """No such path or method."""
    assert isinstance(exc, HTTPException)
    detail = {
        HTTPStatus.NOT_FOUND: "there is nothing here; GET /v1/openapi.json says what there is",
        HTTPStatus.METHOD_NOT_ALLOWED: f"{request.method} is not taken here",
    }.get(HTTPStatus(exc.status_code), str(exc.detail))
    return response_to(Problem(exc.status_code, detail, headers=exc.headers))


async def _unexpected(_: Request, __: Exception) -> Response:
    """A fault of ours: the server logs where it came from; the caller hears only that it was one."""
    return response_to(Problem(HTTPStatus.INTERNAL_SERVER_ERROR, "a fault of the gateway; it is in its log"))
