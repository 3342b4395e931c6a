"""The live demo: real processes on an embedded log, living traffic, and a board that shows what becomes of it."""

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from rich.console import Console
from rich.live import Live as Screen

from engine.ports import EventLog
from events.instants import MINUTE, SECOND
from leadstream.clock import now_us
from leadstream.demo.board import Snapshot, line, render
from leadstream.demo.children import Children, children
from leadstream.demo.company import Arrival, living_traffic
from leadstream.demo.feeding import LIVE_AGREEMENT, agreement_text, feed, publish_agreement
from leadstream.demo.observing import Observer
from leadstream.demo.opening import opening
from leadstream.demo.tempo import live_tempo
from leadstream.deployment import opened, partition_count
from leadstream.running import run_until_idle
from leadstream.serving import stop_on_signals
from leadstream.settings import Settings
from leadstream.views_store import open_store

HISTORY = 10 * MINUTE
"""How long the traffic has been going on when the demo starts, at most; microseconds."""
_MOST_HISTORY = 1000
"""Records of it, at most: they are decided before the board is shown."""
_LOOK = 0.3
_LINE_EVERY = 3 * SECOND

Show = Callable[[Snapshot, int], None]


@dataclass(frozen=True, slots=True)
class Live:
    """What was asked for.

    Attributes:
        seed: of the simulated company.
        rate: facts a second, on average.
        seconds: end by itself after so long; None for never.
    """

    seed: int
    rate: float
    seconds: float | None


class Tap:
    """Lets out of an endless stream what has arrived by now."""

    def __init__(self, traffic: Iterator[Arrival]) -> None:
        self._traffic, self._next = traffic, next(traffic)

    def until(self, at: int) -> Iterator[Arrival]:
        """What arrives up to an instant (microseconds) and was not let out before."""
        while self._next.at <= at:
            yield self._next
            self._next = next(self._traffic)


async def run_live(settings: Settings, live: Live, console: Console) -> None:
    """Run until a signal, or until the time asked for is over. The data directory must be empty.

    Raises:
        ChildEnded: the worker or the projector ended by itself.
    """
    stop = stop_on_signals()
    asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, stop.set)
    async with opened(settings) as log:
        partitions = await partition_count(log)
        agreement = await publish_agreement(log, agreement_text(LIVE_AGREEMENT))
        begun = now_us()
        begin = begun - min(HISTORY, round(_MOST_HISTORY / live.rate * SECOND))
        await feed(log, partitions, opening(agreement, live_tempo(begin), begin, begun + HISTORY), history=True)
        tap = Tap(living_traffic(live.seed, begin, live.rate))
        await feed(log, partitions, tap.until(begun), history=True)
        # In virtual time, so that pools answer when they were asked: live, all of it would come at once.
        await run_until_idle(log, settings, partitions, until=begun)
        since = now_us()
        store = open_store(settings)
        try:
            async with children(settings) as running:
                traffic = _Traffic(log, partitions, tap)
                end = None if live.seconds is None else since + round(live.seconds * SECOND)
                with _shown(console) as show:
                    await _go_on(traffic, Observer(log, store, since), show, running=running, stop=stop, end=end)
        finally:
            store.close()
    hint = f"leadstream --data-dir {settings.data_dir} view leads"
    console.print(f"The demo has ended. What it made stays for a look: {hint}", soft_wrap=True, highlight=False)


@dataclass(slots=True)
class _Traffic:
    """The living traffic on its way into the log."""

    log: EventLog
    partitions: int
    tap: Tap
    published: int = 0

    async def publish(self, now: int) -> None:
        """Publish what has arrived by now."""
        self.published += (await feed(self.log, self.partitions, self.tap.until(now), history=False)).records


async def _go_on(
    traffic: _Traffic, observer: Observer, show: Show, *, running: Children, stop: asyncio.Event, end: int | None
) -> None:
    """Publish, look, show, a few times a second."""
    while not stop.is_set():
        now = now_us()
        if end is not None and now >= end:
            return
        await traffic.publish(now)
        show(await observer.look(traffic.published, now), now)
        running.check()
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), _LOOK)


@contextmanager
def _shown(console: Console) -> Iterator[Show]:
    """A board on the alternate screen of a terminal; elsewhere a line every few seconds."""
    if not console.is_terminal:
        yield _lines(console)
        return
    with Screen(console=console, screen=True, auto_refresh=False) as screen:
        yield lambda snapshot, now: screen.update(render(snapshot, now), refresh=True)


def _lines(console: Console) -> Show:
    last = 0

    def show(snapshot: Snapshot, now: int) -> None:
        nonlocal last
        if now - last >= _LINE_EVERY:
            last = now
            console.print(line(snapshot, now), soft_wrap=True, highlight=False)

    return show
