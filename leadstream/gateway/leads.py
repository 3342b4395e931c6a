"""`GET /v1/leads/{id}`: the whole story of a lead."""

from http import HTTPStatus

from fastapi import APIRouter, Request, Response

from leadstream.gateway.described_reads import LEADS
from leadstream.gateway.parameters import instant, known, zone
from leadstream.gateway.parts import Parts
from leadstream.gateway.problems import Problem
from leadstream.gateway.tagged import tagged


def leads_routes(parts: Parts) -> APIRouter:
    """The route, over the parts of a gateway."""
    router = APIRouter()

    async def get_lead(request: Request, lead_id: str) -> Response:
        """The story of a lead: its facts with both times, clocks, score with reasons, what is to be done next."""
        caller = parts.callers.calling(request.headers.get("authorization"), "read")
        caller.bucket.spend(1, parts.clock())
        query = request.query_params
        known(query, ("as_of", "known_at", "zone"))
        story = await parts.reading.story(
            lead_id, at=instant(query, "as_of"), known_at=instant(query, "known_at"), zone=zone(query, "zone")
        )
        if story is None:
            raise Problem(HTTPStatus.NOT_FOUND, "nothing is known of this lead, or nothing was decided yet")
        return tagged(request, story)

    router.add_api_route("/v1/leads/{lead_id:path}", get_lead, methods=["GET"], **LEADS)
    return router
