"""A worker under fire: `python -m tests.chaos.worker URL NAME OWNER [INSTANCE]`; with INSTANCE a static member.

LEADSTREAM_CHAOS_AHEAD is how many seconds its clock is ahead of the truth; less than nothing where it is behind.
"""

import asyncio
import logging
import os
import sys
import time

from engine.ending import REPLACED_EXIT
from engine.errors import Replaced
from engine.faust_app import build_task_app
from engine.kafka.log import KafkaLog
from engine.ports import FaustLog
from engine.runner import Policy
from engine.sqlite.log import SqliteLog
from leadstream.serving import serve, stop_on_signals
from tests.chaos.program import programs

SESSION = 2.0
"""Seconds after which a silent worker's partitions go to others."""
POLICY = Policy(first_delay=0.05, tick=0.1, grace_us=300_000, position_every_us=1_000_000)


def now() -> int:
    """Microseconds since the epoch, by this process's clock."""
    return time.time_ns() // 1000 + int(float(os.environ.get("LEADSTREAM_CHAOS_AHEAD") or 0) * 1_000_000)


def log_at(url: str, name: str, owner: str, *, replication: int = 1) -> FaustLog:
    """The log, not yet started. NAME keeps runs on one broker apart."""
    if url.startswith("sqlite:///"):
        ttl = int(SESSION * 1_000_000)
        return SqliteLog(url.removeprefix("sqlite:///"), clock=now, owner=owner, lease_ttl=ttl)
    group = f"{name}-worker"
    return KafkaLog(url, prefix=f"{name}-", clock=now, replication=replication, group_id=lambda _: group)


async def work(url: str, name: str, owner: str, instance: str) -> None:
    stop, log = stop_on_signals(), log_at(url, name, owner)
    await log.start()
    try:
        app = build_task_app(
            f"{name}-worker",
            log,
            programs(),
            clock=now,
            policy=POLICY,
            session_timeout=SESSION,
            static_name=instance,
        )
        print("started", flush=True)
        await serve(app, stop)
    finally:
        await log.stop()


def main() -> None:
    url, name, owner, *instance = sys.argv[1:]
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    try:
        asyncio.run(work(url, name, owner, instance[0] if instance else ""))
    except Replaced:
        sys.exit(REPLACED_EXIT)


if __name__ == "__main__":
    main()
