"""Follows the topic `answers`, and tells those who wait for one."""

import asyncio
import logging
from collections import defaultdict

from engine.errors import LogError, Truncated
from engine.ports import EventLog
from events.agreement import CommandAnswered
from events.codec import Codec
from events.topics import ANSWERS
from leadstream.remembered import Remembered

logger = logging.getLogger("leadstream.gateway")
KEPT = 50_000
"""Answers that can be asked for later."""
_LOOK, _IDLE, _TROUBLE = 0.02, 0.5, 1.0

Asked = tuple[str, str]
"""Whom a command was for, and its id."""


class Answers:
    """The answers to commands, as they come. Belongs to one event loop; `follow` has to run."""

    def __init__(self, log: EventLog) -> None:
        self._log, self._codec = log, Codec()
        self._kept = Remembered[str, tuple[str, CommandAnswered]](KEPT)
        self._waiting: defaultdict[Asked, list[asyncio.Future[CommandAnswered]]] = defaultdict(list)
        self._wanted = asyncio.Event()

    def get(self, command: str) -> tuple[str, CommandAnswered] | None:
        """Whom a command was for and its answer, if it was given lately."""
        return self._kept.get(command)

    def expect(self, asked: Asked) -> "asyncio.Future[CommandAnswered]":
        """The answer that will come to a command; to be asked for before the command is sent."""
        future: asyncio.Future[CommandAnswered] = asyncio.get_running_loop().create_future()
        self._waiting[asked].append(future)
        self._wanted.set()
        return future

    def forget(self, asked: Asked, future: "asyncio.Future[CommandAnswered]") -> None:
        """Nobody waits for it any more."""
        left = [each for each in self._waiting.get(asked, ()) if each is not future]
        if left:
            self._waiting[asked] = left
        else:
            self._waiting.pop(asked, None)
        if not self._waiting:
            self._wanted.clear()

    async def follow(self) -> None:
        """Read on for ever, from the last answers that are there; an outage is waited out."""
        offset: int | None = None
        while True:
            try:
                if offset is None:
                    (start,), (end,) = await self._log.starts(ANSWERS), await self._log.ends(ANSWERS)
                    offset = max(start, end - KEPT)
                records, offset = await self._log.read(ANSWERS, 0, offset)
            except Truncated:
                offset = None
                continue
            except LogError as exc:
                logger.warning("answers cannot be read: %s", exc)
                await asyncio.sleep(_TROUBLE)
                continue
            for record in records:
                told = self._codec.decode(record.value)
                if isinstance(told.data, CommandAnswered):
                    self._tell(told.subject, told.data)
            await self._pause(busy=bool(records))

    async def _pause(self, *, busy: bool) -> None:
        if busy:
            await asyncio.sleep(0)
        elif self._waiting:
            await asyncio.sleep(_LOOK)
        else:
            try:
                async with asyncio.timeout(_IDLE):
                    await self._wanted.wait()
            except TimeoutError:
                pass

    def _tell(self, subject: str, answer: CommandAnswered) -> None:
        self._kept.forget(answer.command)  # so that it counts as new
        self._kept.put(answer.command, (subject, answer))
        for future in self._waiting.get((subject, answer.command), ()):
            if not future.done():
                future.set_result(answer)
