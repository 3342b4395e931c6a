"""aiokafka logs thousands of lines in an outage; this lets through one of each kind in a while.

What we say ourselves, in one clear line, it need not say before us.
"""

import logging

from typing_extensions import override

EVERY_SECONDS = 30.0
_ROOT = "aiokafka"
_SAID_BY_US = ('Unable connect to "%s:%s": %s',)
"""Whoever connects gets an error from us that names the brokers; whoever waits for them says so."""


class RateLimit(logging.Filter):
    """One line per message template in a period; the next one that passes says how many were held back.

    Lines that repeat what we say are held back whole, unless somebody listens to what is going on (level info).
    Debug lines are not touched: who turns them on wants them all.
    """

    def __init__(self, every: float = EVERY_SECONDS) -> None:
        super().__init__()
        self._every = every
        self._seen: dict[tuple[str, str], tuple[float, int]] = {}

    @override
    def filter(self, record: logging.LogRecord) -> bool:
        if record.levelno <= logging.DEBUG:
            return True
        if record.msg in _SAID_BY_US and not logging.getLogger(record.name).isEnabledFor(logging.INFO):
            return False
        kind = (record.name, str(record.msg))
        last, held = self._seen.get(kind, (-self._every, 0))
        if record.created - last < self._every:
            self._seen[kind] = (last, held + 1)
            return False
        self._seen[kind] = (record.created, 0)
        if held:
            record.msg = f"{record.getMessage()} (and {held} more of this kind)"
            record.args = ()  # not None: the formatter of a Faust worker takes that for one argument
        return True


_limit = RateLimit()


def quieten() -> None:
    """Put the limit on every logger aiokafka has by now. Calling it again adds what came since."""
    for name in list(logging.root.manager.loggerDict):
        if name == _ROOT or name.startswith(f"{_ROOT}."):
            logging.getLogger(name).addFilter(_limit)  # a filter already there is not added twice
