"""`GET /v1/views` and `GET /v1/views/{name}`: the rows of a view, page by page."""

from hashlib import blake2b
from http import HTTPStatus
from typing import Any

import orjson
from fastapi import APIRouter, Request, Response
from starlette.datastructures import QueryParams

from leadstream.gateway.described_reads import VIEW, VIEWS
from leadstream.gateway.parameters import bad, instant, known, whole
from leadstream.gateway.parts import Parts
from leadstream.gateway.problems import Problem
from leadstream.gateway.tagged import tagged
from leadstream.viewing import Question
from projections.catalogue import BY_NAME, SHOWN
from projections.read import answer_columns, condition
from projections.views.view import BadQuery

PAGE, LARGEST_PAGE = 100, 1000
"""Rows of a page."""
_FURTHEST = 10_000_000
_NAMES = ("where", "sort", "by", "as_of", "known_at", "since", "scores_as_of", "limit", "cursor")


def views_routes(parts: Parts) -> APIRouter:
    """The routes, over the parts of a gateway."""
    router = APIRouter()

    async def get_views(request: Request) -> Response:
        """The views there are, with their columns."""
        caller = parts.callers.calling(request.headers.get("authorization"), "read")
        caller.bucket.spend(1, parts.clock())
        known(request.query_params, ())
        return tagged(request, {"views": [_described(view.name, view.meaning) for view in SHOWN]})

    async def get_view(request: Request, name: str) -> Response:
        """Rows of a view. Follow `next` for the page after this one."""
        caller = parts.callers.calling(request.headers.get("authorization"), "read")
        caller.bucket.spend(1, parts.clock())
        if name not in BY_NAME:
            detail = f"there is no view {name[:80]!r}; there are {', '.join(sorted(BY_NAME))}"
            raise Problem(HTTPStatus.NOT_FOUND, detail, field="name")
        query = request.query_params
        known(query, _NAMES)
        size, mark = whole(query, "limit", PAGE, 1, LARGEST_PAGE), _mark(name, query)
        offset = _place(query.get("cursor"), mark)
        try:
            rows, former = await parts.reading.rows(_question(name, query, size + 1, offset))
        except BadQuery as exc:
            raise Problem(HTTPStatus.BAD_REQUEST, str(exc)) from exc
        following = f"{offset + size}.{mark}" if len(rows) > size else None
        said = {} if former is None else {"former": former}
        return tagged(request, {"view": name, "rows": rows[:size], "next": following, **said})

    router.add_api_route("/v1/views", get_views, methods=["GET"], **VIEWS)
    router.add_api_route("/v1/views/{name}", get_view, methods=["GET"], **VIEW)
    return router


def _question(name: str, query: QueryParams, limit: int, offset: int) -> Question:
    return Question(
        name,
        where=[condition(text) for text in query.getlist("where")],
        sort=query.getlist("sort"),
        by=query.get("by"),
        as_of=instant(query, "as_of"),
        limit=limit,
        offset=offset,
        scores_as_of=instant(query, "scores_as_of"),
        known_at=instant(query, "known_at"),
        since=instant(query, "since"),
    )


def _mark(name: str, query: QueryParams) -> str:
    """What a cursor remembers of its question, so that it does not go on with another one."""
    asked = [name, *sorted(pair for pair in query.multi_items() if pair[0] not in ("limit", "cursor"))]
    return blake2b(orjson.dumps(asked), digest_size=6).hexdigest()


def _place(cursor: str | None, mark: str) -> int:
    """How many rows lie before the page."""
    if cursor is None:
        return 0
    place, _, asked = cursor.partition(".")
    if not (place.isascii() and place.isdecimal() and len(place) <= 8 and int(place) <= _FURTHEST and asked == mark):
        raise bad("cursor", "the `next` of a page of the same question was expected")
    return int(place)


def _described(name: str, meaning: str) -> dict[str, Any]:
    columns = [
        {"name": column.name, "kind": column.kind.value, "meaning": column.meaning, "optional": column.optional}
        for column in answer_columns(name)
    ]
    return {"name": name, "meaning": meaning, "columns": columns}
