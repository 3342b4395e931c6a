"""The cases: what is loaded, which process is measured, how its results are checked."""

from collections.abc import Callable, Coroutine, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from benchmarks import full_leads, leads, leads_check, peer_cases, scores, stock_faust
from benchmarks.bench import Bench, Result
from benchmarks.homes import everything, load
from benchmarks.scores_program import GROUP as SCORES
from benchmarks.scores_program import load_state
from engine.ports import EventLog, FaustLog, NewRecord, TopicSpec
from engine.position import decode_position
from engine.reading import latest_values
from engine.state import POSITION, unpack
from events.topics import IDENTITY_EVENTS, LEAD_EVENTS, LEAD_INBOX, LEAD_STATE, POOL_EVENTS
from leadstream.agreements import request_publication
from leadstream.deployment import create_topics
from leadstream.settings import Settings
from streams.agreement.load import load as load_agreement
from streams.programs import LEADS


class Case(NamedTuple):
    """One row of the report: name, whether it runs on the broker, what it does, and whether with the compiled core."""

    name: str
    kafka: bool
    run: Callable[[Bench], Coroutine[Any, Any, Result]]
    compiled: bool = False


async def engine_scores(bench: Bench) -> Result:
    """The simple workload through the engine's worker."""
    plan = bench.plan
    records = list(scores.events(plan.events, plan.keys, plan.seed))
    async with bench.home.log() as log:
        await log.create_topics(scores.topics(plan.partitions))
        await load(log, scores.EVENTS, plan.partitions, records)
        async with bench.home.positions(log, SCORES) as done:
            measured = await bench.measured(bench.worker("scores"), done, len(records))
        totals = await score_totals(log, plan.partitions)
        wrong = scores.problems(records, await everything(log, scores.OUT, plan.partitions), totals)
    return Result(bench.name, len(records), measured, wrong)


async def score_totals(log: EventLog, partitions: int) -> dict[bytes, scores.State]:
    """The last state of every key, as the changelog has it."""
    return {
        key: load_state(unpack(value)[1])
        for number in range(partitions)
        for key, value in (await latest_values(log, scores.TOTALS, number)).items()
    }


async def stock_scores(bench: Bench) -> Result:
    """The first events of the simple workload through stock Faust. What is done is told by its output topic."""
    assert bench.cluster is not None
    plan = bench.plan
    records = list(islice(scores.events(plan.events, plan.keys, plan.seed), plan.stock_events))
    async with bench.home.log() as log:
        await log.create_topics([TopicSpec(name, plan.partitions) for name in (scores.EVENTS, scores.OUT)])
        await load(log, scores.EVENTS, plan.partitions, records)

        async def done() -> int:
            return sum(await log.ends(scores.OUT))

        process = bench.process("benchmarks.stock_faust", bench.cluster.url, str(plan.partitions))
        measured = await bench.measured(process, done, len(records))
        totals: dict[bytes, scores.State] = {}
        for number in range(plan.partitions):
            for key, value in (await latest_values(log, stock_faust.CHANGELOG, number)).items():
                count, score, at = orjson.loads(value)
                totals[orjson.loads(key).encode()] = (count, score, at)
        wrong = scores.problems(records, await everything(log, scores.OUT, plan.partitions), totals)
    return Result(bench.name, len(records), measured, wrong)


async def worker_leads(bench: Bench) -> Result:
    """The lead workload through the worker."""
    return await _leads(bench, "leads")


async def drained_leads(bench: Bench) -> Result:
    """The lead workload in virtual time, in one process."""
    return await _leads(bench, "drain")


async def _leads(bench: Bench, kind: str) -> Result:
    plan = bench.plan
    records = leads.facts(plan.facts, plan.seed)
    async with bench.home.log() as log:
        await prepare_leads(log, bench.home.settings, records)
        async with bench.home.positions(log, LEADS) as done:
            measured = await bench.measured(bench.worker(kind), done, len(records))
        canonical = await everything(log, LEAD_EVENTS, plan.partitions)
        wrong = leads_check.problems(records, canonical, await lead_times(log, plan.partitions))
    return Result(bench.name, len(records), measured, wrong)


