"""A scene under fire: a log, somebody who feeds it, real workers that come and go, and all evidence at the end."""

import asyncio
import random
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

import pytest

from engine.errors import Unavailable
from engine.kafka.log import KafkaLog
from engine.ports import FaustLog, NewRecord, Record
from engine.state import POSITION
from tests.chaos import oracle, raw
from tests.chaos.accounts import Account
from tests.chaos.liveness import Pulse
from tests.chaos.plan import Plan
from tests.chaos.program import DEAD, IN, LEDGER, OUT, PARTITIONS, TALLY, TOPICS, VIEW
from tests.chaos.worker import SESSION, log_at
from tests.support.process import Process

EVIDENCE = (IN, OUT, VIEW, LEDGER.changelog, TALLY.changelog)
_CHUNKS = 200
_PATIENCE = 120.0


class Scene:
    """One run.

    Attributes:
        plan: how long and how hard.
        log: the log, as upstream sees it.
        workers: all that were ever started, in order.
        expected_dead: those that may be gone: we ended them, or a failpoint did.
        accepted: what upstream was told is accepted, by partition, in order.
        unsure: what upstream got no answer for, by partition: the log may hold it, once.
        chance: what is left to chance, from the plan's seed.
        faults: how often each thing was done.
        pulse: measures how soon every partition gets on after each of them.
    """

    def __init__(
        self, url: str, name: str, folder: Path, plan: Plan, log: FaustLog, account: Account | None = None
    ) -> None:
        self.url, self.name, self.folder, self.plan, self.log = url, name, folder, plan, log
        self.faults: Counter[str] = Counter()
        self.pulse = Pulse(self._poked, self._positions)
        self._account, self._publishing = account, asyncio.Lock()
        self._poke: asyncio.Task[bool] | None = None
        self._wrong: list[str] = []
        self.workers: list[Process] = []
        self.expected_dead: set[Process] = set()
        self.accepted: defaultdict[int, list[oracle.Line]] = defaultdict(list)
        self.unsure: defaultdict[int, set[oracle.Line]] = defaultdict(set)
        self.chance = random.Random(plan.seed)
        self.fed = self._numbered = 0
        self._tails = {
            (topic, number): Tail(log, topic, number) for topic in (OUT, VIEW) for number in range(PARTITIONS)
        }

    @property
    def alive(self) -> list[Process]:
        """Workers that run, frozen or not."""
        return [worker for worker in self.workers if worker not in self.expected_dead]

    def start(
        self, *, failpoint: str = "", instance: str | None = None, ahead: float = 0, url: str | None = None
    ) -> Process:
        """One more worker; its clock may be so many seconds ahead of the truth, and `url` its own way to the log."""
        owner = f"worker-{len(self.workers)}"
        argv = [
            sys.executable,
            "-m",
            "tests.chaos.worker",
            url or self.url,
            self.name,
            owner,
            *([instance] if instance else []),
        ]
        env = {
            "TMPDIR": str(self.folder),
            "LEADSTREAM_FAILPOINT": failpoint,
            "LEADSTREAM_CHAOS_AHEAD": str(ahead),
        }
        alone = not self.alive
        self.workers.append(Process(argv, log=self.folder / f"{owner}.log", env=env))
        if alone and self.faults:
            self.pulse.fault("start after all had gone")  # nobody could get on before
        return self.workers[-1]

    def fault(self, what: str) -> None:
        """Count something that was done, and measure from now how soon every partition gets on."""
        self.faults[what] += 1
        self.pulse.fault(what)

    def kill(self, worker: Process) -> None:
        """kill -9."""
        assert worker.alive, self.report(f"a worker ended by itself with {worker.returncode}")
        self.expected_dead.add(worker)
        worker.kill()
        self.fault("kill -9")

    def thaw(self, worker: Process) -> None:
        """SIGCONT to one that was frozen."""
        worker.thaw()
        self.fault("SIGSTOP, SIGCONT")

    async def stop(self, *workers: Process) -> None:
        """SIGTERM; each has to end orderly."""
        await self._stop(*workers)
        self.faults["SIGTERM"] += len(workers) - 1
        self.fault("SIGTERM")

    async def _stop(self, *workers: Process) -> None:
        self.expected_dead.update(workers)
        for worker in workers:
            await asyncio.to_thread(worker.wait_for, STANDING)
        codes = await asyncio.gather(*(asyncio.to_thread(worker.stop) for worker in workers))
        assert set(codes) <= {0}, self.report(f"an orderly end gave {codes}")

    async def feed(self, count: int, ahead: int = 2_000) -> None:
        """Publish so many records, never far ahead of what is decided."""
        until = self.fed + count
        while self.fed < until:
            await self.wait(lambda: self.decided(self.fed - ahead), "the workers fell behind")
            await self.publish(min(max(100, self.plan.events // _CHUNKS), until - self.fed))

    async def publish(self, count: int) -> None:
        """Publish so many records."""
        batch: defaultdict[int, list[oracle.Line]] = defaultdict(list)
        for _ in range(count):
            key = self.chance.randrange(self.plan.keys)
            batch[key % PARTITIONS].append(self._line(key, self._value()))
        await self.send(batch)

    async def send(self, batch: Mapping[int, Sequence[oracle.Line]]) -> bool:
        """Publish these, once; in an outage upstream may never learn what has become of them, and that is False.

        One batch at a time: the order in which they were accepted is known.
        """
        rows = {(IN, at): [NewRecord(*line) for line in lines] for at, lines in batch.items()}
        async with self._publishing:
            try:
                await self.log.append(rows)
            except Unavailable:
                for partition, lines in batch.items():
                    self.unsure[partition].update(lines)
                return False
            for partition, lines in batch.items():
                self.accepted[partition] += lines
                self.fed += len(lines)
        return True

    def _line(self, key: int, what: bytes) -> oracle.Line:
        """A record of its own number."""
        self._numbered += 1
        return b"key-%d" % key, b"%d %s" % (self._numbered, what)

    async def _poked(self) -> list[int]:
        """A record into every partition; the ends behind them."""
        # The next fault may give this measure up, but never between what was accepted and the note of it.
        lines = {number: [self._line(number, b"touch")] for number in range(PARTITIONS)}
        self._poke = asyncio.create_task(self.send(lines))
        if not await asyncio.shield(self._poke):
            raise Unavailable("nobody took the record that was to be decided next")
        return await self.log.ends(IN)

    async def _positions(self) -> list[int]:
        """The committed positions of the ledger."""
        found = [await self.log.latest(LEDGER.changelog, number, POSITION) for number in range(PARTITIONS)]
        return [oracle.offset_of(raw) for raw in found]

    def _value(self) -> bytes:
        dice = self.chance.random()
        if dice < 0.12:
            return b"arm %d" % self.chance.randrange(20, 4_000)
        return b"disarm" if dice < 0.15 else b"touch"

    async def position(self, partition: int) -> int:
        """Where the ledger stands in a partition of the input, as committed."""
        return oracle.offset_of(await self.log.latest(LEDGER.changelog, partition, POSITION))

    async def decided(self, count: int) -> bool:
        """Whether at least so many records are behind the committed positions of the ledger."""
        return count <= 0 or sum(await self._positions()) >= count

    async def at_work(self, worker: Process) -> None:
        """Wait until a worker has opened a task."""
        await asyncio.to_thread(worker.wait_for, r"\bopen task=", _PATIENCE)

    async def wait(self, met: Callable[[], Awaitable[bool]], what: str, seconds: float = _PATIENCE) -> None:
        """Wait for something that other processes bring about, through outages; no worker may end meanwhile."""
        until = time.monotonic() + seconds
        while not await _answered(met):
            for worker in self.alive:
                assert worker.alive, self.report(f"a worker ended by itself with {worker.returncode}")
            assert time.monotonic() < until, self.report(what)
            await asyncio.sleep(0.05)

    async def settled(self) -> None:
        """Wait until all that was fed is decided, every deadline has fired and the view has read it all.

        Every partition has to get on in time after the last fault.
        """
        async with asyncio.timeout(_PATIENCE):
            last = await self.pulse.over()
        within = self.plan.within(SESSION)
        assert last is None or last.longest <= within, self.report(f"not all got on within {within} s: {last}")

        async def decided() -> bool:
            ends = await self.log.ends(IN)
            return await self._positions() == ends

        await self.wait(decided, "not all was decided")
        wanted = {number: len(oracle.fold(await self._source(number)).lines) for number in range(PARTITIONS)}

        async def told() -> bool:
            return all([len(await tail.more()) >= wanted[number] for (_, number), tail in self._tails.items()])

        await self.wait(told, "not all was told")

    async def verdict(self) -> list[str]:
        """Stop the workers and say what is wrong with what they have left."""
        await self._stop(*self.alive)
        wrong = self._wrong = []
        for number in range(PARTITIONS):
            wrong += oracle.problems(number, await self._seen(number), self.accepted[number], self.unsure[number])
        if sum(await self.log.ends(DEAD)):
            wrong.append("there are dead letters")
        account = self._account or Account()
        account.run(
            log="Kafka" if isinstance(self.log, KafkaLog) else "embedded",
            records=self.fed,
            faults=self.faults,
            recoveries=self.pulse.measured,
            wrong=len(wrong),
        )
        return wrong

    def report(self, what: str) -> str:
        """For people: what went wrong, and the last words of every worker that counts."""
        tails = [f"--- {worker.log.name} {worker.returncode}\n{worker.tail(25)}" for worker in self.workers[-4:]]
        return "\n".join([f"{what}; {self.fed} fed, seed {self.plan.seed}", *self._wrong[:9], *tails])

    async def close(self) -> None:
        self.pulse.close()
        for worker in self.workers:
            worker.kill()
        await self.log.stop()

    async def _seen(self, partition: int) -> oracle.Seen:
        found = {topic: await self._all(topic, partition) for topic in EVIDENCE}
        return oracle.Seen(
            source=[(record.timestamp, record.key or b"", record.value or b"") for record in found[IN][0]],
            out=[(record.key or b"", record.value or b"") for record in found[OUT][0]],
            view=[(record.key or b"", record.value or b"") for record in found[VIEW][0]],
            ledger=_latest(found[LEDGER.changelog][0]),
            tally=_latest(found[TALLY.changelog][0]),
            end=found[IN][1],
        )

    async def _all(self, topic: str, partition: int) -> tuple[list[Record], int]:
        """All records of a partition and its end; from the brokers by a client that is not ours."""
        if isinstance(self.log, KafkaLog):
            return await raw.committed(",".join(self.log.servers), self.log.catalog.physical(topic), partition)
        return await Tail(self.log, topic, partition).more(), (await self.log.ends(topic))[partition]

    async def _source(self, partition: int) -> list[tuple[int, bytes, bytes]]:
        records = await Tail(self.log, IN, partition).more()
        return [(record.timestamp, record.key or b"", record.value or b"") for record in records]


class Tail:
    """A partition read as it grows."""

    def __init__(self, log: FaustLog, topic: str, partition: int) -> None:
        self._log, self._topic, self._partition = log, topic, partition
        self._records: list[Record] = []
        self._at = 0

    async def more(self) -> list[Record]:
        """All records so far."""
        end = (await self._log.ends(self._topic))[self._partition]
        while self._at < end:
            records, self._at = await self._log.read(self._topic, self._partition, self._at)
            self._records += records
        return self._records


async def _answered(met: Callable[[], Awaitable[bool]]) -> bool:
    try:
        return await met()
    except Unavailable:
        return False


def _latest(records: list[Record]) -> dict[bytes, bytes]:
    rows = {record.key or b"": record.value for record in records}
    return {key: value for key, value in rows.items() if value is not None}


async def scene_at(url: str, name: str, folder: Path, plan: Plan, account: Account, *, replication: int = 1) -> Scene:
    """A scene with its topics."""
    log = log_at(url, name, "upstream", replication=replication)
    await log.start()
    await log.create_topics(TOPICS)
    return Scene(url, name, folder, plan, log, account)


async def scene_on(kind: str, request: pytest.FixtureRequest, folder: Path, plan: Plan, account: Account) -> Scene:
    """A scene with its topics; `kind` is "embedded" or "kafka"."""
    name = f"{request.getfixturevalue('topic_prefix')}chaos"
    url = f"sqlite:///{folder / 'log.db'}" if kind == "embedded" else str(request.getfixturevalue("kafka_url"))
    return await scene_at(url, name, folder, plan, account)


STANDING = r"^started"
"""What a worker says when it listens to signals: before that one ends it at once."""
LONGER_THAN_A_SESSION = 1.7 * SESSION
"""Seconds after which a silent worker has been given up."""
