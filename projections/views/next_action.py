"""What somebody has to do next about a clock, in words."""

from collections.abc import Sequence


def next_action(clause: str, asks: str, needs: Sequence[tuple[str, int]]) -> str:
    """What a clock asks for: "call or e-mail (first_response)", "2 calls and 1 email left (effort)".

    Args:
        clause: name of the clause.
        asks: what answers it, as its start told; empty in facts of older versions.
        needs: (channel, how many) touches that are missing, of a clause that counts them.
    """
    return f"{_missing(needs)} left ({clause})" if needs else f"{asks or 'answer'} ({clause})"


def _missing(needs: Sequence[tuple[str, int]]) -> str:
    *others, last = [f"{count} {channel}" if count == 1 else f"{count} {channel}s" for channel, count in needs]
    return f"{', '.join(others)} and {last}" if others else last
