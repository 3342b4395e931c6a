"""Keeps up with the published agreements and their ends: every lead task reads all before it decides anything."""

import asyncio
from collections.abc import Callable

from engine.errors import Unavailable
from events.codec import Codec, Undecodable
from events.topics import AGREEMENTS
from streams.agents.undecided import NEVER, Undecided
from streams.agreement.known import Governing, Known
from streams.ports import Reader

AHEAD = 60_000_000
"""Records up to this much later than the last look at the agreements may be decided, in microseconds: no version can
take effect, or be retired, sooner than that after it was told."""
_REFRESH = 1_000_000
_LOOKS = 50


class AgreementReader:
    """The agreements published so far, shared by all lead tasks of a process.

    Attributes:
        known: what is known now; a new value when a version was published or retired.

    Args:
        log: reads other topics than the task's.
        codec: bytes to facts.
        clock: microseconds since the epoch.
        pause: seconds between two looks at a command that is not decided yet.
    """

    def __init__(self, log: Reader, codec: Codec, clock: Callable[[], int], *, pause: float = 0.1) -> None:
        self._log, self._codec, self._clock, self._pause = log, codec, clock, pause
        self._undecided = Undecided(log, codec)
        self._next, self._reading = 0, asyncio.Lock()
        self._read_at: int | None = None
        self._sure = NEVER
        self.known = Known()

    async def refresh(self, until: int) -> None:
        """Read to the end, unless that was done a moment ago and late enough for records up to `until`.

        A version is in sight once the agreement task has decided about it. While a command waits that may take effect
        by `until`, this waits with it.

        Raises:
            Unavailable: it still waits after some seconds.
        """
        for _ in range(_LOOKS):
            await self._look(until)
            if until < self._sure:
                return
            await asyncio.sleep(self._pause)
        raise Unavailable("a command in agreement-inbox is not decided yet; what it may govern waits for it")

    async def _look(self, until: int) -> None:
        """One task looks at a time; what an outage interrupts is read again from where the last whole look ended."""
        async with self._reading:
            now = self._clock()
            fresh = self._read_at is not None and now - self._read_at < _REFRESH and until <= self._read_at + AHEAD
            if fresh and until < self._sure:
                return
            sure = await self._undecided.earliest()  # asked first: what is decided by then is found below
            found: list[Governing] = []
            offset, end = self._next, (await self._log.ends(AGREEMENTS))[0]
            while offset < end:
                records, offset = await self._log.read(AGREEMENTS, 0, offset)
                for record in records:
                    found += self._taken(record.value)
            if found:
                self.known = self.known.adding(found)
            self._next, self._read_at, self._sure = offset, now, sure

    def _taken(self, value: bytes | None) -> list[Governing]:
        try:
            fact = self._codec.decode(value).data
        except Undecodable as exc:
            raise RuntimeError(f"topic {AGREEMENTS!r} holds a record this version cannot read: {exc}") from exc
        return [fact] if isinstance(fact, Governing) else []
