"""`POST /v1/commands/{name}` and `GET /v1/answers/{id}`: ask a lead or a council for something, and hear of it."""

from http import HTTPStatus
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import orjson
from fastapi import APIRouter, Request, Response

from events.agreement import CommandAnswered
from events.envelope import JSON_TYPE
from leadstream.gateway.asking import NAMES, BadCommand
from leadstream.gateway.bodies import body_of
from leadstream.gateway.described_reads import ANSWERS, COMMANDS
from leadstream.gateway.events import refuse_marks
from leadstream.gateway.parameters import known, seconds
from leadstream.gateway.parts import Parts
from leadstream.gateway.problems import PROBLEM_TYPE, Problem
from leadstream.gateway.repeating import HEADER, key_in
from leadstream.story import timeline

WAIT, LONGEST_WAIT = 10.0, 60.0
"""Seconds that a command is waited for."""
_FIELDS = {"subject", "data"}


def commands_routes(parts: Parts) -> APIRouter:
    """The routes, over the parts of a gateway."""
    router = APIRouter()

    async def post_command(request: Request, name: str) -> Response:
        """Ask a lead or a council for something that may be refused. Answers with what followed, or the refusal.

        The command's id is the Idempotency-Key, or a new one; one that was sent before is answered as it was then.
        """
        caller = parts.callers.calling(request.headers.get("authorization"), "command")
        refuse_marks(request.scope["headers"])
        if name not in NAMES:
            detail = f"there is no command {name[:80]!r}; there are {', '.join(sorted(NAMES))}"
            raise Problem(HTTPStatus.NOT_FOUND, detail, field="name")
        known(request.query_params, ("wait",))
        wait = seconds(request.query_params, "wait", WAIT, LONGEST_WAIT)
        command_id = key_in(request.headers.get(HEADER)) or str(uuid4())
        said = _said(request, await body_of(request, seconds=parts.limits.body_seconds))
        caller.bucket.spend(1, parts.clock())
        source = f"/gateway/{caller.key.id}"
        try:
            command = parts.asking.command(name, said["subject"], said["data"], command_id=command_id, source=source)
        except BadCommand as exc:
            raise Problem(HTTPStatus.BAD_REQUEST, str(exc), field=exc.field) from exc
        answer, facts = await parts.asking.ask(command, seconds=wait)
        outcome = "undecided" if answer is None else "accepted" if answer.accepted else "refused"
        parts.measures.commands[name, outcome] += 1
        if answer is None:
            place = f"/v1/answers/{quote(command_id, safe='')}"
            body = {"command": command_id, "subject": command.subject, "answer": place}
            return Response(orjson.dumps(body), HTTPStatus.ACCEPTED, {"location": place}, JSON_TYPE)
        return _told(command.subject, answer, timeline(facts))

    async def get_answer(request: Request, command_id: str) -> Response:
        """What became of a command that took longer; 404 while nothing did, or when it was long ago."""
        caller = parts.callers.calling(request.headers.get("authorization"), "command")
        caller.bucket.spend(1, parts.clock())
        known(request.query_params, ())
        found = parts.answers.get(command_id)
        if found is None:
            raise Problem(HTTPStatus.NOT_FOUND, "there is no answer to this command, or not yet")
        return _told(*found, None)

    router.add_api_route("/v1/commands/{name}", post_command, methods=["POST"], **COMMANDS)
    router.add_api_route("/v1/answers/{command_id:path}", get_answer, methods=["GET"], **ANSWERS)
    return router


def _said(request: Request, body: bytes) -> dict[str, Any]:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != JSON_TYPE:
        raise Problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"send {JSON_TYPE}", field="content-type")
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError as exc:
        raise Problem(HTTPStatus.BAD_REQUEST, f"the body is not JSON: {exc}") from exc
    if not isinstance(found, dict) or set(found) != _FIELDS:
        raise Problem(HTTPStatus.BAD_REQUEST, 'an object {"subject": lead or council, "data": {...}} was expected')
    return found


def _told(subject: str, answer: CommandAnswered, facts: list[dict[str, Any]] | None) -> Response:
    """200 with the facts (their ids alone where they were not looked for), or 409 with the refusal."""
    about = {"command": answer.command, "subject": subject, "accepted": answer.accepted}
    if answer.accepted:
        content = {**about, "fact_ids": list(answer.facts)}
        return Response(orjson.dumps(content if facts is None else {**content, "facts": facts}), media_type=JSON_TYPE)
    detail = f"refused ({answer.reason}): {'; '.join(answer.missing)}"
    status = HTTPStatus.CONFLICT
    problem = {"status": int(status), "title": status.phrase, "detail": detail}
    content = {**problem, **about, "reason": answer.reason, "missing": list(answer.missing)}
    return Response(orjson.dumps(content), status, media_type=PROBLEM_TYPE)
