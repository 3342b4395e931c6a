"""Through the gateway: the real one on a real socket, and servers that answer as none should."""

import asyncio
import ssl
import subprocess
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import orjson
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from engine.errors import Unavailable
from engine.memory.log import MemoryLog
from engine.ports import NewRecord
from events.lead import LeadCaptured
from leadstream import FactRefused, NotAllowed, NotPublished, Pace, Publisher, PublishError
from leadstream.gateway.server import listening, serve_http
from leadstream.sdk.telling import Event
from tests.leadstream.gateway.house import MONDAY, Clock, House, gateway
from tests.leadstream.sdk.house import visit

CAPTURED = LeadCaptured(source="web")
QUICK = Pace(patience=20, first_pause=0.01, longest_pause=0.05)
KEY = "lsk_0123456789ab_secret"


@asynccontextmanager
async def served(app: ASGIApp, tls: tuple[Path, Path] | None = None) -> AsyncIterator[str]:
    """The address of an application on a real socket."""
    stop, listener = asyncio.Event(), listening("127.0.0.1", 0)
    port = listener.getsockname()[1]
    serving = asyncio.create_task(serve_http(app, listener, stop, tls=tls))
    yield f"http{'s' if tls else ''}://127.0.0.1:{port}"
    stop.set()
    await serving


class Moody(MemoryLog):
    """A log that is out of reach for its first appends; what it had written by then it had written."""

    def __init__(self, away: int) -> None:
        super().__init__(clock=Clock())
        self._away = away

    async def append(self, records: Mapping[tuple[str, int], Sequence[NewRecord]]) -> None:
        await super().append(records)
        self._away -= 1
        if self._away >= 0:
            raise Unavailable("the line is gone")


@asynccontextmanager
async def publishing(house: House, **fields: str) -> AsyncIterator[Publisher]:
    async with served(house.app) as address:
        given = {"source": "/forms/contact", "api_key": house.key, **fields}
        async with Publisher(address, pace=QUICK, clock=house.clock, **given) as made:  # type: ignore[arg-type]
            yield made


async def test_events_go_through_the_gateway_and_each_is_answered(house: House) -> None:
    async with publishing(house) as sending:
        found = await sending.publish_many([visit(1), Event(CAPTURED, "lead-1", source="/crm"), visit(2)])
        again = await sending.publish_many([visit(3), Event(CAPTURED, "lead-9", id="x", time=MONDAY), visit(3)])
    assert [each.outcome for each in found] == ["accepted", "refused", "accepted"]
    assert (found[1].field, found[1].reason) == ("source", "this key may speak for '/forms' only")
    assert [each.outcome for each in again] == ["accepted", "accepted", "accepted"]
    assert [value["id"] for value in await house.values() if value["subject"] == "lead-9"] == ["x"]


async def test_a_refusal_of_the_gateway_is_raised_with_its_field(house: House) -> None:
    async with publishing(house, source="/crm") as sending:
        with pytest.raises(FactRefused, match="may speak for '/forms' only") as refused:
            await sending.publish(CAPTURED, subject="lead-1")
    assert refused.value.field == "source"


async def test_more_than_one_request_takes_goes_in_several(house: House) -> None:
    large = [
        Event(LeadCaptured(source="x" * 4_000, form="f" * 4_000), f"lead-{n}", natural_key=str(n)) for n in range(300)
    ]
    async with publishing(house) as sending:
        receipts = await sending.publish_many([*large, *(visit(number) for number in range(2_500))])
    assert {each.outcome for each in receipts} == {"accepted"}
    assert sorted(value["id"] for value in await house.values()) == sorted(str(each.id) for each in receipts)


async def test_a_log_that_is_away_behind_the_gateway_is_waited_for(tmp_path: Path) -> None:
    async with gateway(tmp_path, Moody(away=1)) as house, publishing(house) as sending:
        assert (await sending.publish(CAPTURED, subject="lead-1", id="form-1")).outcome == "accepted"
        assert {value["id"] for value in await house.values()} == {"form-1"}


async def test_a_key_that_is_not_taken_is_told_at_once_and_never_shown(house: House) -> None:
    for key, words in ((KEY, "this key is not known"), (house.new_key("read"), "has no scope 'publish'")):
        async with publishing(house, api_key=key) as sending:
            with pytest.raises(NotAllowed, match=words) as denied:
                await sending.publish(CAPTURED, subject="lead-1")
        assert key not in f"{denied.value!r} {sending!r} {vars(sending)!r}"


