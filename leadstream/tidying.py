"""Keeps the embedded log small: rolls up small batches, compacts, forgets what is past its retention."""

import logging

from engine.errors import LogError
from engine.ports import EventLog
from engine.sqlite.janitor import Janitor
from engine.sqlite.log import SqliteLog

logger = logging.getLogger("leadstream")
_PAUSE_SECONDS = 10.0


async def tidy(log: EventLog) -> None:
    """Tidy now and then until cancelled; on Kafka the brokers do it. One process does it at a time, under a lease."""
    if isinstance(log, SqliteLog):
        await Janitor(log).keep_on(_PAUSE_SECONDS, _told)


def _told(exc: LogError) -> None:
    logger.warning("the log could not be tidied: %s", exc)
