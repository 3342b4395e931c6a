"""Free TCP ports on the loopback."""

import itertools
import os
import socket
from collections.abc import Iterator

# Below the range Linux gives to outgoing connections (32768 and up): no client socket can take a port between our
# choosing it and the server binding it, nor while a killed broker is away and wants its port back.
FIRST, LAST = 20_000, 31_999

_start = FIRST + os.getpid() * 97 % (LAST - FIRST)
_candidates: Iterator[int] = itertools.cycle([*range(_start, LAST + 1), *range(FIRST, _start)])


def free_ports(count: int) -> list[int]:
    """Give `count` ports nobody listens on now. A process never gets the same one twice in a round of the range."""
    return list(itertools.islice(filter(_is_free, _candidates), count))


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
