"""Whatever comes, nothing of ours breaks, and what is called accepted is a fact that decodes."""

import os
from collections import Counter
from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.codec import Codec
from events.registry import LEAD_COMMANDS
from leadstream.gateway.cloudevents import events_in
from leadstream.gateway.problems import Problem
from leadstream.publishing import Refused, check
from tests.leadstream.gateway.fuzzing import Asked, Fuzzer, Told, send
from tests.leadstream.gateway.house import BATCH, STRUCTURED, House, gateway

COUNT = int(os.environ.get("LEADSTREAM_FUZZ", "1500"))
MANY = 100_000


def fault(asked: Asked, told: Told) -> str | None:
    """What is wrong with an answer."""
    if told.status >= 500:
        return f"{told.status} to {asked}: {told.body!r}"
    if told.status >= 400 and asked.method != "HEAD":
        problem = orjson.loads(told.body)
        if told.headers[b"content-type"] != b"application/problem+json" or problem["status"] != told.status:
            return f"no problem document to {asked}: {told.body!r}"
        if not problem["detail"]:
            return f"no word of what was expected to {asked}: {told.body!r}"
    return None


async def fuzzed(house: House, seed: int, count: int) -> Counter[int]:
    """Send so many requests; how often each status was answered."""
    fuzzer, statuses, accepted = Fuzzer(house.key, seed), Counter[int](), 0
    for _ in range(count):
        asked = fuzzer.asked()
        told = await send(house.app, asked)
        problem = fault(asked, told)
        assert problem is None, problem
        statuses[told.status] += 1
        if asked.path == b"/v1/events" and told.status in (202, 207):
            accepted += orjson.loads(told.body)["accepted"]
    codec = Codec()
    kept = [codec.decode(record.value) for record in await house.kept()]
    events = [envelope for envelope in kept if type(envelope.data) not in LEAD_COMMANDS]
    assert len(events) <= accepted, "nothing is in the log that was not called accepted"
    assert len(events) > count // 20
    assert not any(envelope.source.startswith("/leadstream") for envelope in kept)
    return statuses


async def test_no_request_breaks_the_gateway(house: House) -> None:
    statuses = await fuzzed(house, 1, COUNT)
    assert {202, 207, 400, 401, 404, 415} <= set(statuses)


@pytest.mark.slow
async def test_no_request_of_a_hundred_thousand_breaks_the_gateway(tmp_path: Path) -> None:
    for seed in range(10):  # each begins anew, so that the memory of the log stays small
        folder = tmp_path / str(seed)
        folder.mkdir()
        async with gateway(folder) as house:
            await fuzzed(house, 100 + seed, MANY // 10)


media_types = st.sampled_from([STRUCTURED, BATCH, "application/json", "", "text/plain; charset=x", "application/JSON;"])
names = st.one_of(st.sampled_from([b"ce-specversion", b"ce-id", b"ce-late", b"ce-data", b"ce-"]), st.binary(max_size=9))


@given(media_types, st.lists(st.tuples(names, st.binary(max_size=12)), max_size=5), st.binary(max_size=60))
def test_any_bytes_are_events_or_a_problem_that_says_what_was_expected(
    media_type: str, headers: list[tuple[bytes, bytes]], body: bytes
) -> None:
    problem: Problem | None = None
    found: list[bytes] = []
    try:
        found = events_in([(b"content-type", media_type.encode()), *headers], body)
    except Problem as exc:
        problem = exc
    assert problem is None or (problem.status in (400, 413, 415) and problem.detail)
    codec = Codec()
    for value in found:
        refused = check(1, value, codec, at=0)
        assert not isinstance(refused, Refused) or refused.reason


def test_the_same_seed_makes_the_same_requests() -> None:
    one, other = Fuzzer("lsk_a_b", 7), Fuzzer("lsk_a_b", 7)
    assert [one.asked() for _ in range(50)] == [other.asked() for _ in range(50)]
