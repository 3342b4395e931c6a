"""An orderly end that hangs ends anyhow."""

import logging
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

logger = logging.getLogger("leadstream.engine")

HANG_EXIT = 70
"""Exit code of a process whose orderly end did not come."""
REPLACED_EXIT = 76
"""Exit code of a process whose place another one has taken: do not start it again under the same name."""


@contextmanager
def ended_within(seconds: float, end: Callable[[int], object] = os._exit) -> Iterator[None]:
    """End the process at once if the body takes longer; what is open is aborted, as after a crash.

    A thread sees to it, since a loop that hangs cannot.
    """

    def give_up() -> None:
        logger.critical("the orderly end has not come in %g s; ending with exit code %d", seconds, HANG_EXIT)
        end(HANG_EXIT)

    timer = threading.Timer(seconds, give_up)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
