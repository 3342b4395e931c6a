"""The short way to a program: decorated functions for agents, a URL for the log. See README.md beside this file.

A composition root: here, and nowhere else in the engine, the clock of the machine is read.
"""

import asyncio
import logging
import os
import secrets
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, nullcontext
from typing import Any

import msgspec

from engine.drain import drain
from engine.ending import REPLACED_EXIT
from engine.errors import LogError, PoisonBatch, Replaced, SkippedBatch, WrongTopic
from engine.faust_app import build_task_app, running
from engine.host import Program
from engine.metrics import Metrics, served
from engine.ports import FaustLog, GroupSpec, Record, TopicSpec
from engine.runner import Policy
from engine.transaction import Transaction
from engine.watchdog import Limits, Watchdog

Handler = Callable[[Transaction[Any], Record], None]
"""Takes one record. All it does goes through the transaction; after a failed batch it may be called again for it."""
Wake = Callable[[Transaction[Any], bytes, int], None]
"""Told that the deadline of a key has passed: transaction, key, when it was due in microseconds."""


def _nothing_due(txn: Transaction[Any], key: bytes, due: int) -> None:
    """The wake of an agent without deadlines."""


class Agent:
    """A handler as a program of the engine; states are kept as JSON.

    Args:
        decide: takes a record.
        wake: told of deadlines.
        state: type of a key's state, as msgspec understands types.
    """

    def __init__(self, decide: Handler, wake: Wake, state: Any) -> None:
        self._decide, self.wake = decide, wake
        self.load: Callable[[bytes], Any] = msgspec.json.Decoder(state).decode
        self.dump: Callable[[Any], bytes] = msgspec.json.Encoder(order="deterministic").encode

    async def prepare(self, until: int) -> None:
        """Nothing besides the sources matters."""

    def decide(self, txn: Transaction[Any], record: Record, at: int) -> None:
        """Take one record."""
        del at
        self._decide(txn, record)

    def milestone(self, since: int) -> int | None:
        """Nothing happens to all keys at once."""
        del since
        return None

    def sweep(self, txn: Transaction[Any], key: bytes, at: int) -> None:
        """Nothing happens to all keys at once."""

    def finish(self, txn: Transaction[Any]) -> None:
        """Nothing is left to write."""


