"""What went wrong, as RFC 9457 has it: a status, a title, and one sentence about what to do."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import orjson
from starlette.responses import Response

PROBLEM_TYPE = "application/problem+json"


class Problem(Exception):
    """A request that is not done, and why; becomes the response.

    Args:
        status: HTTP status, 400 or more.
        detail: what was expected, in a sentence for people.
        field: which header, parameter or field of the body it is about; empty where it is the whole.
        headers: sent along.
        close: end the connection after the response: the rest of the body is not wanted.
    """

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        field: str = "",
        headers: Mapping[str, str] | None = None,
        close: bool = False,
    ) -> None:
        super().__init__(detail)
        self.status, self.detail, self.field = status, detail, field
        self.headers = {**(headers or {}), **({"connection": "close"} if close else {})}


def unavailable(detail: str, retry_after: int = 1) -> Problem:
    """The log cannot take it now: nothing was acknowledged, sending it again later is right and does no harm."""
    return Problem(HTTPStatus.SERVICE_UNAVAILABLE, detail, headers={"retry-after": str(retry_after)})


def response_to(problem: Problem) -> Response:
    """The response that tells of a problem."""
    body: dict[str, Any] = {
        "status": problem.status,
        "title": HTTPStatus(problem.status).phrase,
        "detail": problem.detail,
    }
    if problem.field:
        body["field"] = problem.field
    return Response(orjson.dumps(body), problem.status, problem.headers, PROBLEM_TYPE)
