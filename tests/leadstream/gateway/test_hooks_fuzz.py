"""Whatever vendors and strangers send, nothing of ours breaks, and what is called accepted is kept."""

import os
from collections import Counter
from pathlib import Path

import pytest

from events.codec import Codec
from events.topics import DEAD_LETTERS, RAW
from leadstream.intake.taking import FAULT, read, taken
from tests.leadstream.connectors.signing import SECRET
from tests.leadstream.gateway.fuzzing import send
from tests.leadstream.gateway.hook_fuzzing import HookFuzzer
from tests.leadstream.gateway.house import gateway
from tests.leadstream.gateway.test_fuzz import fault
from tests.leadstream.gateway.ways import every_source

COUNT = int(os.environ.get("LEADSTREAM_FUZZ", "1500"))
MANY = 100_000
EVERY = every_source()


async def fuzzed(folder: Path, seed: int, count: int) -> Counter[int]:
    """Send so many requests; how often each status was answered."""
    fuzzer, statuses, accepted = HookFuzzer(seed), Counter[int](), 0
    async with gateway(folder, ways_in=EVERY) as house:
        for _ in range(count):
            asked = fuzzer.asked()
            house.clock.at = fuzzer.at
            told = await send(house.app, asked)
            problem = fault(asked, told)
            assert problem is None, problem
            statuses[told.status] += 1
            accepted += told.body.startswith(b'{"outcome":"accepted"')
        records, letters = await house.kept(RAW), await house.kept(DEAD_LETTERS)
        assert len(records) >= accepted > count // 10, "what is called accepted is kept"
        known = {record.key for record in records}
        assert all(letter.key in known for letter in letters)
        reasons = Counter(dict(letter.headers)["dlq.reason"] for letter in letters)
        assert FAULT.encode() not in reasons, [dict(letter.headers) for letter in letters]
        assert {b"unreadable", b"malformed", b"unknown_type", b"nobody"} <= set(reasons)
        codec = Codec()
        decoded = [codec.decode(record.value) for record in await house.kept()]
        facts = {(fact.source, fact.id) for fact in decoded}
        told_by = set()
        for record in records:
            raw = read(record.value)
            assert SECRET not in (record.value or b"").decode() + raw.body.decode(errors="replace")
            told_by |= {(fact.source, fact.id) for fact, _ in taken(EVERY[raw.endpoint], raw, codec).facts}
        assert facts == told_by, "what is kept says what the inbox holds"
    return statuses


async def test_no_request_to_a_way_in_breaks_the_gateway(tmp_path: Path) -> None:
    statuses = await fuzzed(tmp_path, 1, COUNT)
    assert {200, 202, 204, 400, 401, 404, 405, 415} <= set(statuses)


@pytest.mark.slow
@pytest.mark.timeout(1800)
async def test_no_request_of_a_hundred_thousand_to_a_way_in_breaks_the_gateway(tmp_path: Path) -> None:
    for seed in range(20):  # each begins anew, so that the memory of the log stays small
        folder = tmp_path / str(seed)
        folder.mkdir()
        await fuzzed(folder, 100 + seed, MANY // 20)


def test_the_same_seed_makes_the_same_requests() -> None:
    one, other = HookFuzzer(7), HookFuzzer(7)
    assert [one.asked() for _ in range(50)] == [other.asked() for _ in range(50)]