class App:
    """Agents over one log.

    Attributes:
        name: names positions, state and the consumer group; never change it once there is data.
        partitions: how the topics are cut; never change it either.
        programs: one for each agent.

    Args:
        name: see above.
        partitions: see above.
        replication: replicas of each topic made here, on Kafka.
        session_timeout: seconds after which a silent process loses its partitions to others.
    """

    def __init__(self, name: str, *, partitions: int = 4, replication: int = 1, session_timeout: float = 10.0) -> None:
        self.name, self.partitions = name, partitions
        self._replication, self._session_timeout = replication, session_timeout
        self._outputs: set[str] = set()
        self.programs: list[Program] = []

    def agent(
        self, *sources: str, sends: Sequence[str] = (), state: Any = Any, wake: Wake = _nothing_due
    ) -> Callable[[Handler], Handler]:
        """Make a function the agent of topics. Records of one key reach it in order, one at a time.

        Args:
            sources: the topics; records of one partition number come to the same task.
            sends: the topics it writes to.
            state: type of the state it keeps by key, as msgspec understands types; anything JSON can say if not given.
            wake: told when the deadline of a key has passed.

        Raises:
            ValueError: no source, or one that another agent has.
        """
        taken = {topic for program in self.programs for topic in program.group.sources}
        if not sources or taken.intersection(sources):
            raise ValueError(f"an agent needs sources of its own, got {sources}; taken are {sorted(taken)}")

        def register(function: Handler) -> Handler:
            name = f"{self.name}-{getattr(function, '__name__', len(self.programs))}"
            group = GroupSpec(name, sources, f"{name}-state", f"{self.name}-dead-letters")
            self._outputs.update(sends)
            self.programs.append(Program(group, self.partitions, lambda _: Agent(function, wake, state)))
            return function

        return register

    @property
    def topics(self) -> list[TopicSpec]:
        """All topics it needs."""
        groups = [program.group for program in self.programs]
        plain = {*self._outputs, *(topic for group in groups for topic in (*group.sources, group.dead_letters))}
        return [
            *(TopicSpec(topic, self.partitions) for topic in sorted(plain)),
            *(TopicSpec(group.changelog, self.partitions, compacted=True) for group in groups),
        ]

    @asynccontextmanager
    async def opened(self, url: str) -> AsyncIterator[FaustLog]:
        """The log at a URL, with all topics there.

        Args:
            url: `sqlite:///path` or `kafka://host:port,…`.

        Raises:
            Unavailable: it is out of reach.
            WrongTopic: a topic is there and not as it must be.
        """
        log = self._log(url)
        try:
            await log.start()
            await log.create_topics(self.topics)
            if faults := await log.topic_faults(self.topics):
                raise WrongTopic("; ".join(faults))
            yield log
        finally:
            await log.stop()

    async def run(
        self,
        log: FaustLog,
        stop: asyncio.Event,
        *,
        metrics_port: int | None = None,
        static_name: str = "",
        policy: Policy | None = None,
        limits: Limits | None = None,
    ) -> None:
        """Work until `stop` is set, sharing the partitions with all other processes that do so.

        Args:
            log: the opened log.
            stop: set to end orderly.
            metrics_port: serve Prometheus metrics there.
            static_name: see `engine.faust_app.build_task_app`.
            policy: how patient the tasks are.
            limits: how long a partition may stand still; from the session timeout unless given.

        Raises:
            PoisonBatch: a handler failed on a record again and again; nothing was skipped.
            LogError: the log is not as it must be.
        """
        timeout = self._session_timeout
        app = build_task_app(
            self.name,
            log,
            self.programs,
            clock=_now,
            policy=policy,
            session_timeout=timeout,
            static_name=static_name,
        )
        watchdog = Watchdog(app.task_host, limits or Limits.of(timeout), clock=_now)
        metrics = Metrics(app.task_host, watchdog)
        with served(metrics, metrics_port) if metrics_port is not None else nullcontext():
            async with running(app, stop, watchdog):
                await stop.wait()

    async def drain(self, log: FaustLog) -> None:
        """Decide all that is there, in this process, without Faust and without waiting; for tests and small jobs."""
        ends: list[list[int]] = []
        while (now := [await log.ends(topic) for one in self.programs for topic in one.group.sources]) != ends:
            ends = now
            for program in self.programs:
                await drain(log, program)

    def main(self, url: str, *, metrics_port: int | None = None, static_name: str = "") -> None:
        """Work until SIGINT or SIGTERM; what went wrong is one line on stderr, and exit code 1.

        A process whose place another one has taken, under its static name, ends with `engine.ending.REPLACED_EXIT`.
        """
        logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s")
        try:
            asyncio.run(self._main(url, metrics_port, static_name))
        except Replaced as exc:
            sys.stderr.write(f"{self.name}: {exc}\n")
            sys.exit(REPLACED_EXIT)
        except (LogError, PoisonBatch, SkippedBatch) as exc:
            sys.exit(f"{self.name}: {exc}")

    async def _main(self, url: str, metrics_port: int | None, static_name: str) -> None:
        stop = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        async with self.opened(url) as log:
            await self.run(log, stop, metrics_port=metrics_port, static_name=static_name)

    def _log(self, url: str) -> FaustLog:
        """The log, not yet started. Each home is imported only when it is used."""
        if url.startswith("sqlite:///"):
            from engine.sqlite.log import SqliteLog  # noqa: PLC0415 - apsw is not needed on Kafka

            owner = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(3)}"
            ttl = int(self._session_timeout * 1_000_000)
            return SqliteLog(url.removeprefix("sqlite:///"), clock=_now, owner=owner, lease_ttl=ttl)
        from engine.kafka.log import KafkaLog  # noqa: PLC0415 - aiokafka is not needed on the embedded log

        return KafkaLog(url, clock=_now, replication=self._replication, group_id=lambda _: self.name)


def _now() -> int:
    return time.time_ns() // 1000  # noqa: TID251 - see the top of the file
