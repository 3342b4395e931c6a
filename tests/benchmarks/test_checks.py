"""The checks of the benchmark see damage: each result here is right, then one record of it is not."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
import pytest_asyncio

from benchmarks import full_leads, leads, leads_check, scores
from benchmarks.cases import lead_times, prepare_leads, score_totals
from benchmarks.homes import Home, everything, load
from benchmarks.scores_program import score_program
from engine.drain import drain
from engine.ports import FaustLog, NewRecord, Record
from engine.together import drain_together
from events.topics import IDENTITY_EVENTS, LEAD_EVENTS, POOL_EVENTS
from leadstream.clock import now_us
from leadstream.settings import Settings
from streams.programs import lead_program, speaking_programs

PARTITIONS = 2
Partitions = list[list[Record]]
Results = tuple[Partitions, dict[bytes, scores.State]]
Judged = tuple[Partitions, Callable[[Partitions], list[str]]]
"""All canonical facts, and what finds their problems."""


@pytest.fixture
async def log(tmp_path: Path) -> AsyncIterator[FaustLog]:
    async with Home.on(None, "case", tmp_path, PARTITIONS).log() as log:
        yield log


class TestScores:
    RECORDS = tuple(scores.events(400, 20, 1))

    @pytest.fixture
    async def results(self, log: FaustLog) -> Results:
        await log.create_topics(scores.topics(PARTITIONS))
        await load(log, scores.EVENTS, PARTITIONS, self.RECORDS)
        await drain(log, score_program(PARTITIONS))
        return await everything(log, scores.OUT, PARTITIONS), await score_totals(log, PARTITIONS)

    async def test_right_results_have_no_problems(self, results: Results) -> None:
        assert scores.problems(self.RECORDS, *results) == []

    async def test_a_lost_a_doubled_and_a_moved_output_are_seen(self, results: Results) -> None:
        (first, second), totals = results
        assert scores.problems(self.RECORDS, [first[1:], second], totals)
        assert scores.problems(self.RECORDS, [[first[0], *first], second], totals)
        assert scores.problems(self.RECORDS, [first[::-1], second], totals)

    async def test_a_wrong_state_is_seen(self, results: Results) -> None:
        outputs, totals = results
        key, (count, score, at) = next(iter(totals.items()))
        assert scores.problems(self.RECORDS, outputs, totals | {key: (count, score + 0.001, at)}) == [f"{key!r}: state"]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def decided(tmp_path_factory: pytest.TempPathFactory) -> Judged:
    facts = tuple(leads.facts(2_000, 1))
    async with Home.on(None, "case", tmp_path_factory.mktemp("leads"), PARTITIONS).log() as log:
        await prepare_leads(log, Settings(partitions=PARTITIONS), facts)
        await drain(log, lead_program(log, PARTITIONS, now_us))
        times = await lead_times(log, PARTITIONS)
        canonical = await everything(log, LEAD_EVENTS, PARTITIONS)
    return canonical, lambda found: leads_check.problems(facts, found, times)


class TestLeads:
    @pytest.fixture
    def judged(self, decided: Judged) -> Judged:
        canonical, problems = decided
        return [list(records) for records in canonical], problems  # each test damages a copy

    async def test_right_results_have_no_problems_and_every_kind_of_fact(self, judged: Judged) -> None:
        canonical, problems = judged
        assert problems(canonical) == []
        kinds = {_fact(record)["type"] for records in canonical for record in records}
        wanted = {"lead.qualified.v1", "sla.warned.v1", "sla.breached.v1", "sla.met.v1", "sla.answered.v1"}
        assert wanted <= kinds

    @pytest.mark.parametrize("kind", ["lead.touched.v1", "lead.scored.v1", "lead.qualified.v1", "sla.breached.v1"])
    async def test_a_lost_or_doubled_fact_is_seen(self, judged: Judged, kind: str) -> None:
        (first, second), problems = judged
        at = next(number for number, record in enumerate(first) if _fact(record)["type"] == kind)
        assert problems([first[:at] + first[at + 1 :], second])
        assert problems([first[:at] + first[at:][:1] + first[at:], second])

    @pytest.mark.parametrize(
        ("kind", "name", "value"),
        [
            ("lead.scored.v1", "engagement", 101),
            ("lead.scored.v1", "grade", "Z9"),
            ("sla.started.v1", "clause", "unheard_of"),
        ],
    )
    async def test_a_wrong_value_is_seen(self, judged: Judged, kind: str, name: str, value: Any) -> None:
        (first, second), problems = judged
        at = next(number for number, record in enumerate(first) if _fact(record)["type"] == kind)
        fact = _fact(first[at])
        fact["data"][name] = value
        first[at] = first[at]._replace(value=orjson.dumps(fact))
        assert problems([first, second])


def _fact(record: Record | NewRecord) -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads(record.value or b"")
    return found


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def spoken(tmp_path_factory: pytest.TempPathFactory) -> tuple[Partitions, Partitions, Partitions, list[str]]:
    facts = tuple(leads.facts(2_000, 1))
    async with Home.on(None, "case", tmp_path_factory.mktemp("full"), PARTITIONS).log() as log:
        await prepare_leads(log, Settings(partitions=PARTITIONS), facts, full_leads.AGREEMENT)
        await drain_together(log, speaking_programs(log, PARTITIONS, now_us).all)
        canonical, pools, keys = [
            await everything(log, topic, PARTITIONS) for topic in (LEAD_EVENTS, POOL_EVENTS, IDENTITY_EVENTS)
        ]
        wrong = leads_check.problems(facts, canonical, await lead_times(log, PARTITIONS), routed=True)
    return canonical, pools, keys, wrong


class TestFull:
    async def test_right_results_have_no_problems(
        self, spoken: tuple[Partitions, Partitions, Partitions, list[str]]
    ) -> None:
        canonical, pools, keys, wrong = spoken
        assert wrong == []
        assert full_leads.problems(canonical, pools, keys) == []
        kinds = {_fact(record)["type"] for records in canonical for record in records}
        assert {"lead.assigned.v1", "lead.owner_requested.v1", "lead.identity_claimed.v1"} <= kinds

    @pytest.mark.parametrize("kind", ["lead.assigned.v1", "lead.owner_requested.v1", "lead.identity_claimed.v1"])
    async def test_a_lost_fact_of_a_conversation_is_seen(
        self, spoken: tuple[Partitions, Partitions, Partitions, list[str]], kind: str
    ) -> None:
        canonical, pools, keys, _ = spoken
        assert full_leads.problems(_without_one(canonical, kind), pools, keys)

    async def test_an_unheard_claim_and_a_lost_turn_are_seen(
        self, spoken: tuple[Partitions, Partitions, Partitions, list[str]]
    ) -> None:
        canonical, pools, keys, _ = spoken
        assert full_leads.problems(canonical, pools, _without_one(keys, "lead.identity_claimed.v1"))
        assert full_leads.problems(canonical, _without_one(pools, "pool.assigned.v1"), keys)


def _without_one(canonical: Partitions, kind: str) -> Partitions:
    lost = next(record for records in canonical for record in records if _fact(record)["type"] == kind)
    return [[record for record in records if record is not lost] for records in canonical]
