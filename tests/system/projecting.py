"""A projector without a Faust app, in a process that starts at once: small batches, and tables filled all the while.

For tests that kill it often. It is forked from a process that has everything imported, and ends with the test process,
however that ends.
"""

import asyncio
import multiprocessing
import os
import signal
import threading
from typing import Any

from engine.drain import drain
from leadstream.deployment import opened
from leadstream.running import wait_until_free
from leadstream.settings import Settings
from leadstream.views_store import open_store
from projections.sink import notice_another_log, sink, sink_once
from projections.worker import view_programs

BATCH = 20
_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(["tests.system.projecting", "engine.sqlite.log", "projections.stores.postgresql"])


def projecting(settings: Settings) -> Any:
    """Start a process that projects all there is, and then ends with status 0."""
    process = _context.Process(target=_run, args=(settings,))
    process.start()
    return process


def _run(settings: Settings) -> None:
    threading.Thread(target=_end_with_parent, args=(os.getppid(),), daemon=True).start()
    asyncio.run(_project(settings))


def _end_with_parent(parent: int) -> None:
    while os.getppid() == parent:
        threading.Event().wait(1.0)
    os.kill(os.getpid(), signal.SIGKILL)


async def _project(settings: Settings) -> None:
    async with opened(settings) as log:
        programs = view_programs(log, settings.partitions)
        await wait_until_free(log, programs, 60.0)
        store, stop = open_store(settings), asyncio.Event()
        try:
            await notice_another_log(log, store)
            filling = asyncio.create_task(sink(log, store, stop, pause=0.0, enough=BATCH))
            for program in programs:
                await drain(log, program, limit=BATCH)
            stop.set()
            await filling
            await sink_once(log, store, enough=BATCH)
        finally:
            store.close()
