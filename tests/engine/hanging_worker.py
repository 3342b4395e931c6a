"""A worker that hangs as long as a file is there: its handler never returns from the record `hang`.

Run as `python -m tests.engine.hanging_worker URL NAME FILE PORT [join]`. Counts NAME-in into NAME-out; metrics are at
PORT. With `join` it is the client's join into the consumer group that never returns, as if an answer had got lost.
"""

import asyncio
import logging
import signal
import sys
import time
from pathlib import Path
from typing import Any

from aiokafka.consumer.group_coordinator import CoordinatorGroupRebalance

from engine.app import App
from engine.ports import Record
from engine.transaction import Transaction
from engine.watchdog import Limits

LIMITS = Limits(told=2.0, ended=8.0, restoring=60.0)


def app_of(name: str, blocking: Path) -> App:
    app = App(name, partitions=2, session_timeout=4.0)

    @app.agent(f"{name}-in", sends=[f"{name}-out"], state=int)
    def count(txn: Transaction[Any], record: Record) -> None:
        while record.value == b"hang" and blocking.exists():
            time.sleep(0.1)
        assert record.key is not None
        seen = (txn.get(record.key) or 0) + 1
        txn.put(record.key, seen, None)
        txn.send(f"{name}-out", record.key, b"%d" % seen)

    return app


def hang_in_joining(blocking: Path) -> None:
    join = CoordinatorGroupRebalance.perform_group_join

    async def hangs(self: CoordinatorGroupRebalance) -> Any:
        while blocking.exists():  # noqa: ASYNC110 - the test makes and removes it
            await asyncio.sleep(0.1)
        return await join(self)

    CoordinatorGroupRebalance.perform_group_join = hangs


async def main(url: str, name: str, blocking: Path, port: int) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    app = app_of(name, blocking)
    async with app.opened(url) as log:
        await app.run(log, stop, metrics_port=port, limits=LIMITS)


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO)
    if sys.argv[5:] == ["join"]:
        hang_in_joining(Path(sys.argv[3]))
    asyncio.run(main(sys.argv[1], sys.argv[2], Path(sys.argv[3]), int(sys.argv[4])))
