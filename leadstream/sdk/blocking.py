"""The publisher's twin for programs that are not asynchronous: the same calls, and threads may share it."""

import asyncio
import os
import ssl
import threading
from collections.abc import Callable, Coroutine, Iterable
from concurrent.futures import Future, wait
from datetime import datetime
from types import TracebackType
from typing import Any, Self, TypeVar

from events.fact import Fact
from leadstream.clock import now_us
from leadstream.sdk.errors import PublisherClosed
from leadstream.sdk.port import Receipt, Way
from leadstream.sdk.publisher import Publisher
from leadstream.sdk.sending import Pace
from leadstream.sdk.telling import Event
from leadstream.settings import Settings

T = TypeVar("T")


class SyncPublisher:
    """Publishes facts as `leadstream.Publisher` does; each call returns when its facts are durable.

    Threads may share one: what they publish at a time shares appends. The work is done in a thread of its own, which
    begins with the first call, so one may be made before a process forks and used after it.

    Args:
        to, source, api_key, settings, pace, tls, clock: as of `leadstream.Publisher`.

    Raises:
        NotConfigured: an address, a key or a setting is not as it must be; a `ValueError` as well.
    """

    def __init__(
        self,
        to: str | Way | None = None,
        *,
        source: str | None = None,
        api_key: str | None = None,
        settings: Settings | None = None,
        pace: Pace | None = None,
        tls: ssl.SSLContext | None = None,
        clock: Callable[[], int] = now_us,
    ) -> None:
        self._publisher = Publisher(
            to, source=source, api_key=api_key, settings=settings, pace=pace, tls=tls, clock=clock
        )
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._calls: set[Future[Any]] = set()
        self._pid = 0
        self._closed = False

    def publish(
        self,
        fact: Fact,
        *,
        subject: str,
        source: str | None = None,
        natural_key: str | None = None,
        id: str | None = None,  # noqa: A002 - as CloudEvents names it
        time: datetime | None = None,
    ) -> Receipt:
        """Publish a fact; it is durably in the log when this returns. See `Publisher.publish`."""
        return self._do(
            self._publisher.publish(fact, subject=subject, source=source, natural_key=natural_key, id=id, time=time)
        )

    def publish_many(self, events: Iterable[Event]) -> list[Receipt]:
        """Publish events, in order, and tell what became of each. See `Publisher.publish_many`.

        The iterable is read by the publisher's own thread.
        """
        return self._do(self._publisher.publish_many(events))

    def flush(self) -> None:
        """Send at once what lingers, and wait for its answers. See `Publisher.flush`."""
        self._do(self._publisher.flush())

    def close(self) -> None:
        """Flush, let go and end the thread; nothing can be published any more. Closing twice does no harm."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            loop, thread = self._loop, self._thread
        if loop is None or thread is None or self._pid != os.getpid():
            return
        try:
            asyncio.run_coroutine_threadsafe(self._publisher.close(), loop).result()
        finally:
            wait(list(self._calls))  # of other threads: those that wait for room are told that it is closed
            loop.call_soon_threadsafe(loop.stop)
            thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _do(self, work: Coroutine[Any, Any, T]) -> T:
        try:
            with self._lock:  # so that nothing is handed over to a loop that is being stopped
                future = asyncio.run_coroutine_threadsafe(work, self._running())
                self._calls.add(future)
                future.add_done_callback(self._calls.discard)
        except BaseException:
            work.close()
            raise
        return future.result()

    def _running(self) -> asyncio.AbstractEventLoop:
        """The loop of the thread, which is started when it is needed."""
        if self._closed:
            raise PublisherClosed("this publisher is closed; make another one")
        if self._loop is None:
            self._loop, self._pid = asyncio.new_event_loop(), os.getpid()
            self._thread = threading.Thread(target=_run, args=(self._loop,), name="leadstream publisher", daemon=True)
            self._thread.start()
        if self._pid != os.getpid():
            raise RuntimeError("this SyncPublisher was used before the process forked; make another one in the child")
        return self._loop


def _run(loop: asyncio.AbstractEventLoop) -> None:
    try:
        loop.run_forever()
    finally:
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()
