"""Named steps of a task at which a test can kill or freeze the process.

`LEADSTREAM_FAILPOINT=commit.written:kill` kills the process (SIGKILL) when it first comes to that step;
`commit.written:stop:3` freezes it (SIGSTOP) the third time, `:term` asks it to end (SIGTERM); several are separated
by commas. Off unless the variable is set when the process starts; a step then costs a look at an empty mapping.
"""

import os
import signal
import time
from collections.abc import Callable

VARIABLE = "LEADSTREAM_FAILPOINT"

OPEN = ("open.begin", "open.fenced", "open.restored", "open.taken", "open.sought")
"""The former owner is fenced; positions and changelog are read, the task has them, the transport goes on from there."""
BATCH = ("batch.begin", "batch.decided", "tick.begin")
"""A batch arrives, is decided, or there is none and time passes."""
COMMIT = ("commit.begun", "commit.sent", "commit.written", "commit.done")
"""The transaction is open, part of it is on its way, all of it is written, it is durable and we are about to know."""
REVOKE = ("revoke.begin", "revoke.idle", "close.begin", "close.done")
"""A task is told to let go, its running transaction has ended, its handle is given up."""
SEAT = ("seat.asked", "seat.emptied", "seat.joining", "seat.taken")
"""A member is about to ask for its share, has to let go of what it had, is about to join, has got its share."""
REBUILD = ("rebuild.begun", "rebuild.folded", "rebuild.marked", "rebuild.writing", "rebuild.written", "rebuild.done")
"""States of another format are about to be made anew; all is folded; the state says that it is being written; a part of
it is; all but the record that says so is; that record is durable."""
SWAP = ("swap.begun", "swap.written", "swap.done")
"""Tables are about to be swapped; they are, in a transaction that is still open; it is durable."""
ONLY_KAFKA = ("open.barrier", *SEAT)
"""The barrier record is committed; and the steps of a member of a group."""
STEPS = (*OPEN, *BATCH, *COMMIT, *REVOKE, *ONLY_KAFKA)
"""What every task comes to."""
UPGRADES = (*REBUILD, *SWAP)
"""What comes only when a program finds what another version of it has left."""


_MOMENT = 0.3
"""Seconds in which an end that was asked for can begin elsewhere, before the one who asked goes on."""


def reached(step: str) -> None:
    """Say that a step is reached; it is the last thing the process says if a test wants it so."""
    if _armed:
        _act(step)


def parsed(text: str) -> dict[str, tuple[str, int]]:
    """What to do at which step, and at which time it is reached.

    Raises:
        ValueError: no such step or action.
    """
    found = {}
    for wish in filter(None, text.split(",")):
        step, _, rest = wish.partition(":")
        action, _, count = rest.partition(":")
        count = count or "1"
        if step not in (*STEPS, *UPGRADES) or action not in _ACTIONS or not count.isdigit():
            raise ValueError(f"{VARIABLE}: expected STEP:kill, STEP:stop or STEP:term, and maybe :COUNT, got {wish!r}")
        found[step] = action, int(count)
    return found


def _act(step: str) -> None:
    action, left = _armed.get(step, ("", 0))
    if left > 1:
        _armed[step] = action, left - 1
    elif left == 1:
        del _armed[step]
        os.write(2, f"failpoint {step}: {action}\n".encode())
        _ACTIONS[action]()


def _send(name: str) -> Callable[[], None]:
    return lambda: os.kill(os.getpid(), signal.Signals[name])


def _end() -> None:
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(_MOMENT)


_ACTIONS = {"kill": _send("SIGKILL"), "stop": _send("SIGSTOP"), "term": _end}
_armed = parsed(os.environ.get(VARIABLE, ""))
