"""Settings of the interpreter for long work."""

import gc

_YOUNG, _MIDDLE, _OLD = 100_000, 50, 100


def quiet_gc() -> None:
    """Let the garbage collector look less often.

    Facts and states hold no cycles and are freed by counting references; at its default the collector walks every
    kept lead again and again, which cost 15 % of a run over the loan funnel.
    """
    gc.freeze()
    gc.set_threshold(_YOUNG, _MIDDLE, _OLD)
