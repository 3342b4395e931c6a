import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import pytest_asyncio

from events.codec import Codec
from events.instants import from_us
from events.registry import wrap
from events.topics import COUNCIL_INBOX, LEAD_INBOX
from leadstream.publishing import publish
from tests.leadstream.gateway.house import PARTITIONS, House, body, event
from tests.streams.deciders.councils.meetings import convene

REJECT = {"subject": "ann", "data": {"by": "Ines", "reason": "no_budget"}}


@pytest_asyncio.fixture
async def desk(house: House) -> House:
    """A lead that is with sales."""
    await house.publish_agreement()
    captured = event(1, "lead.captured", subject="ann", data={"source": "web", "profile": {"company.name": "Acme"}})
    assert (await house.post(body(captured))).status_code == 202
    await house.decide()
    return house


@asynccontextmanager
async def worker(house: House, inbox: str = LEAD_INBOX) -> AsyncIterator[None]:
    """Somebody who decides what is sent, while the body runs."""

    async def work() -> None:
        seen = sum(await house.log.ends(inbox))
        while True:
            if (now := sum(await house.log.ends(inbox))) > seen:
                await house.decide()
                seen = now
            await asyncio.sleep(0)

    working = asyncio.create_task(work())
    yield
    working.cancel()


async def test_a_command_is_answered_with_the_facts_that_followed(desk: House) -> None:
    async with worker(desk):
        response = await desk.command("accept", {"subject": "ann", "data": {"by": "Ines"}}, idempotency_key="c-1")
    told = response.json()
    assert response.status_code == 200
    assert (told["command"], told["subject"], told["accepted"]) == ("c-1", "ann", True)
    assert "lead.accepted" in [row["fact"] for row in told["facts"]]
    assert len(told["facts"]) == len(told["fact_ids"])


async def test_a_refused_command_says_why_and_what_is_missing(desk: House) -> None:
    async with worker(desk):
        response = await desk.command("accept", {"subject": "nobody", "data": {"by": "Ines"}})
    told = response.json()
    assert (response.status_code, told["accepted"], told["reason"]) == (409, False, "unknown lead")
    assert told["detail"].startswith("refused (unknown lead)")


async def test_the_same_command_again_is_answered_as_the_first_time(desk: House) -> None:
    async with worker(desk):
        first, again = [await desk.command("reject", REJECT, idempotency_key="c-1") for _ in range(2)]
        other = await desk.command("reject", REJECT, idempotency_key="c-2")
    assert (first.status_code, again.json()) == (200, first.json())
    assert other.status_code == 409


async def test_a_command_nobody_has_decided_yet_is_answered_later(desk: House) -> None:
    response = await desk.command("reject?wait=0", REJECT, idempotency_key="a/b c")
    assert (response.status_code, response.headers["location"]) == (202, "/v1/answers/a%2Fb%20c")
    assert (await desk.get("/v1/answers/a%2Fb%20c")).status_code == 404
    await desk.decide()
    async with asyncio.timeout(10):
        while (found := await desk.get("/v1/answers/a%2Fb%20c")).status_code == 404:  # noqa: ASYNC110 - over HTTP
            await asyncio.sleep(0.01)
    assert (found.status_code, found.json()["accepted"]) == (200, True)
    assert found.json()["fact_ids"]


@pytest.mark.parametrize(
    ("path", "said", "status", "field"),
    [
        ("explode", REJECT, 404, "name"),
        ("reject", {**REJECT, "subject": ""}, 400, "subject"),
        ("reject", {**REJECT, "subject": "\0a"}, 400, "subject"),
        ("reject", {**REJECT, "subject": 7}, 400, "subject"),
        ("reject", {**REJECT, "data": {"by": "Ines"}}, 400, "data.reason"),
        ("reject", {**REJECT, "data": None}, 400, "data"),
        ("reject", {**REJECT, "more": 1}, 400, None),
        ("reject", [], 400, None),
        ("reject?wait=61", REJECT, 400, "wait"),
        ("reject?wait=nan", REJECT, 400, "wait"),
        ("reject?weit=1", REJECT, 400, "weit"),
    ],
)
async def test_a_command_that_is_none_is_not_sent(
    house: House, path: str, said: object, status: int, field: str | None
) -> None:
    response = await house.command(path, said)
    assert (response.status_code, response.json().get("field")) == (status, field)
    assert await house.kept() == []


async def test_commands_need_their_scope(desk: House) -> None:
    desk.key = desk.new_key("publish", "read")
    desk.clock.at += 2_000_000
    assert (await desk.command("reject", REJECT)).status_code == 403
    assert (await desk.get("/v1/answers/c-1")).status_code == 403


async def test_a_council_is_asked_as_a_lead_is_and_convened_by_nobody_here(desk: House) -> None:
    convened = wrap(convene(), id="met", source="/office", subject="emea", time=from_us(desk.clock()))
    await publish(desk.log, PARTITIONS, [(convened, Codec().encode(convened), ())])
    await desk.decide()
    comment = {"subject": "emea", "data": {"measure": "closed_acv", "text": "two slipped", "by": "Ines"}}
    async with worker(desk, COUNCIL_INBOX):
        said, again = [await desk.command("comment", comment, idempotency_key="c-1") for _ in range(2)]
        refused = await desk.command("finish", {"subject": "emea", "data": {"action": 1, "by": "Ines"}})
    assert (said.status_code, said.json()["facts"][0]["fact"]) == (200, "cell.commented")
    assert again.json() == said.json()
    assert (refused.status_code, refused.json()["reason"]) == (409, "unknown action")
    none = await desk.command("convene", {"subject": "emea", "data": {}})
    assert (none.status_code, none.json()["field"]) == (404, "name")
