"""The processes of the live demo: a worker and a projector, each a leadstream command of its own."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager

from leadstream.settings import Settings
from leadstream.supervising import end_all, environment_of

_COMMANDS = ("worker", "projector")


class ChildEnded(Exception):
    """A process of the demo ended by itself; the message says which and where it wrote why."""


class Children:
    """The running processes by name."""

    def __init__(self, settings: Settings, running: dict[str, asyncio.subprocess.Process]) -> None:
        self._settings, self._running = settings, running

    def check(self) -> None:
        """Make sure that all are alive.

        Raises:
            ChildEnded: one is not.
        """
        for name, child in self._running.items():
            if child.returncode is not None:
                log = self._settings.data_dir / f"{name}.log"
                raise ChildEnded(f"the demo's {name} ended with exit code {child.returncode}; it says why in {log}")


@asynccontextmanager
async def children(settings: Settings) -> AsyncIterator[Children]:
    """Start them, and end them whatever happens.

    They write to files in the data directory, and belong to no terminal, so that Ctrl-C reaches them only through us.
    """
    running: dict[str, asyncio.subprocess.Process] = {}
    try:
        with ExitStack() as files:
            for name in _COMMANDS:
                output = files.enter_context((settings.data_dir / f"{name}.log").open("wb"))
                running[name] = await asyncio.create_subprocess_exec(
                    sys.executable, "-m", "leadstream", name,
                    stdin=asyncio.subprocess.DEVNULL, stdout=output, stderr=output,
                    env=environment_of(settings), start_new_session=True,
                )  # fmt: skip
        yield Children(settings, running)
    finally:
        await end_all(list(running.values()))