async def test_an_address_that_nobody_answers_is_tried_until_patience_ends() -> None:
    pace = Pace(patience=0.3, first_pause=0.01, longest_pause=0.05)
    listener = listening("127.0.0.1", 0)
    address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    listener.close()
    async with Publisher(address, source="/forms", api_key=KEY, pace=pace) as sending:
        with pytest.raises(NotPublished, match=r"not within 0\.3 s: .* is out of reach .*; send it again"):
            await sending.publish(CAPTURED, subject="lead-1")


async def test_an_address_of_https_where_http_is_spoken_is_told_so(house: House) -> None:
    async with served(house.app) as address:
        sending = Publisher(address.replace("http:", "https:"), source="/forms", api_key=KEY, pace=QUICK)
        with pytest.raises(NotAllowed, match="speaks http, not https") as denied:
            await sending.publish(CAPTURED, subject="lead-1")
        await sending.close()
    assert "certificate" not in str(denied.value)


async def test_a_certificate_that_nobody_vouches_for_is_not_trusted(tmp_path: Path, house: House) -> None:
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"]
    names = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)]
    await asyncio.to_thread(subprocess.run, [*made, *names], check=True, capture_output=True)
    async with served(house.app, (certificate, key)) as address:
        async with Publisher(address, source="/forms", api_key=house.key, pace=QUICK) as sending:
            with pytest.raises(NotAllowed, match="its certificate is not trusted"):
                await sending.publish(CAPTURED, subject="lead-1")
        trusted = ssl.create_default_context(cafile=str(certificate))
        async with Publisher(address, source="/forms", api_key=house.key, pace=QUICK, tls=trusted) as sending:
            assert (await sending.publish(CAPTURED, subject="lead-1", time=MONDAY)).outcome == "accepted"


@asynccontextmanager
async def answered(*answers: Callable[[Request], Response]) -> AsyncIterator[tuple[Publisher, list[int]]]:
    """A publisher to a server that answers one request after the other so, the last answer for ever; their sizes."""
    left, sizes = list(answers), list[int]()

    async def post(request: Request) -> Response:
        sizes.append(len(orjson.loads(await request.body())))
        return (left.pop(0) if len(left) > 1 else left[0])(request)

    routes = [Route("/v1/events", post, methods=["POST"]), Route("/elsewhere", post, methods=["POST"])]
    async with (
        served(Starlette(routes=routes)) as address,
        Publisher(address, source="/forms", api_key=KEY, pace=QUICK) as sending,
    ):
        yield sending, sizes


def taken(count: int) -> Callable[[Request], Response]:
    items = [{"outcome": "accepted", "id": "1"}] * count
    return lambda _: JSONResponse({"accepted": count, "items": items}, 202)


def said(status: int, **headers: str) -> Callable[[Request], Response]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda _: JSONResponse({"status": status, "detail": f"it says {status}"}, status, named)


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
async def test_what_may_be_sent_again_is_sent_again(status: int) -> None:
    async with answered(said(status, retry_after="0"), taken(1)) as (sending, sizes):
        assert (await sending.publish(CAPTURED, subject="lead-1")).outcome == "accepted"
    assert sizes == [1, 1]


async def test_what_is_too_large_together_goes_in_halves_and_alone_it_is_refused() -> None:
    async with answered(said(413), said(413), taken(2)) as (sending, sizes):
        found = await sending.publish_many(visit(number) for number in range(3))
    assert [each.outcome for each in found] == ["refused", "accepted", "accepted"]
    assert found[0].reason == "it says 413"
    assert sizes == [3, 1, 2]


@pytest.mark.parametrize(
    ("answer", "failure", "words"),
    [
        (said(200), NotAllowed, "answered 200, as no gateway of leadstream does"),
        (said(404), NotAllowed, "is it the right address"),
        (said(415), NotAllowed, "it says 415"),
        (lambda _: Response("<html>welcome</html>", 202), NotAllowed, "answered 202"),
        (lambda _: RedirectResponse("/elsewhere", 307), NotAllowed, "answered 307"),
        (taken(2), PublishError, "answered 2 of 1 events; none of them is taken for sent"),
        (lambda _: JSONResponse({"items": ["accepted"]}, 202), PublishError, "which is not understood"),
        (lambda _: JSONResponse({"items": [{"outcome": "queued"}]}, 202), PublishError, "which is not understood"),
    ],
)
async def test_nothing_but_a_gateways_own_word_is_taken_for_accepted(
    answer: Callable[[Request], Response], failure: type[PublishError], words: str
) -> None:
    async with answered(answer) as (sending, sizes):
        with pytest.raises(failure, match=words) as told:
            await sending.publish(CAPTURED, subject="lead-1")
    assert type(told.value) is failure
    assert sizes == [1]
