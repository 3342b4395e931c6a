"""How often a caller may come: a bucket that fills steadily. Pure; the time is given."""

import math
from http import HTTPStatus

from leadstream.gateway.problems import Problem

_SECOND = 1_000_000
_BURST_SECONDS = 2


class Bucket:
    """Lets through `rate` a second on average, and two seconds' worth at once.

    What was let in may overdraw it: a batch is taken whole, and the next one waits until the debt is paid.

    Args:
        rate: a second.
        at: now, in microseconds.
    """

    def __init__(self, rate: int, at: int) -> None:
        self.rate = rate
        self._left: float = rate * _BURST_SECONDS
        self._at = at

    def wait(self, at: int) -> float:
        """Seconds until something is let through; 0 when it is now."""
        self._fill(at)
        return 0.0 if self._left > 0 else (1 - self._left) / self.rate

    def spend(self, count: int, at: int) -> None:
        """Something was let through."""
        self._fill(at)
        self._left -= count

    def _fill(self, at: int) -> None:
        if at > self._at:
            full = self.rate * _BURST_SECONDS
            self._left = min(full, self._left + (at - self._at) * self.rate / _SECOND)
            self._at = at


def too_often(detail: str, wait: float) -> Problem:
    """What whoever comes too often is told.

    Args:
        detail: how often it may come.
        wait: seconds until it may.
    """
    return Problem(HTTPStatus.TOO_MANY_REQUESTS, detail, headers={"retry-after": str(math.ceil(wait))})
