"""The measured processes on our side.

`python -m benchmarks.workers scores|leads|drain|together URL PREFIX PARTITIONS [SESSION_TIMEOUT]`

`scores` and `leads` are workers as `leadstream worker` makes them: the Faust app with its agents over the log. Their
tasks do not look at the clock when idle, so that nothing but the given records is decided: the history lies in the
past, and its last deadlines would all fire while a slower partition is still being measured. `drain` decides the leads
in virtual time, in this one process, without Faust; `together` the leads and all
they speak to.
"""

import asyncio
import logging
import sys

from benchmarks.scores_program import GROUP as SCORES
from benchmarks.scores_program import score_program
from engine.drain import drain
from engine.faust_app import build_task_app
from engine.runner import Policy
from engine.together import drain_together
from leadstream.clock import now_us
from leadstream.deployment import app_name, make_log
from leadstream.serving import serve, stop_on_signals
from leadstream.settings import Settings
from leadstream.tuning import quiet_gc
from streams.app import build_app
from streams.programs import LEADS, lead_program, speaking_programs

_NEVER_TICK = Policy(tick=86_400.0)


async def _scores(settings: Settings) -> None:
    log = make_log(settings)
    await log.start()
    try:
        name, program = app_name(settings, SCORES), score_program(settings.partitions)
        timeout = settings.session_timeout
        app = build_task_app(name, log, [program], clock=now_us, policy=_NEVER_TICK, session_timeout=timeout)
        await serve(app, stop_on_signals())
    finally:
        await log.stop()


async def _leads(settings: Settings) -> None:
    log = make_log(settings)
    await log.start()
    try:
        name = app_name(settings, LEADS)
        app = build_app(name, log, partitions=settings.partitions, clock=now_us, policy=_NEVER_TICK)
        await serve(app, stop_on_signals())
    finally:
        await log.stop()


async def _drain(settings: Settings) -> None:
    quiet_gc()
    log = make_log(settings)
    await log.start()
    try:
        await drain(log, lead_program(log, settings.partitions, now_us))
        await stop_on_signals().wait()
    finally:
        await log.stop()


async def _together(settings: Settings) -> None:
    quiet_gc()
    log = make_log(settings)
    await log.start()
    try:
        await drain_together(log, speaking_programs(log, settings.partitions, now_us).all)
        await stop_on_signals().wait()
    finally:
        await log.stop()


_KINDS = {"scores": _scores, "leads": _leads, "drain": _drain, "together": _together}


def main() -> None:
    """Run one until stopped."""
    kind, url, prefix, partitions, *session = sys.argv[1:]
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    settings = Settings(broker=url, prefix=prefix, partitions=int(partitions), session_timeout=float(*session or [10]))
    asyncio.run(_KINDS[kind](settings))


if __name__ == "__main__":
    main()