async def worker_full(bench: Bench) -> Result:
    """The lead workload under the full agreement, through the worker with all its groups.

    The inbox is full beforehand, so answers of pools stand behind all that upstream has said.
    """
    return await _full(bench, "leads")


async def drained_full(bench: Bench) -> Result:
    """The same in virtual time, in one process."""
    return await _full(bench, "together")


async def _full(bench: Bench, kind: str) -> Result:
    plan = bench.plan
    records = leads.facts(plan.facts, plan.seed)
    async with bench.home.log() as log:
        await prepare_leads(log, bench.home.settings, records, full_leads.AGREEMENT)
        async with bench.home.all_positions(log, full_leads.GROUPS, len(records)) as (done, settled):
            measured = await bench.measured(bench.worker(kind), done, len(records), settled=settled)
        canonical = await everything(log, LEAD_EVENTS, plan.partitions)
        times = await lead_times(log, plan.partitions)
        wrong = leads_check.problems(records, canonical, times, routed=True, backlog=kind == "leads")
        pools = await everything(log, POOL_EVENTS, plan.partitions)
        keys = await everything(log, IDENTITY_EVENTS, plan.partitions)
        wrong += full_leads.problems(canonical, pools, keys)
    return Result(bench.name, len(records), measured, wrong)


async def prepare_leads(
    log: FaustLog, settings: Settings, records: Sequence[NewRecord], agreement: Path = leads.AGREEMENT
) -> None:
    """Make the topics, publish the agreement, fill the inbox."""
    await create_topics(log, settings)
    answer = await request_publication(log, load_agreement(agreement.read_text()), None)
    if not answer.accepted:
        raise AssertionError(f"the agreement was refused: {answer.reason} {answer.missing}")
    await load(log, LEAD_INBOX, settings.partitions, records)


async def lead_times(log: EventLog, partitions: int) -> list[int]:
    """Partition time at the last commit, microseconds."""
    found = [await log.latest(LEAD_STATE, number, POSITION) for number in range(partitions)]
    return [0 if raw is None else decode_position(raw).time for raw in found]


OURS = "simple handler, kafka"
STOCK = "stock Faust, kafka"
CASES = (
    Case(OURS, True, engine_scores),
    Case(STOCK, True, stock_scores),
    Case("lead decider, kafka", True, worker_leads),
    Case("simple handler, embedded", False, engine_scores),
    Case("lead decider, embedded", False, worker_leads),
    Case("lead decider, embedded, no Faust", False, drained_leads),
    Case("full decider, kafka", True, worker_full),
    Case("full decider, embedded", False, worker_full),
    Case("full decider, embedded, no Faust", False, drained_full),
)
"""In this order; stock Faust gets the first events of the simple handler."""
COMPILED = (
    Case("lead decider compiled, kafka", True, worker_leads, compiled=True),
    Case("lead decider compiled, embedded", False, worker_leads, compiled=True),
    Case("lead decider compiled, embedded, no Faust", False, drained_leads, compiled=True),
    Case("full decider compiled, kafka", True, worker_full, compiled=True),
    Case("full decider compiled, embedded", False, worker_full, compiled=True),
    Case("full decider compiled, embedded, no Faust", False, drained_full, compiled=True),
)
"""The same with the core as C, with `--compiled`: it is built first, which takes a minute and a C compiler."""
PEERS = (
    Case("Quix Streams, kafka", True, peer_cases.quix),
    Case("Bytewax, kafka", True, peer_cases.bytewax),
    Case("KafkaStreams-RocksDB warm, kafka", True, peer_cases.kafka_streams("rocksdb")),
    Case("KafkaStreams-memory warm, kafka", True, peer_cases.kafka_streams("memory")),
)
"""Other peers, with `--peers`: they are installed first, which takes a while."""
