"""Who attended a webinar of Zoom is read from its report, once, after it has ended."""

import json
from typing import Any

import pytest
from msgspec import structs

from leadstream.connectors.port import Raw
from leadstream.fetching.client import Patience
from tests.leadstream.fetching.house import House
from tests.leadstream.fetching.scenarios import NOW, SCENARIOS
from tests.support.vendors.zoom import OCCURRENCE, WEBINAR, Zoom

REPORT = SCENARIOS["zoom-report"]
LATE = "the report: 404, it is not there yet"


def message(event: str, **person: Any) -> Raw:
    """What Zoom sends of somebody who comes or goes."""
    about = {"id": WEBINAR, "uuid": OCCURRENCE, "topic": "Scoring", "participant": person}
    body = json.dumps({"event": event, "event_ts": NOW // 1000, "payload": {"object": about}}).encode()
    (hook,) = REPORT.hooks("there")
    return structs.replace(hook, body=body)


async def touches(house: House) -> dict[str, int]:
    """Facts of the inbox by subject: how many touches."""
    found = dict[str, int]()
    for (subject, _), said in (await house.facts()).items():
        found[subject] = found.get(subject, 0) + sum(b"lead.touched" in each for each in said)
    return found


async def test_all_pages_are_read_and_each_stay_is_told_as_coming_and_going() -> None:
    server = Zoom(NOW, 7)
    async with server.serving() as base:
        house = House(server, REPORT.table(base))
        await house.announced(REPORT.hooks("there"))
        worker = await house.once()
    assert (worker.pages, worker.failed, worker.missing) == (5, {}, 0), "14 stays, three to a page"
    assert await touches(house) == {f"zoom.{WEBINAR}:reg{number}": 4 for number in range(1, 8)}
    asked = [path for _, path in server.asked if "participants" in path]
    assert len(asked) == 5
    assert all("%252Fu%252F%252F1%253D%253D/participants" in path for path in asked), "escaped twice"


async def test_a_report_is_read_no_sooner_than_a_quarter_of_an_hour_after_it_was_announced() -> None:
    server = Zoom(NOW, 1)
    async with server.serving() as base:
        house = House(server, REPORT.table(base))
        await house.announced([structs.replace(hook, received_at=NOW) for hook in REPORT.hooks("there")])
        worker = await house.once()
        assert (worker.pages, worker.failed, server.asked) == (0, {}, [])
        await house.time.pause(15 * 60 - 1)
        assert (await house.once()).pages == 0
        await house.time.pause(1)
        assert (await house.once()).pages == 1
        asked = len(server.asked)
        await house.time.pause(86_400)
        assert (await house.once()).pages == 0
        assert len(server.asked) == asked, "it is read once"


async def test_a_report_that_is_not_there_yet_is_waited_for_and_after_a_day_given_up() -> None:
    server = Zoom(NOW, 1)
    server.written = False
    async with server.serving() as base:
        for seconds, written in ((3600, True), (86_400, False)):
            house = House(server, REPORT.table(base))
            server.written = False
            await house.announced(REPORT.hooks("there"))
            assert list((await house.once()).failed.values()) == [LATE]
            server.written = written
            await house.time.pause(seconds)
            worker = await house.once()
            assert (worker.failed, worker.pages, worker.missing) == ({}, int(written), int(not written))


async def test_who_was_told_by_messages_is_not_told_again() -> None:
    server = Zoom(NOW, 2)
    first = server.participants()[0]
    person = {"registrant_id": first["registrant_id"], "user_id": "of the message", "participant_uuid": "p-1"}
    sent = [
        message("webinar.participant_joined", **person, join_time=first["join_time"]),
        message("webinar.participant_left", **person, leave_time=first["leave_time"]),
    ]
    async with server.serving() as base:
        house = House(server, REPORT.table(base))
        await house.announced(sent)
        before = (await house.facts()).keys()
        assert sum((await touches(house)).values()) == 2
        await house.announced(REPORT.hooks("there"))
        await house.once()
    assert before < (await house.facts()).keys()
    assert sum((await touches(house)).values()) == 8, "two people, two stays each, coming and going"


@pytest.mark.parametrize("joined", [{}, {"join_time": "2026-03-02T07:30:00Z"}], ids=["without", "with"])
async def test_a_message_of_leaving_is_the_same_whether_it_says_when_they_came_or_not(joined: dict[str, str]) -> None:
    server = Zoom(NOW, 1)
    first = server.participants()[0]
    async with server.serving() as base:
        house = House(server, REPORT.table(base))
        left = message(
            "webinar.participant_left", registrant_id=first["registrant_id"], leave_time=first["leave_time"], **joined
        )
        await house.announced([left, *REPORT.hooks("there")])
        await house.once()
    assert sum((await touches(house)).values()) == 4


@pytest.mark.parametrize("request_number", range(1, 10))
async def test_a_page_whose_token_has_ended_costs_nobody(request_number: int) -> None:
    server = Zoom(NOW, 5)
    async with server.serving() as base:
        house = House(server, REPORT.table(base))
        await house.announced(REPORT.hooks("there"))
        server.troubles.extend([*[None] * request_number, "forget"])
        await house.until_done()
    assert await touches(house) == {f"zoom.{WEBINAR}:reg{number}": 4 for number in range(1, 6)}


async def test_the_limit_of_reports_is_waited_out() -> None:
    server = Zoom(NOW, 2)
    server.troubles.extend([None, None, "limit", "limit-date"])
    async with server.serving() as base:
        house = House(server, REPORT.table(base), patience=Patience(attempts=3))
        await house.announced(REPORT.hooks("there"))
        worker = await house.once()
    assert worker.failed == {}
    assert server.refused == [429, 429]
    assert [int(wait) for wait in house.time.waits] == [3, 5]


async def test_the_last_report_of_a_webinar_may_be_read_without_being_announced() -> None:
    server = Zoom(NOW, 2)
    async with server.serving() as base:
        house = House(server, REPORT.table(base, feeds=[f"zoom_participants:{WEBINAR}"]))
        assert (await house.once()).pages == 2
        await house.time.pause(3600)
        assert (await house.once()).pages == 0, "nothing has changed"
