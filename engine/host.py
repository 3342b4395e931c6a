"""The host: all tasks of this process, made and ended as partitions come and go."""

import asyncio
import logging
import os
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from engine.ending import HANG_EXIT, REPLACED_EXIT
from engine.errors import Replaced
from engine.ports import EventLog, GroupSpec, Processor, Rebuild
from engine.runner import Policy, Runner, Seated, Seek, always_seated
from engine.state import StateStore
from engine.tally import TalliedLog, Tally
from engine.task import Task

logger = logging.getLogger("leadstream.engine")

_QUIET = {"committed"}


@dataclass(frozen=True, slots=True)
class Program:
    """A task group and the program its tasks run.

    Attributes:
        group: sources, changelog, dead letters.
        partitions: partition count of the sources.
        make: makes the processor of one task, given its partition number.
        store: makes the store of its states, given the partition number; None for memory.
        rebuild: makes what writes states of another format anew, given the partition number; None: they are refused.
    """

    group: GroupSpec
    partitions: int
    make: Callable[[int], Processor[Any]]
    store: Callable[[int], StateStore] | None = None
    rebuild: Callable[[int], Rebuild] | None = None


class Host:
    """Owner of the runners. The transport calls `assign` and `revoke`; the agent calls `submit`.

    Attributes:
        failure: what ended the worker, if anything did.
        progress: the last note of each kind per task, for health checks.
        tallies: what each task has done in this process, by its name.
        assignments: how often this process was told what is its own, be it nothing.
    """

    def __init__(
        self, log: EventLog, programs: Iterable[Program], *, clock: Callable[[], int], policy: Policy | None = None
    ) -> None:
        self.log, self._clock, self._policy = log, clock, policy or Policy()
        self.programs = {topic: program for program in programs for topic in program.group.sources}
        self.runners: dict[tuple[str, int], Runner[Any]] = {}
        self.freed = asyncio.Event()
        self.failure: BaseException | None = None
        self.progress: dict[tuple[str, str], dict[str, Any]] = {}
        self.tallies: defaultdict[str, Tally] = defaultdict(Tally)
        self.assignments = 0
        self._end: Callable[[BaseException], Awaitable[None]] | None = None

    @property
    def sources(self) -> frozenset[str]:
        """All topics that tasks consume here, by logical name."""
        return frozenset(self.programs)

    def on_crash(self, end: Callable[[BaseException], Awaitable[None]]) -> None:
        """Say how this process ends when a task cannot go on."""
        self._end = end

    def assign(self, partitions: Iterable[tuple[str, int]], seek: Seek, seated: Seated = always_seated) -> None:
        """Own these (topic, partition); tasks open in the background, so that heartbeats go on."""
        self.assignments += 1
        owned: dict[tuple[str, int], set[str]] = defaultdict(set)
        for topic, partition in partitions:
            program = self.programs.get(topic)
            if program is not None:
                owned[program.group.name, partition].add(topic)
        for (_, partition), topics in sorted(owned.items()):
            program = self.programs[next(iter(topics))]
            if topics != set(program.group.sources):
                raise RuntimeError(f"sources of group {program.group.name} are not co-partitioned: got only {topics}")
            self._start(program, partition, seek, seated)

    def _start(self, program: Program, partition: int, seek: Seek, seated: Seated) -> None:
        tally = self.tallies[f"{program.group.name}-{partition}"]
        task = Task(
            group=program.group,
            partition=partition,
            partitions=program.partitions,
            log=TalliedLog(self.log.task(program.group, partition), tally, program.group),
            processor=program.make(partition),
            store=program.store and program.store(partition),
            decoded_bytes=self._policy.decoded_bytes,
            rebuild=program.rebuild and program.rebuild(partition),
        )
        runner = Runner(
            task,
            clock=self._clock,
            seek=seek,
            crash=self.crash,
            note=self.note,
            policy=self._policy,
            freed=self.freed,
            seated=seated,
        )
        for topic in program.group.sources:
            self.runners[topic, partition] = runner

    async def revoke(self, partitions: Iterable[tuple[str, int]] | None = None) -> None:
        """Let go of these partitions (all, when None is given), after their running transactions."""
        names = set(self.runners if partitions is None else partitions)
        leaving = {id(runner): runner for name, runner in self.runners.items() if name in names}
        self.runners = {name: runner for name, runner in self.runners.items() if id(runner) not in leaving}
        await asyncio.gather(*(runner.stop() for runner in leaving.values()))

    def note(self, kind: str, **fields: Any) -> None:
        """Remember, count and log what happened to a task."""
        if "task" in fields:
            self.tallies[fields["task"]].note(kind, fields)
        self.progress[kind, str(fields.get("task", ""))] = {**fields, "at": self._clock()}
        if kind not in _QUIET:
            logger.log(
                logging.INFO if kind == "open" else logging.WARNING, "%s %s", kind, _plain(fields), extra={"kind": kind}
            )

    async def crash(self, exc: BaseException) -> None:
        """End the worker loudly; if the orderly end hangs, end it anyhow."""
        self.failure = self.failure or exc
        logger.critical("stopping: %s", exc, exc_info=exc)
        if self._end is None:
            return
        # Whoever was replaced must not be started again under its name, also when its end hangs.
        code = REPLACED_EXIT if isinstance(self.failure, Replaced) else HANG_EXIT
        asyncio.get_running_loop().call_later(15, os._exit, code)
        await self._end(exc)


def _plain(fields: Mapping[str, Any]) -> str:
    return " ".join(f"{name}={value}" for name, value in fields.items())
