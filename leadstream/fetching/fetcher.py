"""Fetches for all ways in that are set up for it: each by itself, one request at a time.

A page, the facts it tells and the place that it ends at are written in one transaction. Whoever dies, and wherever,
goes on from a place whose page is in the log. The handle on the log belongs to one process: a second one takes it away.
"""

import asyncio
import logging
from collections.abc import Mapping
from functools import partial

import httpx

from engine.errors import Unavailable
from engine.ports import EventLog, GroupSpec, TaskLog, Writes
from events.topics import DEAD_LETTERS, FETCH_STATE
from leadstream.fetching.around import Office, Surroundings, Told
from leadstream.fetching.desk import Desk, records
from leadstream.fetching.pages import Step
from leadstream.fetching.worker import Worker, logger_told
from leadstream.intake.sources import Source

logger = logging.getLogger("leadstream.fetching")
_AGAIN = 5.0
GROUP = GroupSpec(name="fetcher", sources=(), changelog=FETCH_STATE, dead_letters=DEAD_LETTERS)
"""The task that fetches; it has one partition, whatever the deployment's number is."""


class Fetcher:
    """Reads what was announced, and the lists that are configured.

    Attributes:
        workers: those that work now, or did last.

    Args:
        log: the log.
        partitions: of the inboxes.
        sources: the ways in; those without `fetch` are left alone.
        around: clock and pauses.
        told: is told of trouble, of a way in, in words; by default our log is.
    """

    def __init__(
        self,
        log: EventLog,
        partitions: int,
        sources: Mapping[str, Source],
        around: Surroundings,
        told: Told = logger_told,
    ) -> None:
        self._log, self._partitions, self._around = log, partitions, around
        self._sources = [source for source in sources.values() if source.fetch is not None]
        self._told = told
        self.workers: list[Worker] = []

    async def follow(self) -> None:
        """Read until cancelled. While the log is out of reach, wait for it.

        Raises:
            Fenced: another process fetches now.
            LogError: the log refuses what we write.
        """
        while True:
            try:
                await self._run(once=False)
            except Unavailable as exc:
                logger.warning("%s; trying again in %g s", exc, _AGAIN)
                await self._around.pause(_AGAIN)

    async def once(self) -> list[Worker]:
        """Read all that is there and was announced.

        Returns:
            The workers of all ways in, with what each has done.

        Raises:
            Fenced: another process fetches now.
            LogError: the log is out of reach, or refuses what we write.
        """
        return await self._run(once=True)

    async def _run(self, *, once: bool) -> list[Worker]:
        task = self._log.task(GROUP, 0)
        opened = await task.open()
        try:
            desk, door = Desk(opened.changelog), _Door(task)
            limits = httpx.Limits(max_connections=len(self._sources) + 1)
            tls = self._around.tls or httpx.create_ssl_context()
            async with httpx.AsyncClient(verify=tls, limits=limits) as http:
                office = Office(
                    self._log, self._partitions, desk, partial(door.write, desk), http, self._around, self._told
                )
                workers = self.workers = [Worker(source, office) for source in self._sources]
                async with asyncio.TaskGroup() as group:
                    beats = group.create_task(self._beat(door), name="signs of life")
                    each = [
                        group.create_task(worker.run(once=once), name=f"fetching for {worker.name}")
                        for worker in workers
                    ]
                    await asyncio.gather(*each)
                    beats.cancel()
        except BaseExceptionGroup as failures:  # one is enough to say what went wrong; the others followed from it
            raise _first(failures) from None
        else:
            return workers
        finally:
            await task.close()

    async def _beat(self, door: "_Door") -> None:
        """Show that we live, and hear of it when another process has taken our place."""
        while self._around.beat:
            await self._around.pause(self._around.beat)
            await door.beat()


def _first(failures: BaseExceptionGroup[BaseException]) -> BaseException:
    first = failures.exceptions[0]
    return _first(first) if isinstance(first, BaseExceptionGroup) else first


class _Door:
    """The way into the log; one transaction at a time."""

    def __init__(self, task: TaskLog) -> None:
        self._task, self._lock = task, asyncio.Lock()

    async def write(self, desk: Desk, step: Step) -> None:
        """Write a step, then remember it. Raises what `TaskLog.commit` raises; then nothing is remembered."""
        if not (step.outputs or step.changes):
            return
        async with self._lock:
            await self._task.commit(Writes(outputs=step.outputs, changelog=records(step.changes)))
            desk.apply(step.changes)

    async def beat(self) -> None:
        """An empty transaction."""
        async with self._lock:
            await self._task.commit(Writes())
