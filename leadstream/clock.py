"""The wall clock, read in this one place and handed to everything that needs the time."""

import time


def now_us() -> int:
    """Microseconds since the Unix epoch."""
    return time.time_ns() // 1000
