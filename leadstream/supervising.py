"""Runs child processes together: when one ends by itself, all end, loudly."""

import asyncio
import os
import signal
from collections.abc import Mapping, Sequence
from contextlib import suppress

from leadstream.settings import Settings

PARENT = "LEADSTREAM_PARENT"
"""Names the parent's process id in a child's environment."""
_PATIENCE = 25.0
_LOOK = 1.0


def environment_of(settings: Settings) -> dict[str, str]:
    """The environment that gives a child the same settings."""
    own = {f"LEADSTREAM_{name.upper()}": str(value) for name, value in settings.model_dump().items() if value != ""}
    return {**os.environ, **own, PARENT: str(os.getpid())}


async def watch_parent(stop: asyncio.Event) -> None:
    """Stop a child whose parent is gone, so that nothing runs on unseen; does nothing in other processes."""
    parent = os.environ.get(PARENT)
    while parent is not None and not stop.is_set():
        if str(os.getppid()) != parent:
            stop.set()
        await asyncio.sleep(_LOOK)


async def supervise(commands: Mapping[str, Sequence[str]], settings: Settings, stop: asyncio.Event) -> str | None:
    """Start all, wait until `stop` is set or one of them ends.

    Returns:
        None after an orderly stop, else which child ended and how.
    """
    children = {
        name: await asyncio.create_subprocess_exec(*command, env=environment_of(settings))
        for name, command in commands.items()
    }
    waits = {asyncio.create_task(child.wait(), name=name) for name, child in children.items()}
    stopping = asyncio.create_task(stop.wait(), name="stop")
    done, _ = await asyncio.wait({*waits, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    ended = next((task for task in done if task is not stopping), None)
    reason = None if ended is None else f"{ended.get_name()} ended with exit code {ended.result()}"
    await end_all(list(children.values()))
    for wait in waits:
        wait.cancel()
    return None if stop.is_set() and reason is None else reason


async def end_all(children: Sequence[asyncio.subprocess.Process]) -> None:
    """Ask every child to stop; kill what does not."""
    running = [child for child in children if child.returncode is None]
    for child in running:
        with suppress(ProcessLookupError):
            child.send_signal(signal.SIGTERM)
    try:
        await asyncio.wait_for(asyncio.gather(*(child.wait() for child in running)), _PATIENCE)
    except TimeoutError:
        for child in running:
            if child.returncode is None:
                child.kill()
                await child.wait()
