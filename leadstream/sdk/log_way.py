"""The way into a log that is in reach: Kafka, or the embedded log of this machine."""

import ssl
from collections.abc import Awaitable, Callable, Sequence
from hashlib import blake2b

from engine.errors import LogError, RecordTooLarge, Unavailable
from engine.ports import EventLog
from leadstream.deployment import create_topics, make_log, partition_count
from leadstream.publishing import publish
from leadstream.remembered import Remembered
from leadstream.sdk.errors import NotAllowed, TryAgain
from leadstream.sdk.port import Receipt, Told
from leadstream.settings import Settings

KNOWN = 200_000
"""Events of which a publisher remembers that they are in the log."""
Opening = Callable[[], Awaitable[EventLog]]


class LogWay:
    """Implements `leadstream.sdk.port.Way`. The log is opened with the first events, and again after it failed to.

    Args:
        opening: gives a started log; raises `LogError`.
    """

    most_events, most_bytes = 5_000, 4 << 20

    def __init__(self, opening: Opening) -> None:
        self._opening = opening
        self._log: EventLog | None = None
        self._partitions = 0
        self._known = Remembered[bytes, None](KNOWN)

    async def send(self, events: Sequence[Told]) -> list[Receipt]:
        """Append them in one go; see the port."""
        marks = [blake2b(event.value, digest_size=16).digest() for event in events]
        fresh = {mark: event for mark, event in zip(marks, events, strict=True) if mark not in self._known}
        try:
            refused = await self._append(fresh)
        except Unavailable as exc:
            raise TryAgain(str(exc)) from exc
        except LogError as exc:
            raise NotAllowed(str(exc)) from exc
        receipts: list[Receipt] = []
        for mark, event in zip(marks, events, strict=True):
            name = event.envelope.id
            if mark in refused:
                receipts.append(Receipt("refused", name, reason=refused[mark]))
            elif mark in self._known:
                receipts.append(Receipt("duplicate", name))
            else:
                self._known.put(mark, None)
                receipts.append(Receipt("accepted", name))
        return receipts

    async def close(self) -> None:
        """Let go of the log."""
        log, self._log = self._log, None
        if log is not None:
            await log.stop()

    async def _append(self, fresh: dict[bytes, Told]) -> dict[bytes, str]:
        """Append events; by their marks why some are refused: topics may be set up to take less than ours do."""
        if not fresh:
            return {}
        log = await self._opened()
        try:
            await publish(log, self._partitions, [(event.envelope, event.value, ()) for event in fresh.values()])
        except RecordTooLarge as exc:  # then nothing was written
            if len(fresh) == 1:
                return dict.fromkeys(fresh, str(exc))
            refused: dict[bytes, str] = {}
            for mark, event in fresh.items():
                refused |= await self._append({mark: event})
            return refused
        return {}

    async def _opened(self) -> EventLog:
        if self._log is None:
            log = await self._opening()
            try:
                self._partitions = await partition_count(log)
            except BaseException:
                await log.stop()
                raise
            self._log = log
        return self._log


async def opened_log(settings: Settings, tls: ssl.SSLContext | None = None) -> EventLog:
    """The started log of a deployment; on the embedded log with its topics made, where nobody else would.

    Args:
        settings: of the deployment.
        tls: whom to trust as a broker; what the settings say unless given.

    Raises:
        LogError: as of the log.
    """
    log = make_log(settings, tls)
    try:
        await log.start()
        if settings.embedded:
            await create_topics(log, settings)
    except BaseException:
        await log.stop()
        raise
    return log
