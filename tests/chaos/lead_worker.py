"""The lead decider under fire: `python -m tests.chaos.lead_worker URL PREFIX PARTITIONS`.

Its tasks do not look at the clock when idle: the history lies in the past, and a partition that is through first must
not let time pass before the others are.
"""

import asyncio
import logging
import sys

from engine.runner import Policy
from leadstream.clock import now_us
from leadstream.deployment import app_name, make_log
from leadstream.serving import serve, stop_on_signals
from leadstream.settings import Settings
from streams.app import build_app
from streams.programs import LEADS
from tests.chaos.worker import SESSION


async def work(url: str, prefix: str, partitions: int) -> None:
    stop = stop_on_signals()
    settings = Settings(broker=url, prefix=prefix, partitions=partitions, session_timeout=SESSION)
    log = make_log(settings)
    await log.start()
    try:
        app = build_app(
            app_name(settings, LEADS),
            log,
            partitions=partitions,
            clock=now_us,
            policy=Policy(tick=86_400.0, first_delay=0.05),
            session_timeout=SESSION,
        )
        print("started", flush=True)
        await serve(app, stop)
    finally:
        await log.stop()


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    asyncio.run(work(sys.argv[1], sys.argv[2], int(sys.argv[3])))
