"""Settings of the interpreter for long work."""

import asyncio
import gc

_YOUNG, _MIDDLE, _OLD = 100_000, 50, 100
_COLLECTED_EVERY_SECONDS = 60.0


def quiet_gc() -> None:
    """Let the garbage collector look less often.

    Facts and states hold no cycles and are freed by counting references; at its default the collector walks every
    kept lead again and again, which cost 15 % of a run over the loan funnel.
    """
    gc.freeze()
    gc.set_threshold(_YOUNG, _MIDDLE, _OLD)


async def collect_garbage() -> None:
    """Let the garbage collector look once a minute, as long as this runs.

    Facts hold no cycles, but what breaks does: connections with their buffers, requests that failed. A few objects
    keep a megabyte, so their number alone, which the collector goes by, would let them be for hours.
    """
    while True:
        await asyncio.sleep(_COLLECTED_EVERY_SECONDS)
        gc.collect()
