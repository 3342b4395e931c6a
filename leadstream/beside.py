"""Works that run beside the main one: none dies unheard, and none is left behind."""

import asyncio
import logging
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import asynccontextmanager
from typing import Any

from engine.errors import LogError
from projections.stores.port import StoreError

logger = logging.getLogger("leadstream")


class WorkFailed(Exception):
    """A work that has to run beside the main one could not go on; the message names it and says why."""


@asynccontextmanager
async def beside(stop: asyncio.Event, works: Mapping[str, Coroutine[Any, Any, None]]) -> AsyncIterator[None]:
    """Run works, by name, until the body is over; the failure of one sets `stop`, which has to end the body.

    When it is left, none of them runs any more: what they used may be closed.

    Args:
        stop: set when a work fails.
        works: each ends by itself when it has nothing more to do, or is cancelled.

    Raises:
        WorkFailed: a work failed; unless the body did, whose error is the one that is raised.
    """
    tasks = [asyncio.create_task(work, name=name) for name, work in works.items()]
    for task in tasks:
        task.add_done_callback(lambda task: stop.set() if _failure(task) is not None else None)
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in tasks:
        failure = _failure(task)
        if failure is not None:
            raise WorkFailed(f"{task.get_name()}: {_told(failure)}") from failure


def _failure(task: asyncio.Task[None]) -> BaseException | None:
    return None if task.cancelled() else task.exception()


def _told(failure: BaseException) -> str:
    """Expected trouble speaks for itself; what nobody expected is logged with where it came from."""
    if isinstance(failure, LogError | StoreError):
        return str(failure)
    logger.error("a work beside the main one failed", exc_info=failure)
    return repr(failure)
