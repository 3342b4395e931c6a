"""What vendors, forms and browsers are answered, and what is in the log by then."""

import asyncio
import dataclasses
import json
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from engine.errors import Unavailable
from engine.memory.log import MemoryLog
from engine.ports import NewRecord
from events.topics import DEAD_LETTERS, RAW
from leadstream.connectors.port import Given, Outcome, Raw
from leadstream.gateway.bodies import MOST_BYTES
from leadstream.intake.sources import Source
from leadstream.intake.taking import read
from tests.leadstream.connectors.signing import BASE, SECRET, hmac_hex
from tests.leadstream.gateway.fuzzing import Told
from tests.leadstream.gateway.house import Clock, House, gateway
from tests.leadstream.gateway.ways import deliver, every_source, signed, sources
from tests.support import requests

ORIGIN = "https://www.example.com"
FORM = b"email=ada%40example.com&submission_id=s1"
URLENCODED = {"Content-Type": "application/x-www-form-urlencoded"}
UUID = "7f1d0e0e-5c5e-4f0b-9a57-0c4b1f5b0a11"


def form(body: bytes = FORM, *, query: str = f"key={SECRET}", **headers: str) -> Raw:
    """A form that a page sends."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return requests.request("web_form", body, query=query, path="/v1/hooks/web_form", headers={**URLENCODED, **named})


def at_home(raw: Raw, house: House) -> Raw:
    house.clock.at = raw.received_at
    return raw


def problem(told: Told) -> dict[str, object]:
    assert told.headers[b"content-type"] == b"application/problem+json"
    found: dict[str, object] = json.loads(told.body)
    return found


def with_form(**settings: object) -> dict[str, Source]:
    return sources({"web_form": {"connector": "web_form", "public_key": SECRET, **settings}})


async def nothing_kept(house: House) -> bool:
    return not any([await house.kept(topic) for topic in (RAW, DEAD_LETTERS)]) and not await house.kept()


async def test_a_way_in_that_is_not_configured_and_a_method_it_does_not_take(tmp_path: Path) -> None:
    async with gateway(tmp_path, ways_in=with_form()) as house:
        told = await house.client.post("/v1/hooks/nowhere", content=FORM)
        assert (told.status_code, told.json()["status"]) == (404, 404)
        told = await house.client.get(f"/v1/hooks/web_form?key={SECRET}")
        assert (told.status_code, told.headers["allow"]) == (405, "POST")
        assert (await house.client.put("/v1/hooks/web_form", content=FORM)).status_code == 405
        assert await nothing_kept(house)


@pytest.mark.parametrize("query", ["", "key=", "key=wrong", f"key={SECRET}x", f"other={SECRET}", f"key={SECRET[:-1]}"])
async def test_what_is_not_proved_is_refused_and_nothing_of_it_is_kept(query: str, tmp_path: Path) -> None:
    async with gateway(tmp_path, ways_in=with_form()) as house:
        told = await deliver(house.app, at_home(form(query=query), house))
        assert (told.status, problem(told)["detail"]) == (401, "the key is missing or wrong")
        assert await nothing_kept(house)


async def test_a_refusal_is_logged_once_a_minute_without_the_secret_or_what_was_shown(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with gateway(tmp_path, ways_in=with_form()) as house:
        with caplog.at_level(logging.DEBUG):
            for second in (0, 1, 59, 61):
                raw = form(query="key=a-guess-of-somebody")
                house.clock.at = raw.received_at + second * 1_000_000
                await deliver(house.app, raw)
            await deliver(house.app, at_home(form(), house))
    told = [record.getMessage() for record in caplog.records if record.name == "leadstream.gateway"]
    assert told == ["a request to web_form was refused: the key is missing or wrong"] * 2
    everything = " ".join(record.getMessage() for record in caplog.records)
    assert SECRET not in everything
    assert "a-guess-of-somebody" not in everything
    assert "ada%40example.com" not in everything


async def test_a_form_is_answered_when_it_is_in_the_log_with_its_facts(tmp_path: Path) -> None:
    async with gateway(tmp_path, ways_in=with_form()) as house:
        first, again = [await deliver(house.app, at_home(form(), house)) for _ in range(2)]
        (record,) = await house.kept(RAW)
        key = (record.key or b"").decode().removeprefix("web_form:")
        assert (first.status, json.loads(first.body)) == (200, {"outcome": "accepted", "key": key})
        assert (again.status, json.loads(again.body)) == (200, {"outcome": "duplicate", "key": key})
        assert [value["type"] for value in await house.values()] == ["lead.captured.v1", "lead.touched.v1"]
        kept = read(record.value)
        assert (kept.body, kept.query, kept.path, kept.endpoint) == (FORM, "", "/v1/hooks/web_form", "web_form")


async def test_another_submission_under_the_same_id_is_for_the_decider_to_judge(tmp_path: Path) -> None:
    async with gateway(tmp_path, ways_in=with_form()) as house:
        await deliver(house.app, at_home(form(), house))
        told = await deliver(house.app, form(FORM + b"&company=Example"))
        assert json.loads(told.body)["outcome"] == "accepted"
        assert len(await house.kept(RAW)) == 2


async def test_a_form_that_says_nothing_usable_is_told_where_and_why_and_kept(tmp_path: Path) -> None:
    async with gateway(tmp_path, ways_in=with_form()) as house:
        told = await deliver(house.app, at_home(form(b"company=Example"), house))
        assert told.status == 400
        detail = "names no person: no id, no e-mail address, no phone number"
        assert problem(told)["detail"] == f"{detail}; it is kept, and could not be translated (nobody)"
        (record,), (letter,) = await house.kept(RAW), await house.kept(DEAD_LETTERS)
        assert read(letter.value) == read(record.value)
        assert read(letter.value).body == b"company=Example"
        assert await house.kept() == []


async def test_a_form_that_a_program_filled_in_is_answered_as_any_other_and_a_dead_letter(tmp_path: Path) -> None:
    async with gateway(tmp_path, ways_in=with_form()) as house:
        said = FORM + b"&_gotcha=x"
        told = await deliver(house.app, at_home(form(said), house))
        assert (told.status, json.loads(told.body)["outcome"]) == (200, "accepted")
        (letter,) = await house.kept(DEAD_LETTERS)
        headers = {name: value.decode() for name, value in letter.headers}
        assert (headers["dlq.reason"], headers["dlq.field"], headers["dlq.topic"]) == ("automatic", "_gotcha", "raw")
        assert read(letter.value).body == said
        assert await house.kept() == []


async def test_a_browser_is_sent_on_after_its_form_and_a_script_is_not(tmp_path: Path) -> None:
    async with gateway(tmp_path, ways_in=with_form(thanks=f"{ORIGIN}/thanks")) as house:
        for body in (FORM, FORM, FORM + b"&_gotcha=x"):
            told = await deliver(house.app, at_home(form(body), house))
            assert (told.status, told.headers[b"location"]) == (303, b"https://www.example.com/thanks")
        said = requests.request(
            "web_form", b'{"email":"bob@example.com"}', query=f"key={SECRET}", path="/v1/hooks/web_form",
            headers={"Content-Type": "application/json"},
        )  # fmt: skip
        assert (await deliver(house.app, said)).status == 200


async def test_a_page_of_a_configured_origin_may_send_and_read_and_another_may_not(tmp_path: Path) -> None:
    async with gateway(tmp_path, ways_in=with_form(origins=[ORIGIN])) as house:
        asked = requests.request("web_form", method="OPTIONS", path="/v1/hooks/web_form", headers={"Origin": ORIGIN})
        told = await deliver(house.app, asked)
        assert (told.status, told.headers[b"access-control-allow-origin"]) == (204, ORIGIN.encode())
        assert told.headers[b"access-control-allow-headers"] == b"content-type"
        told = await deliver(house.app, at_home(form(Origin=ORIGIN), house))
        assert (told.status, told.headers[b"access-control-allow-origin"]) == (200, ORIGIN.encode())
        told = await deliver(house.app, form(b"company=Example", Origin=ORIGIN))
        assert (told.status, told.headers[b"access-control-allow-origin"]) == (400, ORIGIN.encode())
        told = await deliver(house.app, form(Origin="https://elsewhere.example.com"))
        assert (told.status, b"access-control-allow-origin" in told.headers) == (403, False)
        assert told.headers[b"vary"] == b"origin"


CHALLENGES = {
    "linkedin": (
        requests.request("linkedin", method="GET", path="/v1/hooks/linkedin", query=f"challengeCode={UUID}"),
        {"challengeCode": UUID, "challengeResponse": hmac_hex(SECRET, UUID.encode())},
    ),
    "zoom": (
        requests.request(
            "zoom",
            b'{"event":"endpoint.url_validation","payload":{"plainToken":"abc123"}}',
            path="/v1/hooks/zoom",
        ),
        {"plainToken": "abc123", "encryptedToken": hmac_hex(SECRET, b"abc123")},
    ),
    "mailchimp": (requests.request("mailchimp", method="GET", path="/v1/hooks/mailchimp"), {}),
}


class Silent(MemoryLog):
    """A log whose appends never end."""

    async def append(self, records: Mapping[tuple[str, int], Sequence[NewRecord]]) -> None:
        await asyncio.Event().wait()


@pytest.mark.parametrize("name", CHALLENGES)
async def test_a_challenge_is_answered_also_while_the_log_is_not_there(name: str, tmp_path: Path) -> None:
    raw, answer = CHALLENGES[name]
    async with gateway(tmp_path, Silent(clock=Clock()), ways_in=every_source()) as house:
        told = await deliver(house.app, raw)
        assert (told.status, json.loads(told.body)) == (200, answer)
        assert told.headers[b"content-type"] == b"application/json"


async def test_the_token_of_graph_comes_back_as_plain_text_that_no_browser_takes_for_a_page(tmp_path: Path) -> None:
    async with gateway(tmp_path, ways_in=every_source()) as house:
        query = "validationToken=%3Cscript%3Ealert%281%29%3C%2Fscript%3E"
        told = await deliver(
            house.app, requests.request("microsoft_graph", path="/v1/hooks/microsoft_graph", query=query)
        )
        assert (told.status, told.body) == (200, b"<script>alert(1)</script>")
        assert told.headers[b"content-type"] == b"text/plain; charset=utf-8"
        assert told.headers[b"x-content-type-options"] == b"nosniff"
        assert await nothing_kept(house)


@pytest.mark.parametrize("name", ["hubspot", "zoom", "activecampaign"])
async def test_a_sender_gets_503_in_time_when_the_log_is_slow(name: str, tmp_path: Path) -> None:
    source = every_source()[name]
    hasty = dataclasses.replace(source, connector=dataclasses.replace(source.connector, seconds=0.05))
    async with gateway(tmp_path, Silent(clock=Clock()), ways_in={name: hasty}) as house:
        case = next(path for path in requests.CASES if path.parent.name == name)
        async with asyncio.timeout(5):
            told = await deliver(house.app, at_home(signed(requests.case(case)), house))
        assert (told.status, told.headers[b"retry-after"]) == (503, b"1")
        assert "within 0.04 s" in str(problem(told)["detail"])


def test_every_sender_is_answered_well_within_the_time_it_waits() -> None:
    waits = {name: source.connector.seconds for name, source in every_source().items()}
    known = {"linkedin": 3, "zoom": 3, "customerio": 4, "hubspot": 5}
    assert waits == {name: known.get(name, 10) for name in waits}


class Failing(MemoryLog):
    """A log that is out of reach for a while."""

    failing = True

    async def append(self, records: Mapping[tuple[str, int], Sequence[NewRecord]]) -> None:
        if self.failing:
            raise Unavailable("no broker answers")
        await super().append(records)


async def test_what_the_log_does_not_take_is_never_called_accepted_and_is_taken_when_it_comes_again(
    tmp_path: Path,
) -> None:
    log = Failing(clock=Clock())
    async with gateway(tmp_path, log, ways_in=with_form()) as house:
        for _ in range(2):
            told = await deliver(house.app, at_home(form(), house))
            assert (told.status, told.headers[b"retry-after"]) == (503, b"1")
        log.failing = False
        assert json.loads((await deliver(house.app, form())).body)["outcome"] == "accepted"
        assert (len(await house.kept(RAW)), len(await house.kept())) == (1, 2)


async def test_the_largest_body_is_kept_whole_and_a_larger_one_refused(tmp_path: Path) -> None:
    async with gateway(tmp_path, ways_in=every_source()) as house:
        largest = bytes(range(256)) * (MOST_BYTES // 256)
        raw = requests.request("mailchimp", largest, query=f"key={SECRET}", path="/v1/hooks/mailchimp")
        assert (await deliver(house.app, at_home(raw, house))).status == 200
        (record,) = await house.kept(RAW)
        assert read(record.value).body == largest
        more = requests.request("mailchimp", largest + b"x", query=f"key={SECRET}", path="/v1/hooks/mailchimp")
        assert (await deliver(house.app, more)).status == 413
        packed = requests.request(
            "mailchimp", b"x", query=f"key={SECRET}", path="/v1/hooks/mailchimp", headers={"Content-Encoding": "gzip"}
        )
        assert (await deliver(house.app, packed)).status == 415
        assert len(await house.kept(RAW)) == 1


async def test_a_way_in_has_a_rate_that_those_who_are_refused_do_not_spend(tmp_path: Path) -> None:
    async with gateway(tmp_path, ways_in=with_form(rate=1)) as house:
        for number in range(5):
            assert (await deliver(house.app, at_home(form(query=f"key=guess-{number}"), house))).status == 401
        bodies = [FORM + b"&n=%d" % number for number in range(3)]
        told = [await deliver(house.app, form(body)) for body in bodies]
        assert [each.status for each in told] == [200, 200, 429]
        assert told[2].headers[b"retry-after"] == b"1"


def breaks(_raw: Raw, _given: Given) -> Outcome:
    """A connector with a fault that nobody has found yet."""
    raise KeyError("ada@example.com")


async def test_a_connector_that_breaks_costs_no_request(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    right = with_form()["web_form"]
    broken = dataclasses.replace(right, connector=dataclasses.replace(right.connector, translate=breaks))
    async with gateway(tmp_path, ways_in={"web_form": broken}) as house:
        told = await deliver(house.app, at_home(form(), house))
        assert (told.status, json.loads(told.body)["outcome"]) == (200, "accepted")
        (record,), (letter,) = await house.kept(RAW), await house.kept(DEAD_LETTERS)
        assert read(record.value).body == FORM
        headers = {name: value.decode() for name, value in letter.headers}
        assert headers["dlq.reason"] == "fault"
        assert "KeyError at tests.leadstream.gateway.test_hooks:" in headers["dlq.detail"]
        assert "ada@example.com" not in headers["dlq.detail"]
    told = [record.getMessage() for record in caplog.records if record.name == "leadstream.gateway"]
    assert told == [f"web_form: {headers['dlq.detail']}"]


async def test_a_url_behind_a_proxy_is_signed_as_its_sender_sees_it(tmp_path: Path) -> None:
    ways_in = sources({"hubspot": {"connector": "hubspot", "secret": "env:X", "base": BASE}})
    other = sources({"hubspot": {"connector": "hubspot", "secret": "env:X", "base": "https://other.example.com"}})
    case = next(path for path in requests.CASES if path.stem == "workflow_contact")
    for found, status in ((ways_in, 200), (other, 401)):
        folder = tmp_path / str(status)
        folder.mkdir()
        async with gateway(folder, ways_in=found) as house:
            assert (await deliver(house.app, at_home(signed(requests.case(case)), house))).status == status
