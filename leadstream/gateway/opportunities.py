"""`GET /v1/opportunities/{id}`: the whole story of an opportunity."""

from http import HTTPStatus

from fastapi import APIRouter, Request, Response

from leadstream.gateway.described_reads import OPPORTUNITIES
from leadstream.gateway.parameters import instant, known
from leadstream.gateway.parts import Parts
from leadstream.gateway.problems import Problem
from leadstream.gateway.tagged import tagged
from projections.past import Then


def opportunities_routes(parts: Parts) -> APIRouter:
    """The route, over the parts of a gateway."""
    router = APIRouter()

    async def get_opportunity(request: Request, opportunity_id: str) -> Response:
        """The story of an opportunity: its facts with both times, amount, people, flags, cells of the matrix."""
        caller = parts.callers.calling(request.headers.get("authorization"), "read")
        caller.bucket.spend(1, parts.clock())
        query = request.query_params
        known(query, ("as_of", "known_at"))
        then = Then(instant(query, "as_of"), instant(query, "known_at"))
        story = await parts.reading.opportunity(opportunity_id, then)
        if story is None:
            raise Problem(HTTPStatus.NOT_FOUND, "nothing is known of this opportunity, or nothing was decided yet")
        return tagged(request, story)

    path = "/v1/opportunities/{opportunity_id:path}"
    router.add_api_route(path, get_opportunity, methods=["GET"], **OPPORTUNITIES)
    return router
